//! What can go wrong with an endpoint, in words, with what can be done about it.
//!
//! Invariant: no error holds the key, whatever the endpoint says.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What failed: a stable word for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Failure {
    /// The settings make no sense.
    Setting,
    /// Nobody answers at the address, or not in a way that can be trusted.
    Unreachable,
    /// The endpoint says no.
    Refused,
    /// It took too long.
    Slow,
    /// The connection ended before the answer did.
    CutOff,
    /// The answer was longer than one may be.
    TooLong,
    /// What came is not what the protocol has.
    NotUnderstood,
    /// As many answers are being made as may be at once.
    Busy,
    /// Nobody waited for it any more.
    Cancelled,
}

impl Failure {
    /// In words, without what only the operator may know.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Setting => "the language model is set up wrongly",
            Self::Unreachable => "the language model cannot be reached",
            Self::Refused => "the language model refused the request",
            Self::Slow => "the language model took too long",
            Self::CutOff => "the language model's answer broke off",
            Self::TooLong => "the language model's answer was too long",
            Self::NotUnderstood => "the language model's answer was not understood",
            Self::Busy => "the language model is busy with other questions",
            Self::Cancelled => "nobody waited for the language model's answer any more",
        }
    }
}

/// A failure, with its place and reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    failure: Failure,
    detail: String,
    hint: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error {
    pub(crate) fn new(failure: Failure, detail: impl Into<String>, hint: &'static str) -> Self {
        Self { failure, detail: detail.into(), hint }
    }

    /// What failed.
    #[must_use]
    pub fn failure(&self) -> Failure {
        self.failure
    }

    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        self.hint
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(Failure::Cancelled, Failure::Cancelled.words(), "ask again")
    }

    /// Without a secret.
    pub(crate) fn without(self, secret: Option<&str>) -> Self {
        match secret {
            Some(secret) if self.detail.contains(secret) => {
                Self { detail: self.detail.replace(secret, "(the key)"), ..self }
            }
            _ => self,
        }
    }
}
