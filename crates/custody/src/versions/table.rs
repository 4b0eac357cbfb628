//! What the records add up to: the versions of each path, the trash, the checkpoints, a restore under way.
//!
//! Invariant: pure. The records that a table gives make the same table again.
//! Not here: reading and writing the records (`log`), the bytes.

use super::record::{Checkpoint, Record, Restore, State, Trashed, Unrestored, Version};
use super::timeline::Timelines;
use corpus::ContentHash;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// What is known of versions.
#[derive(Debug, Default)]
pub struct Table {
    /// Of each path, the oldest first.
    files: BTreeMap<Box<str>, Vec<Version>>,
    timelines: Timelines,
    trash: BTreeMap<String, Trashed>,
    checkpoints: BTreeMap<String, Checkpoint>,
    restoring: Option<Restore>,
    restored: Option<Restore>,
    /// What that one could not restore.
    unrestored: Vec<Unrestored>,
}

/// How long versions are kept. Of a file that is there the newest one always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// No older than so many milliseconds.
    pub age_ms: i64,
    /// No more than so many of a path.
    pub count: usize,
    /// No more than so many bytes on the disk, of all that no checkpoint needs.
    pub bytes: u64,
}

/// How long the checkpoints are kept that restores made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndoRetention {
    /// No older than so many milliseconds.
    pub age_ms: i64,
    /// No more than so many.
    pub count: usize,
}

impl Table {
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Version { path, is } => {
                self.timelines.stands(&path, is.at_ms, is.hash, is.bytes);
                self.push(path.into(), is);
            }
            Record::Moved { from, to, at_ms } => {
                self.timelines.moved(&from, &to, at_ms);
                self.carry(&from, &to);
            }
            Record::Gone { path, at_ms } => self.timelines.gone(&path, at_ms),
            Record::Timeline { path, states } => self.timelines.replace(&path, states),
            Record::ForgottenBefore { at_ms } => self.timelines.forget_before(at_ms),
            Record::Trashed(trashed) => drop(self.trash.insert(trashed.id.clone(), trashed)),
            Record::Untrashed { id } => drop(self.trash.remove(&id)),
            Record::Checkpoint(checkpoint) => {
                self.checkpoints.insert(checkpoint.id.clone(), checkpoint);
            }
            Record::Tagged { id, tags } => {
                if let Some(checkpoint) = self.checkpoints.get_mut(&id) {
                    checkpoint.tags = tags;
                }
            }
            Record::Deleted { id } => drop(self.checkpoints.remove(&id)),
            Record::Restoring(restore) => self.restoring = Some(restore),
            Record::Restored { unrestored } => {
                (self.restored, self.unrestored) = (self.restoring.take(), unrestored);
            }
        }
    }

    /// The versions of a path, the oldest first.
    #[must_use]
    pub fn versions(&self, path: &str) -> &[Version] {
        self.files.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The newest version of a path.
    #[must_use]
    pub fn newest(&self, path: &str) -> Option<&Version> {
        self.versions(path).last()
    }

    /// What stood where at which time.
    #[must_use]
    pub fn timelines(&self) -> &Timelines {
        &self.timelines
    }

    /// What lies in the trash.
    pub fn trash(&self) -> impl Iterator<Item = &Trashed> {
        self.trash.values()
    }

    /// The checkpoints.
    pub fn checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        self.checkpoints.values()
    }

    /// The checkpoint of that id or tag.
    #[must_use]
    pub fn checkpoint(&self, name: &str) -> Option<&Checkpoint> {
        let tagged = || self.checkpoints().find(|checkpoint| checkpoint.tags.iter().any(|tag| tag == name));
        self.checkpoints.get(name).or_else(tagged)
    }

    /// The restore that is under way.
    #[must_use]
    pub fn restoring(&self) -> Option<&Restore> {
        self.restoring.as_ref()
    }

    /// The restore that came to its end last.
    #[must_use]
    pub fn restored(&self) -> Option<&Restore> {
        self.restored.as_ref()
    }

    /// What that one could not restore.
    #[must_use]
    pub fn unrestored(&self) -> &[Unrestored] {
        &self.unrestored
    }

    /// The checkpoints that restores made and that need not be kept: those that nobody gave a name, and that no restore under way needs.
    #[must_use]
    pub fn old_undos(&self, retention: &UndoRetention, now_ms: i64) -> Vec<String> {
        let needed = |id: &str| self.restoring.iter().any(|it| it.before == id || it.checkpoint == id);
        let is_one = |one: &&Checkpoint| one.automatic && one.tags.is_empty() && !needed(&one.id);
        let mut all: Vec<&Checkpoint> = self.checkpoints().filter(is_one).collect();
        all.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
        let oldest = now_ms.saturating_sub(retention.age_ms);
        let is_old = |(at, one): &(usize, &Checkpoint)| *at >= retention.count || one.at_ms < oldest;
        all.into_iter().enumerate().filter(is_old).map(|(_, one)| one.id.clone()).collect()
    }

    /// The contents of all versions.
    pub fn contents(&self) -> impl Iterator<Item = &ContentHash> {
        self.files.values().flatten().map(|version| &version.hash)
    }

    /// Number of versions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Records that make this table.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> {
        let each = |path: &str, all: &[Version]| {
            let record = |is: &Version| Record::Version { path: path.to_owned(), is: is.clone() };
            all.iter().map(record).collect::<Vec<_>>()
        };
        let timelines = self.timeline_records();
        let restored = || Record::Restored { unrestored: self.unrestored.clone() };
        let last = self.restored.iter().flat_map(move |last| [Record::Restoring(last.clone()), restored()]);
        self.files
            .iter()
            .flat_map(move |(path, all)| each(path, all))
            .chain(timelines)
            .chain(self.trash.values().cloned().map(Record::Trashed))
            .chain(self.checkpoints.values().cloned().map(Record::Checkpoint))
            .chain(last)
            .chain(self.restoring.clone().map(Record::Restoring))
    }

    /// What the versions alone do not say of timelines.
    fn timeline_records(&self) -> impl Iterator<Item = Record> + use<> {
        let mut said = Timelines::default();
        for (path, all) in &self.files {
            all.iter().for_each(|version| said.stands(path, version.at_ms, version.hash, version.bytes));
        }
        let record = |(path, states): (&str, &[State])| Record::Timeline {
            path: path.to_owned(),
            states: states.to_vec(),
        };
        let mut records: Vec<Record> = self.timelines.differing(&said).map(record).collect();
        records.extend(self.timelines.forgotten_before_ms().map(|at_ms| Record::ForgottenBefore { at_ms }));
        records.into_iter()
    }

    /// Forgets versions that need not be kept. `is_there` says whether there is a file at a path, `stored` what a content takes on the disk that only
    /// versions need. Returns how many it forgot.
    pub(super) fn thin(
        &mut self,
        retention: &Retention,
        now_ms: i64,
        is_there: &dyn Fn(&str) -> bool,
        stored: &dyn Fn(&ContentHash) -> u64,
    ) -> usize {
        let before = self.len();
        let oldest = now_ms.saturating_sub(retention.age_ms);
        self.files.retain(|path, all| {
            let last = all.len().saturating_sub(1);
            let first = all.len().saturating_sub(retention.count.max(1));
            let mut at = 0;
            all.retain(|version| {
                let kept = at >= first && (version.at_ms >= oldest || (at == last && is_there(path)));
                at += 1;
                kept
            });
            !all.is_empty()
        });
        self.thin_to(retention.bytes, stored);
        self.timelines.thin(retention, now_ms);
        before - self.len()
    }

    /// Forgets the oldest versions, but of no path the newest, until the rest takes no more than so many bytes.
    fn thin_to(&mut self, most: u64, stored: &dyn Fn(&ContentHash) -> u64) {
        let mut uses: HashMap<ContentHash, usize> = HashMap::new();
        for hash in self.contents() {
            *uses.entry(*hash).or_default() += 1;
        }
        let mut taken: u64 = uses.keys().map(stored).sum();
        let older = self.files.iter().flat_map(|(path, all)| {
            all.iter().rev().skip(1).map(|version| (version.at_ms, path.clone(), version.hash))
        });
        let mut older: Vec<_> = older.collect();
        older.sort_unstable();
        for (at_ms, path, hash) in older {
            if taken <= most {
                return;
            }
            let Some(all) = self.files.get_mut(&path) else { continue };
            let last = all.len() - 1;
            let place = all.iter().position(|version| version.at_ms == at_ms && version.hash == hash);
            let Some(place) = place.filter(|place| *place < last) else { continue };
            all.remove(place);
            let left = uses.entry(hash).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                taken = taken.saturating_sub(stored(&hash));
            }
        }
    }

    fn push(&mut self, path: Box<str>, version: Version) {
        let all = self.files.entry(path).or_default();
        match all.last_mut() {
            // Met again, perhaps with its writer.
            Some(last) if last.hash == version.hash => {
                last.by = last.by.take().or(version.by);
            }
            _ => all.push(version),
        }
    }

    fn carry(&mut self, from: &str, to: &str) {
        for path in keys_at(&self.files, from) {
            let target = format!("{to}{}", path.get(from.len()..).unwrap_or_default());
            let Some(moved) = self.files.remove(&path) else { continue };
            // With what was known of the target: of files that were there before, or of this one, met there already.
            let there = self.files.entry(target.into()).or_default();
            there.extend(moved);
            there.sort_by_key(|version| version.at_ms);
            there.dedup_by(|a, b| a.hash == b.hash);
        }
    }
}

/// The keys that are `path` or lie below it.
fn keys_at<V>(map: &BTreeMap<Box<str>, V>, path: &str) -> Vec<Box<str>> {
    // Below a folder lies what follows `folder/` and comes before `folder0`.
    let (from, to) = (format!("{path}/"), format!("{path}0"));
    let below = map.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())));
    let own = map.get_key_value(path).map(|(key, _)| key.clone());
    own.into_iter().chain(below.map(|(key, _)| key.clone())).collect()
}
