//! What was begun and has no end in the log: the process ended in between. And what all that was begun lately was to leave.
//!
//! Invariant: pure of everything but the log's files. What is not found here was ended, or lies further back than two segments, where its
//! record goes on saying that it was begun.
//! Not here: what came of it, which whoever looks at the files can say.

use super::act::{Act, Outcome};
use super::left::Left;
use super::line::{self, Record};
use super::segments::{self, Lines};
use crate::Result;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// As they stand in a line. Text in quotes has its own quotes escaped, so none of it passes for one of these.
const BEGUN: &[u8] = b"\"outcome\":\"begun\"";
const BEGAN: &[u8] = b"\"began\":";
/// Changes take seconds; so much is written in a far longer time.
const SEGMENTS: usize = 2;

/// What an end says.
#[derive(Deserialize)]
struct End {
    began: Option<u64>,
    outcome: Outcome,
    path: Option<String>,
    to: Option<String>,
}

/// The end of a log, as far as changes go.
#[derive(Clone, Debug, Default)]
pub struct Tail {
    /// The acts that were begun and not ended, with their numbers, in their order.
    pub pending: Vec<(u64, Act)>,
    /// What changes were to leave that were begun and did not fail.
    pub left: Left,
}

/// The acts that were begun and not ended, with their numbers, in their order.
///
/// # Errors
/// When a file cannot be read.
pub fn pending(folder: &Path) -> Result<Vec<(u64, Act)>> {
    Ok(tail(folder)?.pending)
}

/// What was begun lately.
///
/// # Errors
/// When a file cannot be read.
pub fn tail(folder: &Path) -> Result<Tail> {
    let segments = segments::list(folder)?;
    let (mut pending, mut left) = (BTreeMap::new(), Left::default());
    for segment in segments.iter().skip(segments.len().saturating_sub(SEGMENTS)) {
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            if has_end && line::read(bytes).is_some() {
                take(&mut pending, &mut left, bytes);
            }
        }
    }
    Ok(Tail { pending: pending.into_iter().collect(), left })
}

fn take(pending: &mut BTreeMap<u64, Act>, left: &mut Left, line: &[u8]) {
    if holds(line, BEGUN)
        && let Ok(Record { seq, act, .. }) = serde_json::from_slice(line)
        && act.outcome == Outcome::Begun
    {
        left.begun(seq, &act);
        pending.insert(seq, act);
    }
    if holds(line, BEGAN)
        && let Ok(End { began: Some(began), outcome, path, to }) = serde_json::from_slice(line)
    {
        pending.remove(&began);
        if outcome != Outcome::Done {
            left.failed(began, [path.as_deref(), to.as_deref()]);
        }
    }
}

fn holds(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len()).any(|window| window == what)
}
