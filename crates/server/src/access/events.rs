//! Events as a principal may hear of them.
//!
//! Invariant: what it may not read is not among them, whichever way they are asked for, and no cursor tells of it.

use super::Access;
use crate::refusal::{Kind, Refusal, Result};
use std::borrow::Cow;
use std::time::Duration;
use workroom::{After, Event, EventFilter, EventPage};

impl Access {
    /// What happened after a place that it may know of.
    pub(crate) fn events(&self, after: &After, filter: &EventFilter, limit: usize) -> Result<EventPage> {
        let read = self.view().events(after, filter, limit, Duration::ZERO);
        read.map_err(|error| match error.kind() {
            workroom::ErrorKind::Invalid => {
                Refusal::new(Kind::Unprocessable, "`after` is no place in this workspace's events")
                    .hint("`start`, `now`, or a cursor that was given out with events")
            }
            _ => self.refused(&error),
        })
    }

    /// An event as it may hear of it.
    pub(crate) fn hears<'a>(&self, event: &'a Event) -> Option<Cow<'a, Event>> {
        event.seen_by(&self.readable())
    }
}
