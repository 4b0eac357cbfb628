//! The history of a workspace, kept by the process that owns it.
//!
//! Invariant: what one call returned is known to all that begin after it. Those who come while a record is being synced are synced together. Whoever
//! asks whose a version is waits for no disk.
//! Not here: what the records add up to (`table`).
//! Fails with: what the disk refuses. A journal that is damaged, or a newer version's, is no failure: nothing is known then and nothing is
//! kept, and [`History::problem`] says why.

use super::record::Record;
use super::table::{Known, Origin, Table};
use crate::journal::{Format, Journal, MAX_RECORD, Replay, Unfit};
use crate::{Actor, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

const FORMAT: Format = Format { kind: "history", version: 1 };
const FILE: &str = "history.journal";
/// A journal that is smaller is not worth making smaller.
const SMALL: u64 = 1 << 20;

/// Which version of which file is whose. To be shared by threads.
pub struct History {
    table: Arc<RwLock<Table>>,
    log: Mutex<Log>,
    /// Records that wait for the sync under way to end.
    waiting: Mutex<Vec<Arc<Waiting>>>,
    /// Why nothing is known, if that is so.
    problem: OnceLock<String>,
    /// Whether there is a file at a path.
    is_there: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

struct Log {
    journal: Journal<Shared>,
    /// The size from which the journal may be worth compacting.
    worth: u64,
}

/// The table, as the journal fills it.
struct Shared(Arc<RwLock<Table>>);

struct Waiting {
    records: Vec<Vec<u8>>,
    /// Whether they are on the disk, once that was tried.
    done: OnceLock<bool>,
}

impl Replay for Shared {
    fn clear(&mut self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn apply(&mut self, number: u64, record: &[u8]) -> std::result::Result<(), Unfit> {
        let record = Record::decode(record)?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).apply(number, record)
    }
}

impl History {
    /// The history that is kept in `folder`, read whole. `is_there` says whether there is something at a path: what is known of others is
    /// forgotten in time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(folder: &Path, is_there: impl Fn(&str) -> bool + Send + Sync + 'static) -> Result<Self> {
        let table = Arc::<RwLock<Table>>::default();
        let mut journal = Journal::at(&folder.join(FILE), FORMAT, Shared(Arc::clone(&table)));
        let problem = OnceLock::new();
        if let Err(error) = journal.open() {
            note(&problem, error)?;
        }
        let log = Mutex::new(Log { journal, worth: SMALL });
        Ok(Self { table, log, waiting: Mutex::default(), problem, is_there: Box::new(is_there) })
    }

    /// Notes whose a version of a file is, before it takes its place. Durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses. Then nothing was noted.
    pub fn written(&self, path: &DocPath, version: &ContentHash, origin: &Origin) -> Result<()> {
        self.all_written([(path.clone(), *version, origin.clone())])
    }

    /// As [`History::written`], of many files.
    ///
    /// # Errors
    /// As [`History::written`].
    pub fn all_written(&self, files: impl IntoIterator<Item = (DocPath, ContentHash, Origin)>) -> Result<()> {
        let record = |(path, version, origin): (DocPath, ContentHash, Origin)| Record::Written {
            path: path.to_string(),
            version,
            by: Actor::clone(&origin.by),
            at_ms: origin.at_ms,
            source: origin.source,
            source_url: origin.source_url,
            trust: origin.trust,
        };
        self.append(files.into_iter().map(record))
    }

    /// Takes back what was noted of a version that could not take its place.
    pub fn withdrawn(&self, path: &DocPath, version: &ContentHash) {
        self.append_unsynced(&Record::Withdrawn { path: path.to_string(), version: *version });
    }

    /// Notes that a file or folder is about to be moved to a path where nothing is. `untrusted` are the places at `to` and below it that come from where
    /// nothing is trusted. Durable when this returns.
    ///
    /// # Errors
    /// As [`History::written`].
    pub fn moved(
        &self,
        (from, to): (&DocPath, &DocPath),
        by: &Actor,
        at_ms: i64,
        untrusted: &[DocPath],
    ) -> Result<()> {
        let moved = Record::Moved { from: from.to_string(), to: to.to_string(), by: by.clone(), at_ms };
        let places = untrusted.iter().map(|place| Record::Untrusted { path: place.to_string() });
        self.append([moved].into_iter().chain(places))
    }

    /// Notes that a file or folder is gone from a path.
    pub fn removed(&self, path: &DocPath, by: &Actor, at_ms: i64) {
        self.append_unsynced(&Record::Removed { path: path.to_string(), by: by.clone(), at_ms });
    }

    /// What is known of a version of a file.
    #[must_use]
    pub fn known(&self, path: &DocPath, version: &ContentHash) -> Known {
        if self.problem.get().is_some() {
            return Known::default();
        }
        self.table.read().unwrap_or_else(PoisonError::into_inner).known(path.as_str(), version)
    }

    /// Number of paths of which something is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Why nothing is known, and what to do about it; none when all is well.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.get().map(String::as_str)
    }

    /// Makes the journal as small as it can be.
    #[cfg(test)]
    pub(super) fn compact_now(&self) {
        let mut log = lock(&self.log);
        let records = log.journal.state().0.read().unwrap().records(log.journal.next(), &self.is_there);
        log.journal.writer().unwrap().compact(records.iter().map(|record| encode(record).unwrap())).unwrap();
    }

    fn append(&self, records: impl IntoIterator<Item = Record>) -> Result<()> {
        let records = records.into_iter().map(|record| encode(&record)).collect::<Result<Vec<_>>>()?;
        if records.is_empty() || self.problem.get().is_some() {
            return Ok(());
        }
        let own = Arc::new(Waiting { records, done: OnceLock::new() });
        lock(&self.waiting).push(Arc::clone(&own));
        let mut log = lock(&self.log);
        // Whoever had the log before may have written these too. Where that failed, each tries by itself and hears why.
        let group = match own.done.get() {
            Some(true) => return Ok(()),
            Some(false) => vec![own],
            None => std::mem::take(&mut *lock(&self.waiting)),
        };
        let written = log.write(group.iter().flat_map(|one| &one.records), &self.is_there);
        for one in &group {
            // Set here alone; of one that tries again it is set already.
            let _first = one.done.set(written.is_ok());
        }
        written.or_else(|error| note(&self.problem, error))
    }

    fn append_unsynced(&self, record: &Record) {
        if self.problem.get().is_some() {
            return;
        }
        let appended = encode(record).and_then(|record| {
            let mut log = lock(&self.log);
            let mut writer = log.journal.writer()?;
            writer.append_unsynced(&record)
        });
        if let Err(error) = appended.or_else(|error| note(&self.problem, error)) {
            tracing::warn!(%error, "the history does not know that a file is gone");
        }
    }
}

impl Log {
    /// Writes records with one sync.
    fn write<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Vec<u8>>,
        is_there: &dyn Fn(&str) -> bool,
    ) -> Result<()> {
        let mut writer = self.journal.writer()?;
        let mut records = records.peekable();
        while let Some(record) = records.next() {
            if records.peek().is_some() {
                writer.append_unsynced(record)?;
            } else {
                writer.append(record)?;
            }
        }
        drop(writer);
        if self.journal.size() >= self.worth
            && let Err(error) = self.compact(is_there)
        {
            tracing::warn!(%error, "the journal of the history was not compacted");
        }
        Ok(())
    }

    /// Makes the journal smaller when most of it says nothing any more. What fails is tried again when it has grown.
    fn compact(&mut self, is_there: &dyn Fn(&str) -> bool) -> Result<()> {
        self.worth = self.journal.size().saturating_mul(2);
        let next = self.journal.next();
        let table = Arc::clone(&self.journal.state().0);
        let records = table.read().unwrap_or_else(PoisonError::into_inner).records(next, is_there);
        let records = records.iter().map(encode).collect::<Result<Vec<_>>>()?;
        let size = records.iter().map(|record| record.len() as u64).sum::<u64>();
        self.worth = SMALL.max(size.saturating_mul(4));
        let mut writer = self.journal.writer()?;
        if size < writer.size() / 2 { writer.compact(records) } else { Ok(()) }
    }
}

fn encode(record: &Record) -> Result<Vec<u8>> {
    let bytes = record.encode().map_err(|Unfit(what)| Error::invalid(what))?;
    // Refused before it stands among those of others.
    if bytes.len() > MAX_RECORD {
        return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_RECORD });
    }
    Ok(bytes)
}

/// A journal that says nothing keeps nobody from their files: it is noted, and told. Everything else is a failure.
fn note(problem: &OnceLock<String>, error: Error) -> Result<()> {
    if !matches!(error.kind(), ErrorKind::Damaged | ErrorKind::Incompatible) {
        return Err(error);
    }
    tracing::error!(%error, "it is not known who wrote which file");
    let hint = "put it back from a copy, or move it away, then run `workroom doctor --fix`: who wrote what is known again from then on";
    let _first = problem.set(format!("{error}; {hint}"));
    Ok(())
}

/// Whoever panicked had changed nothing but what a look at the file brings in order.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History").field("problem", &self.problem).finish_non_exhaustive()
    }
}
