//! Why nobody could be asked. None of it is about the file: it is to be tried again.

use std::path::PathBuf;

/// The fence itself does not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FenceError {
    /// The child process, or the thread that watches over the children, cannot be started.
    #[error("the parser process {} cannot be started", program.display())]
    Start {
        /// What was started.
        program: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Somebody told the child to end, as happens when a service or a session is shut down.
    #[error("the parser process was told to end (signal {signal})")]
    Interrupted {
        /// The signal.
        signal: i32,
    },
    /// What was started is no parser, or one of another version. The hint: a program must call `serve_if_asked` first in its `main`, and
    /// what was upgraded must be started anew.
    #[error("{} does not serve as a parser: {why}", program.display())]
    Incompatible {
        /// What was started.
        program: PathBuf,
        /// How it shows.
        why: String,
    },
}
