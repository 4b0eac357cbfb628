//! The program that is started as a child: as a rule this one.
//!
//! Invariant: [`Program::this`] names the running program only if it is known to serve when it is asked to, so that a program that merely
//! links the library is never started a second time by surprise.

use crate::request::{Parsed, Request};
use crate::serve;
use extract::Skip;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The first argument by which a program knows that it is to serve as a parser.
pub const ARGUMENT: &str = "__parse";

/// The running version of this program, even if its file was replaced since.
const RUNNING: &str = "/proc/self/exe";

static CAN_SERVE: AtomicBool = AtomicBool::new(false);

/// What is started as a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// Its arguments, [`ARGUMENT`] included.
    pub args: Vec<OsString>,
}

impl Program {
    /// The running program, if it called [`serve_if_asked`] when it began.
    #[must_use]
    pub fn this() -> Option<Self> {
        if !CAN_SERVE.load(Ordering::Relaxed) {
            return None;
        }
        let running = Path::new(RUNNING);
        let path = if running.exists() { running.to_path_buf() } else { std::env::current_exe().ok()? };
        Some(Self { path, args: vec![ARGUMENT.into()] })
    }
}

/// To be called first in `main`: if the program was started as a parser it serves, and this does not return. Else it is remembered that the
/// program can be started so.
pub fn serve_if_asked(parse: fn(Request) -> Result<Parsed, Skip>) {
    if std::env::args_os().nth(1).is_some_and(|first| first == ARGUMENT) {
        serve::serve(parse);
    }
    CAN_SERVE.store(true, Ordering::Relaxed);
}
