//! The committing side of a run: stages what was prepared, commits by bytes, counts.
//!
//! Invariant: what is staged is checked against the disk and the index while the writer is held. So when several runs overlap, none puts
//! an older version over a newer one, nor brings back what another has seen go: the last to commit a path has looked at it last.
//! Not here: reading and cutting files (`prepare`), who waits for the writer (`precedence`).

use crate::change::Change;
use crate::diff::is_current;
use crate::known::Known;
use crate::pipeline::now_ms;
use crate::prepare::{Prepared, Preparer, Put};
use crate::progress::{Outcome, Progress, Summary};
use crate::{Error, Ingest};
use corpus::{DocPath, Seq};
use index::{Snapshot, Transaction};
use std::sync::Arc;
use std::time::{Duration, Instant};
use watch::{Presence, Rules, Stat};

/// How long a bulk run keeps the writer before it makes way: among writers without a pause, this is the share that it is sure of.
const SLICE: Duration = Duration::from_millis(50);

/// Documents after which a run commits, however small they are: what a commit holds of each takes memory beside its text.
const COMMIT_FILES: usize = 20_000;

pub(crate) struct Commits<'a> {
    ingest: &'a Ingest,
    rules: &'a Rules,
    preparer: &'a Preparer<'a>,
    progress: &'a dyn Progress,
    summary: &'a mut Summary,
    /// Whether it gives the writer up, between two files, to those who wait: a single change is committed as a whole instead.
    is_bulk: bool,
    open: Option<Transaction<'a>>,
    opened: Instant,
    staged_bytes: u64,
    staged_files: usize,
    /// What the next commit changes, for whoever hears of it.
    changes: Vec<Change>,
    seq: Seq,
    now_ms: i64,
}

impl<'a> Commits<'a> {
    pub(crate) fn new(
        ingest: &'a Ingest,
        rules: &'a Rules,
        preparer: &'a Preparer<'a>,
        progress: &'a dyn Progress,
        summary: &'a mut Summary,
        is_bulk: bool,
    ) -> Self {
        let (open, staged_bytes, staged_files, now_ms) = (None, 0, 0, now_ms());
        let seq = preparer.snapshot.seq();
        Self {
            ingest,
            rules,
            preparer,
            progress,
            summary,
            is_bulk,
            open,
            opened: Instant::now(),
            staged_bytes,
            staged_files,
            changes: Vec::new(),
            seq,
            now_ms,
        }
    }

    /// Stages what was prepared, and commits when enough is staged or somebody waits.
    pub(crate) fn take(&mut self, prepared: Vec<Prepared>) -> Result<(), Error> {
        for one in prepared {
            let transaction = self.transaction()?;
            let one = self.as_it_is_now(&transaction, one);
            self.stage(transaction, one)?;
            self.make_way()?;
        }
        let limit = self.ingest.limits.commit_bytes;
        if self.staged_bytes >= limit || self.staged_files >= COMMIT_FILES { self.commit() } else { Ok(()) }
    }

    /// Commits early if somebody waits, and lets them pass.
    pub(crate) fn make_way(&mut self) -> Result<(), Error> {
        let is_wanted = self.is_bulk && self.ingest.precedence.is_wanted();
        if !is_wanted || self.open.is_none() || self.slice_left() > Duration::ZERO {
            return Ok(());
        }
        self.commit()?;
        self.ingest.precedence.let_pass();
        Ok(())
    }

    /// When to make way at the latest, if nothing else happens before; `None` when nobody waits.
    pub(crate) fn make_way_at(&self) -> Option<Instant> {
        let is_wanted = self.is_bulk && self.open.is_some() && self.ingest.precedence.is_wanted();
        is_wanted.then(|| Instant::now() + self.slice_left())
    }

    fn slice_left(&self) -> Duration {
        SLICE.saturating_sub(self.opened.elapsed())
    }

    /// Looks again at what other runs have committed at and below these paths since this one looked.
    pub(crate) fn look_again(&mut self, paths: &[DocPath]) -> Result<(), Error> {
        let mut transaction = self.transaction()?;
        let base = transaction.base().clone();
        let before = self.preparer.snapshot;
        for path in paths {
            let others = base.docs().under(path.as_str());
            let skip = base.skips().get(path).map(|skip| &skip.path);
            // The parts of a file come and go with it.
            let others = others.filter(|doc| doc.container.is_none()).map(|doc| &doc.path);
            for path in others.chain(skip).filter(|path| !has_same(&base, before, path)) {
                let there = Presence::of(&path.to_fs(self.preparer.root));
                let known = base.doc(path);
                let reading = self.preparer.reading;
                let as_indexed = |stat: &Stat| known.is_some_and(|doc| is_current(&base, reading, doc, stat));
                let one = match there {
                    Ok(Presence::File(_)) if !self.rules.is_indexable(path) => Prepared::Gone(path.clone()),
                    Ok(Presence::File(stat)) if as_indexed(&stat) => continue,
                    Ok(_) => self.preparer.on(&base, &Known::default()).prepare(path, Stat::UNKNOWN),
                    Err(_) => continue,
                };
                self.stage(transaction, one)?;
                transaction = self.transaction()?;
            }
        }
        self.open = Some(transaction);
        Ok(())
    }

    /// Commits what is staged.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.commit()
    }

    /// Commits what is left. The number of the commit that shows all that was taken.
    pub(crate) fn end(mut self) -> Result<Seq, Error> {
        self.commit()?;
        Ok(self.seq)
    }

    fn transaction(&mut self) -> Result<Transaction<'a>, Error> {
        let index = &self.ingest.index;
        match self.open.take() {
            Some(open) => Ok(open),
            None if self.is_bulk => {
                let transaction = index.begin()?;
                self.opened = Instant::now();
                Ok(transaction)
            }
            None => Ok(self.ingest.ahead_of_bulk(|| index.begin())?),
        }
    }

    fn stage(&mut self, mut transaction: Transaction<'a>, one: Prepared) -> Result<(), Error> {
        let (path, bytes, outcome) = one.outcome();
        // A part is not counted: the file it was in is.
        let is_file = || transaction.base().doc(&path).is_some_and(|doc| doc.container.is_none());
        let counted = !matches!(outcome, Outcome::Removed) || is_file();
        if self.ingest.is_told() {
            self.changes.extend(Change::of(transaction.base(), &one));
        }
        put(&mut transaction, one, self.now_ms)?;
        self.open = Some(transaction);
        self.staged_files += 1;
        if matches!(outcome, Outcome::Indexed { .. }) {
            self.staged_bytes += bytes;
        }
        if counted {
            self.summary.count(&outcome, bytes);
            self.progress.file(&path, bytes, &outcome);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        (self.staged_bytes, self.staged_files) = (0, 0);
        if let Some(transaction) = self.open.take() {
            let changes = std::mem::take(&mut self.changes);
            self.seq = self.ingest.commit_and_tell(transaction, changes)?;
        }
        Ok(())
    }

    /// What was prepared, or what is prepared anew because the file or the index has moved on since.
    fn as_it_is_now(&self, transaction: &Transaction<'_>, one: Prepared) -> Prepared {
        let (base, path) = (transaction.base(), one.path());
        if has_same(base, self.preparer.snapshot, path) && self.is_still_so(&one) {
            return one;
        }
        let is_file = matches!(Presence::of(&path.to_fs(self.preparer.root)), Ok(Presence::File(_)));
        if is_file && !self.rules.is_indexable(path) {
            // It was taken in when it was prepared. What is wrong with an ignore file, which none of them takes in, is told all the same.
            let was_taken_in = matches!(one, Prepared::Put(_) | Prepared::Touch { .. });
            return if was_taken_in { Prepared::Gone(path.clone()) } else { one };
        }
        let base = base.clone();
        self.preparer.on(&base, &Known::default()).prepare(path, Stat::UNKNOWN)
    }

    fn is_still_so(&self, one: &Prepared) -> bool {
        let there = match Presence::of(&one.path().to_fs(self.preparer.root)) {
            Ok(there) => there,
            // The system will not say: a scan will find out.
            Err(_) => return true,
        };
        let is = |size, mtime_ns, inode| match there {
            Presence::File(stat) => (stat.size, stat.mtime_ns, stat.inode) == (size, mtime_ns, inode),
            _ => false,
        };
        match one {
            Prepared::Put(put) => is(put.doc.size, put.doc.mtime_ns, put.doc.inode),
            Prepared::Touch { stat, .. } => is(stat.size, stat.mtime_ns, stat.inode),
            // Recorded without time: whoever looks again will read it.
            Prepared::Skip(skip) => skip.inode == 0 || is(skip.size, skip.mtime_ns, skip.inode),
            Prepared::Gone(_) => !matches!(there, Presence::File(_)),
        }
    }
}

/// Whether two states of the index know the same of a path.
fn has_same(a: &Snapshot, b: &Snapshot, path: &DocPath) -> bool {
    let doc = match (a.doc(path), b.doc(path)) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    let skip = match (a.skips().get(path), b.skips().get(path)) {
        (None, None) => true,
        (Some(a), Some(b)) => Arc::ptr_eq(a, b),
        _ => false,
    };
    doc && skip
}

fn put(transaction: &mut Transaction<'_>, prepared: Prepared, now_ms: i64) -> Result<(), Error> {
    match prepared {
        Prepared::Put(put) => {
            let Put { doc, parts, bad_parts } = *put;
            transaction.put(doc, now_ms)?;
            parts.into_iter().try_for_each(|part| transaction.put(part, now_ms))?;
            bad_parts.into_iter().try_for_each(|part| transaction.skip(part))?;
        }
        Prepared::Skip(skip) => transaction.skip(skip)?,
        Prepared::Touch { path, stat, racy } => {
            // A file that was written a moment ago is read again when it is told again. If nothing came of that, there is nothing to commit.
            let known = transaction.base().doc(&path);
            let known = known.map(|doc| (doc.size, doc.mtime_ns, doc.inode, doc.racy));
            if known != Some((stat.size, stat.mtime_ns, stat.inode, racy)) {
                transaction.touch(&path, stat.size, stat.mtime_ns, stat.inode, racy);
            }
        }
        Prepared::Gone(path) => transaction.remove(&path)?,
    }
    Ok(())
}
