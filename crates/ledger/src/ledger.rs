//! The ledger: commits go in one at a time, reads go on beside them.

use std::fs::TryLockError;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use corpus::{ChunkId, DocId, Seq};

use crate::codec::{self, CALLER, Head, META};
use crate::rows::Rows;
use crate::scrub::{ScrubPlace, Scrubbed};
use crate::store::{Store, Trees, Write, get, read_head, sync_folder};
use crate::watermark::{self, Watermark};
use crate::{
    Commit, DocRecord, Error, OpenReport, SkipRecord, VectorRow, VerifyReport, fault, heal, load, scrub,
    verify,
};

/// How a ledger is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Memory for sled's page cache, in bytes as they are on the disk; real use is about twice that. Sled's own default is a gigabyte.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: 24 << 20 }
    }
}

/// An open ledger. One per folder at a time, in one process; share it by reference.
pub struct Ledger {
    // Dropped in this order: the store lets go of its files before the lock is given back.
    pub(crate) store: Store,
    head: RwLock<Head>,
    writer: Mutex<Writer>,
    _lock: fs_err::File,
}

/// What the one commit at a time holds.
struct Writer {
    watermark: Watermark,
    /// Rows of vectors that were added outside of any commit since the last one.
    added: u64,
    /// A commit failed half way.
    broken: bool,
}

impl Ledger {
    /// Opens or creates the ledger in `dir`, mending what a crash left. The report says what was lost, if anything: see
    /// [`Outcome`](crate::Outcome).
    ///
    /// # Errors
    /// [`Error::Locked`] when it is open elsewhere, [`Error::Io`] when the system refuses.
    pub fn open(dir: &Path, options: &Options) -> Result<(Self, OpenReport), Error> {
        let lock = lock(dir)?;
        let (mut watermark, mark) = Watermark::open(dir)?;
        fault::at(fault::OPEN)?;
        let (store, report) = heal::open(dir, options.cache_bytes, mark)?;
        let found = read_head(&store)?;
        // What was staged for a commit that never came.
        fault::at(fault::OPEN_UNSTAGE)?;
        let left_behind = store.delete_vectors_from(found.map_or(0, |head| head.next_chunk))?;
        tracing::debug!(left_behind, "deleted the vectors of an unfinished commit");
        let head = watermark::raise(found.unwrap_or_else(new_head), mark);
        if found != Some(head) {
            fault::at(fault::OPEN_HEAD)?;
            store.commit(&[], &head)?;
        }
        watermark.write(&head)?;
        // The names that lead to the store, its own and its folder's: a commit syncs only what is inside.
        sync_folder(dir)?;
        dir.parent().map_or(Ok(()), sync_folder)?;
        let writer = Mutex::new(Writer { watermark, added: 0, broken: false });
        Ok((Self { store, head: RwLock::new(head), writer, _lock: lock }, report))
    }

    /// Applies a commit, whole or not at all. When this returns, it is on the disk and every read sees it.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`], [`Error::Inconsistent`] and [`Error::TooLarge`] when the commit is refused: nothing has changed, and
    /// the next commit may come. Any other error leaves the ledger refusing commits until it is opened again.
    pub fn commit(&self, commit: Commit) -> Result<(), Error> {
        let mut writer = self.writer()?;
        let mut head = commit.check(self.head())?;
        let writes = commit.writes(&self.store)?;
        head.vectors += writer.added;
        let head = self.apply(&mut writer, &writes, &head)?;
        writer.added = 0;
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
        // The commit stands without it: a watermark that could not be written is only an older one.
        if let Err(error) = writer.watermark.write(&head) {
            tracing::warn!(%error, "the watermark was not written");
        }
        Ok(())
    }

    /// Writes vectors of new chunks ahead of the commit that will own them. They belong to nothing until then, and if that commit never
    /// comes, opening deletes them. So a commit of any size stays a small transaction: one over tens of thousands of rows would hold every
    /// page version it makes in memory until its end (measured: 930 MB for an index of 430,000 chunks in commits of 48 MB of text, against
    /// 460 MB so).
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a chunk that was given out already: nothing has changed. Those of the store.
    pub fn stage(&self, vectors: &[VectorRow]) -> Result<(), Error> {
        let mut writer = self.writer()?;
        if vectors.iter().any(|row| row.chunk.0 < self.head().next_chunk) {
            return Err(Error::Inconsistent {
                why: "a vector to be staged belongs to a chunk that was given out already",
            });
        }
        self.write_vectors(&mut writer, vectors)
    }

    /// Deletes what was staged for a commit that will not come.
    ///
    /// # Errors
    /// Those of the store.
    pub fn unstage(&self) -> Result<(), Error> {
        let mut writer = self.writer()?;
        fault::at(fault::UNSTAGE)?;
        let deleted = self.store.delete_vectors_from(self.head().next_chunk)?;
        writer.added = writer.added.saturating_sub(deleted as u64);
        Ok(())
    }

    /// Writes other vectors for chunks that have been given out, outside of any commit: they are durable with the next one. For vectors
    /// that serve as well as those they replace, since nobody can say which of the two a crash leaves.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] for a chunk that was not given out yet: nothing has changed. Those of the store.
    pub fn restage(&self, vectors: &[VectorRow]) -> Result<(), Error> {
        let mut writer = self.writer()?;
        if vectors.iter().any(|row| row.chunk.0 >= self.head().next_chunk) {
            return Err(Error::Inconsistent { why: "a vector to be replaced belongs to a chunk to come" });
        }
        self.write_vectors(&mut writer, vectors)
    }

    fn write_vectors(&self, writer: &mut Writer, vectors: &[VectorRow]) -> Result<(), Error> {
        let rows =
            vectors.iter().map(|row| Ok((row.chunk.0.to_be_bytes().to_vec(), codec::encode_vector(row)?)));
        fault::at(fault::STAGE)?;
        writer.added += self.store.stage(Trees::VECTORS, rows)?;
        Ok(())
    }

    /// The last commit's number; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> Seq {
        Seq(self.head().seq)
    }

    /// The number of the last commit that changed the full text; 0 before the first. A full-text store with another number is not the
    /// one that belongs to this ledger as it stands.
    #[must_use]
    pub fn text_seq(&self) -> Seq {
        Seq(self.head().text_seq)
    }

    /// The number for the next new document.
    #[must_use]
    pub fn next_doc(&self) -> u64 {
        self.head().next_doc
    }

    /// The number for the next new chunk.
    #[must_use]
    pub fn next_chunk(&self) -> u64 {
        self.head().next_chunk
    }

    /// A random number drawn when this ledger was made. A store that names another one belongs to another ledger.
    #[must_use]
    pub fn store_id(&self) -> u64 {
        self.head().store_id
    }

    /// One document.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when its row does not decode, and those of the store.
    pub fn doc(&self, id: DocId) -> Result<Option<DocRecord>, Error> {
        let key = id.0.to_be_bytes();
        get(&self.store, Trees::DOCS, &key)?.map(|value| codec::decode_doc(&key, &value)).transpose()
    }

    /// One chunk's vector.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when its row does not decode, and those of the store.
    pub fn vector(&self, chunk: ChunkId) -> Result<Option<VectorRow>, Error> {
        let key = chunk.0.to_be_bytes();
        get(&self.store, Trees::VECTORS, &key)?.map(|value| codec::decode_vector(&key, &value)).transpose()
    }

    /// All documents, by ascending id. A commit during the walk may show in part: walk before commits begin, or accept that.
    pub fn docs(&self) -> impl Iterator<Item = Result<DocRecord, Error>> + use<> {
        Rows::new(&self.store, self.store.dir(), Trees::DOCS, codec::decode_doc)
    }

    /// All skipped files, by path. As [`Ledger::docs`] beside commits.
    pub fn skips(&self) -> impl Iterator<Item = Result<SkipRecord, Error>> + use<> {
        Rows::new(&self.store, self.store.dir(), Trees::SKIPS, codec::decode_skip)
    }

    /// All vectors, by ascending chunk. As [`Ledger::docs`] beside commits.
    pub fn vectors(&self) -> impl Iterator<Item = Result<VectorRow, Error>> + use<> {
        Rows::new(&self.store, self.store.dir(), Trees::VECTORS, codec::decode_vector)
    }

    /// Reads all documents and all skipped files, no commit in between, and makes sure that they are those that the last commit left.
    ///
    /// # Errors
    /// [`Error::Corrupt`] at the first row that does not decode; [`Error::Incomplete`] after everything was told, when rows are gone or
    /// are others than those committed; those of the store.
    pub fn load(&self, doc: impl FnMut(DocRecord), skip: impl FnMut(SkipRecord)) -> Result<(), Error> {
        let _writer = self.lock_writer();
        load::tables(&self.store, &self.head(), doc, skip)
    }

    /// As [`Ledger::load`], the vectors that belong to commits, by ascending chunk.
    ///
    /// # Errors
    /// As [`Ledger::load`].
    pub fn load_vectors(&self, vector: impl FnMut(VectorRow)) -> Result<(), Error> {
        let _writer = self.lock_writer();
        load::vectors(&self.store, &self.head(), vector)
    }

    /// Takes what is there for what should be there, durable when this returns. For a ledger that is [`Error::Incomplete`], once the
    /// caller has noted that the files must be read again.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a row does not decode, and those of the store.
    pub fn recount(&self) -> Result<(), Error> {
        let mut writer = self.writer()?;
        fault::at(fault::RECOUNT)?;
        let head = load::recount(&self.store, self.head())?;
        let head = self.apply(&mut writer, &[], &head)?;
        writer.added = 0;
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = head;
        Ok(())
    }

    /// Reads the next rows from `place` on, at most `limit`, and moves `place` behind them. Commits go on meanwhile.
    ///
    /// # Errors
    /// When the store cannot be read. Damaged rows are no error but part of the answer.
    pub fn scrub(&self, place: &mut ScrubPlace, limit: usize) -> Result<Scrubbed, Error> {
        scrub::scrub(&self.store, place, limit)
    }

    /// What was last put under `name`: small things that belong to the index, such as the table of models.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the row does not decode, and those of the store.
    pub fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let key = meta_key(name);
        let Some(value) = get(&self.store, Trees::META, &key)? else { return Ok(None) };
        codec::unseal(META, &key, &value).map(|body| Some(body.to_vec()))
    }

    /// Puts `value` under `name`, durable when this returns.
    ///
    /// # Errors
    /// [`Error::TooLarge`] above some 7 KB, when nothing has changed; else as [`Ledger::commit`].
    pub fn put_meta(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        let key = meta_key(name);
        let value = Some(codec::seal(META, &key, value)?);
        let mut writer = self.writer()?;
        // What was added outside of commits stays to be counted by the next one.
        self.apply(&mut writer, &[Write { tree: Trees::META, key, value }], &self.head())?;
        Ok(())
    }

    /// Bytes that sled's files take.
    ///
    /// # Errors
    /// Those of the store.
    pub fn size_on_disk(&self) -> Result<u64, Error> {
        self.store.with(|db, _| db.size_on_disk())
    }

    /// Reads every row and checks how they fit together.
    ///
    /// # Errors
    /// When the store cannot be walked to its end. Damaged rows are no error but part of the report.
    pub fn verify(&self) -> Result<VerifyReport, Error> {
        // No commit meanwhile, or a document might be read without its vectors.
        let _writer = self.lock_writer();
        verify::verify(&self.store, &self.head())
    }

    fn head(&self) -> Head {
        *self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, Error> {
        let writer = self.lock_writer();
        if writer.broken { Err(Error::Poisoned) } else { Ok(writer) }
    }

    fn lock_writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, writer: &mut Writer, writes: &[Write], head: &Head) -> Result<Head, Error> {
        // Set first: whatever happens in between, a half-applied commit is never followed by another.
        writer.broken = true;
        let head = self.store.commit(writes, head)?;
        writer.broken = false;
        Ok(head)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("dir", &self.store.dir())
            .field("head", &self.head())
            .finish_non_exhaustive()
    }
}

/// Moves the store in `dir` out of the way, so that the next [`Ledger::open`] begins an empty one. For a ledger whose rows turned out
/// damaged while it was in use: drop it, call this, open again. Returns where the damaged files are; the two newest sets of them are kept.
///
/// # Errors
/// [`Error::Locked`] when the ledger is open, [`Error::Io`] when the system refuses.
pub fn set_aside(dir: &Path) -> Result<PathBuf, Error> {
    let _lock = lock(dir)?;
    heal::set_aside(dir)
}

/// Takes the ledger's own lock. Sled has one too, but only on a file that is already being opened, when it is too late to clean up.
fn lock(dir: &Path) -> Result<fs_err::File, Error> {
    fs_err::create_dir_all(dir).map_err(Error::io(dir, "create"))?;
    let path = dir.join("lock");
    let file = fs_err::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(Error::io(&path, "open"))?;
    match file.file().try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { dir: dir.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(Error::Io { path, op: "lock", source }),
    }
}

/// The head of an empty ledger.
fn new_head() -> Head {
    // The standard library's hash keys are the one source of randomness that needs no further crate.
    Head { store_id: RandomState::new().build_hasher().finish(), ..Head::default() }
}

fn meta_key(name: &str) -> Vec<u8> {
    format!("{CALLER}{name}").into_bytes()
}
