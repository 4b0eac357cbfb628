//! A log that is written.
//!
//! Invariant: one process writes it, the workspace's owner. What is noted is in the file when [`Audit::note`] returns, so that only the loss of
//! power can take it; what is noted as durable not even that.
//! Not here: reading it (`query`, `verify`).

use super::act::{Act, Doing};
use super::head::{Head, Key};
use super::line::{self, Hash, NOTHING, Record};
use super::segments::{self, Lines, Segment};
use crate::{Actor, Error, Result, Via};
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const KEY: &str = "audit.key";
const HEAD: &str = "head.json";
/// A segment is closed when it has so many bytes.
const SEGMENT: u64 = 8 << 20;

/// The audit log of a workspace. To be shared by threads.
pub struct Audit {
    folder: PathBuf,
    key: Key,
    state: Mutex<State>,
    /// Records before this one are on the disk.
    synced: Mutex<u64>,
    segment: u64,
}

struct State {
    file: Option<Arc<File>>,
    size: u64,
    next: u64,
    hash: Hash,
    /// Why the log goes on behind records that are no more.
    resume: Option<String>,
    /// The number up to which the head is signed.
    signed: u64,
}

impl Audit {
    /// The log in `folder`, with its key beside that. A record that a crash left half written is cut off. Records that are damaged or missing
    /// stay so, and the log says that it goes on behind them.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        Self::open_with(folder, SEGMENT)
    }

    pub(super) fn open_with(folder: &Path, segment: u64) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder, "make"))?;
        let (key, is_another) = Key::open(&folder.with_file_name(KEY))?;
        let mut state = State::read(folder)?;
        if is_another && state.next > 0 {
            let before = state.resume.take().map_or(String::new(), |why| format!("{why}; "));
            state.resume =
                Some(format!("{before}the key was damaged, the log goes on with ed25519 {}", key.public()));
        }
        // Whoever was here before may have ended before it had its last records on the disk.
        let synced = Mutex::new(0);
        Ok(Self { folder: folder.to_path_buf(), key, state: Mutex::new(state), synced, segment })
    }

    /// Notes an act. Returns its number.
    ///
    /// # Errors
    /// When the disk refuses, or the record is too large: then it is not noted.
    pub fn note(&self, act: Act, at_ms: i64) -> Result<u64> {
        let mut state = self.lock();
        if state.next == 0 {
            let mut begin = Act::new(Doing::AuditBegin, Actor::owner(Via::Library));
            begin.detail = Some(format!("ed25519 {}", self.key.public()));
            self.append(&mut state, begin, at_ms)?;
        }
        if let Some(why) = state.resume.take() {
            let mut resume = Act::new(Doing::AuditResume, Actor::owner(Via::Library));
            resume.detail = Some(why.clone());
            if let Err(error) = self.append(&mut state, resume, at_ms) {
                state.resume = Some(why);
                return Err(error);
            }
        }
        self.append(&mut state, act, at_ms)
    }

    /// As [`Audit::note`], durable when this returns. Those who come at once wait for one write of the disk together.
    ///
    /// # Errors
    /// As [`Audit::note`].
    pub fn note_durably(&self, act: Act, at_ms: i64) -> Result<u64> {
        let seq = self.note(act, at_ms)?;
        self.sync(seq)?;
        Ok(seq)
    }

    /// Has the record of that number, and all before it, on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self, seq: u64) -> Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced > seq {
            return Ok(());
        }
        let (file, next) = {
            let state = self.lock();
            (state.file.clone(), state.next)
        };
        if let Some(file) = file {
            file.sync_data().map_err(Error::io(&self.folder, "sync"))?;
        }
        *synced = next;
        Ok(())
    }

    /// Has all that was noted on the disk.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync_all(&self) -> Result<()> {
        self.next().checked_sub(1).map_or(Ok(()), |last| self.sync(last))
    }

    /// Where the log lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Records that the head does not cover yet.
    pub fn unsigned(&self) -> u64 {
        let state = self.lock();
        state.next.saturating_sub(state.signed)
    }

    /// Syncs what was noted and signs where the log has got to. `None` while nothing was ever noted.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sign(&self, at_ms: i64) -> Result<Option<Head>> {
        let (next, hash, signed) = {
            let state = self.lock();
            (state.next, state.hash, state.signed)
        };
        let Some(seq) = next.checked_sub(1) else { return Ok(None) };
        self.sync(seq)?;
        let path = self.folder.join(HEAD);
        if signed == next
            && let Some(head) = read_head(&self.folder)?
        {
            return Ok(Some(head));
        }
        let head = self.key.sign(seq, &hash, at_ms);
        let text = serde_json::to_vec(&head).map_err(|error| Error::invalid(error.to_string()))?;
        let unfinished = path.with_extension("new");
        crate::journal::write_whole(&unfinished, &text)?;
        std::fs::rename(&unfinished, &path).map_err(Error::io(&path, "put in place"))?;
        self.lock().signed = next;
        Ok(Some(head))
    }

    /// The number that the next record gets.
    pub fn next(&self) -> u64 {
        self.lock().next
    }

    fn append(&self, state: &mut State, act: Act, at_ms: i64) -> Result<u64> {
        let seq = state.next;
        let (line, hash) = line::write(&state.hash, &Record { seq, at_ms, act })?;
        let file = match &state.file {
            Some(file) if state.size < self.segment => Arc::clone(file),
            _ => self.begin_segment(state)?,
        };
        let path = || Segment::new(&self.folder, seq).path;
        if let Err(error) = (&*file).write_all(line.as_bytes()) {
            // Half a line may be there: nothing goes behind it before it is cut off.
            if let Err(error) = file.set_len(state.size) {
                tracing::warn!(%error, "a record of the audit log failed and could not be undone");
                state.file = None;
            }
            return Err(Error::io(&path(), "write")(error));
        }
        state.size += line.len() as u64;
        (state.next, state.hash) = (seq + 1, hash);
        Ok(seq)
    }

    /// A new file. The one before it is synced first, so that syncing the last is enough.
    fn begin_segment(&self, state: &mut State) -> Result<Arc<File>> {
        let path = Segment::new(&self.folder, state.next).path;
        if let Some(file) = &state.file {
            file.sync_data().map_err(Error::io(&self.folder, "sync"))?;
        }
        if path.is_dir() {
            let aside = path.with_extension("damaged");
            std::fs::rename(&path, &aside).map_err(Error::io(&path, "move aside"))?;
        }
        let made = crate::journal::private().append(true).create(true).open(&path);
        let file = made.map_err(Error::io(&path, "make"))?;
        file.set_len(0).map_err(Error::io(&path, "make"))?;
        crate::journal::sync_folder(&path)?;
        let file = Arc::new(file);
        (state.file, state.size) = (Some(Arc::clone(&file)), 0);
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked had appended a line or not.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head that was signed last, if one was.
pub(super) fn read_head(folder: &Path) -> Result<Option<Head>> {
    let path = folder.join(HEAD);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok().filter(|head: &Head| head.seq < line::MOST)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io(&path, "read")(error)),
    }
}

impl State {
    /// Where the log goes on, by its last segment and its head.
    fn read(folder: &Path) -> Result<Self> {
        let head = read_head(folder)?;
        let signed = head.as_ref().map_or(0, |head| head.seq + 1);
        let mut state = Self { file: None, size: 0, next: 0, hash: NOTHING, resume: None, signed };
        if let Some(last) = segments::list(folder)?.last() {
            state.read_segment(last)?;
        }
        if let Some(head) = head.filter(|head| head.seq >= state.next) {
            state.resume = Some(format!("records {} to {} are missing", state.next, head.seq));
            // In a file of its own, whose name says with which number it goes on.
            (state.file, state.next) = (None, head.seq + 1);
            state.hash = Hash::from_hex(&head.hash).unwrap_or(NOTHING);
        }
        Ok(state)
    }

    fn read_segment(&mut self, segment: &Segment) -> Result<()> {
        let mut lines = Lines::of(segment)?;
        let (mut end, mut before, mut bad) = (0, None, None);
        self.next = segment.first;
        while let Some((bytes, has_end)) = lines.next()? {
            // Zeros, which no record holds, stand where the power went before the bytes came to the disk. What was acknowledged came there before
            // them, and what was signed is only ever told as damaged.
            let is_lost = self.next >= self.signed && bytes.contains(&0);
            if !has_end || is_lost {
                break;
            }
            end += bytes.len() as u64 + 1;
            match line::read(bytes) {
                Some(line) => {
                    if before.is_some_and(|before| !line.follows(&before)) || line.stamp.seq != self.next {
                        bad.get_or_insert(line.stamp.seq);
                    }
                    (self.next, self.hash) = (line.stamp.seq + 1, line.said);
                    before = Some(line.said);
                }
                None => {
                    bad.get_or_insert(self.next);
                    (self.next, before) = (self.next + 1, None);
                }
            }
        }
        let path = &segment.path;
        let file = crate::journal::private().append(true).open(path).map_err(Error::io(path, "open"))?;
        let size = file.metadata().map_err(Error::io(path, "examine"))?.len();
        if size > end {
            tracing::warn!(path = %path.display(), at = end, bytes = size - end, "cut off what a crash left half written");
            // Synced, lest it come back behind what is written next.
            file.set_len(end).and_then(|()| file.sync_all()).map_err(Error::io(path, "cut"))?;
        }
        self.resume = bad.map(|seq| format!("record {seq} is damaged"));
        (self.file, self.size) = (Some(Arc::new(file)), end);
        Ok(())
    }
}
