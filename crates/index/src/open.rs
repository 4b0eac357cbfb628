//! Opening an index: healing what a crash left behind, then loading what queries need into memory.
//!
//! Invariant: after `open`, every live chunk has its text in the lexicon, no dead chunk has, and ids yet to be given were never given.
//! The ledger is the truth. What it does not know is dropped; what it knows and the lexicon lost is hidden and named in
//! [`OpenReport::reingest`], for the caller to read again from the files.

use crate::{DocTable, Error, SkipTable, Snapshot, Transaction};
use arc_swap::ArcSwap;
use corpus::{ChunkId, DocPath, ModelId, Tier};
use ledger::{Ledger, VectorRow};
use lexicon::{Lexicon, LexiconOptions};
use roaring::RoaringTreemap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use vectors::{Graph, VectorStore};

/// Version of everything under the index folder. It rises when an older program could misread what a newer one writes.
const FORMAT: &str = "workroom index 1";
const FORMAT_FILE: &str = "FORMAT";
/// Under this name the ledger keeps the models' names, one a line; a model's number is its line, from 1.
const MODELS: &str = "models";

/// The owner of the stores of one index. One per index folder, in one process; share it by `Arc`.
pub struct Index {
    dir: PathBuf,
    pub(crate) ledger: Arc<Ledger>,
    writer: Mutex<Writer>,
    current: ArcSwap<Snapshot>,
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
    /// The ledger was lost: the index is empty, and the whole folder must be read again.
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
        let mut report = OpenReport { created: check_format(dir)?, ..OpenReport::default() };
        let (ledger, tables) = open_ledger(dir, &mut report)?;
        let lexicon = open_lexicon(dir, &mut report)?;
        let mut writer = Writer::new(ledger, lexicon, tables);
        writer.reconcile_stores(&mut report)?;
        let current = ArcSwap::from_pointee(writer.current.clone());
        let ledger = Arc::clone(&writer.ledger);
        Ok((Self { dir: dir.to_path_buf(), ledger, writer: Mutex::new(writer), current }, report))
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
            let (mut vectors, n_teacher) =
                read_vectors(&self.ledger, &writer.current.live).map_err(Error::Ledger)?;
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

    /// Checks every checksum. Slow: reads all files of all stores.
    ///
    /// # Errors
    /// When the files cannot be read. Damage is not an error; it is in the answer, one line each.
    pub fn verify(&self) -> Result<Vec<String>, Error> {
        let writer = self.lock();
        let mut found: Vec<String> = match writer.current.text.verify() {
            Ok(files) => files
                .iter()
                .map(|file| format!("full text: {} has a wrong checksum", file.display()))
                .collect(),
            Err(error) if error.is_damage() => vec![format!("full text: {error}")],
            Err(error) => return Err(Error::Lexicon(error)),
        };
        let report = writer.ledger.verify().map_err(Error::Ledger)?;
        found.extend(
            report.damaged.iter().map(|row| format!("ledger: row {} of {}: {}", row.key, row.tree, row.why)),
        );
        if report.bad_ranges > 0 {
            found.push(format!(
                "ledger: {} documents hold chunks that are not theirs alone",
                report.bad_ranges
            ));
        }
        Ok(found)
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

/// Whether the folder is new. Refuses one of another format.
fn check_format(dir: &Path) -> Result<bool, Error> {
    fs_err::create_dir_all(dir)?;
    let file = dir.join(FORMAT_FILE);
    match fs_err::read_to_string(&file) {
        Ok(found) if found.trim_end() == FORMAT => Ok(false),
        Ok(found) => Err(Error::Incompatible {
            path: dir.to_path_buf(),
            found: found.trim_end().chars().take(40).collect(),
            expected: FORMAT.to_owned(),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs_err::write(&file, format!("{FORMAT}\n"))?;
            fs_err::File::open(&file)?.sync_all()?;
            fs_err::File::open(dir)?.sync_all()?;
            Ok(true)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the ledger holds, in memory.
struct Tables {
    docs: DocTable,
    skips: SkipTable,
    live: RoaringTreemap,
}

fn open_ledger(dir: &Path, report: &mut OpenReport) -> Result<(Ledger, Tables), Error> {
    let at = dir.join("ledger");
    let open = || Ledger::open(&at, &ledger::Options::default()).map_err(|error| ledger_error(dir, error));
    let (ledger, opened) = open()?;
    note_healing(&opened, report);
    match read_tables(&ledger) {
        Ok(tables) => Ok((ledger, tables)),
        Err(error) if error.is_damage() => {
            drop(ledger);
            let aside = ledger::set_aside(&at).map_err(Error::Ledger)?;
            report.rebuild = true;
            report
                .repaired
                .push(format!("the ledger is damaged ({error}); set aside as {}", aside.display()));
            let (ledger, _) = open()?;
            let tables = read_tables(&ledger).map_err(Error::Ledger)?;
            Ok((ledger, tables))
        }
        Err(error) => Err(Error::Ledger(error)),
    }
}

fn ledger_error(dir: &Path, error: ledger::Error) -> Error {
    match error {
        ledger::Error::Locked { .. } => Error::Locked { path: dir.to_path_buf() },
        error => Error::Ledger(error),
    }
}

fn note_healing(opened: &ledger::OpenReport, report: &mut OpenReport) {
    let what = match &opened.outcome {
        ledger::Outcome::Replayed { set_aside } => {
            format!("was damaged; its log was replayed, the damaged files are in {}", set_aside.display())
        }
        ledger::Outcome::Reset { set_aside } => {
            format!("was damaged beyond repair; its files are in {}", set_aside.display())
        }
        ledger::Outcome::Created if !report.created => "was missing".to_owned(),
        _ => return,
    };
    // Even a replayed log may lack the last commits: the files say what is missing.
    report.rebuild = true;
    report.repaired.push(format!("the ledger {what}"));
}

fn open_lexicon(dir: &Path, report: &mut OpenReport) -> Result<Lexicon, Error> {
    let at = dir.join("lexicon");
    let open = || Lexicon::open(&at, LexiconOptions::default());
    match open() {
        Ok(lexicon) => Ok(lexicon),
        Err(lexicon::Error::Locked { .. }) => Err(Error::Locked { path: dir.to_path_buf() }),
        Err(error) if error.is_damage() => {
            report
                .repaired
                .push(format!("the full-text store could not be read ({error}); starting it anew"));
            remove_if_there(&at)?;
            open().map_err(Error::Lexicon)
        }
        Err(error) => Err(Error::Lexicon(error)),
    }
}

fn read_tables(ledger: &Ledger) -> Result<Tables, ledger::Error> {
    let mut docs = DocTable::default();
    let mut live = RoaringTreemap::new();
    for record in ledger.docs() {
        let record = record?;
        live.insert_range(record.chunks());
        docs.insert(Arc::new(record));
    }
    let mut skips = SkipTable::default();
    for skip in ledger.skips() {
        let skip = skip?;
        skips.insert_mut(skip.path.clone(), Arc::new(skip));
    }
    Ok(Tables { docs, skips, live })
}

/// The vectors of the live chunks, and how many of them are the teacher's.
fn read_vectors(ledger: &Ledger, live: &RoaringTreemap) -> Result<(VectorStore, u64), ledger::Error> {
    let mut vectors = VectorStore::new(&vectors::Options::default());
    let mut n_teacher = 0;
    for row in ledger.vectors() {
        let row = row?;
        // A row without direction or order was never written by us; its chunk is found by its words alone.
        if live.contains(row.chunk.0) && vectors.insert(row.chunk, row.tier, &row.vector).is_ok() {
            n_teacher += u64::from(row.tier == Tier::Teacher);
        }
    }
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

    /// Makes lexicon and ledger agree. After a clean end this is one comparison of two numbers.
    fn reconcile_stores(&mut self, report: &mut OpenReport) -> Result<(), Error> {
        if self.current.text.n_chunks() == self.current.live.len()
            && self.lexicon.seq() <= Some(self.current.seq)
        {
            return Ok(());
        }
        let in_lexicon = self.current.text.chunk_ids().map_err(Error::Lexicon)?;
        let orphans = &in_lexicon - &*self.current.live;
        let missing = &*self.current.live - &in_lexicon;
        if !orphans.is_empty() {
            for chunk in &orphans {
                self.lexicon.delete_chunk(ChunkId(chunk)).map_err(Error::Lexicon)?;
            }
            self.current.text = self.lexicon.commit(self.current.seq).map_err(Error::Lexicon)?;
            report
                .repaired
                .push(format!("dropped the text of {} chunks of an unfinished commit", orphans.len()));
        }
        // Numbers that an unfinished commit gave away are not given again.
        self.next_chunk = self.next_chunk.max(in_lexicon.max().map_or(0, |last| last + 1));
        self.hide(&missing, report);
        Ok(())
    }

    /// Takes documents with lost text out of sight, whole, until their files are read again.
    fn hide(&mut self, missing: &RoaringTreemap, report: &mut OpenReport) {
        if missing.is_empty() {
            return;
        }
        let mut live = (*self.current.live).clone();
        for doc in self.current.docs.iter() {
            let chunks = doc.chunks();
            if missing.range_cardinality(chunks.clone()) > 0 {
                live.remove_range(chunks);
                report.reingest.push(doc.path.clone());
            }
        }
        report.repaired.push(format!(
            "the text of {} documents was lost; they will be read again",
            report.reingest.len()
        ));
        self.current.live = Arc::new(live);
    }
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
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
