//! Looking things up in a log.
//!
//! Invariant: what is returned stands in the log line for line. A line that makes no sense is passed over: `verify` is there to tell of it.
//! Not here: who may look.

use super::act::Act;
use super::line::{self, MAX_LINE, Record};
use super::segments::{self, Lines, Segment};
use crate::Result;
use corpus::PathSet;
use serde_json::Value;
use std::collections::VecDeque;
use std::path::Path;

/// Which records are wanted. What is not set is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those on this file or folder, or below it, whether it was the first or the second path of an act, or shown by it.
    pub path: Option<String>,
    /// Those of this principal, by id or by name.
    pub principal: Option<String>,
    /// Those of this kind, such as `file.write`; or of all that begin so, such as `file`.
    pub doing: Option<String>,
    /// Those with this outcome: `done`, `denied`, `failed`.
    pub outcome: Option<String>,
    /// Not before then, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before then.
    pub until_ms: Option<i64>,
    /// Those that name no path outside these: what somebody may look at who administers a part. Those that name no path at all are only for
    /// who administers everything.
    pub within: Option<PathSet>,
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

/// As [`query`], the last ones first: of those below number `before`, if that is given. The number from which to go on is the next `before`.
///
/// # Errors
/// When a file cannot be read.
pub fn last(folder: &Path, filter: &Filter, before: Option<u64>, limit: usize) -> Result<Page> {
    let mut page = Page::default();
    let end = before.unwrap_or(u64::MAX);
    for segment in segments::list(folder)?.iter().rev().filter(|segment| segment.first < end) {
        // One more than is wanted says whether there are more.
        let wanted = limit.saturating_add(1).saturating_sub(page.records.len());
        let mut found = VecDeque::new();
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            if let Some((seq, record)) = read(bytes, has_end, filter).filter(|(seq, _)| *seq < end) {
                found.push_back((seq, record));
                if found.len() > wanted {
                    found.pop_front();
                }
            }
        }
        page.records.extend(found.into_iter().rev().map(|(_, record)| record));
        if page.records.len() > limit {
            page.records.truncate(limit);
            let last = page.records.last().and_then(|record| record.get("seq")).and_then(Value::as_u64);
            page.next = last;
            break;
        }
    }
    Ok(page)
}

/// Tells of each act that was noted at that time or later, with its number and time; and of those of another time that stand among them.
///
/// # Errors
/// When a file cannot be read.
pub fn each_since(folder: &Path, since_ms: i64, mut tell: impl FnMut(u64, i64, Act)) -> Result<()> {
    let segments = segments::list(folder)?;
    let mut begin = segments.len();
    // Times rise but for clocks that are set back: the last file whose first record is older holds the first that is wanted.
    while begin > 0 {
        begin -= 1;
        let Some(segment) = segments.get(begin) else { break };
        let first =
            Lines::of(segment)?.next()?.and_then(|(bytes, _)| line::read(bytes).map(|line| line.stamp.at_ms));
        if first.is_some_and(|at_ms| at_ms < since_ms) {
            break;
        }
    }
    for segment in segments.iter().skip(begin) {
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            if has_end && let Ok(Record { seq, at_ms, act }) = serde_json::from_slice(bytes) {
                tell(seq, at_ms, act);
            }
        }
    }
    Ok(())
}

/// A line's number and record, if the filter lets it through.
fn read(bytes: &[u8], has_end: bool, filter: &Filter) -> Option<(u64, Value)> {
    let line = line::read(bytes).filter(|_| has_end && bytes.len() <= MAX_LINE)?;
    let record = serde_json::from_slice(bytes).ok().filter(|record| filter.lets_through(record))?;
    Some((line.stamp.seq, record))
}

impl Page {
    /// Whether the page is full.
    fn take_from(&mut self, segment: &Segment, filter: &Filter, from: u64, limit: usize) -> Result<bool> {
        let mut lines = Lines::of(segment)?;
        while let Some((bytes, has_end)) = lines.next()? {
            let Some((seq, record)) = read(bytes, has_end, filter).filter(|(seq, _)| *seq >= from) else {
                continue;
            };
            if self.records.len() == limit {
                self.next = Some(seq);
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
        let is =
            |wanted: &Option<String>, found: Option<&str>| wanted.is_none() || wanted.as_deref() == found;
        is_by(record, self.principal.as_deref())
            && is(&self.outcome, text("outcome"))
            && self.since_ms.is_none_or(|since| at >= since)
            && self.until_ms.is_none_or(|until| at < until)
            && self
                .doing
                .as_deref()
                .is_none_or(|kind| text("doing").is_some_and(|doing| is_kind(doing, kind)))
            && self.path.as_deref().is_none_or(|path| paths(record).any(|at| lies_at(at, path)))
            && self.within.as_ref().is_none_or(|within| is_within(record, within))
    }
}

fn is_within(record: &Value, within: &PathSet) -> bool {
    within.is_all() || (paths(record).next().is_some() && paths(record).all(|path| within.contains(path)))
}

fn is_by(record: &Value, who: Option<&str>) -> bool {
    let says = |name: &str| record.pointer(name).and_then(Value::as_str);
    who.is_none() || says("/by/principal") == who || says("/by/name") == who
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
