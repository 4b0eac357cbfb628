//! The fence with real child processes: parsers that misbehave in every way there is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod children;
mod misbehaviour;

use corpus::Format;
use std::path::PathBuf;
use std::time::Duration;
use workroom_fence::{ARGUMENT, Fence, Limits, Options, Program, Request};

const PROBE: &str = env!("CARGO_BIN_EXE_workroom-fence-probe");

fn program(args: &[&str]) -> Program {
    Program { path: PathBuf::from(PROBE), args: args.iter().map(Into::into).collect() }
}

fn fence(limits: Limits) -> Fence {
    Fence::new(program(&[ARGUMENT]), limits)
}

/// Limits that a misbehaving parser meets soon.
fn tight() -> Limits {
    Limits {
        memory_bytes: 96 << 20,
        time: Duration::from_millis(1500),
        output_bytes: 4 << 20,
        ..Limits::default()
    }
}

fn request(told: &str) -> Request {
    Request { format: Format::Pdf, bytes: told.into(), options: Options::default() }
}

/// The text of the reply, or the reason.
fn ask(fence: &Fence, told: &str) -> String {
    match fence.parse(&request(told)).unwrap() {
        Ok(parsed) => parsed.document.text,
        Err(reason) => reason.to_string(),
    }
}
