//! Acts: who changes something, as each change is told.
//!
//! Invariant: no change is made by nobody.
//! Not here: whether they may (`server`), what a change is.

use crate::Attempt;
use custody::{Actor, Via};

/// Who makes a change, and which attempt at it this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: Actor,
    /// Of a change that can be asked for again when its owner goes away in the middle.
    pub attempt: Attempt,
}

impl Act {
    /// A change that is made once.
    #[must_use]
    pub fn of(by: Actor) -> Self {
        Self { by, attempt: Attempt::default() }
    }
}

/// The owner's, by the library.
impl Default for Act {
    fn default() -> Self {
        Self::of(Actor::owner(Via::Library))
    }
}
