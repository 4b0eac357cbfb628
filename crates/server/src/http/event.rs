//! The forms of events: how they are asked for, and how they are told.
//!
//! Invariant: every rule that is checked is in the schema. Numbers of events are not told: they would say how much happens elsewhere.
//! Not here: telling them (`events`).

use super::answer::Actor;
use super::path::FolderPath;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use workroom::{EventFilter, EventPage, Listed};

/// Events that a list holds where nothing is said.
const USUAL: u64 = 100;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EventsQuery {
    /// Where to go on: a cursor, `start` for the oldest event that is kept, `now` for what happens from now on; `now` when it is absent.
    #[param(required = false, max_length = 64)]
    pub(super) after: Option<String>,
    /// Seconds to wait for an event if there is none yet; a stream waits without end.
    #[param(required = false, minimum = 0, maximum = 60)]
    pub(super) wait: Option<u64>,
    /// Only events of these types, with commas between them: `file.created,lease.*`.
    #[param(required = false, max_length = 512)]
    #[serde(rename = "type")]
    pub(super) types: Option<String>,
    /// Only about this file or folder, or what is below it.
    #[param(required = false)]
    pub(super) path: Option<FolderPath>,
    /// The most events in a list; 100 when it is absent.
    #[param(required = false, minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u64>,
}

impl EventsQuery {
    pub(super) fn limit(&self) -> u64 {
        self.limit.unwrap_or(USUAL)
    }

    pub(super) fn filter(&self) -> EventFilter {
        let types = self.types.iter().flat_map(|types| types.split(','));
        let paths = self.path.iter().map(|path| path.0.clone()).filter(|path| !path.is_empty());
        EventFilter { types: types.map(|name| name.trim().to_owned()).collect(), paths: paths.collect() }
    }
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventInfo {
    /// A name that no other event has.
    id: String,
    /// What happened, as `file.created`.
    #[serde(rename = "type")]
    kind: String,
    /// When it was noticed, RFC 3339, UTC.
    at: String,
    /// The file or folder that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Where it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Who did it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Actor>)]
    by: Option<custody::Actor>,
    /// The details.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// Where to go on behind it.
    cursor: String,
}

impl EventInfo {
    pub(super) fn of(listed: &Listed) -> Self {
        let event = &listed.event;
        let at = jiff::Timestamp::from_millisecond(event.at_ms).map(|at| at.to_string());
        Self {
            id: event.id.clone(),
            kind: event.kind.clone(),
            at: at.unwrap_or_default(),
            path: event.path.clone(),
            to: event.to.clone(),
            by: event.by.clone(),
            data: event.data.clone(),
            cursor: listed.cursor.to_string(),
        }
    }
}

/// Events, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventList {
    /// The events.
    events: Vec<EventInfo>,
    /// Where to go on.
    next: String,
    /// Whether events may be missing before these: what they told of is to be looked at anew.
    missed: bool,
}

impl EventList {
    pub(super) fn of(page: &EventPage) -> Self {
        let events = page.events.iter().map(EventInfo::of).collect();
        Self { events, next: page.next.to_string(), missed: page.missed }
    }
}
