//! What can go wrong, by what the caller can do about it.
//!
//! Invariant: tantivy's own error type stays inside this crate; it is only the source of ours.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tantivy::TantivyError;
use tantivy::directory::error::{
    Incompatibility, LockError, OpenDirectoryError, OpenReadError, OpenWriteError,
};

/// The cause of an error, for a log.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the lexicon could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process (or another [`Lexicon`](crate::Lexicon) of this one) writes this index: ask it instead.
    #[error("the full-text index in {} is in use by another writer", dir.display())]
    Locked {
        /// The index.
        dir: PathBuf,
    },
    /// What is on disk contradicts itself: delete the directory and index again.
    #[error("failed to {op}: the full-text index in {} is damaged", dir.display())]
    Corrupt {
        /// The index.
        dir: PathBuf,
        /// What was attempted.
        op: &'static str,
        /// What was found.
        #[source]
        source: Source,
    },
    /// The index was written by another version or for another language: delete the directory and index again.
    #[error("the full-text index in {} has format {found}, this program writes {expected}", dir.display())]
    Incompatible {
        /// The index.
        dir: PathBuf,
        /// The format on disk.
        found: String,
        /// Our format.
        expected: String,
    },
    /// The index belongs to another ledger: delete the directory and index again.
    #[error("the full-text index in {} belongs to ledger {found:016x}, not to {expected:016x}", dir.display())]
    Foreign {
        /// The index.
        dir: PathBuf,
        /// The ledger it names.
        found: u64,
        /// Ours.
        expected: u64,
    },
    /// The operating system refused: free space, fix permissions, try again.
    #[error("failed to {op} in {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was attempted.
        op: &'static str,
        /// Why it was refused.
        #[source]
        source: io::Error,
    },
    /// A thread of the writer ended. What was not committed is lost and the writer is poisoned: open again.
    #[error("failed to {op}: the writer of the full-text index in {} has ended", dir.display())]
    WriterEnded {
        /// The index.
        dir: PathBuf,
        /// What was attempted.
        op: &'static str,
        /// How it ended.
        #[source]
        source: Source,
    },
    /// An earlier call failed half-way, so this writer takes no more: drop it and open again.
    #[error("the writer of the full-text index in {} failed earlier and must be opened again", dir.display())]
    Poisoned {
        /// The index.
        dir: PathBuf,
    },
    /// The call is only possible between commits: commit or roll back first.
    #[error("the full-text index in {} holds changes that are not committed", dir.display())]
    Uncommitted {
        /// The index.
        dir: PathBuf,
    },
}

impl Error {
    /// Whether the files are damaged or foreign, so that only indexing anew helps.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Incompatible { .. } | Self::Foreign { .. })
    }

    /// What was found, for people: this error's cause where it has one.
    #[must_use]
    pub fn cause(&self) -> String {
        std::error::Error::source(self).map_or_else(|| self.to_string(), ToString::to_string)
    }
}

/// Where and during what an error arose.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) op: &'static str,
}

impl At<'_> {
    pub(crate) fn corrupt(self, source: impl Into<Source>) -> Error {
        Error::Corrupt { dir: self.dir.to_owned(), op: self.op, source: source.into() }
    }

    /// Sorts tantivy's errors by what the caller can do.
    pub(crate) fn error(self, error: TantivyError) -> Error {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Error::Locked { dir: self.dir.to_owned() },
            TantivyError::LockFailure(LockError::IoError(source), _) | TantivyError::IoError(source) => {
                self.io(&source)
            }
            TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error, .. })
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error, .. }) => self.io(&io_error),
            TantivyError::OpenReadError(OpenReadError::IncompatibleIndex(found))
            | TantivyError::IncompatibleIndex(found) => {
                self.incompatible(tantivy_format(&found), tantivy::version().to_string())
            }
            TantivyError::ErrorInThread(_) | TantivyError::SystemError(_) | TantivyError::Poisoned => {
                Error::WriterEnded { dir: self.dir.to_owned(), op: self.op, source: error.into() }
            }
            other => self.corrupt(other),
        }
    }

    pub(crate) fn incompatible(self, found: String, expected: String) -> Error {
        Error::Incompatible { dir: self.dir.to_owned(), found, expected }
    }

    pub(crate) fn io(self, error: &io::Error) -> Error {
        match error.kind() {
            // Files that end early, do not parse or are no files are damage, not a refusal.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::IsADirectory => {
                self.corrupt(error.to_string())
            }
            kind => {
                let source = error
                    .raw_os_error()
                    .map_or_else(|| io::Error::new(kind, error.to_string()), io::Error::from_raw_os_error);
                Error::Io { path: self.dir.to_owned(), op: self.op, source }
            }
        }
    }

    /// Runs `read`, which reads what is on disk through tantivy. Its readers check little and index into what they read, so damaged
    /// bytes can end in a panic; that is damage too, not a reason to take the caller down.
    pub(crate) fn reading<T>(self, read: impl FnOnce() -> Result<T, TantivyError>) -> Result<T, Error> {
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(result) => result.map_err(|error| self.error(error)),
            Err(panic) => Err(self.corrupt(panic_text(&*panic))),
        }
    }
}

fn tantivy_format(found: &Incompatibility) -> String {
    match found {
        Incompatibility::CompressionMismatch { index_compression_format, .. } => {
            index_compression_format.clone()
        }
        Incompatibility::IndexMismatch { index_version, .. } => index_version.to_string(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a reader panicked").to_owned()
}
