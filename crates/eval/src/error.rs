//! What can be wrong with a test set, said so that its author can mend it.

use std::io;
use std::path::{Path, PathBuf};

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// An error: what is wrong, in which file, on which line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused to read or write.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A line is not what its format asks for.
    #[error("{}:{line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A file as a whole cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The folder for the files of a set holds what no earlier run left there.
    #[error("{} is there and is no work of an earlier run", .0.display())]
    Taken(PathBuf),
    /// Nothing at the path looks like a test set.
    #[error("{} holds no test set", .0.display())]
    NoSet(PathBuf),
}

impl Error {
    pub(crate) fn line(path: &Path, line: usize, reason: impl Into<String>) -> Self {
        Self::Line { path: path.to_owned(), line, reason: reason.into() }
    }

    pub(crate) fn file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing: "read", path, source }
    }

    pub(crate) fn writing(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing: "write", path, source }
    }

    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { doing: "write", .. } => "check that the disk has room and that you may write there",
            Self::Io { .. } => "check the path, and that you may read there",
            Self::Line { .. } | Self::File { .. } => {
                "mend the file; docs/evaluation.md describes each format"
            }
            Self::Taken(_) => "name a new folder, or take that one away",
            Self::NoSet(_) => {
                "name a BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv), a folder of such, a folder of documents with a \
                 golden JSONL file, or a Ragas or DeepEval JSONL file"
            }
        }
    }
}
