//! Events: what happened in a workspace, in the order in which it happened, to be read on from wherever somebody was.
//!
//! Invariant: an event that was told is in the file before its teller goes on, so that only the loss of power can take it, and then the last ones
//! alone. Numbers rise by one. Whoever reads on from a place hears every event after it, or is told that some are missing.
//! Not here: what is told (whoever does it), who may hear of it beyond a set of paths, where it is sent (`hooks`).
//! On disk: docs/format.md, "Events".
//!
//! A cursor names a place without telling how much happened before it: the same place looks different each time.

mod cursor;
mod event;
mod line;
mod log;
mod page;
mod segment;
#[cfg(test)]
mod tests;

pub use cursor::{After, Cursor};
pub use event::{Event, EventFilter, MAX_DATA, NewEvent};
pub use log::{EventLog, Retention};
pub use page::{EventPage, Listed};
