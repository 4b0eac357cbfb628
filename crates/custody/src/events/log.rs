//! The log: told by one process, the workspace's owner, and read from any place.
//!
//! Invariant: what was told is in the file when [`EventLog::tell`] returns, whole or not at all. Numbers rise by one, whatever was lost.
//! Not here: the bytes (`line`, `segment`), places as texts (`cursor`).

use super::cursor::{After, Position, Sealer};
use super::event::{Event, EventFilter, NewEvent};
use super::line;
use super::page::{EventPage, Listed};
use super::segment::{self, Segment};
use crate::{Error, Result};
use corpus::PathSet;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const KEY: &str = "cursor.key";
/// Events that are kept in memory too, for those who follow.
const RECENT: usize = 4096;
/// Events that a page holds at most, however many are asked for.
const PAGE: usize = 10_000;

/// What is kept. The oldest segment goes when one of these is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The most events.
    pub events: u64,
    /// The most bytes.
    pub bytes: u64,
    /// For how long.
    pub age: Duration,
    /// A segment is closed when it has so many bytes.
    pub segment: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { events: 200_000, bytes: 64 << 20, age: Duration::from_secs(30 * 24 * 3600), segment: 1 << 20 }
    }
}

/// The events of a workspace. To be shared by threads.
pub struct EventLog {
    folder: PathBuf,
    retention: Retention,
    sealer: Sealer,
    state: Mutex<State>,
    told: Condvar,
}

struct State {
    /// The last segment, open for appending.
    file: Option<Arc<File>>,
    segments: VecDeque<Segment>,
    recent: VecDeque<Arc<Event>>,
    /// The number of the next event.
    next: u64,
    /// The last event when the log was opened.
    opened: Position,
    /// Whether something was told since the last sync.
    is_unsynced: bool,
}

impl EventLog {
    /// The log in `folder`, which is made. An event that a crash left half written is cut off.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn open(folder: &Path, retention: Retention) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(Error::io(folder, "make"))?;
        let sealer = Sealer::open(&folder.join(KEY)).or_else(|error| {
            tracing::warn!(%error, "cursors are good until the end of this process alone");
            Sealer::for_now()
        })?;
        let state = Mutex::new(State::read(folder)?);
        Ok(Self { folder: folder.to_path_buf(), retention, sealer, state, told: Condvar::new() })
    }

    /// Tells events, in this order, all at one time.
    ///
    /// # Errors
    /// When the disk refuses: then those before are told, and those behind are not.
    pub fn tell(&self, events: impl IntoIterator<Item = NewEvent>, at_ms: i64) -> Result<()> {
        let mut state = self.lock();
        let told = self.tell_all(&mut state, events, at_ms);
        drop(state);
        self.told.notify_all();
        told
    }

    fn tell_all(
        &self,
        state: &mut State,
        events: impl IntoIterator<Item = NewEvent>,
        at_ms: i64,
    ) -> Result<()> {
        let (mut bytes, mut waiting) = (Vec::new(), Vec::new());
        for new in events {
            let event = new.told(state.next + waiting.len() as u64, at_ms)?;
            line::write(&event, &mut bytes)?;
            waiting.push(Arc::new(event));
            if bytes.len() as u64 >= self.retention.segment / 4 {
                self.append(state, &bytes, std::mem::take(&mut waiting), at_ms)?;
                bytes.clear();
            }
        }
        if waiting.is_empty() { Ok(()) } else { self.append(state, &bytes, waiting, at_ms) }
    }

    fn append(&self, state: &mut State, bytes: &[u8], events: Vec<Arc<Event>>, at_ms: i64) -> Result<()> {
        let is_full = state.segments.back().is_none_or(|last| last.bytes >= self.retention.segment);
        let file = match &state.file {
            Some(file) if !is_full => Arc::clone(file),
            _ => self.begin_segment(state, at_ms)?,
        };
        let Some(segment) = state.segments.back_mut() else { return Ok(()) };
        if let Err(error) = (&*file).write_all(bytes) {
            // Half an event may be there: nothing goes behind it before it is cut off.
            if let Err(error) = file.set_len(segment.bytes) {
                tracing::warn!(%error, "events could not be told, and what was written of them not be undone");
                state.file = None;
            }
            return Err(Error::io(&segment.path, "write")(error));
        }
        segment.bytes += bytes.len() as u64;
        state.next += events.len() as u64;
        state.is_unsynced = true;
        state.recent.extend(events);
        let over = state.recent.len().saturating_sub(RECENT);
        state.recent.drain(..over);
        Ok(())
    }

    /// A new file. The one before it is synced first, so that syncing the last is enough.
    fn begin_segment(&self, state: &mut State, at_ms: i64) -> Result<Arc<File>> {
        if let Some(file) = &state.file {
            file.sync_data().map_err(Error::io(&self.folder, "sync"))?;
        }
        self.forget_oldest(state, at_ms);
        let segment = Segment::new(&self.folder, state.next);
        if segment.path.is_dir() {
            // Nobody of ours made it, and an empty folder is no loss; another one is told by the next call.
            drop(std::fs::remove_dir(&segment.path));
        }
        let made = crate::journal::private().append(true).create(true).open(&segment.path);
        let file = made.map_err(Error::io(&segment.path, "make"))?;
        file.set_len(0).map_err(Error::io(&segment.path, "make"))?;
        crate::journal::sync_folder(&segment.path)?;
        let file = Arc::new(file);
        state.file = Some(Arc::clone(&file));
        state.segments.push_back(segment);
        Ok(file)
    }

    /// Deletes the oldest segments that are too many, too large together or too old. What cannot be deleted is tried again with the next segment.
    fn forget_oldest(&self, state: &mut State, at_ms: i64) {
        let Retention { events, bytes, age, .. } = self.retention;
        let oldest_ms = at_ms.saturating_sub(age.as_millis() as i64);
        while let (Some(first), Some(second)) = (state.segments.front(), state.segments.get(1)) {
            let kept: u64 = state.segments.iter().map(|segment| segment.bytes).sum();
            let n_kept = state.next.saturating_sub(first.first);
            let is_too_much = kept > bytes || n_kept > events.saturating_add(second.first - first.first);
            if !is_too_much && !is_older(&first.path, oldest_ms) {
                return;
            }
            if let Err(error) = std::fs::remove_file(&first.path) {
                tracing::warn!(%error, path = %first.path.display(), "old events cannot be deleted");
                return;
            }
            state.segments.pop_front();
        }
    }

    /// Puts on the disk what was told. Until then the loss of power can take it; the end of a process cannot.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> Result<()> {
        let mut state = self.lock();
        let file = state.file.clone().filter(|_| state.is_unsynced);
        state.is_unsynced = false;
        drop(state);
        file.map_or(Ok(()), |file| file.sync_data().map_err(Error::io(&self.folder, "sync")))
    }

    /// Whether nothing was ever told.
    pub fn is_empty(&self) -> bool {
        self.lock().next == 1
    }

    /// Events from a place on that somebody wants who may see `within`: at most `limit`, and as many as there are.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when it is no place in this log, and when the files cannot be read.
    pub fn read(
        &self,
        after: &After,
        filter: &EventFilter,
        within: &PathSet,
        limit: usize,
    ) -> Result<EventPage> {
        let (mut place, missed) = self.place(after)?;
        let (mut events, limit) = (Vec::new(), limit.clamp(1, PAGE));
        let mut at_end = false;
        while !at_end && events.len() < limit {
            let some = self.from(place.seq)?;
            at_end = some.is_empty();
            for event in some {
                place = Position::behind(event.seq, &event.id);
                // Filtered as it is seen: what is hidden must not show by which filter finds it.
                let Some(seen) = event.seen_by(within).filter(|seen| filter.wants(seen)) else { continue };
                events.push(Listed { event: seen.into_owned(), cursor: self.sealer.seal(place)? });
                if events.len() >= limit {
                    break;
                }
            }
        }
        Ok(EventPage { events, next: self.sealer.seal(place)?, missed, seq: place.seq, at_end })
    }

    /// Waits until something was told behind that number, at most until `until`. Returns whether it was.
    pub fn wait(&self, seq: u64, until: Instant) -> bool {
        let mut state = self.lock();
        while state.next <= seq + 1 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = match self.told.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        true
    }

    /// The place that is meant, and whether something is missing before what can be read there.
    fn place(&self, after: &After) -> Result<(Position, bool)> {
        let cursor = match after {
            After::Start => return Ok((Position { seq: self.oldest() - 1, check: 0 }, false)),
            After::Now => return Ok((self.end(), false)),
            After::Cursor(cursor) => cursor,
        };
        let unknown = || {
            Error::invalid(format!(
                "`{cursor}` is no place in this workspace's events; `start`, `now` and cursors are"
            ))
        };
        let place = self.sealer.open_cursor(cursor).ok_or_else(unknown)?;
        let oldest = self.oldest();
        if place.seq + 1 < oldest {
            return Ok((Position { seq: oldest - 1, check: 0 }, true));
        }
        // Of what is just no longer kept, or of the beginning, nothing can be compared.
        let is_known = place.seq + 1 == oldest || self.id_of(place.seq)?.is_some_and(|known| known == place);
        if is_known {
            return Ok((place, false));
        }
        // Power was lost, and with it what stood there: all since the log was opened again is new to whoever comes from before.
        let opened = self.lock().opened;
        let known = if place.seq > opened.seq { opened } else { place };
        Ok((if known.seq + 1 < oldest { Position { seq: oldest - 1, check: 0 } } else { known }, true))
    }

    /// The place behind the event of that number.
    fn id_of(&self, seq: u64) -> Result<Option<Position>> {
        let Some(before) = seq.checked_sub(1) else { return Ok(None) };
        let events = self.from(before)?;
        Ok(events.first().filter(|event| event.seq == seq).map(|event| Position::behind(seq, &event.id)))
    }

    fn oldest(&self) -> u64 {
        let state = self.lock();
        state.segments.front().map_or(state.next, |first| first.first)
    }

    fn end(&self) -> Position {
        let state = self.lock();
        state.recent.back().map_or(Position { seq: state.next - 1, ..state.opened }, |last| {
            Position::behind(last.seq, &last.id)
        })
    }

    /// Some events behind a number; none at the end.
    fn from(&self, seq: u64) -> Result<Vec<Arc<Event>>> {
        let state = self.lock();
        if seq + 1 >= state.next {
            return Ok(Vec::new());
        }
        if state.recent.front().is_some_and(|first| first.seq <= seq + 1) {
            let skip = state.recent.partition_point(|event| event.seq <= seq);
            return Ok(state.recent.iter().skip(skip).cloned().collect());
        }
        let at = state.segments.partition_point(|segment| segment.first <= seq + 1).max(1) - 1;
        let rest: Vec<Segment> = state.segments.iter().skip(at).cloned().collect();
        drop(state);
        // What a damaged file no longer has is in the next one.
        for segment in rest {
            let later: Vec<_> = match segment.read() {
                Ok((events, _)) => events.into_iter().filter(|event| event.seq > seq).map(Arc::new).collect(),
                // It was deleted in this moment, being the oldest.
                Err(_) if !segment.path.exists() => continue,
                Err(error) => return Err(error),
            };
            if !later.is_empty() {
                return Ok(later);
            }
        }
        Ok(Vec::new())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked had appended an event or not.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Where the log goes on, by its last segment.
    fn read(folder: &Path) -> Result<Self> {
        let mut segments: VecDeque<Segment> = segment::list(folder)?.into();
        let (mut file, mut recent, mut next) = (None, VecDeque::new(), 1);
        while let n_segments @ 1.. = segments.len()
            && let Some(last) = segments.back_mut()
        {
            let (events, whole) = last.read()?;
            if events.is_empty() && n_segments > 1 {
                // A crash came between its making and its first event.
                if let Some(empty) = segments.pop_back() {
                    std::fs::remove_file(&empty.path).map_err(Error::io(&empty.path, "remove"))?;
                }
                continue;
            }
            file = Some(Arc::new(last.open_to_append(whole)?));
            next = events.last().map_or(last.first, |event| event.seq + 1);
            let skip = events.len().saturating_sub(RECENT);
            recent = events.into_iter().skip(skip).map(Arc::new).collect();
            break;
        }
        let opened = recent.back().map_or(Position { seq: next - 1, check: 0 }, |last: &Arc<Event>| {
            Position::behind(last.seq, &last.id)
        });
        Ok(Self { file, segments, recent, next, opened, is_unsynced: false })
    }
}

/// Whether a file was last written before that time.
fn is_older(path: &Path, ms: i64) -> bool {
    let written = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    written.is_some_and(|since| (since.as_millis() as i64) < ms)
}

impl std::fmt::Debug for EventLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventLog").field("folder", &self.folder).finish_non_exhaustive()
    }
}
