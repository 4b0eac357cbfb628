//! Looking things up in a log.
//!
//! Invariant: what is returned stands in the log line for line. A line that makes no sense is passed over: `verify` is there to tell of it.
//! Not here: who may look.

use super::line::{self, MAX_LINE};
use super::segments::{self, Lines, Segment};
use crate::Result;
use serde_json::Value;
use std::path::Path;

/// Which records are wanted. What is not set is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those on this file or folder, or below it, whether it was the first or the second path of an act, or shown by it.
    pub path: Option<String>,
    /// Those of this principal, by id.
    pub principal: Option<String>,
    /// Those of this kind, such as `file.write`; or of all that begin so, such as `file`.
    pub doing: Option<String>,
    /// Those with this outcome: `done`, `denied`, `failed`.
    pub outcome: Option<String>,
    /// Not before then, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before then.
    pub until_ms: Option<i64>,
}

/// Some records, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Each as it stands in the log, with its number and its hash.
    pub records: Vec<Value>,
    /// The number from which to go on; absent at the end.
    pub next: Option<u64>,
}

/// Records that a filter lets through, from number `from` on, at most `limit`.
///
/// # Errors
/// When a file cannot be read.
pub fn query(folder: &Path, filter: &Filter, from: u64, limit: usize) -> Result<Page> {
    let segments = segments::list(folder)?;
    // The last segment that begins no later holds the first record that is wanted.
    let begin = segments.iter().rposition(|segment| segment.first <= from).unwrap_or(0);
    let mut page = Page::default();
    for segment in segments.iter().skip(begin) {
        if page.take_from(segment, filter, from, limit)? {
            break;
        }
    }
    Ok(page)
}

impl Page {
    /// Whether the page is full.
    fn take_from(&mut self, segment: &Segment, filter: &Filter, from: u64, limit: usize) -> Result<bool> {
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            let Some(line) =
                line::read(bytes).filter(|line| has_end && bytes.len() <= MAX_LINE && line.stamp.seq >= from)
            else {
                continue;
            };
            let Some(record) =
                serde_json::from_slice(bytes).ok().filter(|record| filter.lets_through(record))
            else {
                continue;
            };
            if self.records.len() == limit {
                self.next = Some(line.stamp.seq);
                return Ok(true);
            }
            self.records.push(record);
        }
        Ok(false)
    }
}

impl Filter {
    fn lets_through(&self, record: &Value) -> bool {
        let text = |name: &str| record.get(name).and_then(Value::as_str);
        let at = record.get("at_ms").and_then(Value::as_i64).unwrap_or_default();
        let principal = record.pointer("/by/principal").and_then(Value::as_str);
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is(&self.principal, principal)
            && is(&self.outcome, text("outcome"))
            && self.since_ms.is_none_or(|since| at >= since)
            && self.until_ms.is_none_or(|until| at < until)
            && self
                .doing
                .as_deref()
                .is_none_or(|kind| text("doing").is_some_and(|doing| is_kind(doing, kind)))
            && self.path.as_deref().is_none_or(|path| paths(record).any(|at| lies_at(at, path)))
    }
}

fn is_kind(doing: &str, kind: &str) -> bool {
    doing.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn lies_at(path: &str, at: &str) -> bool {
    at.is_empty() || path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn paths(record: &Value) -> impl Iterator<Item = &str> {
    let shown = record.get("shown").and_then(Value::as_array).into_iter().flatten();
    let own = [record.get("path"), record.get("to")].into_iter().flatten();
    own.chain(shown.filter_map(|shown| shown.get("path"))).filter_map(Value::as_str)
}
