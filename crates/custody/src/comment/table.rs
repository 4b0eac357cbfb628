//! What the records about comments add up to.
//!
//! Invariant: a record with a field or an act that this version does not know is refused, and with it the whole journal.
//! Not here: reading and writing them (`comments`).

use super::comment::{Comment, Reply, Resolved};
use crate::Actor;
use crate::journal::{Records, Replay, Unfit, decode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Resolved comments that are kept; of more, the oldest are forgotten.
pub(super) const MOST_RESOLVED: usize = 10_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// A comment was made.
    Added(Comment),
    /// Something was said to it.
    Replied { comment: String, reply: Reply },
    /// It was resolved.
    Resolved { comment: String, by: Actor, at_ms: i64 },
    /// What lies at a path and below it lies at another one now.
    Moved { from: String, to: String },
}

/// All comments.
#[derive(Debug, Default)]
pub(super) struct Table(BTreeMap<String, Comment>);

impl Table {
    pub(super) fn get(&self, id: &str) -> Option<&Comment> {
        self.0.get(id)
    }

    /// All of them, in no order that tells anything.
    pub(super) fn all(&self) -> impl Iterator<Item = &Comment> {
        self.0.values()
    }

    /// Those that nobody has resolved.
    pub(super) fn n_open(&self) -> usize {
        self.all().filter(|comment| comment.resolved.is_none()).count()
    }
}

impl Records for Table {
    type Record = Record;

    fn records(&self, _: i64) -> Vec<Record> {
        let mut resolved: Vec<i64> =
            self.all().filter_map(|comment| Some(comment.resolved.as_ref()?.at_ms)).collect();
        resolved.sort_unstable_by(|a, b| b.cmp(a));
        let horizon = resolved.get(MOST_RESOLVED).copied().unwrap_or(i64::MIN);
        let is_kept = |comment: &&Comment| comment.resolved.as_ref().is_none_or(|by| by.at_ms > horizon);
        self.all().filter(is_kept).flat_map(records).collect()
    }
}

impl Replay for Table {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn apply(&mut self, _: u64, record: &[u8]) -> Result<(), Unfit> {
        match decode(record)? {
            Record::Added(comment) => {
                let id = comment.id.clone();
                if self.0.insert(id.clone(), comment).is_some() {
                    return Err(Unfit(format!("the comment `{id}` is made twice")));
                }
            }
            Record::Replied { comment, reply } => {
                if let Some(comment) = self.0.get_mut(&comment) {
                    comment.replies.push(reply);
                }
            }
            Record::Resolved { comment, by, at_ms } => {
                if let Some(comment) = self.0.get_mut(&comment) {
                    comment.resolved.get_or_insert(Resolved { by, at_ms });
                }
            }
            Record::Moved { from, to } => {
                for comment in self.0.values_mut() {
                    if let Some(below) = below(&comment.path, &from) {
                        comment.path = format!("{to}{below}");
                    }
                }
            }
        }
        Ok(())
    }
}

/// One by one: all that was said to a comment may be more than a record can hold.
fn records(comment: &Comment) -> impl Iterator<Item = Record> {
    let (id, resolved) = (comment.id.clone(), comment.resolved.clone());
    let replies = comment.replies.clone().into_iter();
    let replied = replies.map(move |reply| Record::Replied { comment: id.clone(), reply });
    let id = comment.id.clone();
    let resolved = resolved.map(|Resolved { by, at_ms }| Record::Resolved { comment: id, by, at_ms });
    let added = Record::Added(Comment { replies: Vec::new(), resolved: None, ..comment.clone() });
    std::iter::once(added).chain(replied).chain(resolved)
}

/// What of a path lies below another one, with its slash: nothing, if it is that one.
pub(super) fn below<'a>(path: &'a str, above: &str) -> Option<&'a str> {
    path.strip_prefix(above).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}
