//! What can go wrong for a caller, with a hint for each kind that a caller can do something about.

use custody::lease::Held;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// What kind of trouble it is. The command line maps each to an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The folder holds no workspace.
    NotAWorkspace,
    /// No such file, folder, chunk or model.
    NotFound,
    /// The path, option or query makes no sense.
    Invalid,
    /// Another process owns the workspace and does not share it.
    Locked,
    /// The file is not the version that the caller named: somebody changed, made or removed it.
    Conflict,
    /// Somebody else holds a lease on it, or asked for one before.
    Held,
    /// The lease that was shown holds no more: somebody else may have been given one since.
    LeaseEnded,
    /// The principal has done as much as it may in some time.
    Quota,
    /// It took longer than the caller wanted to wait.
    Timeout,
    /// The index is damaged beyond what opening repairs.
    Corrupt,
    /// Another version of this program wrote it.
    Incompatible,
    /// The file is there and cannot be indexed.
    Unsupported,
    /// A model or its runtime is missing or does not work.
    Model,
    /// The caller asked to stop.
    Cancelled,
    /// The system refused to read or write.
    Io,
}

/// An error of the library: one line that says what and where, a kind, and a hint.
#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    hint: Option<String>,
    /// The lease that is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Box<Held>>,
    /// Stays in the process where it happened; its words are in the message.
    #[source]
    #[serde(skip)]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of that kind with its usual hint.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            path: None,
            hint: default_hint(kind).map(str::to_owned),
            held: None,
            source: None,
        }
    }

    /// Names the file or folder it is about.
    #[must_use]
    pub fn at(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Says what the caller can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_held(mut self, held: Held) -> Self {
        self.held = Some(Box::new(held));
        self
    }

    pub(crate) fn caused(kind: ErrorKind, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: None, ..Self::new(kind, chain(&source)) }.with_source(source)
    }

    fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The file or folder it is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The lease that is in the way, if it is known which.
    #[must_use]
    pub fn held(&self) -> Option<&Held> {
        self.held.as_deref()
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn hints(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Whether a folder is where a file of ours should be: nothing that opening mends, and nothing that the system refused either.
fn is_folder(error: &index::Error) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |cause| cause.source());
    causes.any(|cause| {
        let cause = cause.downcast_ref::<std::io::Error>();
        cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::IsADirectory)
    })
}

/// What an error says, and what its causes say that it does not.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    for cause in causes.map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn default_hint(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotAWorkspace => {
            "run `workroom index` there to make it one, or name another folder with `-w DIR`"
        }
        ErrorKind::Locked => {
            "another workroom process works on this workspace; wait for it or stop it, then try again"
        }
        ErrorKind::Conflict => {
            "read the file again, apply your change to what it holds now, and write with its new version"
        }
        ErrorKind::Held => {
            "wait for it with `workroom lease take PATH --wait 60s`; `workroom lease list` says who holds what"
        }
        ErrorKind::LeaseEnded => "take a new lease, and read the files again before you write them",
        ErrorKind::Quota => "wait a little, or ask the workspace's owner for more",
        ErrorKind::Timeout => "try again; `workroom daemon status` says whether it is busy",
        ErrorKind::Corrupt => {
            "run `workroom doctor --rebuild` to rebuild the index from the files; no file of yours is touched"
        }
        ErrorKind::Incompatible => {
            "run `workroom doctor --rebuild` to rebuild the index in this program's format, or use the other version"
        }
        ErrorKind::NotFound => "check the spelling; `workroom status` says what is indexed",
        ErrorKind::Model => {
            "run `workroom models list` to see what is installed, `workroom models install` to install one"
        }
        ErrorKind::Unsupported => {
            "run `workroom status --problems` to see every file that is not searchable, and why"
        }
        ErrorKind::Invalid => "run the command with `--help` to see what it takes",
        ErrorKind::Cancelled => "run it again to go on from where it stopped",
        ErrorKind::Io => "check that the disk has room and that you may read and write there",
    })
}

impl From<index::Error> for Error {
    fn from(error: index::Error) -> Self {
        let kind = match &error {
            index::Error::Locked { .. } => ErrorKind::Locked,
            index::Error::Incompatible { .. } => ErrorKind::Incompatible,
            error if error.is_damage() || error.is_final() || is_folder(error) => ErrorKind::Corrupt,
            _ => ErrorKind::Io,
        };
        Self::caused(kind, error)
    }
}

impl From<ingest::Error> for Error {
    fn from(error: ingest::Error) -> Self {
        match error {
            ingest::Error::Index(error) => error.into(),
            ingest::Error::Cancelled => Self::caused(ErrorKind::Cancelled, error),
            _ => Self::caused(ErrorKind::Io, error),
        }
    }
}

impl From<watch::Error> for Error {
    fn from(error: watch::Error) -> Self {
        Self::caused(ErrorKind::Io, error)
    }
}

impl From<embed::Error> for Error {
    fn from(error: embed::Error) -> Self {
        Self::caused(ErrorKind::Model, error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        let kind =
            if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Self::caused(kind, error)
    }
}

impl From<corpus::PathError> for Error {
    fn from(error: corpus::PathError) -> Self {
        Self::caused(ErrorKind::Invalid, error)
            .hint("name a file by its path inside the workspace, such as `notes/today.md`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_hint() {
        use ErrorKind::*;
        for kind in [
            NotAWorkspace,
            NotFound,
            Invalid,
            Locked,
            Conflict,
            Held,
            LeaseEnded,
            Quota,
            Timeout,
            Corrupt,
            Incompatible,
            Unsupported,
            Model,
            Cancelled,
            Io,
        ] {
            assert!(Error::new(kind, "x").hints().is_some_and(|hint| !hint.is_empty()), "{kind:?}");
        }
    }
}
