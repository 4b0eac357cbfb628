//! `wait_for_events`: waits until something happens in the workspace, as that somebody's report is there.
//!
//! Invariant: a call ends: with events, or with none after its time. So many wait at once and no more, so that others are still answered.
//! Not here: who hears of what (`access`).

use super::action::{Action, Call, Effect, Needs, Reply};
use crate::refusal::{Kind, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use workroom::{After, EventFilter, EventPage, Listed};

/// Calls that wait at once: each holds one of the places for calls.
const MOST_WAITING: usize = 32;
/// Seconds that a call may wait; clients give a call up after a minute or two.
const LONGEST: u64 = 100;
/// Seconds that it waits where nothing is said.
const USUAL: u64 = 30;
/// How often a call that waits looks whether somebody still wants it.
const STEP: Duration = Duration::from_millis(250);

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "wait_for_events",
        "Wait until something happens",
        "Wait until something happens to files, such as that another agent's report is there, and say what. Without `after` it waits for what happens \
         from now on; hand back `next` as `after` to miss nothing in between. To wait for a file that may be there already, look first. Types: \
         file.created, file.modified, file.deleted, file.moved, file.indexed, lease.*, checkpoint.*, approval.*, comment.*, alert.*.",
        (Effect::Reads, Needs::Read),
        |call, input: Input| wait(call, &input),
    )]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// `next` of an earlier call; `start` for all that is kept.
    after: Option<String>,
    /// Only these types, such as `file.created` or `file.*`.
    #[serde(default)]
    types: Vec<String>,
    /// Only about this file or folder, or what is below it.
    path: Option<String>,
    /// Seconds to wait at most, 0 to 100; 30 if absent.
    timeout_seconds: Option<u64>,
    /// The most events, 1 to 200; 50 if absent.
    limit: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// What happened, the oldest first; empty when nothing did in the time.
    events: Vec<Happened>,
    /// Hand it back as `after` to go on from here.
    next: String,
    /// More may have happened before these than is told: look at the files anew.
    missed: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Happened {
    /// What.
    #[serde(rename = "type")]
    kind: String,
    /// When it was noticed.
    at: String,
    /// The file or folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Where it was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// Who did it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// The details.
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
}

/// One that waits, counted until it is dropped.
struct Waiting;

static N_WAITING: AtomicUsize = AtomicUsize::new(0);

impl Waiting {
    fn begin() -> Result<Self> {
        // Given back by the drop, also where it is one too many.
        let (waiting, before) = (Self, N_WAITING.fetch_add(1, Ordering::SeqCst));
        if before < MOST_WAITING {
            return Ok(waiting);
        }
        let refusal =
            Refusal::new(Kind::Unavailable, format!("{MOST_WAITING} calls wait for events already"));
        Err(Refusal { retry_after: Some(5), ..refusal.hint("ask with `timeout_seconds` 0, and again later") })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        N_WAITING.fetch_sub(1, Ordering::SeqCst);
    }
}

fn wait(call: &Call<'_>, input: &Input) -> Result<Reply<Output>> {
    let seconds = ranged("timeout_seconds", input.timeout_seconds.unwrap_or(USUAL), 0, LONGEST)?;
    let limit = ranged("limit", input.limit.unwrap_or(50), 1, 200)? as usize;
    let filter = EventFilter { types: input.types.clone(), paths: input.path.iter().cloned().collect() };
    let mut after = input.after.as_deref().map_or(After::Now, |text| {
        let Ok(after) = text.parse();
        after
    });
    let until = Instant::now() + Duration::from_secs(seconds);
    let _waiting = (seconds > 0).then(Waiting::begin).transpose()?;
    let feed = call.access.room().feed()?;
    loop {
        // Before the look, so that nothing happens between the two.
        let times = feed.times();
        let page = call.access.events(&after, &filter, limit)?;
        let now = Instant::now();
        if !page.events.is_empty() || page.missed || now >= until || call.cancel.is_set() {
            return Ok(told(&page, seconds));
        }
        after = page.next.into();
        while feed.times() == times && Instant::now() < until && !call.cancel.is_set() {
            feed.wait(times, until.min(Instant::now() + STEP));
        }
    }
}

fn ranged(name: &str, value: u64, least: u64, most: u64) -> Result<u64> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Refusal::invalid(format!("`{name}` is from {least} to {most}")))
}

fn told(page: &EventPage, seconds: u64) -> Reply<Output> {
    let output = Output {
        events: page.events.iter().map(happened).collect(),
        next: page.next.to_string(),
        missed: page.missed,
    };
    Reply::new(text(&output, seconds), output)
}

fn happened(listed: &Listed) -> Happened {
    let event = &listed.event;
    let at = jiff::Timestamp::from_millisecond(event.at_ms).map(|at| at.to_string());
    Happened {
        kind: event.kind.clone(),
        at: at.unwrap_or_default(),
        path: event.path.clone(),
        to: event.to.clone(),
        by: event.by.as_ref().map(|by| by.name.clone()),
        data: event.data.clone(),
    }
}

fn text(output: &Output, seconds: u64) -> String {
    let mut lines: Vec<String> = Vec::new();
    if output.missed {
        lines.push("more may have happened before this than is told here: look at the files anew".to_owned());
    }
    lines.extend(output.events.iter().map(|event| {
        let path = event.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        let to = event.to.as_ref().map(|to| format!(" -> {to}")).unwrap_or_default();
        let by = event.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        format!("{} {}{path}{to}{by}", event.at, event.kind)
    }));
    if output.events.is_empty() {
        lines.push(format!("nothing happened within {seconds} s"));
    }
    lines.push(format!("to go on from here: after={}", output.next));
    lines.join("\n")
}
