//! `workroom watch`: keeps the index up to date until stopped.

use super::index;
use crate::args::{Args, Watch};
use crate::failure::Failure;
use crate::output::{Out, clean, count};
use crate::{interrupt, place};
use serde::Serialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use workroom::{Improvement, Outcome, WatchEvent};

/// How often Ctrl-C is looked at.
const PATIENCE: Duration = Duration::from_millis(100);

pub(super) fn run(args: &Args, options: &Watch) -> Result<(), Failure> {
    let stop = interrupt::flag();
    let (workspace, _) = place::open_or_create(args)?;
    let (send, events) = mpsc::channel();
    let workspace = Arc::new(workspace);
    // The receiver outlives the watch, so sending only fails when the command is ending anyway.
    let watch = workspace.watch(move |event| drop(send.send(event)))?;
    let mut out = Out::new();
    while !stop.load(Ordering::Relaxed) {
        match events.recv_timeout(PATIENCE) {
            Ok(WatchEvent::Failed(error)) => return Err(error.into()),
            Ok(event) => tell(&mut out, options, event)?,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    watch.stop();
    if !options.quiet && !options.json {
        out.whole("stopped; the index holds everything printed above")?;
    }
    Ok(out.flush()?)
}

fn tell(out: &mut Out, options: &Watch, event: WatchEvent) -> Result<(), Failure> {
    if options.json {
        return Ok(Json::of(event).map_or(Ok(()), |json| out.json_line(&json))?);
    }
    match event {
        WatchEvent::Problem(problem) | WatchEvent::Improved(Improvement::Problem(problem)) => {
            out.whole(&format!("problem: {problem}"))?
        }
        _ if options.quiet => {}
        WatchEvent::Ready { summary, mode } => {
            index::print(out, &summary, None)?;
            out.whole(&format!("watching ({mode}); Ctrl-C stops"))?;
        }
        WatchEvent::Changed { path, outcome, latency } => {
            let millis = latency.as_secs_f64() * 1000.0;
            out.whole(&format!("{millis:>7.1} ms  {}  {}", words(&outcome), clean(&path)))?;
        }
        WatchEvent::Reconciled { reason, summary } => out.whole(&format!(
            "compared the whole folder ({reason}): {} indexed, {} removed",
            summary.indexed, summary.removed
        ))?,
        WatchEvent::Improved(improvement) => {
            if let Some(line) = improved(&improvement) {
                out.whole(&line)?;
            }
        }
        _ => {}
    }
    Ok(out.flush()?)
}

/// What a person wants to know of the work in the background: its ends, not its steps.
fn improved(improvement: &Improvement) -> Option<String> {
    match improvement {
        Improvement::Adapted(adapted) => Some(format!(
            "fitted the student to {} of this workspace; {} embedded anew",
            count(adapted.passages as u64, "passage"),
            count(adapted.chunks, "chunk")
        )),
        Improvement::Filled(filled) if filled.left == 0 => {
            Some("every chunk has its teacher vector".to_owned())
        }
        Improvement::Graph => Some("built the graph over the vectors".to_owned()),
        _ => None,
    }
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Indexed { chunks } => format!("indexed ({})", count(*chunks as u64, "chunk")),
        Outcome::Unchanged => "unchanged".to_owned(),
        Outcome::Skipped { reason, .. } => format!("skipped ({reason})"),
        Outcome::Removed => "removed".to_owned(),
        _ => "seen".to_owned(),
    }
}

/// An event on a line of its own.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Json {
    Ready { documents_seen: u64, indexed: u64, mode: String },
    Changed { path: String, outcome: &'static str, latency_ms: f64 },
    Reconciled { reason: String, indexed: u64, removed: u64 },
    Adapted { passages: usize, chunks: u64 },
    Filled { embedded: u64, left: u64 },
    Graph,
    Problem { message: String },
}

impl Json {
    fn of(event: WatchEvent) -> Option<Self> {
        Some(match event {
            WatchEvent::Ready { summary, mode } => {
                Self::Ready { documents_seen: summary.seen, indexed: summary.indexed, mode }
            }
            WatchEvent::Changed { path, outcome, latency } => {
                Self::Changed { path, outcome: word(&outcome), latency_ms: latency.as_secs_f64() * 1000.0 }
            }
            WatchEvent::Reconciled { reason, summary } => {
                Self::Reconciled { reason, indexed: summary.indexed, removed: summary.removed }
            }
            WatchEvent::Problem(message) | WatchEvent::Improved(Improvement::Problem(message)) => {
                Self::Problem { message }
            }
            WatchEvent::Improved(Improvement::Adapted(adapted)) => {
                Self::Adapted { passages: adapted.passages, chunks: adapted.chunks }
            }
            WatchEvent::Improved(Improvement::Filled(filled)) => {
                Self::Filled { embedded: filled.embedded, left: filled.left }
            }
            WatchEvent::Improved(Improvement::Graph) => Self::Graph,
            _ => return None,
        })
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Indexed { .. } => "indexed",
        Outcome::Unchanged => "unchanged",
        Outcome::Skipped { .. } => "skipped",
        Outcome::Removed => "removed",
        _ => "seen",
    }
}
