//! What was begun and has no end in the log: the process ended in between.
//!
//! Invariant: pure of everything but the log's files. What is not found here was ended, or lies further back than two segments, where its
//! record goes on saying that it was begun.
//! Not here: what came of it, which whoever looks at the files can say.

use super::act::{Act, Outcome};
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
}

/// The acts that were begun and not ended, with their numbers, in their order.
///
/// # Errors
/// When a file cannot be read.
pub fn pending(folder: &Path) -> Result<Vec<(u64, Act)>> {
    let segments = segments::list(folder)?;
    let mut pending = BTreeMap::new();
    for segment in segments.iter().skip(segments.len().saturating_sub(SEGMENTS)) {
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            if has_end && line::read(bytes).is_some() {
                take(&mut pending, bytes);
            }
        }
    }
    Ok(pending.into_iter().collect())
}

fn take(pending: &mut BTreeMap<u64, Act>, line: &[u8]) {
    if holds(line, BEGUN)
        && let Ok(Record { seq, act, .. }) = serde_json::from_slice(line)
        && act.outcome == Outcome::Begun
    {
        pending.insert(seq, act);
    }
    if holds(line, BEGAN)
        && let Ok(End { began: Some(began) }) = serde_json::from_slice(line)
    {
        pending.remove(&began);
    }
}

fn holds(line: &[u8], what: &[u8]) -> bool {
    line.windows(what.len()).any(|window| window == what)
}
