//! What can go wrong with models, in the words of what to do about it.
//!
//! Invariant: every variant that is about a file names the file.
//! Not here: texts without tokens, which are no error but `None`.

use std::path::{Path, PathBuf};

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused; the source names the path and the operation.
    #[error("access model files")]
    Io(#[source] std::io::Error),
    /// No such model is installed: install it, or go on with the student alone.
    #[error("model {name:?} is not installed in {}", dir.display())]
    NotInstalled {
        /// The model's name.
        name: String,
        /// The models folder.
        dir: PathBuf,
    },
    /// A file is not what its checksum or format says: install the model again.
    #[error("{} is damaged: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// A sound file of a kind this version cannot use: choose another model.
    #[error("{} cannot be used: {reason}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is missing here.
        reason: String,
    },
    /// The ONNX Runtime library cannot be loaded: install it again, or name another.
    #[error("runtime library {} cannot be loaded: {reason}", path.display())]
    Runtime {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// A program that fetches models is missing or failed: see its own words.
    #[error("{program} failed: {reason}")]
    Fetch {
        /// The program.
        program: String,
        /// The end of what it wrote.
        reason: String,
    },
    /// The model failed on an input: the same input will fail again.
    #[error("inference failed: {reason}")]
    Inference {
        /// What the runtime said.
        reason: String,
    },
    /// A name that cannot be a folder of its own.
    #[error("{0:?} cannot be the name of a model")]
    BadName(String),
}

impl Error {
    pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn unsupported(path: &Path, reason: impl Into<String>) -> Self {
        Self::Unsupported { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn runtime(path: &Path, reason: impl Into<String>) -> Self {
        Self::Runtime { path: path.to_owned(), reason: reason.into() }
    }
}

// `fs_err` puts the path and the operation into every `io::Error` that reaches this.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}
