//! Back-fill: gives every chunk its teacher vector, in the order of the most recently changed documents.
//!
//! Invariant: a stop at any moment loses at most one batch; the next run goes on where this one ended, because what is done is in the index.

use crate::{Result, Workspace};
use corpus::{ChunkId, ChunkText, QuantizedVector, Tier};
use index::{Snapshot, StoredChunk, VectorRow};
use std::sync::atomic::{AtomicBool, Ordering};

/// What a back-fill came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// Chunks that got their teacher vector.
    pub embedded: u64,
    /// Chunks that still wait.
    pub left: u64,
}

/// Chunks that are embedded and committed together: a few seconds of work, so that a stop waits no longer.
const BATCH: usize = 64;

impl Workspace {
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
        let snapshot = self.index.snapshot()?;
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
        Ok(done)
    }

    fn backfill_batch(&self, snapshot: &Snapshot, batch: &[ChunkId]) -> Result<u64> {
        let stored: Vec<StoredChunk> = snapshot.fetch(batch)?.into_iter().flatten().collect();
        let texts: Vec<String> = stored.iter().map(embedding_text).collect();
        let vectors = self.teacher.embed(&texts)?;
        let mut transaction = self.index.begin()?;
        let mut embedded = 0;
        for (stored, vector) in stored.iter().zip(vectors) {
            let (Some(model), Some(vector)) = (self.teacher.model_id(), QuantizedVector::from_f32(&vector))
            else {
                continue;
            };
            let (chunk, text_hash) = (stored.chunk_id, stored.text_hash);
            transaction.replace_vector(VectorRow { chunk, model, tier: Tier::Teacher, text_hash, vector });
            embedded += 1;
        }
        transaction.commit()?;
        Ok(embedded)
    }
}

/// Chunks whose vector is the student's, newest documents first.
fn waiting(snapshot: &Snapshot) -> Vec<ChunkId> {
    let mut docs: Vec<_> = snapshot.docs().iter().collect();
    docs.sort_by_key(|doc| std::cmp::Reverse(doc.mtime_ns));
    let chunks =
        docs.into_iter().flat_map(|doc| (doc.first_chunk.0..).take(doc.n_chunks as usize)).map(ChunkId);
    let by_student = |chunk: &ChunkId| snapshot.vector(*chunk).is_some_and(|(tier, _)| tier == Tier::Student);
    chunks.filter(by_student).collect()
}

/// The text the model reads for a chunk: the same that ingest embeds.
fn embedding_text(stored: &StoredChunk) -> String {
    ChunkText::new(stored.title.as_deref(), &stored.chunk.headings, retrieve::quote(stored)).joined()
}
