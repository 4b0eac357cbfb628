//! A journal as one handle sees it: the state that its records make.
//!
//! Invariant: the state is that of the records up to a position, whole. It is never changed but by records that were read from the file.
//! Not here: appending (`writer`).

use super::layout::{self, BadHeader, Beginning, Check, Format, Found, Position};
use super::stamp::Stamp;
use super::turn::{PATIENCE, Turn};
use super::writer::Writer;
use crate::{Error, Result};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A record that was written whole and makes no sense to this program: a newer version's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(
    /// What it is that this program does not know.
    pub String,
);

/// A state that is made of records.
pub trait Replay {
    /// Becomes the state without any record.
    fn clear(&mut self);

    /// Takes the next record.
    ///
    /// # Errors
    /// When the record makes no sense. It stays the next one.
    fn apply(&mut self, number: u64, record: &[u8]) -> std::result::Result<(), Unfit>;
}

/// A journal, and the state that its records make.
#[derive(Debug)]
pub struct Journal<S> {
    path: PathBuf,
    format: Format,
    state: S,
    read: Option<Progress>,
}

/// How far a file was read. The file stays open, so that the system gives its number to no other.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) file: File,
    /// The checksum of the header, which marks are tied to.
    pub(super) header: Check,
    pub(super) position: Position,
    /// Whether the second of the two marks is the one to be written next.
    pub(super) second_mark: bool,
    /// How the file looked when all of it had been read. Absent while something is wrong with it.
    seen: Option<Stamp>,
}

impl<S: Replay> Journal<S> {
    /// The journal at `path`, unread. A journal that is not there is an empty one.
    pub fn at(path: &Path, format: Format, state: S) -> Self {
        Self { path: path.to_path_buf(), format, state, read: None }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state that the records make which were read so far.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The number of the next record. Numbers begin with 0 and none is given twice, however often the journal is compacted.
    pub fn next(&self) -> u64 {
        self.read.as_ref().map_or(0, |read| read.position.number)
    }

    /// Its size in bytes, as far as it was read.
    pub fn size(&self) -> u64 {
        self.read.as_ref().map_or(0, |read| read.position.offset)
    }

    /// As [`Journal::refresh`], for the first time: what stands in the journal's place and is no file does not go away by itself, so it is damage.
    ///
    /// # Errors
    /// As [`Journal::refresh`].
    pub fn open(&mut self) -> Result<()> {
        if self.path.is_dir() {
            return Err(self.damaged(0, 0, "a folder stands in its place"));
        }
        self.refresh()
    }

    /// Reads what was written since, by whomever. Costs one call to the system when that is nothing.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds what this version does not know. The state then holds the records before that, and
    /// every further call fails until the file is another.
    pub fn refresh(&mut self) -> Result<()> {
        let there = match std::fs::metadata(&self.path) {
            Ok(there) => Stamp::of(&there),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.forget();
                return Ok(());
            }
            Err(error) => return Err(Error::io(&self.path, "examine")(error)),
        };
        if self.read.as_ref().is_some_and(|read| read.seen == Some(there)) {
            return Ok(());
        }
        self.read_on()
    }

    /// Waits for the turn to write, and reads what others have written before.
    ///
    /// # Errors
    /// [`Locked`](Error::Locked) when another writer does not come to its end, and as [`Journal::refresh`].
    pub fn writer(&mut self) -> Result<Writer<'_, S>> {
        super::writer::make_folder(&self.path)?;
        let turn = Turn::wait(&self.path, PATIENCE)?;
        self.refresh()?;
        Ok(Writer::new(self, turn))
    }

    /// As [`Journal::writer`], unless somebody is writing just now, or nothing was ever written.
    ///
    /// # Errors
    /// As [`Journal::refresh`].
    pub fn try_writer(&mut self) -> Result<Option<Writer<'_, S>>> {
        if self.read.is_none() {
            return Ok(None);
        }
        let Some(turn) = Turn::take(&self.path)? else { return Ok(None) };
        self.refresh()?;
        Ok(Some(Writer::new(self, turn)))
    }

    /// Reads the file from where the reading ended, or from its beginning if it is another one.
    fn read_on(&mut self) -> Result<()> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.forget();
                return Ok(());
            }
            Err(error) => return Err(Error::io(&self.path, "open")(error)),
        };
        let stamp = self.look(&file)?;
        let Beginning { start, acknowledged, second_mark } = self.read_header(&file)?;
        let known = match self.read.take() {
            Some(read) if self.goes_on(&read, &stamp, &start)? => Some(read.position),
            _ => None,
        };
        if known.is_none() {
            self.state.clear();
        }
        let position = known.unwrap_or(start);
        let mut read = Progress { file, header: start.check, position, second_mark, seen: None };
        let outcome = self.read_records(&mut read, acknowledged);
        // Bytes behind the last record may be an append under way, which may come to be as long as they are.
        if outcome.is_ok() && read.position.offset == stamp.size {
            read.seen = Some(stamp);
        }
        self.read = Some(read);
        outcome
    }

    /// Whether what was read is still the beginning of the file. It is not after a compaction, and when an append was undone that was seen
    /// before it failed.
    fn goes_on(&self, read: &Progress, stamp: &Stamp, start: &Position) -> Result<bool> {
        let same = self.look(&read.file)?.is_same_file(stamp) && read.header == start.check;
        if !same || stamp.size < read.position.offset {
            return Ok(false);
        }
        let mut last = Vec::new();
        let mut file = &read.file;
        let found = file.seek(SeekFrom::Start(read.position.check_at));
        let found = found.and_then(|_| file.take(read.position.check.len() as u64).read_to_end(&mut last));
        found.map_err(Error::io(&self.path, "read"))?;
        Ok(last == read.position.check)
    }

    fn look(&self, file: &File) -> Result<Stamp> {
        file.metadata().map(|meta| Stamp::of(&meta)).map_err(Error::io(&self.path, "examine"))
    }

    fn read_header(&self, file: &File) -> Result<Beginning> {
        let mut bytes = Vec::new();
        file.take(layout::START).read_to_end(&mut bytes).map_err(Error::io(&self.path, "read"))?;
        layout::read_header(&bytes, self.format).map_err(|bad| match bad {
            BadHeader::Damaged(why) => self.damaged(0, 0, why),
            BadHeader::Incompatible(what) => Error::Incompatible { path: self.path.clone(), what },
        })
    }

    fn read_records(&mut self, read: &mut Progress, acknowledged: u64) -> Result<()> {
        let mut file = &read.file;
        file.seek(SeekFrom::Start(read.position.offset)).map_err(Error::io(&self.path, "read"))?;
        let mut from = BufReader::new(file);
        let mut record = Vec::new();
        loop {
            let Position { offset, number, .. } = read.position;
            let found = layout::read_record(&mut from, &read.position, &mut record);
            match found.map_err(Error::io(&self.path, "read"))? {
                Found::Record(after) => {
                    self.state.apply(number, &record).map_err(|Unfit(what)| Error::Incompatible {
                        path: self.path.clone(),
                        what: format!("record {number}: {what}"),
                    })?;
                    read.position = after;
                }
                Found::End if offset < acknowledged => {
                    return Err(self.damaged(offset, number, "records are missing from its end"));
                }
                Found::Broken(why) if offset < acknowledged => return Err(self.damaged(offset, number, why)),
                Found::End | Found::Broken(_) => return Ok(()),
            }
        }
    }

    fn damaged(&self, offset: u64, record: u64, why: &'static str) -> Error {
        Error::Damaged { path: self.path.clone(), offset, record, why }
    }

    /// There is no file, so there are no records.
    fn forget(&mut self) {
        if self.read.take().is_some() {
            self.state.clear();
        }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn progress(&mut self) -> (Option<&mut Progress>, &mut S) {
        (self.read.as_mut(), &mut self.state)
    }

    /// Lets the next look begin anew, since memory and disk may differ.
    pub(super) fn distrust(&mut self) {
        self.read = None;
    }
}
