//! What is known of a save: `_autosave_metadata`, as Swarms calls the member that holds it.
//!
//! Invariant: pure. What Swarms writes is a part of what is written here, under the same names; what it leaves out is absent.
//! On disk: docs/autosave.md.

use crate::json::{Object, quoted};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The member's name.
pub(crate) const MEMBER: &str = "_autosave_metadata";

/// Why a state was saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A step is done.
    #[default]
    Step,
    /// Some time has passed.
    Interval,
    /// The agent failed.
    Error,
    /// The agent was stopped.
    Interrupt,
    /// The agent is done.
    Final,
}

impl Reason {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Interval => "interval",
            Self::Error => "error",
            Self::Interrupt => "interrupt",
            Self::Final => "final",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Step, Self::Interval, Self::Error, Self::Interrupt, Self::Final]
            .into_iter()
            .find(|reason| reason.name() == name)
    }
}

/// What is known of a save.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// When, as it is written: RFC 3339 in UTC, or whatever another program wrote.
    pub(crate) timestamp: Option<String>,
    pub(crate) agent_id: Option<String>,
    pub(crate) agent_name: Option<String>,
    pub(crate) loop_count: Option<i64>,
    /// Which save of its run it is, from 1.
    pub(crate) sequence: Option<u64>,
    pub(crate) reason: Option<Reason>,
    /// BLAKE3 of the file's text without this member.
    pub(crate) content_hash: Option<String>,
}

impl Metadata {
    /// When, in milliseconds since 1970, if the time says where on earth it is.
    pub(crate) fn saved_ms(&self) -> Option<i64> {
        self.timestamp.as_ref()?.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
    }

    /// As JSON; who wrote it and when come first, as Swarms has it.
    pub(crate) fn to_json(&self) -> String {
        let mut object = Object::default();
        let mut text = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                object.set(name, quoted(value));
            }
        };
        text("timestamp", &self.timestamp);
        text("agent_id", &self.agent_id);
        text("agent_name", &self.agent_name);
        object
            .set("loop_count", self.loop_count.map_or_else(|| "null".to_owned(), |count| count.to_string()));
        if let Some(sequence) = self.sequence {
            object.set("sequence", sequence.to_string());
        }
        if let Some(reason) = self.reason {
            object.set("reason", quoted(reason.name()));
        }
        if let Some(hash) = &self.content_hash {
            object.set("content_hash", quoted(hash));
        }
        // Seven short members are never too many.
        object.to_text().unwrap_or_default()
    }

    /// Reads what is there of it.
    pub(crate) fn of(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            timestamp: text("timestamp"),
            agent_id: text("agent_id"),
            agent_name: text("agent_name"),
            loop_count: value.get("loop_count").and_then(Value::as_i64),
            sequence: value.get("sequence").and_then(Value::as_u64).filter(|sequence| *sequence > 0),
            reason: text("reason").and_then(|name| Reason::named(&name)),
            content_hash: text("content_hash"),
        }
    }
}

/// A time as it is written: RFC 3339, UTC, to the millisecond, so that all are as long and sort as they passed.
pub(crate) fn time(ms: i64) -> String {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let time = Timestamp::from_millisecond(ms).unwrap_or(end);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
