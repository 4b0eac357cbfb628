//! `workroom events`: prints what happened in the workspace, and follows what happens.

use crate::args::{Args, Events};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::{interrupt, place};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use workroom::{Actor, After, Error, ErrorKind, Event, EventFilter, EventPage, Listed, Workspace};

/// Events that are asked for at once.
const PORTION: usize = 1000;
/// How long one call waits while somebody follows.
const WAIT: Duration = Duration::from_secs(60);

pub(super) fn run(args: &Args, options: &Events) -> Result<(), Failure> {
    let stop = interrupt::flag();
    let workspace = place::open(args)?;
    let filter = EventFilter { types: options.types.clone(), paths: options.paths.clone() };
    let mut out = Out::new();
    let Ok(after) = options.after.as_deref().unwrap_or("now").parse::<After>();
    if options.follow {
        return follow(&workspace, after, &filter, options, &mut out, &stop);
    }
    let limit = usize::from(options.limit);
    let page = match (&options.after, options.wait) {
        (None, None) => newest(&workspace, &filter, limit)?,
        (_, wait) => {
            let wait = Duration::from_secs(wait.unwrap_or_default());
            workspace.events_until(&after, &filter, limit, wait, &stop)?
        }
    };
    tell(&mut out, options, &page)?;
    if !options.json {
        let line = out.dim(&format!("go on with --after {}", page.next));
        out.whole(&line)?;
    }
    out.flush()?;
    match options.wait {
        Some(seconds) if page.events.is_empty() && !page.missed => {
            let error = Error::new(ErrorKind::Timeout, format!("nothing happened within {seconds} s"));
            Err(error.hint(format!("go on waiting with `--after {}`", page.next)).into())
        }
        _ => Ok(()),
    }
}

/// The last events that are wanted.
fn newest(workspace: &Workspace, filter: &EventFilter, limit: usize) -> Result<EventPage, Failure> {
    let (mut kept, mut after) = (VecDeque::new(), After::Start);
    loop {
        let mut page = workspace.events(&after, filter, PORTION, Duration::ZERO)?;
        after = page.next.clone().into();
        kept.extend(page.events.drain(..));
        kept.drain(..kept.len().saturating_sub(limit));
        if page.at_end {
            return Ok(EventPage { events: kept.into(), ..page });
        }
    }
}

fn follow(
    workspace: &Workspace,
    mut after: After,
    filter: &EventFilter,
    options: &Events,
    out: &mut Out,
    stop: &AtomicBool,
) -> Result<(), Failure> {
    while !stop.load(Ordering::Relaxed) {
        let page = match workspace.events_until(&after, filter, PORTION, WAIT, stop) {
            Err(error) if error.kind() == ErrorKind::Cancelled => return Ok(()),
            page => page?,
        };
        tell(out, options, &page)?;
        out.flush()?;
        after = page.next.into();
    }
    Ok(())
}

fn tell(out: &mut Out, options: &Events, page: &EventPage) -> Result<(), Failure> {
    if page.missed {
        match options.json {
            true => out.json_line(&Missed { missed: true })?,
            false => out.whole("events may be missing before these: they are no longer kept")?,
        }
    }
    for listed in &page.events {
        match options.json {
            true => out.json_line(&Json::of(listed))?,
            false => out.whole(&line(&listed.event))?,
        }
    }
    Ok(())
}

/// `2026-11-21T20:15:07Z  file.created  notes/a.md  ann (mcp)`.
fn line(event: &Event) -> String {
    let at =
        at(event).map_or_else(|| event.at_ms.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let path = event.path.as_deref().map(clean).unwrap_or_default();
    let to = event.to.as_deref().map(|to| format!(" -> {}", clean(to))).unwrap_or_default();
    let by =
        event.by.as_ref().map(|by| format!("  {} ({})", clean(&by.name), by.via.name())).unwrap_or_default();
    format!("{at}  {:<14}  {path}{to}{by}", clean(&event.kind))
}

fn at(event: &Event) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(event.at_ms).ok()
}

/// Said before events where some may be missing.
#[derive(Serialize)]
struct Missed {
    missed: bool,
}

/// An event as JSON.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Actor>,
    data: &'a Map<String, Value>,
    cursor: &'a str,
}

impl<'a> Json<'a> {
    fn of(listed: &'a Listed) -> Self {
        let event = &listed.event;
        Self {
            id: &event.id,
            kind: &event.kind,
            at: at(event).map(|at| at.to_string()),
            path: event.path.as_deref(),
            to: event.to.as_deref(),
            by: event.by.as_ref(),
            data: &event.data,
            cursor: listed.cursor.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workroom::Via;

    #[test]
    fn an_event_is_a_line() {
        let event = Event {
            seq: 1,
            id: "msg_1".into(),
            kind: "file.moved".into(),
            at_ms: 1_795_291_200_000,
            path: Some("a\u{1b}.md".into()),
            to: Some("b.md".into()),
            by: Some(Actor::owner(Via::Mcp)),
            data: Map::new(),
        };
        let expected = "2026-11-21T20:00:00Z  file.moved      a\u{fffd}.md -> b.md  owner (mcp)";
        assert_eq!(line(&event), expected);
    }
}
