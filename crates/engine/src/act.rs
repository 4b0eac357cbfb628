//! Acts: who changes something, as each change is told.
//!
//! Invariant: no change is made by nobody.
//! Not here: whether they may (`server`), what a change is.

use crate::Attempt;
use custody::{Actor, Via};

/// Who makes a change, by which lease, and which attempt at it this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: Actor,
    /// Of a change that can be asked for again when its owner goes away in the middle.
    pub attempt: Attempt,
    /// The lease by which it is made, where somebody holds one.
    pub lease: Option<String>,
}

impl Act {
    /// A change that is made once.
    #[must_use]
    pub fn of(by: Actor) -> Self {
        Self { by, attempt: Attempt::default(), lease: None }
    }
}

/// The owner's, by the library.
impl Default for Act {
    fn default() -> Self {
        Self::of(Actor::owner(Via::Library))
    }
}
