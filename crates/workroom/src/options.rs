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

/// The command that becomes a daemon. It is given the workspace's locked file as its standard input, and calls
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
        engine::OpenOptions { models_dir: self.models_dir.clone(), threads: self.threads }
    }
}
