//! Sled, with its sharp edges covered: opened on a helper thread, written in one transaction, flushed for real, closed in bounded time.
//!
//! Invariant: sled's panics end here, as [`Error::Damaged`].
//! Not here: what the rows mean.
//!
//! One transaction over several trees was measured against one tree with a prefix byte and `apply_batch`
//! (`examples/batches.rs`; 2 cores, ext4, each commit durable, medians of three runs): 1,000 rows of 400 bytes take 4.6 ms by
//! transaction and 6.2 ms by batch, a single document 0.41 ms by either. So the transaction it is.

use std::ops::{Bound, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};
use sled::{Config, Db, IVec, Mode, Transactional, Tree};

use crate::codec::{self, DOCS, Head, META, SKIPS, VECTORS};
use crate::{Error, fault};

/// The trees by their place among the open ones.
pub(crate) struct Trees;

impl Trees {
    pub(crate) const DOCS: usize = 0;
    pub(crate) const SKIPS: usize = 1;
    pub(crate) const VECTORS: usize = 2;
    pub(crate) const META: usize = 3;
    const NAMES: [&'static str; 4] = [DOCS, SKIPS, VECTORS, META];
}

/// A row to set, or without a value to delete.
pub(crate) struct Write {
    pub(crate) tree: usize,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// An open sled database.
pub(crate) struct Store {
    dir: PathBuf,
    /// `None` only while it is being dropped.
    open: Option<(Db, [Tree; 4])>,
    /// A second descriptor of sled's file: `fsync` works on any. Sled's own lock belongs to its own descriptor.
    file: fs_err::File,
}

impl Store {
    /// Opens or creates the database at `dir`. The caller holds the ledger's lock.
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let (db, trees) = open_when_released(dir, cache_bytes)?;
        let path = dir.join("db");
        let file = match fs_err::OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(source) => return Err(Error::Io { path, op: "open", source }),
        };
        Ok(Self { dir: dir.to_path_buf(), open: Some((db, trees)), file })
    }

    /// Runs `read` with the trees; a panic inside sled becomes [`Error::Damaged`].
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Db, &[Tree; 4]) -> sled::Result<T>) -> Result<T, Error> {
        let Some((db, trees)) = &self.open else { return Err(Error::Poisoned) };
        match catch_unwind(AssertUnwindSafe(|| read(db, trees))) {
            Ok(result) => result.map_err(|error| Error::from_sled(&self.dir, "read", error)),
            Err(_) => Err(self.panicked()),
        }
    }

    /// The database's folder.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// All rows of a tree, by ascending key.
    pub(crate) fn iter(&self, tree: usize) -> Result<sled::Iter, Error> {
        self.with(|_, trees| Ok(trees[tree].iter()))
    }

    /// The keys of the vectors whose chunk lies in `range`.
    pub(crate) fn vector_keys(&self, range: &Range<u64>) -> Result<Vec<Vec<u8>>, Error> {
        let (start, end) = (range.start.to_be_bytes(), range.end.to_be_bytes());
        self.with(|_, trees| {
            trees[Trees::VECTORS].range(start..end).keys().map(|key| key.map(|key| key.to_vec())).collect()
        })
    }

    /// Up to `limit` rows of a tree, in order.
    pub(crate) fn rows_from(
        &self,
        tree: usize,
        from: Bound<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(IVec, IVec)>, Error> {
        self.with(|_, trees| trees[tree].range::<&[u8], _>((from, Bound::Unbounded)).take(limit).collect())
    }

    /// Applies all writes in order, atomically, together with the head that they lead to, and makes them durable. Returns that head:
    /// `head` with its tallies brought up to date.
    pub(crate) fn commit(&self, writes: &[Write], head: &Head) -> Result<Head, Error> {
        fault::at(fault::TRANSACTION)?;
        let done = self.with(|_, trees| {
            Ok(trees.transaction(|views: &Vec<TransactionalTree>| write_all(views, writes, *head)))
        })?;
        let head = match done {
            Ok(head) => head,
            Err(TransactionError::Abort(error)) => return Err(error),
            Err(TransactionError::Storage(error)) => return Err(Error::from_sled(&self.dir, "write", error)),
        };
        self.durable_flush()?;
        Ok(head)
    }

    /// Sets rows one by one, neither atomically nor durably: for rows that nothing refers to yet. Returns how many keys are new.
    pub(crate) fn stage(
        &self,
        tree: usize,
        rows: impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), Error>>,
    ) -> Result<u64, Error> {
        let mut n_new = 0;
        for row in rows {
            let (key, value) = row?;
            let before = self.with(|_, trees| trees[tree].insert(key, value))?;
            n_new += u64::from(before.is_none());
        }
        Ok(n_new)
    }

    /// Deletes every vector from chunk `first` on.
    pub(crate) fn delete_vectors_from(&self, first: u64) -> Result<usize, Error> {
        let keys = self.vector_keys(&(first..u64::MAX))?;
        self.with(|_, trees| keys.iter().try_for_each(|key| trees[Trees::VECTORS].remove(key).map(drop)))?;
        Ok(keys.len())
    }

    /// Deletes the vector of one chunk, outside of any transaction.
    #[cfg(feature = "failpoints")]
    pub(crate) fn delete_vector(&self, chunk: u64) -> Result<(), Error> {
        self.with(|db, trees| {
            let _before = trees[Trees::VECTORS].remove(chunk.to_be_bytes())?;
            db.flush().map(drop)
        })
    }

    /// Pushes everything to the disk itself. Sled's own flush asks the kernel to start writing and no more.
    pub(crate) fn durable_flush(&self) -> Result<(), Error> {
        fault::at(fault::FLUSH)?;
        let _bytes = self.with(|db, _| db.flush())?;
        fault::at(fault::SYNC)?;
        self.file.sync_all().map_err(Error::io(self.file.path(), "sync"))?;
        sync_folder(&self.dir)?;
        fault::at(fault::SYNCED)
    }

    pub(crate) fn panicked(&self) -> Error {
        Error::Damaged { dir: self.dir.clone(), why: "sled panicked".to_owned() }
    }
}

impl Drop for Store {
    /// Sled waits without end for its flusher when that thread has died of damage, so the wait happens elsewhere and is bounded.
    fn drop(&mut self) {
        let Some(open) = self.open.take() else { return };
        let (done, closed) = mpsc::channel();
        let closer = std::thread::Builder::new().name("ledger-close".to_owned()).spawn(move || {
            let _outcome = catch_unwind(AssertUnwindSafe(|| drop(open)));
            let _sent = done.send(());
        });
        if closer.is_ok() && closed.recv_timeout(CLOSE_LIMIT).is_err() {
            tracing::warn!(dir = %self.dir.display(), "the store did not close in time and is left behind");
        }
    }
}

/// How long closing may take. It writes at most one buffer of 512 KiB.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

fn write_all(
    views: &[TransactionalTree],
    writes: &[Write],
    mut head: Head,
) -> Result<Head, ConflictableTransactionError<Error>> {
    for Write { tree, key, value } in writes {
        let before = match value {
            Some(value) => views[*tree].insert(key.as_slice(), value.as_slice())?,
            None => views[*tree].remove(key.as_slice())?,
        };
        let (before, after) = (before.as_deref(), value.as_deref());
        match *tree {
            Trees::DOCS => head.docs.replace(before, after),
            Trees::SKIPS => head.skips.replace(before, after),
            Trees::VECTORS => {
                head.vectors += u64::from(after.is_some());
                head.vectors = head.vectors.saturating_sub(u64::from(before.is_some()));
            }
            _ => {}
        }
    }
    let row = codec::encode_head(&head).map_err(ConflictableTransactionError::Abort)?;
    let _before = views[Trees::META].insert(codec::HEAD_KEY, row)?;
    Ok(head)
}

fn open_db(dir: &Path, cache_bytes: u64) -> sled::Result<(Db, [Tree; 4])> {
    let config =
        Config::new().path(dir).mode(Mode::LowSpace).cache_capacity(cache_bytes).flush_every_ms(Some(500));
    let db = config.open()?;
    let [docs, skips, vectors, meta] = Trees::NAMES;
    let trees = [db.open_tree(docs)?, db.open_tree(skips)?, db.open_tree(vectors)?, db.open_tree(meta)?];
    Ok((db, trees))
}

/// The ledger's own lock is held by now, so if sled finds its file locked, the one who holds it is a thread of a store that this process
/// has just closed: sled's writers outlive it by a moment. Waits for them, within bounds.
fn open_when_released(dir: &Path, cache_bytes: u64) -> Result<(Db, [Tree; 4]), Error> {
    let give_up = Instant::now() + RELEASE_LIMIT;
    loop {
        match on_helper_thread(dir, move |dir| open_db(&dir, cache_bytes)) {
            Err(Error::Locked { .. }) if Instant::now() < give_up => {
                std::thread::sleep(Duration::from_millis(5))
            }
            opened => return opened,
        }
    }
}

/// How long a closed store's threads may hold its file.
const RELEASE_LIMIT: Duration = Duration::from_secs(5);

/// Opening damaged files may panic or recurse deeply: a thread of its own takes both.
fn on_helper_thread<T: Send + 'static>(
    dir: &Path,
    work: impl FnOnce(PathBuf) -> sled::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let owned = dir.to_path_buf();
    let thread = std::thread::Builder::new().name("ledger-open".to_owned());
    let handle = thread
        .spawn(move || catch_unwind(AssertUnwindSafe(|| work(owned))))
        .map_err(Error::io(dir, "start a thread to open"))?;
    match handle.join() {
        Ok(Ok(result)) => result.map_err(|error| open_error(dir, error)),
        _ => Err(Error::Damaged { dir: dir.to_path_buf(), why: "sled panicked while opening".to_owned() }),
    }
}

/// Sled reports a lock held elsewhere as an I/O error with these words.
fn open_error(dir: &Path, error: sled::Error) -> Error {
    match error {
        sled::Error::Io(source) if source.to_string().contains("could not acquire lock") => {
            Error::Locked { dir: dir.to_path_buf() }
        }
        error => Error::from_sled(dir, "open", error),
    }
}

/// Makes creations and renames inside `dir` durable. Other systems than Unix have no such call and need none.
pub(crate) fn sync_folder(dir: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let folder = fs_err::File::open(dir).map_err(Error::io(dir, "open"))?;
        folder.sync_all().map_err(Error::io(dir, "sync"))?;
    }
    Ok(())
}

/// The value of one key.
pub(crate) fn get(store: &Store, tree: usize, key: &[u8]) -> Result<Option<IVec>, Error> {
    store.with(|_, trees| trees[tree].get(key))
}

/// The head row, or `None` in a store without any row. A store with rows and no head is damaged.
pub(crate) fn read_head(store: &Store) -> Result<Option<codec::Head>, Error> {
    if let Some(value) = get(store, Trees::META, codec::HEAD_KEY)? {
        return codec::decode_head(&value).map(Some);
    }
    let empty = store.with(|_, trees| Ok(trees.iter().all(Tree::is_empty)))?;
    if empty { Ok(None) } else { Err(codec::corrupt(META, codec::HEAD_KEY, "it is missing")) }
}
