//! Writing a journal, in one's turn.
//!
//! Invariant: every change is one step on the disk. An append is cut off again unless all of it was synced; a journal is made, and made
//! smaller, under another name and renamed into place.
//! Not here: whose turn it is (`turn`).

use super::layout::{self, MAX_RECORD};
use super::log::{Journal, Progress, Replay, Unfit};
use super::turn::Turn;
use crate::{Error, Result, random};
use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;

/// The turn to write a journal. Others wait until it is dropped.
#[derive(Debug)]
pub struct Writer<'a, S> {
    journal: &'a mut Journal<S>,
    _turn: Turn,
}

impl<'a, S: Replay> Writer<'a, S> {
    pub(super) fn new(journal: &'a mut Journal<S>, turn: Turn) -> Self {
        Self { journal, _turn: turn }
    }

    /// The state that all records make, of all writers.
    pub fn state(&self) -> &S {
        self.journal.state()
    }

    /// The number that the next record gets.
    pub fn next(&self) -> u64 {
        self.journal.next()
    }

    /// The size of the journal in bytes.
    pub fn size(&self) -> u64 {
        self.journal.size()
    }

    /// Appends a record, durable when this returns, and applies it to the state.
    ///
    /// # Errors
    /// When the record is too large or the disk refuses: then it is not appended. If the disk refuses even to undo, what happened is told
    /// by the next look at the file.
    pub fn append(&mut self, record: &[u8]) -> Result<()> {
        self.add(record, true)
    }

    /// Appends a record that may be lost when the power goes, unless another one is appended after it and synced.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn append_unsynced(&mut self, record: &[u8]) -> Result<()> {
        self.add(record, false)
    }

    /// Makes all that was appended survive a loss of power.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&mut self) -> Result<()> {
        let path = self.journal.path().to_path_buf();
        let (Some(read), _) = self.journal.progress() else { return Ok(()) };
        let file = super::private().write(true).open(&path).map_err(Error::io(&path, "open"));
        let mut file = file?;
        file.sync_all().map_err(Error::io(&path, "sync"))?;
        note_acknowledged(read, &mut file);
        Ok(())
    }

    /// Replaces all records by these, which get new numbers, and makes the state anew from them.
    ///
    /// # Errors
    /// When a record is too large or the disk refuses. Then the journal is what it was.
    pub fn compact(&mut self, records: impl IntoIterator<Item = Vec<u8>>) -> Result<()> {
        self.publish(records)?;
        self.journal.refresh()
    }

    fn add(&mut self, record: &[u8], sync: bool) -> Result<()> {
        check_size(record)?;
        if self.journal.progress().0.is_none() {
            self.publish([])?;
            self.journal.refresh()?;
        }
        let path = self.journal.path().to_path_buf();
        let (Some(read), state) = self.journal.progress() else {
            return Err(Error::io(&path, "open")(ErrorKind::NotFound.into()));
        };
        let number = read.position.number;
        if let Err(error) = write(read, &path, record, sync) {
            self.journal.distrust();
            return Err(error);
        }
        if let Err(Unfit(what)) = state.apply(number, record) {
            self.journal.distrust();
            return Err(Error::Incompatible { path, what: format!("record {number}: {what}") });
        }
        Ok(())
    }

    /// Puts a new file with these records in the journal's place.
    fn publish(&mut self, records: impl IntoIterator<Item = Vec<u8>>) -> Result<()> {
        let path = self.journal.path().to_path_buf();
        let unfinished = path.with_extension("new");
        let mut seed = [0; 16];
        random::fill(&mut seed)?;
        let records: Vec<Vec<u8>> = records.into_iter().collect();
        records.iter().try_for_each(|record| check_size(record))?;
        let bytes = layout::journal(self.journal.format(), self.journal.next(), seed, &records);
        write_whole(&unfinished, &bytes)?;
        std::fs::rename(&unfinished, &path).map_err(Error::io(&path, "put in place"))?;
        sync_folder(&path)
    }
}

fn check_size(record: &[u8]) -> Result<()> {
    let bytes = record.len();
    if bytes > MAX_RECORD { Err(Error::TooLarge { bytes, limit: MAX_RECORD }) } else { Ok(()) }
}

/// Writes a record behind the last one, in place of whatever a crash has left there.
fn write(read: &mut Progress, path: &Path, record: &[u8], sync: bool) -> Result<()> {
    let mut file = super::private().write(true).open(path).map_err(Error::io(path, "open"))?;
    let end = read.position.offset;
    let found = file.metadata().map_err(Error::io(path, "examine"))?.len();
    if found > end {
        tracing::warn!(path = %path.display(), at = end, bytes = found - end, "cut off what a crash left half written");
        file.set_len(end).map_err(Error::io(path, "cut"))?;
    }
    let (bytes, after) = layout::record(record, &read.position);
    let written = file.seek(SeekFrom::Start(end)).and_then(|_| file.write_all(&bytes));
    let written = written.and_then(|()| if sync { file.sync_all() } else { Ok(()) });
    if let Err(error) = written {
        // It was not acknowledged, so nobody may find it.
        if let Err(error) = file.set_len(end).and_then(|()| file.sync_all()) {
            tracing::warn!(path = %path.display(), %error, "an append failed and could not be undone");
        }
        return Err(Error::io(path, "write")(error));
    }
    read.position = after;
    if sync {
        note_acknowledged(read, &mut file);
    }
    Ok(())
}

/// Notes how far the file was acknowledged. Not synced: the next sync takes it along, and until then the note before it holds.
fn note_acknowledged(read: &mut Progress, file: &mut File) {
    let mark = layout::mark(&read.header, read.position.offset);
    let at = layout::mark_offset(read.second_mark);
    match file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(&mark)) {
        Ok(()) => read.second_mark = !read.second_mark,
        Err(error) => tracing::debug!(%error, "a journal's mark was not written"),
    }
}

pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = super::private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(Error::io(path, "make"))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(path, "write"))
}

/// Makes the folder of a journal where it is missing, for nobody's eyes but the owner's.
pub(super) fn make_folder(journal: &Path) -> Result<()> {
    let Some(folder) = journal.parent() else { return Ok(()) };
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => sync_folder(folder),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io(folder, "make")(error)),
    }
}

/// Makes the name of a file or folder survive a power cut. Systems other than Unix have no such call and need none.
pub(crate) fn sync_folder(of: &Path) -> Result<()> {
    match of.parent() {
        Some(folder) if cfg!(unix) => {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(Error::io(folder, "sync"))
        }
        _ => Ok(()),
    }
}
