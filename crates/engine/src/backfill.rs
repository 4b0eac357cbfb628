//! Back-fill: gives every chunk its teacher vector; first those that queries found, then the most recently changed.
//!
//! Invariant: a stop at any moment loses at most one batch; the next run goes on where this one ended, because what is done is in the index.
//! Not here: when it runs by itself (`maintain`).

use crate::layout::Layout;
use crate::teacher::Hurry;
use crate::{Engine, Result};
use corpus::{ChunkId, ChunkText, ModelId, QuantizedVector, Tier};
use index::{Snapshot, StoredChunk, Transaction, VectorRow};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What a back-fill came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfilled {
    /// Chunks that got their teacher vector.
    pub embedded: u64,
    /// Chunks that still wait.
    pub left: u64,
}

/// Chunks that are embedded and committed together: a second or so of work, so that a stop waits no longer.
const BATCH: usize = 64;

impl Engine {
    /// Embeds every chunk that has no teacher vector yet, until done or until `cancel` becomes true. `progress` hears (done, in all).
    /// Does nothing without a teacher.
    ///
    /// # Errors
    /// When the teacher cannot be loaded or fails, or the index fails.
    pub fn backfill(&self, progress: &mut dyn FnMut(u64, u64), cancel: &AtomicBool) -> Result<Backfilled> {
        let mut done = Backfilled::default();
        if !self.teacher.is_ready() {
            return Ok(done);
        }
        let snapshot = self.snapshot()?;
        let waiting = waiting(&snapshot);
        done.left = waiting.len() as u64;
        for batch in waiting.chunks(BATCH) {
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            done.embedded += self.backfill_batch(&snapshot, batch)?;
            done.left -= batch.len() as u64;
            progress(waiting.len() as u64 - done.left, waiting.len() as u64);
        }
        self.note_rate();
        Ok(done)
    }

    /// Gives some chunks their teacher vectors, in one commit. Returns how many got one.
    pub(crate) fn backfill_batch(&self, snapshot: &Snapshot, batch: &[ChunkId]) -> Result<u64> {
        let started = Instant::now();
        let rows = self.teacher_rows(snapshot, batch, Hurry::None)?;
        let embedded = rows.len();
        let transaction = self.ingest.ahead_of_bulk(|| self.index.begin())?;
        self.commit_vectors(transaction, rows)?;
        self.improving.note_rate(embedded, started.elapsed());
        Ok(embedded as u64)
    }

    /// Commits vectors, and with them those that queries made and could not store.
    pub(crate) fn commit_vectors(
        &self,
        mut transaction: Transaction<'_>,
        rows: Vec<VectorRow>,
    ) -> Result<()> {
        for row in self.improving.take_unstored().into_iter().chain(rows) {
            transaction.replace_vector(row);
        }
        transaction.commit()?;
        Ok(())
    }

    /// Holds back-fill and adaptation in the workspace at `folder`, also in a process that is running. Lasts until [`Engine::resume`].
    ///
    /// # Errors
    /// When `folder` is no workspace or cannot be written.
    pub fn pause(folder: &Path) -> Result<()> {
        Ok(fs_err::write(paused_mark(&Layout::of(folder)?), "")?)
    }

    /// Lets back-fill and adaptation go on.
    ///
    /// # Errors
    /// As [`Engine::pause`].
    pub fn resume(folder: &Path) -> Result<()> {
        match fs_err::remove_file(paused_mark(&Layout::of(folder)?)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        paused_mark(&self.layout).exists()
    }

    /// Keeps the teacher's speed for a process that asks how long it will take without having run it.
    pub(crate) fn note_rate(&self) {
        if let Some(rate) = self.improving.rate() {
            self.layout.note(RATE, &format!("{rate:.3}"));
        }
    }

    /// Chunks a second that got their teacher vector lately, in this process or an earlier one.
    pub(crate) fn teacher_rate(&self) -> Option<f64> {
        let kept = || std::fs::read_to_string(self.layout.dir().join(RATE)).ok()?.trim().parse().ok();
        self.improving.rate().or_else(kept).filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
    }
}

/// While this file is there, nothing is back-filled.
fn paused_mark(layout: &Layout) -> std::path::PathBuf {
    layout.dir().join("paused")
}

/// The file that holds the teacher's speed.
const RATE: &str = "teacher-rate";

/// Chunks whose vector is the student's, newest documents first.
pub(crate) fn waiting(snapshot: &Snapshot) -> Vec<ChunkId> {
    let mut docs: Vec<_> = snapshot.docs().iter().collect();
    docs.sort_by_key(|doc| std::cmp::Reverse(doc.mtime_ns));
    let chunks = docs.into_iter().flat_map(|doc| doc.chunks()).map(ChunkId);
    chunks.filter(|chunk| snapshot.tier(*chunk) == Some(Tier::Student)).collect()
}

/// The text the model reads for a chunk: the same that ingest embeds.
pub(crate) fn embedding_text(stored: &StoredChunk) -> String {
    ChunkText::new(stored.title.as_deref(), &stored.chunk, retrieve::quote(stored)).joined()
}

/// What the index is to keep for a chunk; `None` for a vector without direction.
pub(crate) fn vector_row(
    stored: &StoredChunk,
    model: ModelId,
    tier: Tier,
    vector: &[f32],
) -> Option<VectorRow> {
    let vector = QuantizedVector::from_f32(vector)?;
    Some(VectorRow { chunk: stored.chunk_id, model, tier, text_hash: stored.text_hash, vector })
}
