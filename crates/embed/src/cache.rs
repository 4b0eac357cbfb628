//! Vectors that a teacher made once, kept by the text they stand for, so that none is made twice: not after the index is lost or
//! rebuilt, and not when a file comes back.
//!
//! Invariant: what is served was appended for this text and these weights, bit for bit; damage makes a record absent, never wrong.
//! Invariant: the file only grows, by whole records at multiples of their size, until it is compacted into a new one.
//! Not here: which vectors are worth keeping, and who owns the folder: one process at a time may append.
//! Fails with: [`Error::Io`]; [`Error::Unsupported`] for a file of other weights or of a newer program. Damage is no error.
//! On disk: docs/format.md, "Embeddings".

use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use corpus::{QuantizedVector, TextHash};
use fs_err as fs;

use crate::{Error, ModelInfo, Result};
use record::{HEADER, Header, ModelKey, RECORD};
use table::Table;

mod record;
mod table;
#[cfg(test)]
mod tests;

/// Records read at once when the whole file is read: 200 KiB, beyond which larger reads gain nothing.
const STRIDE: usize = 512;

/// A file of vectors of one model. Cheap while it is not asked: the table of what is where is read with the first question.
#[derive(Debug)]
pub struct VectorCache {
    path: PathBuf,
    key: ModelKey,
    header: [u8; HEADER],
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: fs::File,
    /// Records in the file, damaged and repeated ones included.
    n_slots: u32,
    /// Where the one good record of each text is; `None` until it is wanted.
    table: Option<Table>,
    /// Whether all that is in the file is known to have reached the disk.
    synced: bool,
}

/// Sizes of a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheSize {
    /// Bytes on disk.
    pub file_bytes: u64,
    /// Records in the file, those that are damaged or repeated included.
    pub records: u64,
    /// Bytes of the table in memory; 0 while it is not loaded.
    pub memory_bytes: u64,
}

impl VectorCache {
    /// Opens the cache of a model in `dir`, or begins one; makes the folder. Reads the header only. The torn end of an append that was
    /// cut short is cut off; a file whose header is damaged is set aside (`.damaged`), and another one begun.
    ///
    /// # Errors
    /// [`Error::Unsupported`] when the file is sound and holds something else: vectors of other weights, or a newer form.
    pub fn open(dir: &Path, model: &ModelInfo) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let key = ModelKey::of(model);
        let path = dir.join(format!("{}-{}.vectors", plain(&model.name), key.short()));
        remove_if_there(&unfinished(&path))?;
        let header = record::header(model);
        let file = match open_file(&path, model)? {
            Some(file) => file,
            None => begin(&path, &header)?,
        };
        let n_slots = cut_torn_end(&file)?;
        let state = Mutex::new(State { file, n_slots, table: None, synced: false });
        Ok(Self { path, key, header, state })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The vector of a text, if it is here and whole.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, hash: &TextHash) -> Result<Option<QuantizedVector>> {
        let mut state = self.loaded()?;
        Ok(state.find(&self.key, hash)?)
    }

    /// Adds vectors and returns how many: none is added whose text is here already, or that has no direction. They can be asked for at
    /// once, and survive a crash of this process, but a power cut only after [`Self::sync`].
    ///
    /// # Errors
    /// When the file cannot be written. Nothing is added then.
    pub fn append<'a>(
        &self,
        vectors: impl IntoIterator<Item = (TextHash, &'a QuantizedVector)>,
    ) -> Result<usize> {
        let mut state = self.loaded()?;
        let (mut bytes, mut added) = (Vec::new(), Vec::new());
        let mut batch = std::collections::HashSet::new();
        for (hash, vector) in vectors {
            let is_new = !batch.contains(&hash) && state.find(&self.key, &hash)?.is_none();
            if is_new && record::encode(&self.key, &hash, vector, &mut bytes) {
                batch.insert(hash);
                added.push(hash);
            }
        }
        state.append(&bytes, &added)?;
        Ok(added.len())
    }

    /// Makes durable what was appended.
    ///
    /// # Errors
    /// When the disk refuses: what was appended since the last time may be lost by a power cut.
    pub fn sync(&self) -> Result<()> {
        let mut state = self.state();
        if !state.synced {
            state.file.sync_data()?;
            state.synced = true;
        }
        Ok(())
    }

    /// Gives the table's memory back. The next question reads the file again, at a few million records a second.
    pub fn unload(&self) {
        self.state().table = None;
    }

    /// How large it is.
    #[must_use]
    pub fn size(&self) -> CacheSize {
        let state = self.state();
        CacheSize {
            file_bytes: place(state.n_slots),
            records: u64::from(state.n_slots),
            memory_bytes: state.table.as_ref().map_or(0, |table| table.size_bytes() as u64),
        }
    }

    /// Writes the file anew without the texts that `keep` refuses and without what is damaged or repeated, if that is more than half of
    /// it; tells whether it was. The new file is durable, and takes the old one's place in one step; a crash leaves either.
    ///
    /// # Errors
    /// When a file cannot be read or written. The old file is in use then, as before.
    pub fn compact(&self, keep: impl Fn(&TextHash) -> bool) -> Result<bool> {
        let mut state = self.loaded()?;
        let n_slots = state.n_slots;
        let mut n_kept = 0_u32;
        state.each_good(&self.key, |hash, _| {
            n_kept += u32::from(keep(hash));
            Ok(())
        })?;
        if (n_slots - n_kept.min(n_slots)) <= n_slots / 2 {
            return Ok(false);
        }
        *state = self.rewrite(&mut state, n_kept, &keep)?;
        Ok(true)
    }

    fn rewrite(&self, old: &mut State, n_kept: u32, keep: &dyn Fn(&TextHash) -> bool) -> Result<State> {
        let unfinished = unfinished(&self.path);
        let file = begin(&unfinished, &self.header)?;
        let mut out = std::io::BufWriter::with_capacity(STRIDE * RECORD, file);
        out.seek(SeekFrom::Start(HEADER as u64))?;
        let (mut table, mut n_slots) = (Table::with_room(n_kept as usize), 0);
        old.each_good(&self.key, |hash, record| {
            if keep(hash) {
                out.write_all(record)?;
                table.insert(hash, n_slots);
                n_slots += 1;
            }
            Ok(())
        })?;
        let file = out.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        sync_folder_of(&self.path)?;
        Ok(State { file, n_slots, table: Some(table), synced: true })
    }

    fn loaded(&self) -> Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.table.is_none() {
            let table = state.load(&self.key)?;
            state.table = Some(table);
        }
        Ok(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic, which only a caller's `keep` could raise, leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Reads the whole file. Of several records for a text the first one counts.
    fn load(&mut self, key: &ModelKey) -> std::io::Result<Table> {
        let mut table = Table::with_room(self.n_slots as usize);
        let mut repeated = Vec::new();
        each(&mut self.file, self.n_slots, |slot, record| {
            if let Some(hash) = record::hash_of(key, record) {
                // Nearly always there is none: only then the file has to tell whether it is the same text.
                if table.candidates(&hash).next().is_some() {
                    repeated.push((slot, hash));
                } else {
                    table.insert(&hash, slot);
                }
            }
            Ok(())
        })?;
        for (slot, hash) in repeated {
            if self.find_in(&table, key, &hash)?.is_none() {
                table.insert(&hash, slot);
            }
        }
        Ok(table)
    }

    fn find(&mut self, key: &ModelKey, hash: &TextHash) -> std::io::Result<Option<QuantizedVector>> {
        let Some(table) = self.table.take() else { return Ok(None) };
        let found = self.find_in(&table, key, hash);
        self.table = Some(table);
        Ok(found?.map(|(_, vector)| vector))
    }

    fn find_in(
        &mut self,
        table: &Table,
        key: &ModelKey,
        hash: &TextHash,
    ) -> std::io::Result<Option<(u32, QuantizedVector)>> {
        for slot in table.candidates(hash) {
            if let Some(vector) = read_slot(&mut self.file, slot)?.and_then(|r| record::decode(key, hash, &r))
            {
                return Ok(Some((slot, vector)));
            }
        }
        Ok(None)
    }

    fn append(&mut self, bytes: &[u8], hashes: &[TextHash]) -> Result<()> {
        let room = u32::MAX - 1 - self.n_slots;
        if hashes.is_empty() || hashes.len() > room as usize {
            return Ok(());
        }
        self.synced = false;
        // At the end of the whole records: what an append that failed half-way left there is written over.
        self.file.seek(SeekFrom::Start(place(self.n_slots)))?;
        self.file.write_all(bytes)?;
        for hash in hashes {
            if let Some(table) = &mut self.table {
                table.insert(hash, self.n_slots);
            }
            self.n_slots += 1;
        }
        Ok(())
    }

    /// Calls `with` for the one good record of each text.
    fn each_good(
        &mut self,
        key: &ModelKey,
        mut with: impl FnMut(&TextHash, &[u8; RECORD]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        let Some(table) = &self.table else { return Ok(()) };
        each(&mut self.file, self.n_slots, |slot, record| match record::hash_of(key, record) {
            Some(hash) if table.candidates(&hash).any(|known| known == slot) => with(&hash, record),
            _ => Ok(()),
        })
    }
}

/// Reads all records in order.
fn each(
    file: &mut fs::File,
    n_slots: u32,
    mut with: impl FnMut(u32, &[u8; RECORD]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(HEADER as u64))?;
    let mut buffer = vec![0; STRIDE * RECORD];
    let mut slot = 0;
    while slot < n_slots {
        let wanted = ((n_slots - slot) as usize).min(STRIDE) * RECORD;
        let whole = read_up_to(file, &mut buffer[..wanted])? / RECORD;
        for record in buffer[..whole * RECORD].as_chunks().0 {
            with(slot, record)?;
            slot += 1;
        }
        if whole * RECORD < wanted {
            // Somebody shortened the file meanwhile: what is not there is not served.
            break;
        }
    }
    Ok(())
}

fn read_up_to(file: &mut fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read(&mut buffer[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}

fn read_slot(file: &mut fs::File, slot: u32) -> std::io::Result<Option<[u8; RECORD]>> {
    file.seek(SeekFrom::Start(place(slot)))?;
    let mut record = [0; RECORD];
    Ok((read_up_to(file, &mut record)? == RECORD).then_some(record))
}

/// Where a slot begins.
fn place(slot: u32) -> u64 {
    HEADER as u64 + u64::from(slot) * RECORD as u64
}

/// The file at `path`, if it is a cache of the model's vectors; `None` when there is none, or none any more.
fn open_file(path: &Path, model: &ModelInfo) -> Result<Option<fs::File>> {
    let mut file = match fs::OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut header = [0; HEADER];
    if read_up_to(&mut file, &mut header)? < HEADER {
        // The process that began it was cut short: there is nothing in it.
        return Ok(None);
    }
    match record::judge(&header, model) {
        Header::Ours => Ok(Some(file)),
        Header::Other(reason) => Err(Error::unsupported(path, reason)),
        Header::Damaged => {
            tracing::warn!(path = %path.display(), "the header of a vector cache is damaged: set aside");
            fs::rename(path, path.with_added_extension("damaged"))?;
            Ok(None)
        }
    }
}

/// A file with nothing but a header, durable under its name.
fn begin(path: &Path, header: &[u8; HEADER]) -> Result<fs::File> {
    let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
    file.write_all(header)?;
    file.sync_all()?;
    sync_folder_of(path)?;
    Ok(file)
}

/// Leaves whole records only, and counts them.
fn cut_torn_end(file: &fs::File) -> Result<u32> {
    let len = file.metadata()?.len();
    let slots = len.saturating_sub(HEADER as u64) / RECORD as u64;
    // More than can be numbered: the rest is out of reach, not lost.
    let n_slots = u32::try_from(slots).unwrap_or(u32::MAX - 1);
    if u64::from(n_slots) == slots && place(n_slots) < len {
        file.set_len(place(n_slots))?;
    }
    Ok(n_slots)
}

/// Where the file grows that is to take another one's place.
fn unfinished(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn sync_folder_of(path: &Path) -> Result<()> {
    match path.parent() {
        Some(dir) => crate::models::sync_folder(dir),
        None => Ok(()),
    }
}

/// A model's name as a part of a file's name.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().take(80).map(|c| if is_plain(c) { c } else { '_' }).collect()
}
