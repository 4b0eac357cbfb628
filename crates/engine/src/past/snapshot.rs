//! Snapshots of the past: the index as far as it is as it was, joined with what files held before; and what of it cannot be told.
//!
//! Invariant: what is told of an instant is told within a set of paths as if there were nothing else.

use super::beside::{Besides, Wanted};
use super::instant::Instant;
use super::keep_last;
use super::then::{FileThen, Files, Then};
use crate::provenance::now_ms;
use crate::search::rfc3339;
use crate::{Engine, Error, ErrorKind, Hit, Query, Result};
use corpus::{DocPath, ModelId, PathSet, Seq};
use index::{DocRecord, Snapshot};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An instant that was asked for, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// By which it is asked for again: the id of a checkpoint, or a time.
    pub as_of: String,
    /// When that was, RFC 3339, UTC.
    pub at: String,
    /// How many files there were.
    pub files: u64,
    /// Files that were there and cannot be searched, since what they held is no longer kept: the first by their paths, at most
    /// [`AsOf::MOST_NAMED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<String>,
    /// How many such files there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub n_not_kept: u64,
    /// What else there is to be said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl AsOf {
    /// How many files are named of which nothing is kept.
    pub const MOST_NAMED: usize = 100;
}

/// What a query sees.
pub(crate) struct Seen {
    pub(crate) snapshot: Arc<Snapshot>,
    /// When that was, if it is not now.
    as_of: Option<String>,
}

/// Files that are not in a snapshot, since what they held is no longer kept.
type Lost = Arc<BTreeSet<DocPath>>;

/// A snapshot of the past, kept for the next who asks.
pub(super) struct Joined {
    files: Arc<Files>,
    made_of: (Seq, u64, ModelId),
    snapshot: Arc<Snapshot>,
    lost: Lost,
}

impl Seen {
    /// Whether a document's file is as the document is; `None` for one that is not to be shown, since it is gone and the query is about now.
    pub(crate) fn freshness(&self, engine: &Engine, doc: &DocRecord) -> Option<bool> {
        let fresh = engine.freshness(&self.snapshot, doc);
        match self.as_of {
            None => fresh,
            Some(_) => Some(fresh.unwrap_or(false)),
        }
    }

    /// A hit that says when it was so.
    pub(crate) fn dated(&self, hit: Hit) -> Hit {
        let is_current = self.as_of.is_some().then_some(hit.fresh);
        Hit { as_of: self.as_of.clone(), is_current, ..hit }
    }
}

impl Engine {
    /// What a query sees: what is there now, or was at the instant that it names.
    pub(crate) fn seen_by(&self, query: &Query) -> Result<Seen> {
        let now = self.snapshot_for(query)?;
        let Some(when) = &query.as_of else { return Ok(Seen { snapshot: now, as_of: None }) };
        let (then, snapshot, _) = self.at_instant(when, &now)?;
        Ok(Seen { snapshot, as_of: Some(rfc3339(then.at_ms)) })
    }

    /// The instant that `when` names (the id or a tag of a checkpoint, a date, a time, or an age as in `7d`), and what is known of the files
    /// there were, as far as they lie `within`. What it takes to search them is made ready.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when it is neither a time nor a checkpoint, or yet to come; [`NotFound`](ErrorKind::NotFound) when there is no
    /// such checkpoint; [`Io`](ErrorKind::Io) when versions cannot be read.
    pub fn as_of(&self, when: &str, within: &PathSet) -> Result<AsOf> {
        let now = self.snapshot()?;
        let (then, _, lost) = self.at_instant(when, &now)?;
        let files = &then.files;
        let is_in = |path: &&DocPath| within.contains(path.as_str());
        let not_kept: BTreeSet<&DocPath> = files.forgotten.union(&lost).filter(is_in).collect();
        let n_files = files.held.keys().chain(&files.forgotten).filter(is_in).count() as u64;
        Ok(AsOf {
            as_of: then.name.clone(),
            at: rfc3339(then.at_ms),
            files: n_files,
            n_not_kept: not_kept.len() as u64,
            not_kept: not_kept.iter().take(AsOf::MOST_NAMED).map(ToString::to_string).collect(),
            note: self.note_on(&then, n_files == 0, (within, &now)),
        })
    }

    /// What may be missing, and why nothing is there.
    fn note_on(&self, then: &Then, is_empty: bool, (within, now): (&PathSet, &Snapshot)) -> Option<String> {
        if then.checkpoint.is_some() {
            return is_empty.then(|| "the checkpoint has no files".to_owned());
        }
        let first =
            self.keep.versions.look(|table| table.timelines().known_since_ms(|path| within.contains(path)));
        let view = now.view(within);
        let indexed =
            view.docs().filter(|doc| doc.container.is_none()).map(|doc| doc.mtime_ns / 1_000_000).min();
        let first = [first, indexed].into_iter().flatten().min();
        let kept_since = now_ms().saturating_sub(self.config.versions.retention().age_ms);
        // When something was let go of is for who may know of everything.
        let forgotten = self.keep.versions.look(|table| table.timelines().forgotten_before_ms());
        let horizon = forgotten.filter(|_| within.is_all()).max(Some(kept_since));
        if is_empty {
            return Some(match first {
                Some(first) => format!(
                    "no file is known to have been there; the first is known since {}",
                    rfc3339(first)
                ),
                None => "no file is known to have been there, then or at any time".to_owned(),
            });
        }
        horizon.filter(|horizon| then.at_ms < *horizon).map(|horizon| {
            format!("of files that were gone before {} nothing may be known any more", rfc3339(horizon))
        })
    }

    /// The files of an instant, a snapshot of them, and which of them are not in it because what they held is no longer kept.
    fn at_instant(&self, when: &str, now: &Arc<Snapshot>) -> Result<(Arc<Then>, Arc<Snapshot>, Lost)> {
        if let Some(problem) = self.keep.versions.problem() {
            return Err(Error::new(ErrorKind::Io, format!("what files held before is not known: {problem}"))
                .hint("put the journal of versions back from a copy, or move it away"));
        }
        let instant: Instant = self.instant(when, now_ms())?;
        let mut state = self.past.lock();
        let then = self.then(&mut state, &instant, now)?;
        let made_of = (now.seq(), self.keep.drops(), self.ingest.student().model);
        let is_same = |joined: &Joined| Arc::ptr_eq(&joined.files, &then.files) && joined.made_of == made_of;
        let joined = match state.joined.iter().position(is_same) {
            Some(at) => state.joined.remove(at),
            None => {
                // Of an older state of the index, whose files it holds on to.
                state.joined.retain(|joined| !Arc::ptr_eq(&joined.files, &then.files));
                let (snapshot, lost) = self.join(&mut state.besides, &then.files, now)?;
                Joined { files: Arc::clone(&then.files), made_of, snapshot, lost }
            }
        };
        let (snapshot, lost) = (Arc::clone(&joined.snapshot), Arc::clone(&joined.lost));
        keep_last(&mut state.joined, super::MOST, joined);
        Ok((then, snapshot, lost))
    }

    /// A snapshot of some files, and those that are not in it because what they held is no longer kept.
    fn join(&self, besides: &mut Besides, files: &Files, now: &Snapshot) -> Result<(Arc<Snapshot>, Lost)> {
        let wanted = wanted(files, now);
        // What was dropped may lie there for a while yet: it is not found by chance.
        let needed = self.needed_of(wanted.values().map(|file| file.hash).collect())?;
        let (wanted, dropped): (Wanted<'_>, Wanted<'_>) =
            wanted.into_iter().partition(|(_, file)| needed.contains(&file.hash));
        let (beside, mut lost) = self.beside(besides, &wanted)?;
        lost.extend(dropped.into_keys().cloned());
        let is_now = |doc: &DocRecord| files.has(doc);
        let is_then = |doc: &DocRecord| files.has(doc) && wanted.contains_key(&doc.path);
        Ok((Arc::new(now.joined(&beside, is_now, is_then)), Arc::new(lost)))
    }
}

/// The files of then that the index does not have as they were.
fn wanted<'a>(files: &'a Files, now: &Snapshot) -> Wanted<'a> {
    let is_as_it_was = |path: &DocPath, file: &FileThen| match now.doc(path) {
        Some(doc) => doc.container.is_none() && doc.hash == file.hash,
        // The same bytes were read, and hold nothing to search.
        None => now.skips().get(path).is_some_and(|skip| skip.hash == Some(file.hash)),
    };
    files.held.iter().filter(|(path, file)| !is_as_it_was(path, file)).collect()
}
