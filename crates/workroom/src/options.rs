//! How a workspace is opened.

use std::ffi::OsString;
use std::path::PathBuf;

/// How to open a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// The folder that holds installed models. Without one no teacher is used. Only the process that owns the workspace looks there.
    pub models_dir: Option<PathBuf>,
    /// Worker threads of the pipeline and of the teacher; 0 means one for each core. Only for the process that owns the workspace.
    pub threads: usize,
    /// What to do about other processes.
    pub sharing: Sharing,
    /// Where PDF, Office, mail and all else that is not plain text is parsed. Only for the process that owns the workspace.
    pub parsing: Parsing,
}

/// Where files that are not plain text are parsed: always in a process of its own, which can be bounded and killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Parsing {
    /// In copies of this program, if it calls [`serve_parser_if_asked`](crate::serve_parser_if_asked) first in its `main`. If it does not, such
    /// files are listed as problems, with that reason.
    #[default]
    ThisProgram,
    /// In this program, which calls it: `workroom` itself does, with the argument `__parse`.
    Program(Starter),
    /// Nowhere: such files are listed as problems.
    Off,
}

impl Parsing {
    fn program(&self) -> Option<fence::Program> {
        match self {
            Self::ThisProgram => fence::Program::this(),
            Self::Program(Starter { program, arguments }) => {
                Some(fence::Program { path: program.clone(), args: arguments.clone() })
            }
            Self::Off => None,
        }
    }
}

/// How the processes that want one workspace come together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// Whoever comes first owns the workspace and serves the others on a local socket. When it ends, the next one takes over.
    #[default]
    FirstOwns,
    /// A daemon owns the workspace; if there is none, this program is started to become one. For short-lived processes: the index stays
    /// open, and watched, from one to the next.
    Daemon(Starter),
    /// This process owns the workspace and lets nobody in. Fails with [`Locked`](crate::ErrorKind::Locked) when another one has it.
    Alone,
}

/// A command that is started: one that becomes a daemon is given the workspace's locked file as its standard input, and calls
/// [`Daemon::inherit`](crate::Daemon::inherit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

impl OpenOptions {
    pub(crate) fn engine(&self) -> engine::OpenOptions {
        engine::OpenOptions {
            models_dir: self.models_dir.clone(),
            threads: self.threads,
            parser: self.parsing.program(),
        }
    }
}
