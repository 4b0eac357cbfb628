//! What can go wrong for whoever manages webhooks.

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An address, type or time makes no sense, or must not be used.
    #[error("{what}")]
    Invalid {
        /// What it is, and why it does not do.
        what: String,
        /// What would.
        hint: &'static str,
    },
    /// There is no such webhook.
    #[error("there is no webhook `{id}`")]
    NotFound {
        /// What was looked for.
        id: String,
    },
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] custody::Error),
    /// The workspace cannot be asked.
    #[error(transparent)]
    Workspace(#[from] workroom::Error),
    /// The system refused.
    #[error("{0}")]
    System(String),
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Invalid { hint, .. } => hint,
            Self::NotFound { .. } => "`workroom webhook list` shows the ids",
            Self::Journal(error) => error.hint(),
            Self::Workspace(error) => error.hints().unwrap_or_default(),
            Self::System(_) => "try again",
        }
    }

    pub(crate) fn invalid(what: impl Into<String>, hint: &'static str) -> Self {
        Self::Invalid { what: what.into(), hint }
    }
}
