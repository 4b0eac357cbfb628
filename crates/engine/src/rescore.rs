//! Lazy rescoring: the best candidates of a query that have only a student's vector get the teacher's, as far as time allows.
//!
//! Invariant: a query takes no longer than its budget and one batch of the teacher. A vector that was made for one query is kept for all, unless
//! the query says otherwise.

use crate::teacher::Hurry;
use crate::{Engine, Query, Result};
use corpus::{ChunkId, QuantizedVector, Tier};
use index::{Snapshot, StoredChunk, VectorRow};
use retrieve::{Candidates, Mode};
use std::time::{Duration, Instant};

/// How long a query may wait for better vectors, unless it says otherwise. See docs/evaluation.md for what other budgets give.
pub const DEFAULT_RESCORE_MS: u64 = 200;

/// Chunks that are embedded before time is looked at again: about one batch of the model.
const STEP: usize = 2;
/// Places of the ranking that are worth a better vector: twice as many as are shown, within these bounds. Measured, mean of nine sets:
/// with 10, nDCG@10 is .014 less than with all chunks embedded, with 20 .007, with 50 .006 (docs/adr/2026-11-21-fusion.md).
const DEPTH: (usize, usize) = (20, 50);

impl Engine {
    /// Gives the best candidates teacher vectors within the query's budget. Does nothing where there is no teacher.
    pub(crate) fn rescore(&self, candidates: &mut Candidates, snapshot: &Snapshot, query: &Query) {
        let budget = Duration::from_millis(query.rescore_ms.unwrap_or(DEFAULT_RESCORE_MS));
        if budget.is_zero() || query.mode == Mode::Lexical || !self.teacher.is_ready() {
            return;
        }
        let depth = (query.limit * 2).clamp(DEPTH.0, DEPTH.1);
        let started = Instant::now();
        let mut made = Vec::new();
        let mut step = Duration::ZERO;
        loop {
            let waiting = candidates.hopeful(depth);
            if waiting.is_empty() {
                break;
            }
            // Another step is begun only if it can be expected to end in time.
            if started.elapsed() + step > budget {
                self.improving.want(waiting);
                break;
            }
            let began = Instant::now();
            let hurry = Hurry::AQueryWaits { keep: query.keep };
            let rows = match self.teacher_rows(snapshot, &waiting[..STEP.min(waiting.len())], hurry) {
                Ok(rows) if !rows.is_empty() => rows,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "no better vectors for this query");
                    break;
                }
            };
            for row in &rows {
                candidates.rescore(row.chunk, &row.vector);
            }
            made.extend(rows);
            step = began.elapsed();
        }
        if query.keep
            && let Err(error) = self.store(made)
        {
            tracing::warn!(%error, "vectors that were made for a query are not kept");
        }
    }

    /// The teacher's vectors of some chunks; chunks whose text has no direction are left out.
    pub(crate) fn teacher_rows(
        &self,
        snapshot: &Snapshot,
        chunks: &[ChunkId],
        hurry: Hurry,
    ) -> Result<Vec<VectorRow>> {
        let Some(model) = self.teacher.model_id() else { return Ok(Vec::new()) };
        let stored: Vec<_> = snapshot.fetch(chunks)?.into_iter().flatten().collect();
        let vectors = self.teacher_vectors(&stored, hurry)?;
        let row = |(stored, vector): (&StoredChunk, Option<QuantizedVector>)| {
            let (chunk, text_hash) = (stored.chunk_id, stored.text_hash);
            Some(VectorRow { chunk, model, tier: Tier::Teacher, text_hash, vector: vector? })
        };
        let rows: Vec<VectorRow> = stored.iter().zip(vectors).filter_map(row).collect();
        for row in &rows {
            if let Some((Tier::Student, old)) = snapshot.vector(row.chunk) {
                self.improving.note_fidelity(row.vector.dot(&old));
            }
        }
        Ok(rows)
    }

    /// Stores vectors unless a commit is under way: a query waits for nobody. What it cannot store, the next one does.
    fn store(&self, rows: Vec<VectorRow>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        match self.index.try_begin()? {
            Some(transaction) => self.commit_vectors(transaction, rows),
            None => {
                self.improving.keep(rows);
                Ok(())
            }
        }
    }
}
