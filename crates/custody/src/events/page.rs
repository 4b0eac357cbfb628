//! What a reader is given.

use super::cursor::Cursor;
use super::event::Event;
use serde::{Deserialize, Serialize};

/// An event, and the place behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The event, as far as the reader may see it.
    pub event: Event,
    /// Where to go on behind it.
    pub cursor: Cursor,
}

/// Events from a place on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// In the order in which they happened.
    pub events: Vec<Listed>,
    /// Where to go on: behind all that was looked at, wanted or not.
    pub next: Cursor,
    /// Whether events may be missing before these: they are no longer kept, or the place is unknown here. What they told of is to be looked at
    /// anew.
    pub missed: bool,
    /// The number of the last event that was looked at.
    pub seq: u64,
    /// Whether that was all there is by now.
    pub at_end: bool,
}
