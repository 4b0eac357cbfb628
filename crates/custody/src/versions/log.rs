//! The journal of versions, kept by the process that owns the workspace.
//!
//! Invariant: what one call returned is known to all that begin after it.
//! Not here: what the records add up to (`table`).
//! Fails with: what the disk refuses. A journal that is damaged, or a newer version's, is no failure: nothing is known then and nothing is kept,
//! and [`Versions::problem`] says why.

use super::record::Record;
use super::table::{Retention, Table};
use crate::journal::{Format, Journal, Replay, Unfit};
use crate::{Error, ErrorKind, Result};
use corpus::ContentHash;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

const FORMAT: Format = Format { kind: "versions", version: 1 };
const FILE: &str = "versions.journal";
/// A journal that is smaller is not worth making smaller.
const SMALL: u64 = 1 << 20;

/// Which file had which content when. To be shared by threads.
pub struct Versions {
    journal: Mutex<Journal<Table>>,
    /// Why nothing is known, if that is so.
    problem: OnceLock<String>,
    revision: AtomicU64,
    /// Files of which a version is noted that a loss of power could take.
    unsynced: Mutex<BTreeSet<String>>,
}

impl Replay for Table {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn apply(&mut self, _: u64, record: &[u8]) -> std::result::Result<(), Unfit> {
        self.apply(Record::decode(record)?);
        Ok(())
    }
}

impl Versions {
    /// The versions that are kept in `folder`, read whole.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let mut journal = Journal::at(&folder.join(FILE), FORMAT, Table::default());
        let problem = OnceLock::new();
        if let Err(error) = journal.open() {
            note(&problem, error)?;
        }
        let journal = Mutex::new(journal);
        Ok(Self { journal, problem, revision: AtomicU64::new(0), unsynced: Mutex::default() })
    }

    /// Looks at what is known.
    pub fn look<T>(&self, look: impl FnOnce(&Table) -> T) -> T {
        if self.problem.get().is_some() {
            return look(&Table::default());
        }
        look(self.lock().state())
    }

    /// A number that is another one after each change of what is known.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    /// Notes what happened, in order. Durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses. Then none of it was noted, or a beginning of it.
    pub fn note(&self, records: &[Record]) -> Result<()> {
        self.append(records, true)
    }

    /// As [`Versions::note`], of what may be lost when the power goes.
    ///
    /// # Errors
    /// As [`Versions::note`].
    pub fn note_unsynced(&self, records: &[Record]) -> Result<()> {
        self.append(records, false)
    }

    /// Whether a version of that file is noted that a loss of power could take.
    #[must_use]
    pub fn is_unsynced(&self, path: &str) -> bool {
        self.unsynced().contains(path)
    }

    /// Makes all that was noted survive a loss of power.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> Result<()> {
        if !self.is_kept() || self.unsynced().is_empty() {
            return Ok(());
        }
        let mut journal = self.lock();
        journal.writer()?.sync()?;
        self.unsynced().clear();
        Ok(())
    }

    /// Whether anything can be noted; else [`Versions::problem`] says why not.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.problem.get().is_none()
    }

    /// Why nothing is known, and what to do about it; none when all is well.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// Forgets versions that need not be kept, and makes the journal as small as it can be where that is worth it. Returns how many versions it forgot.
    ///
    /// # Errors
    /// When the disk refuses. The versions are known again after a restart then.
    pub fn thin(
        &self,
        retention: &Retention,
        now_ms: i64,
        is_there: impl Fn(&str) -> bool,
        stored: impl Fn(&ContentHash) -> u64,
    ) -> Result<usize> {
        if !self.is_kept() {
            return Ok(0);
        }
        let mut journal = self.lock();
        let mut thinned = Table::default();
        for record in journal.state().records() {
            thinned.apply(record);
        }
        let forgotten = thinned.thin(retention, now_ms, &is_there, &stored);
        let records = thinned.records().map(|record| encode(&record)).collect::<Result<Vec<_>>>()?;
        let size: u64 = records.iter().map(|record| record.len() as u64).sum();
        if forgotten > 0 || (journal.size() > SMALL && size < journal.size() / 2) {
            let compacted = journal.writer()?.compact(records);
            self.revision.fetch_add(1, Ordering::SeqCst);
            compacted?;
        }
        Ok(forgotten)
    }

    fn append(&self, records: &[Record], sync: bool) -> Result<()> {
        if records.is_empty() || !self.is_kept() {
            return Ok(());
        }
        let paths = records.iter().filter_map(|record| match record {
            Record::Version { path, .. } => Some(path.clone()),
            _ => None,
        });
        let paths: Vec<String> = if sync { Vec::new() } else { paths.collect() };
        let records = records.iter().map(encode).collect::<Result<Vec<_>>>()?;
        let mut journal = self.lock();
        let appended = journal.writer().and_then(|mut writer| {
            let last = records.len() - 1;
            records.iter().enumerate().try_for_each(|(at, record)| match sync && at == last {
                true => writer.append(record),
                false => writer.append_unsynced(record),
            })
        });
        self.revision.fetch_add(1, Ordering::SeqCst);
        let mut unsynced = self.unsynced();
        match (sync, &appended) {
            (true, Ok(())) => unsynced.clear(),
            _ => unsynced.extend(paths),
        }
        drop(unsynced);
        appended.or_else(|error| note(&self.problem, error))
    }

    fn unsynced(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever panicked had changed nothing but what a look at the file brings in order.
    fn lock(&self) -> MutexGuard<'_, Journal<Table>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    record.encode().map_err(|Unfit(what)| Error::invalid(what))
}

/// A journal that says nothing keeps nobody from their files: it is noted, and told. Everything else is a failure.
fn note(problem: &OnceLock<String>, error: Error) -> Result<()> {
    if !matches!(error.kind(), ErrorKind::Damaged | ErrorKind::Incompatible) {
        return Err(error);
    }
    tracing::error!(%error, "versions, trash and checkpoints are not known");
    let hint = "put it back from a copy; or move it away, and versions are kept anew from then on";
    let _first = problem.set(format!("{error}; {hint}"));
    Ok(())
}

impl std::fmt::Debug for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Versions").field("problem", &self.problem).finish_non_exhaustive()
    }
}
