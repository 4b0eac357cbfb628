//! What the records of a history add up to: of each path, the newest versions and whose they are.
//!
//! Invariant: of each path so many versions are kept and no more. What is once known to be untrusted is not forgotten by writing the same bytes
//! again, nor by moving them.
//! Not here: reading and writing the records (`log`).

use super::record::{Record, Source};
use crate::journal::Unfit;
use crate::{Actor, Trust};
use corpus::ContentHash;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Versions that are kept of a path. What is asked for is the one that is indexed, which is the newest or, for a moment, the one before.
const KEPT: usize = 8;
/// What is newer than so many records may be about to take its place: more writers at once than an owner lets in.
const LATELY: u64 = 4096;

/// Whose a version is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who wrote it.
    pub by: Arc<Actor>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// How it came about.
    pub source: Source,
    /// Where it was fetched, by its writer's account.
    pub source_url: Option<String>,
    /// How far it is to be believed, by its writer's account and by what it was made of.
    pub trust: Trust,
}

/// What is known of a version of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Whose it is; absent for what was not written through the program.
    pub origin: Option<Origin>,
    /// How far it is to be believed, from where it comes.
    pub trust: Trust,
}

/// Which versions are whose.
#[derive(Debug, Default)]
pub(super) struct Table {
    files: BTreeMap<Box<str>, File>,
    /// Files and folders that came from where nothing is trusted.
    untrusted: BTreeMap<Box<str>, Untrusted>,
    /// Many versions are of few actors.
    actors: HashSet<Arc<Actor>>,
}

/// The versions of a path, from the oldest.
#[derive(Debug, Default)]
struct File {
    entries: Vec<Entry>,
    /// The number of the last record about the path.
    touched: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    version: ContentHash,
    /// Of the record in which it was written.
    number: u64,
    origin: Origin,
}

impl Entry {
    /// How far it is to be believed, where all that was written before a number is untrusted.
    fn trust(&self, before: Option<u64>) -> Trust {
        if before.is_some_and(|before| self.number <= before) { Trust::Untrusted } else { self.origin.trust }
    }
}

/// What was written before a number is untrusted.
#[derive(Clone, Copy, Debug)]
struct Untrusted {
    before: u64,
    /// The number of the last record about the path.
    touched: u64,
}

impl Table {
    pub(super) fn apply(&mut self, number: u64, record: Record) -> Result<(), Unfit> {
        match record {
            Record::Written { path, version, by, at_ms, source, source_url, trust } => {
                let origin = Origin { by: self.actor(by), at_ms, source, source_url, trust };
                self.push(path.into(), number, [Entry { version, number, origin }]);
            }
            Record::Withdrawn { path, version } => self.withdraw(&path, &version),
            Record::Moved { from, to, .. } => self.carry(number, &from, &to),
            Record::Untrusted { path } => {
                self.untrusted.insert(path.into(), Untrusted { before: number, touched: number });
            }
            Record::Removed { path, .. } => self.remove(&path),
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is known of a version of a path.
    pub(super) fn known(&self, path: &str, version: &ContentHash) -> Known {
        let entries = self.files.get(path).map(|file| file.entries.as_slice()).unwrap_or_default();
        let same = || entries.iter().filter(|entry| entry.version == *version);
        let newest = same().next_back();
        let before = self.untrusted_before(path);
        let trust = match newest {
            Some(newest) => label(newest, same(), before),
            None if before.is_some() => Trust::Untrusted,
            None => Trust::Unknown,
        };
        Known { origin: newest.map(|entry| entry.origin.clone()), trust }
    }

    /// Number of paths of which something is known.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Records that make this table, but for what is not there any more. `next` is the next record's number.
    pub(super) fn records(&self, next: u64, is_there: &dyn Fn(&str) -> bool) -> Vec<Record> {
        let late = |number: u64| number.saturating_add(LATELY) >= next;
        let untrusted =
            self.untrusted.iter().filter(|(path, untrusted)| late(untrusted.touched) || is_there(path));
        let mut records: Vec<Record> =
            untrusted.map(|(path, _)| Record::Untrusted { path: path.to_string() }).collect();
        for (path, file) in self.files.iter().filter(|(path, file)| late(file.touched) || is_there(path)) {
            // What comes behind those records is not touched by them, so each says by itself what it is.
            let before = self.untrusted_before(path);
            records.extend(file.entries.iter().map(|entry| written(path, entry, entry.trust(before))));
        }
        records
    }

    fn actor(&mut self, actor: Actor) -> Arc<Actor> {
        if let Some(known) = self.actors.get(&actor) {
            return Arc::clone(known);
        }
        let actor = Arc::new(actor);
        self.actors.insert(Arc::clone(&actor));
        actor
    }

    /// The number before which all that was written at a path is untrusted.
    fn untrusted_before(&self, path: &str) -> Option<u64> {
        above(path).filter_map(|place| self.untrusted.get(place)).map(|untrusted| untrusted.before).max()
    }

    fn push(&mut self, path: Box<str>, touched: u64, entries: impl IntoIterator<Item = Entry>) {
        let file = self.files.entry(path).or_default();
        file.touched = touched;
        for entry in entries {
            // Most files have one version.
            file.entries.reserve_exact(1);
            file.entries.push(entry);
        }
        let surplus = file.entries.len().saturating_sub(KEPT);
        file.entries.drain(..surplus);
    }

    fn withdraw(&mut self, path: &str, version: &ContentHash) {
        let Some(file) = self.files.get_mut(path) else { return };
        if let Some(at) = file.entries.iter().rposition(|entry| entry.version == *version) {
            file.entries.remove(at);
        }
        if file.entries.is_empty() {
            self.files.remove(path);
        }
    }

    /// What is known of `from` and below is known of `to` too. Of `from` it stays: the move may never come about.
    fn carry(&mut self, touched: u64, from: &str, to: &str) {
        let target = |path: &str| format!("{to}{}", path.get(from.len()..).unwrap_or_default()).into();
        for path in keys_at(&self.files, from) {
            let entries = self.files.get(&path).map(|file| file.entries.clone()).unwrap_or_default();
            self.push(target(&path), touched, entries);
        }
        for path in keys_at(&self.untrusted, from) {
            let Some(untrusted) = self.untrusted.get(&path).copied() else { continue };
            self.untrusted.insert(target(&path), Untrusted { touched, ..untrusted });
        }
        // What came to a place came to all below it.
        if let Some(before) = self.untrusted_before(from) {
            self.untrusted.insert(to.into(), Untrusted { before, touched });
        }
    }

    fn remove(&mut self, path: &str) {
        for path in keys_at(&self.files, path) {
            self.files.remove(&path);
        }
        for path in keys_at(&self.untrusted, path) {
            self.untrusted.remove(&path);
        }
    }
}

/// How far a version is to be believed. Written again, the same bytes are trusted no further, unless the owner vouches for them.
fn label<'a>(newest: &Entry, mut same: impl Iterator<Item = &'a Entry>, before: Option<u64>) -> Trust {
    let vouched = newest.trust(before) == Trust::Trusted && newest.origin.by.is_owner();
    if !vouched && same.any(|entry| entry.trust(before) == Trust::Untrusted) {
        return Trust::Untrusted;
    }
    newest.trust(before)
}

/// A path and the folders above it.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    folders.chain([path])
}

/// The keys that are `path` or lie below it.
fn keys_at<V>(map: &BTreeMap<Box<str>, V>, path: &str) -> Vec<Box<str>> {
    // Below a folder lies what follows `folder/` and comes before `folder0`.
    let below = map.range::<str, _>((
        std::ops::Bound::Included(format!("{path}/").as_str()),
        std::ops::Bound::Excluded(format!("{path}0").as_str()),
    ));
    let own = map.get_key_value(path).map(|(key, _)| key.clone());
    own.into_iter().chain(below.map(|(key, _)| key.clone())).collect()
}

fn written(path: &str, Entry { version, origin, .. }: &Entry, trust: Trust) -> Record {
    Record::Written {
        path: path.to_owned(),
        version: *version,
        by: Actor::clone(&origin.by),
        at_ms: origin.at_ms,
        source: origin.source,
        source_url: origin.source_url.clone(),
        trust,
    }
}
