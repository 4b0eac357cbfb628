//! Events, and which of them somebody wants.
//!
//! Invariant: a type never changes its meaning. An event is small: what would not fit is told without its details.
//! Not here: numbers (`log`), how an event is written (`line`).

use crate::{Actor, Result, random};
use corpus::PathSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The details of an event may have so many bytes as JSON: a webhook's body stays below the 20 KB that receivers expect.
pub const MAX_DATA: usize = 12 << 10;
/// Characters of an id behind its `msg_`: as many as 128 bits need.
const ID: usize = 22;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The number, from 1.
    pub seq: u64,
    /// A name that no other event has: `msg_` and letters.
    pub id: String,
    /// What happened: `file.created`, `lease.given`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was noticed, in milliseconds since 1970.
    pub at_ms: i64,
    /// The file or folder that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it went, if it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Who did it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// The details.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// An event that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    kind: String,
    path: Option<String>,
    to: Option<String>,
    by: Option<Actor>,
    data: Map<String, Value>,
}

impl NewEvent {
    /// An event of a type, as `lease.given`: about the workspace as a whole, until it is said to be about a path.
    #[must_use]
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), path: None, to: None, by: None, data: Map::new() }
    }

    /// It is about this file or folder; the empty path is the workspace.
    #[must_use]
    pub fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()).filter(|path| !path.is_empty()), ..self }
    }

    /// Which went there.
    #[must_use]
    pub fn to(self, to: impl Into<String>) -> Self {
        Self { to: Some(to.into()), ..self }
    }

    /// Somebody did it.
    #[must_use]
    pub fn by(self, by: &Actor) -> Self {
        Self { by: Some(by.clone()), ..self }
    }

    /// With one more detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// With the members of a JSON object as details; anything else is none.
    #[must_use]
    pub fn data(mut self, data: Value) -> Self {
        if let Value::Object(members) = data {
            self.data.extend(members);
        }
        self
    }

    /// The event under its number.
    pub(super) fn told(self, seq: u64, at_ms: i64) -> Result<Event> {
        let id = format!("msg_{}", random::text(random::BASE62, ID)?);
        let Self { kind, path, to, by, data } = self;
        let mut event = Event { seq, id, kind, at_ms, path, to, by, data };
        let is_large = || serde_json::to_string(&event.data).map_or(true, |text| text.len() > MAX_DATA);
        if !event.data.is_empty() && is_large() {
            event.data = Map::from_iter([("left_out".to_owned(), Value::Bool(true))]);
        }
        Ok(event)
    }
}

impl Event {
    /// The event as somebody hears of it who may see `set`: whole; as something that came or went, where the other half of a move is hidden; or
    /// not at all. What is about no path is for whoever sees everything.
    #[must_use]
    pub fn seen_by(&self, set: &PathSet) -> Option<Cow<'_, Self>> {
        if set.is_all() {
            return Some(Cow::Borrowed(self));
        }
        let path = self.path.as_deref()?;
        match (set.contains(path), self.to.as_deref().map(|to| (to, set.contains(to)))) {
            (true, None | Some((_, true))) => Some(Cow::Borrowed(self)),
            (true, Some((_, false))) => Some(Cow::Owned(self.half("deleted", path))),
            (false, Some((to, true))) => Some(Cow::Owned(self.half("created", to))),
            (false, _) => None,
        }
    }

    /// A move of which one end is hidden.
    fn half(&self, verb: &str, path: &str) -> Self {
        let noun = self.kind.split('.').next().unwrap_or("file");
        Self { kind: format!("{noun}.{verb}"), path: Some(path.to_owned()), to: None, ..self.clone() }
    }
}

/// Which events somebody wants. Without any condition all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Of one of these types: `file.created`, or `file.*` for all that begin so.
    pub types: Vec<String>,
    /// About a file or folder at or below one of these paths.
    pub paths: Vec<String>,
}

impl EventFilter {
    /// Whether somebody wants it.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let is_type = |wanted: &String| match wanted.strip_suffix('*') {
            Some(begin) => event.kind.starts_with(begin),
            None => event.kind == *wanted,
        };
        (self.types.is_empty() || self.types.iter().any(is_type)) && self.is_there(event)
    }

    fn is_there(&self, event: &Event) -> bool {
        if self.paths.is_empty() {
            return true;
        }
        let set = PathSet::under(&self.paths);
        [&event.path, &event.to].into_iter().flatten().any(|path| set.contains(path))
    }
}
