//! What can go wrong, named by what the caller can do about it.

use crate::lease::Held;
use std::io;
use std::path::{Path, PathBuf};

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of custody.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused: space, permissions, a failing disk.
    #[error("cannot {op} {}: {source}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb.
        op: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The system has no random numbers to make a secret of.
    #[error("the system gives no random numbers: {why}")]
    Random {
        /// The system's answer.
        why: String,
    },
    /// Another process is writing the journal and does not come to an end.
    #[error("{} is being written by another process", .path.display())]
    Locked {
        /// The journal.
        path: PathBuf,
    },
    /// Bytes that were acknowledged are no longer what they were. What lies before them is sound.
    #[error("{} is damaged at byte {offset} (record {record}): {why}", .path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where the damage begins, in bytes from the start of the file.
        offset: u64,
        /// The number of the first record that cannot be read.
        record: u64,
        /// What was found.
        why: &'static str,
    },
    /// A newer version of this program wrote it, and what it wrote may be a restriction that this one does not know.
    #[error("{} was written by a newer version of this program: {what}", .path.display())]
    Incompatible {
        /// The journal.
        path: PathBuf,
        /// What this version does not know.
        what: String,
    },
    /// The record is larger than one may be. Nothing was written.
    #[error("a record of {bytes} bytes is more than the {limit} that one may have")]
    TooLarge {
        /// The record's size.
        bytes: usize,
        /// The largest there may be.
        limit: usize,
    },
    /// A name, path or time makes no sense. Nothing was written.
    #[error("{what}")]
    Invalid {
        /// What it is, and why it does not do.
        what: String,
    },
    /// The principal may not do this. Nothing was written.
    #[error("{what}")]
    Denied {
        /// What it is, and why.
        what: String,
    },
    /// Somebody else holds a lease on it. Nothing was written, or given.
    #[error("`{path}` is held by `{}`{}", .by.name, purpose(by))]
    Held {
        /// The file or folder.
        path: String,
        /// The lease that is in the way.
        by: Box<Held>,
    },
    /// Others are writing it just now, or asked before. Nothing was written, or given.
    #[error("`{path}` is being written, or others asked for it before")]
    Busy {
        /// The file or folder.
        path: String,
    },
    /// The lease that was shown holds no more: somebody else may have been given one since. Nothing was written.
    #[error("the lease holds no more: it has expired, was given back or taken away, or never was")]
    LeaseEnded,
    /// The workspace is being closed. Nothing was given, or written: whoever opens it next can be asked.
    #[error("the workspace is being closed")]
    Closed,
    /// There is no token of that id.
    #[error("there is no token `{id}`")]
    NotFound {
        /// What was looked for.
        id: String,
    },
    /// There is none of what was named: a transfer, a comment, an approval.
    #[error("{what}")]
    Absent {
        /// What was looked for.
        what: String,
        /// Where to look.
        hint: &'static str,
    },
}

/// What kind of trouble it is, for exit codes and statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The system refused.
    Io,
    /// Another process is at it.
    Locked,
    /// A journal is damaged.
    Damaged,
    /// A journal is a newer version's.
    Incompatible,
    /// What was asked for makes no sense.
    Invalid,
    /// The principal may not.
    Denied,
    /// Somebody else holds it, or is at it just now.
    Held,
    /// The lease that was shown has ended.
    LeaseEnded,
    /// Whoever was asked is leaving.
    Closed,
    /// No such token, transfer, comment or approval.
    NotFound,
}

impl Error {
    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } | Self::Random { .. } => ErrorKind::Io,
            Self::Locked { .. } => ErrorKind::Locked,
            Self::Damaged { .. } => ErrorKind::Damaged,
            Self::Incompatible { .. } => ErrorKind::Incompatible,
            Self::TooLarge { .. } | Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Denied { .. } => ErrorKind::Denied,
            Self::Held { .. } | Self::Busy { .. } => ErrorKind::Held,
            Self::LeaseEnded => ErrorKind::LeaseEnded,
            Self::Closed => ErrorKind::Closed,
            Self::NotFound { .. } | Self::Absent { .. } => ErrorKind::NotFound,
        }
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        if let Self::Absent { hint, .. } = self {
            return hint;
        }
        match self.kind() {
            ErrorKind::Io => "check that the disk has room and that you may read and write there",
            ErrorKind::Locked => "wait for the other process or stop it, then try again",
            ErrorKind::Damaged => {
                "put the file back from a copy, or move it away and create tokens anew; until then none is accepted, \
                 since a lost record may have revoked one"
            }
            ErrorKind::Incompatible => "use that version, or move the file away and create tokens anew",
            ErrorKind::Invalid => "run the command with `--help` to see what it takes",
            ErrorKind::Denied => "ask somebody who has the `admin` right there",
            ErrorKind::Held => "wait for the lease, or write elsewhere",
            ErrorKind::LeaseEnded => "take a new lease, and read the files again before you write them",
            ErrorKind::Closed => "ask again",
            ErrorKind::NotFound => "`workroom token list` shows the ids",
        }
    }

    pub(crate) fn io(path: &Path, op: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, op, source }
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }

    pub(crate) fn denied(what: impl Into<String>) -> Self {
        Self::Denied { what: what.into() }
    }
}

fn purpose(by: &Held) -> String {
    if by.purpose.is_empty() { String::new() } else { format!(": {}", by.purpose) }
}
