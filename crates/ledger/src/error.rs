//! What can go wrong, named by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};

use corpus::Seq;

/// A failure of the ledger.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process, or another handle of this one, has the ledger open: talk to its owner.
    #[error("the ledger at {} is open elsewhere", .dir.display())]
    Locked {
        /// The ledger's folder.
        dir: PathBuf,
    },
    /// The operating system refused: space, permissions, a failing disk.
    #[error("{op} {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        op: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// One row does not decode. The rest may be sound: set the ledger aside and rebuild it, or rewrite the row.
    #[error("row {key} of {tree} is damaged: {why}")]
    Corrupt {
        /// The tree.
        tree: &'static str,
        /// The key in hexadecimal digits.
        key: String,
        /// What was found.
        why: &'static str,
    },
    /// Every row decodes, but they are not those that the last commit left: some are gone, or old ones are back. What is there can
    /// be used after a [`recount`](crate::Ledger::recount); the files say what is missing.
    #[error("{tree} holds {found} rows where the last commit left {expected}, or others than those")]
    Incomplete {
        /// The tree.
        tree: &'static str,
        /// Rows that the last commit left.
        expected: u64,
        /// Rows that are there.
        found: u64,
    },
    /// The store itself cannot be read: [`set_aside`](crate::set_aside) it and rebuild.
    #[error("the store at {} is damaged: {why}", .dir.display())]
    Damaged {
        /// The store's folder.
        dir: PathBuf,
        /// What was found.
        why: String,
    },
    /// A row is larger than a row may be. Nothing was written.
    #[error("{what} takes {bytes} bytes, more than the {limit} of a row")]
    TooLarge {
        /// The row, for people.
        what: String,
        /// Its key and value together.
        bytes: usize,
        /// The most a row may take.
        limit: usize,
    },
    /// The commit's number is not above the last one's. Nothing was written.
    #[error("commit {got} does not come after commit {have}")]
    OutOfOrder {
        /// The last commit's number.
        have: Seq,
        /// The refused commit's number.
        got: Seq,
    },
    /// The commit contradicts itself or the ledger. Nothing was written.
    #[error("the commit is refused: {why}")]
    Inconsistent {
        /// The contradiction.
        why: &'static str,
    },
    /// An earlier commit failed half way, so memory and disk may differ: open the ledger again.
    #[error("an earlier commit failed; the ledger takes no more until it is opened again")]
    Poisoned,
}

impl Error {
    /// Whether what is on the disk is at fault, so that setting it aside and rebuilding helps.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt { .. } | Self::Incomplete { .. } | Self::Damaged { .. })
    }

    pub(crate) fn io(path: &Path, op: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, op, source }
    }

    /// Sorts sled's errors into those of the system and those of the data. A file that ends too early is data.
    pub(crate) fn from_sled(dir: &Path, op: &'static str, error: sled::Error) -> Self {
        match error {
            sled::Error::Io(source) if !is_data(source.kind()) => {
                Self::Io { path: dir.to_path_buf(), op, source }
            }
            other => Self::Damaged { dir: dir.to_path_buf(), why: other.to_string() },
        }
    }
}

fn is_data(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::IsADirectory
    )
}
