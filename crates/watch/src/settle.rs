//! When a hint is told: at once if the file was closed, after a moment of quiet if it is still being written.
//!
//! Invariant: pure. Time comes in as an argument, so every rule here is tested on an invented clock.
//! Invariant: a path that is noted is told within `longest` plus one `gap`, however often it changes meanwhile.
//! Not here: reading events, ignore rules, channels.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use corpus::DocPath;

use crate::{Hint, HintKind};

/// How long to wait for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    /// A file that is written without being closed is told after this long without an event about it,
    pub(crate) quiet: Duration,
    /// but at the latest this long after the first one.
    pub(crate) longest: Duration,
    /// While events keep coming, batches are at least this far apart, so that one commit serves many files.
    pub(crate) gap: Duration,
    /// Events count as over, so that a batch need not wait for its gap, after this long without any.
    pub(crate) lull: Duration,
}

/// What an event means for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// A writer is at it: wait until it is quiet.
    Writing,
    /// It is complete (closed, moved in) or gone: tell at once.
    Done(HintKind),
}

/// Paths that have changed but were not told yet.
#[derive(Debug)]
pub(crate) struct Settler {
    timing: Timing,
    pending: BTreeMap<DocPath, Pending>,
    n_done: usize,
    /// No path that is being written is due before this.
    earliest: Option<Instant>,
    last_event: Instant,
    last_batch: Option<Instant>,
}

#[derive(Debug)]
struct Pending {
    first: Instant,
    last: Instant,
    change: Change,
}

impl Settler {
    pub(crate) fn new(timing: Timing, now: Instant) -> Self {
        Self {
            timing,
            pending: BTreeMap::new(),
            n_done: 0,
            earliest: None,
            last_event: now,
            last_batch: None,
        }
    }

    /// Number of paths not told yet.
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Forgets everything, because a whole scan will find it.
    pub(crate) fn clear(&mut self) {
        self.pending.clear();
        self.n_done = 0;
        self.earliest = None;
    }

    /// An event about `path` came at `now`.
    pub(crate) fn note(&mut self, path: DocPath, change: Change, now: Instant) {
        self.last_event = self.last_event.max(now);
        let entry =
            self.pending.entry(path).or_insert(Pending { first: now, last: now, change: Change::Writing });
        let was_done = entry.change != Change::Writing;
        entry.last = entry.last.max(now);
        entry.change = change;
        match change {
            Change::Done(_) if !was_done => self.n_done += 1,
            Change::Done(_) => {}
            Change::Writing => {
                self.n_done -= usize::from(was_done);
                let due = due(&self.timing, entry);
                self.earliest = Some(self.earliest.map_or(due, |earliest| earliest.min(due)));
            }
        }
    }

    /// When [`Settler::take`] should be called next; `None` when nothing is pending.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let done = (self.n_done > 0).then(|| self.batch_at());
        [done, self.earliest].into_iter().flatten().min()
    }

    /// Takes what is due at `now`, sorted by path; empty when it is too early for a batch.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<Hint> {
        let is_time = self.wake_at().is_some_and(|at| at <= now);
        if !is_time {
            return Vec::new();
        }
        let timing = self.timing;
        let mut earliest: Option<Instant> = None;
        let mut batch = Vec::new();
        self.pending.retain(|path, entry| {
            let kind = match entry.change {
                Change::Done(kind) => kind,
                Change::Writing => HintKind::MayExist,
            };
            let due = due(&timing, entry);
            if entry.change == Change::Writing && due > now {
                earliest = Some(earliest.map_or(due, |earliest| earliest.min(due)));
                return true;
            }
            batch.push(Hint { path: path.clone(), seen: entry.first, kind });
            false
        });
        self.earliest = earliest;
        self.n_done = 0;
        if !batch.is_empty() {
            self.last_batch = Some(now);
        }
        batch
    }

    /// The next moment a batch of complete files may go: now if the last one is a gap away, or as soon as events pause.
    fn batch_at(&self) -> Instant {
        match self.last_batch {
            Some(batch) => (batch + self.timing.gap).min(self.last_event + self.timing.lull),
            None => self.last_event,
        }
    }
}

/// When a path is told: what is complete goes with the next batch.
fn due(timing: &Timing, entry: &Pending) -> Instant {
    match entry.change {
        Change::Done(_) => entry.first,
        Change::Writing => (entry.last + timing.quiet).min(entry.first + timing.longest),
    }
}

#[cfg(test)]
mod tests;
