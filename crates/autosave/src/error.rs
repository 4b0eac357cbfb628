//! Why a state was not saved, or not found.

/// Why something was not done. `E` is what the store says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The store refused.
    #[error(transparent)]
    Store(E),
    /// What was given makes no sense.
    #[error("{message}")]
    Invalid {
        /// What, and why.
        message: String,
        /// What can be done about it.
        hint: String,
    },
    /// No such run or step.
    #[error("{message}")]
    NotFound {
        /// What was looked for.
        message: String,
        /// What there is.
        hint: String,
    },
    /// The run's folder belongs to another run.
    #[error("{message}")]
    Taken {
        /// To which.
        message: String,
        /// What can be done about it.
        hint: String,
    },
    /// The system has no random numbers for a new run's id.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

impl<E> Error<E> {
    pub(crate) fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Invalid { message: message.into(), hint: hint.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::NotFound { message: message.into(), hint: hint.into() }
    }
}

impl<E> From<E> for Error<E> {
    fn from(error: E) -> Self {
        Self::Store(error)
    }
}
