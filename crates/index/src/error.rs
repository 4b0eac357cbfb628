//! What can go wrong with an index, by what the caller can do about it.

use std::path::PathBuf;

/// An index could not be opened, read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process owns the stores.
    #[error("the index at {} is in use by another process", path.display())]
    Locked {
        /// The index folder.
        path: PathBuf,
    },
    /// The stores were written by another version of this program.
    #[error("the index at {} has format {found}, this program reads {expected}", path.display())]
    Incompatible {
        /// The index folder.
        path: PathBuf,
        /// What is on disk.
        found: String,
        /// What this program reads.
        expected: String,
    },
    /// A store holds what was never written to it. Opening the index again repairs it.
    #[error("the index is damaged: {what}")]
    Corrupt {
        /// Which store, and what in it.
        what: String,
    },
    /// An earlier commit failed half way. Nothing is lost; the index must be opened again before it takes another.
    #[error("an earlier commit failed; the index takes no more until it is opened again")]
    Poisoned,
    /// The system refused to read or write.
    #[error("{source}")]
    Io {
        /// What was tried, and on which file.
        #[from]
        source: std::io::Error,
    },
    /// The full-text store failed.
    #[error("full text: {0}")]
    Lexicon(#[source] lexicon::Error),
    /// The ledger failed.
    #[error("ledger: {0}")]
    Ledger(#[source] ledger::Error),
}

impl Error {
    /// Whether a store holds what was never written to it, or lacks what was. Opening the index again repairs that, after
    /// [`Index::distrust`](crate::Index::distrust).
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt { .. } => true,
            Self::Lexicon(error) => error.is_damage(),
            Self::Ledger(error) => error.is_damage(),
            _ => false,
        }
    }

    /// Whether this index takes no more commits until it is opened again. Queries go on.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let ended = |error: &lexicon::Error| {
            matches!(error, lexicon::Error::Poisoned { .. } | lexicon::Error::WriterEnded { .. })
        };
        match self {
            Self::Poisoned | Self::Ledger(ledger::Error::Poisoned) => true,
            Self::Lexicon(error) => ended(error),
            _ => false,
        }
    }
}
