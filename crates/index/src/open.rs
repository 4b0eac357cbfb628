//! The index: the owner of the stores, and the snapshots that queries take.
//!
//! Invariant: what queries see is published whole; one writer at a time prepares it.
//! Not here: healing (`heal`), one commit (`transaction`), examinations (`health`).

use crate::heal::{self, Tables};
use crate::repairs::Repairs;
use crate::{Error, Snapshot, Transaction, format};
use arc_swap::ArcSwap;
use corpus::{ChunkId, DocPath, ModelId, Tier};
use ledger::{Ledger, VectorRow};
use lexicon::Lexicon;
use roaring::RoaringTreemap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use vectors::{Graph, VectorStore};

/// Under this name the ledger keeps the models' names, one a line; a model's number is its line, from 1.
const MODELS: &str = "models";

/// The owner of the stores of one index. One per index folder, in one process; share it by `Arc`.
pub struct Index {
    dir: PathBuf,
    pub(crate) ledger: Arc<Ledger>,
    writer: Mutex<Writer>,
    current: ArcSwap<Snapshot>,
    /// The full text was suspect, and opening found nothing wrong with it.
    cleared: bool,
}

pub(crate) struct Writer {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) lexicon: Lexicon,
    /// Read from the ledger when the first query wants them: a run that only writes never holds them in memory.
    pub(crate) vectors: Option<VectorStore>,
    /// What the next published snapshot is made of.
    pub(crate) current: Snapshot,
    pub(crate) next_doc: u64,
    pub(crate) next_chunk: u64,
    pub(crate) poisoned: bool,
    /// Whether this process has committed text.
    pub(crate) committed: bool,
}

/// What opening found, and what it did about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The folder held no index.
    pub created: bool,
    /// What was wrong and has been repaired, one line each.
    pub repaired: Vec<String>,
    /// The ledger was lost or lacks rows: the whole folder must be read again. Said at every open until [`Index::rebuilt`].
    pub rebuild: bool,
    /// Documents whose text was lost. They are hidden until they are put again.
    pub reingest: Vec<DocPath>,
}

impl Index {
    /// Opens the index in `dir`, or makes one, and heals what a crash left behind.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process owns it, [`Error::Incompatible`] when another version wrote it, and I/O errors. Damage is
    /// not an error: a store that cannot be read is set aside and rebuilt from the files by the caller's next scan.
    pub fn open(dir: &Path) -> Result<(Self, OpenReport), Error> {
        Self::open_from(dir, 0)
    }

    /// As [`Index::open`], of an index whose ids of documents and chunks are higher than all that `first` is more than.
    pub(crate) fn open_from(dir: &Path, first: u64) -> Result<(Self, OpenReport), Error> {
        let mut report = OpenReport::default();
        report.created = format::check(dir, &mut report.repaired)?;
        let due = Repairs::read(dir)?;
        report.rebuild = due.rescan;
        let (ledger, tables) = heal::open_ledger(dir, due, &mut report)?;
        let lexicon = heal::open_lexicon(dir, &ledger, due, &mut report)?;
        let mut writer = Writer::new(ledger, lexicon, tables);
        (writer.next_doc, writer.next_chunk) = (writer.next_doc.max(first), writer.next_chunk.max(first));
        heal::reconcile(&mut writer, dir, due, &mut report)?;
        // The rest is done; whether the files were read is not ours to know.
        Repairs { rescan: report.rebuild, ..Repairs::default() }.replace(dir, due)?;
        let cleared = due.verify_lexicon && report.repaired.is_empty();
        let current = ArcSwap::from_pointee(writer.current.clone());
        let ledger = Arc::clone(&writer.ledger);
        Ok((Self { dir: dir.to_path_buf(), ledger, writer: Mutex::new(writer), current, cleared }, report))
    }

    /// Notes that all files were read again, as [`OpenReport::rebuild`] asked.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn rebuilt(&self) -> Result<(), Error> {
        let _writer = self.lock();
        let due = Repairs::read(&self.dir)?;
        Repairs { rescan: false, ..due }.replace(&self.dir, due)
    }

    /// Notes that `error` came of a damaged store, so that the next open examines that store and rebuilds what is not sound. For the owner
    /// of this index, when [`Error::is_damage`]: call this, drop the index, open it again. If the store then seems sound and fails once more, the
    /// open after that rebuilds it all the same. Other errors are not noted.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn distrust(&self, error: &Error) -> Result<(), Error> {
        let suspects = Repairs::after(error, self.cleared);
        let due = Repairs::read(&self.dir)?;
        due.and(suspects).replace(&self.dir, due)
    }

    /// Passes a result on, and distrusts what it shows to be damaged.
    pub(crate) fn suspect<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result
            && let Err(unnoted) = self.distrust(error)
        {
            tracing::warn!(%unnoted, %error, "damage could not be noted for the next open");
        }
        result
    }

    /// What queries see now. The first call reads the vectors into memory (about 0.1 s for 100,000), after the commit under way.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Error> {
        let current = self.current.load_full();
        if current.has_vectors() {
            return Ok(current);
        }
        self.load_vectors()?;
        Ok(self.current.load_full())
    }

    /// What queries see now, but that it may know no vectors: for those who only look at documents and text.
    #[must_use]
    pub fn documents(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The vector of a chunk, from disk.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn vector(&self, chunk: ChunkId) -> Result<Option<VectorRow>, Error> {
        self.ledger.vector(chunk).map_err(Error::Ledger)
    }

    fn load_vectors(&self) -> Result<(), Error> {
        let mut writer = self.lock();
        if writer.vectors.is_none() {
            let read = read_vectors(&self.ledger, &writer.current.live).map_err(Error::Ledger);
            let (mut vectors, n_teacher) = self.suspect(read)?;
            writer.current.vectors = Some(vectors.snapshot());
            writer.current.n_teacher = n_teacher;
            writer.vectors = Some(vectors);
            self.publish(&writer.current);
        }
        Ok(())
    }

    /// Starts a commit, after any other one has ended.
    ///
    /// # Errors
    /// [`Error::Poisoned`] after a failed commit.
    pub fn begin(&self) -> Result<Transaction<'_>, Error> {
        Transaction::begin(self, self.lock())
    }

    /// Starts a commit if no other one is under way, without waiting.
    ///
    /// # Errors
    /// As [`Index::begin`].
    pub fn try_begin(&self) -> Result<Option<Transaction<'_>>, Error> {
        match self.writer.try_lock() {
            Ok(writer) => Transaction::begin(self, writer).map(Some),
            Err(TryLockError::Poisoned(writer)) => Transaction::begin(self, writer.into_inner()).map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
        }
    }

    /// Prepares the full-text writer for a long run of commits (more memory and threads), or for single changes.
    ///
    /// # Errors
    /// When the full-text writer cannot be opened anew.
    pub fn set_bulk(&self, bulk: bool) -> Result<(), Error> {
        let mut writer = self.lock();
        if writer.poisoned {
            return Err(Error::Poisoned);
        }
        writer.lexicon.set_bulk(bulk).map_err(Error::Lexicon)
    }

    /// The number of a model in this index, given to it the first time it is named.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn model_id(&self, name: &str) -> Result<ModelId, Error> {
        let writer = self.lock();
        let known = writer.ledger.meta(MODELS).map_err(Error::Ledger)?.unwrap_or_default();
        let mut names: Vec<String> = String::from_utf8_lossy(&known).lines().map(str::to_owned).collect();
        let place = names.iter().position(|known| known == name).unwrap_or(names.len());
        if place == names.len() {
            names.push(name.to_owned());
            writer.ledger.put_meta(MODELS, names.join("\n").as_bytes()).map_err(Error::Ledger)?;
        }
        // 0 is the built-in student.
        Ok(ModelId(place as u16 + 1))
    }

    /// Builds the graph over the vectors if there are enough of them for one to pay, and queries use it from then on. Takes minutes for
    /// hundreds of thousands of vectors; commits and queries go on meanwhile. Returns whether one was built.
    #[must_use]
    pub fn build_graph(&self, threads: NonZero<usize>, cancel: &AtomicBool) -> bool {
        let snapshot = self.documents();
        let Some(view) = snapshot.vectors.as_ref().filter(|view| view.wants_graph()) else { return false };
        let Ok(graph) = Graph::build(view, threads, cancel) else { return false };
        let mut writer = self.lock();
        let Some(vectors) = writer.vectors.as_mut() else { return false };
        vectors.attach(Arc::new(graph));
        let view = vectors.snapshot();
        writer.current.vectors = Some(view);
        self.publish(&writer.current);
        true
    }

    /// The index folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Bytes on disk.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn size_on_disk(&self) -> Result<u64, Error> {
        folder_size(&self.dir)
    }

    /// Ends the background merges, and with them this process's commits; queries go on. To be called before a process that has committed
    /// leaves: merges that are cut off are lost, and segments pile up. Costs nothing when nothing was committed.
    ///
    /// # Errors
    /// When a merge failed; everything committed is safe all the same.
    pub fn finish(&self) -> Result<(), Error> {
        let mut writer = self.lock();
        if !writer.committed || writer.poisoned {
            return Ok(());
        }
        writer.poisoned = true;
        writer.lexicon.finish().map_err(Error::Lexicon)
    }

    pub(crate) fn publish(&self, snapshot: &Snapshot) {
        self.current.store(Arc::new(snapshot.clone()));
    }

    /// A panic in another thread while it held the writer leaves `poisoned` set, which is what counts.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The vectors of the live chunks, and how many of them are the teacher's.
fn read_vectors(ledger: &Ledger, live: &RoaringTreemap) -> Result<(VectorStore, u64), ledger::Error> {
    let mut vectors = VectorStore::new(&vectors::Options::default());
    let mut n_teacher = 0;
    ledger.load_vectors(|row| {
        // A row without direction or order was never written by us; its chunk is found by its words alone.
        if live.contains(row.chunk.0) && vectors.insert(row.chunk, row.tier, &row.vector).is_ok() {
            n_teacher += u64::from(row.tier == Tier::Teacher);
        }
    })?;
    Ok((vectors, n_teacher))
}

impl Writer {
    fn new(ledger: Ledger, lexicon: Lexicon, tables: Tables) -> Self {
        let Tables { docs, skips, live } = tables;
        let current = Snapshot {
            seq: ledger.seq(),
            docs,
            skips,
            live: Arc::new(live),
            text: lexicon.searcher(),
            vectors: None,
            n_teacher: 0,
            kept: Arc::default(),
            is_joined: false,
        };
        let (next_doc, next_chunk) = (ledger.next_doc(), ledger.next_chunk());
        Self {
            ledger: Arc::new(ledger),
            lexicon,
            vectors: None,
            current,
            next_doc,
            next_chunk,
            poisoned: false,
            committed: false,
        }
    }
}

fn folder_size(dir: &Path) -> Result<u64, Error> {
    let mut total = 0;
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        for entry in fs_err::read_dir(dir)? {
            let entry = entry?;
            // A file that merges away between listing and asking is no longer part of the size.
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => open.push(entry.path()),
                Ok(meta) => total += meta.len(),
                Err(_) => {}
            }
        }
    }
    Ok(total)
}
