//! A state that is kept in a journal, shared by the threads of the process that changes it.
//!
//! Invariant: a change is on the disk when the call that made it returns, and whoever looks afterwards sees it.
//! Not here: what the records mean.

use super::layout::Format;
use super::log::{Journal, Replay, Unfit};
use super::writer::Writer;
use crate::{Error, Result};
use serde::Serialize;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A journal that is smaller is not worth making smaller.
const SMALL: u64 = 256 << 10;

/// A state that can be written as fewer records than it was read from.
pub(crate) trait Records: Replay {
    /// A record.
    type Record: Serialize;

    /// The records that make this state, without what is to be forgotten.
    fn records(&self, now_ms: i64) -> Vec<Self::Record>;
}

/// A state in a journal. Reads nothing before it is asked.
#[derive(Debug)]
pub(crate) struct Kept<S>(Mutex<Inner<S>>);

#[derive(Debug)]
struct Inner<S> {
    journal: Journal<S>,
    /// The size from which the journal may be worth compacting.
    worth: u64,
}

impl<S: Records> Kept<S> {
    pub(crate) fn at(path: &Path, format: Format, empty: S) -> Self {
        Self(Mutex::new(Inner { journal: Journal::at(path, format, empty), worth: SMALL }))
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&S) -> T) -> Result<T> {
        let mut inner = self.lock();
        inner.journal.refresh()?;
        Ok(look(inner.journal.state()))
    }

    /// Changes the state by the record that `decide` chooses, if it chooses one, and says what the state is then by `look`.
    pub(crate) fn change<T>(
        &self,
        now_ms: i64,
        decide: impl FnOnce(&S) -> Result<Option<S::Record>>,
        look: impl FnOnce(&S) -> T,
    ) -> Result<T> {
        let mut inner = self.lock();
        let Inner { journal, worth } = &mut *inner;
        let mut writer = journal.writer()?;
        if let Some(record) = decide(writer.state())? {
            writer.append(&encode(&record)?)?;
            if writer.size() >= *worth {
                compact(&mut writer, worth, now_ms);
            }
        }
        Ok(look(writer.state()))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        // Whoever panicked had changed nothing but what a look at the file brings in order.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the journal smaller when most of it says nothing any more. What fails is tried again when it has grown.
fn compact<S: Records>(writer: &mut Writer<'_, S>, worth: &mut u64, now_ms: i64) {
    let records = writer.state().records(now_ms);
    let compacted = records.iter().map(encode).collect::<Result<Vec<_>>>().and_then(|records| {
        let size = records.iter().map(|record| record.len() as u64).sum::<u64>();
        *worth = SMALL.max(size.saturating_mul(4));
        if size < writer.size() / 2 { writer.compact(records) } else { Ok(()) }
    });
    if let Err(error) = compacted {
        tracing::warn!(%error, "a journal was not compacted");
    }
}

fn encode(record: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(|error| Error::invalid(error.to_string()))
}

/// What was written.
pub(crate) fn decode<'a, R: serde::Deserialize<'a>>(record: &'a [u8]) -> std::result::Result<R, Unfit> {
    serde_json::from_slice(record).map_err(|error| Unfit(error.to_string()))
}
