//! Collection: the best k chunks of a query, over all segments.
//!
//! Invariant: the filter is asked inside the collection, so a filtered result is the true top k, never a cut-down one; equal scores
//! are ordered by chunk id, so the same index gives the same answer.
//! Two walks add up a chunk's terms in different orders, so their scores for it may differ, by one [`SETTLED_STEP`] at most.
//! Not here: what the query is made of.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use corpus::ChunkId;
use tantivy::query::Weight;
use tantivy::{DocId as RowId, Score, Searcher, SegmentReader, TantivyError};

use crate::schema::CHUNK;

/// Which chunks may be hits. Asked only for chunks that would otherwise enter the result.
pub(crate) type Allowed<'a> = &'a (dyn Fn(ChunkId) -> bool + Sync);

/// How the postings are walked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    /// Blocks whose best score cannot reach the result are skipped. tantivy keeps that best score for the average text length of the
    /// *segment*; where it differs much from that of the index, a hit at the very edge of the result can be missed.
    Pruned,
    /// Every posting is scored: exact, and no slower when few chunks are allowed, since then hardly a block could be skipped.
    Exhaustive,
}

/// The best `k` chunks that `weight` matches and `allowed` admits, best first.
pub(crate) fn best(
    searcher: &Searcher,
    weight: &dyn Weight,
    k: usize,
    allowed: Allowed<'_>,
    walk: Walk,
) -> Result<Vec<(ChunkId, f32)>, TantivyError> {
    let is_allowed = |chunk: u64| allowed(ChunkId(chunk));
    let mut best = Best::new(k, &is_allowed);
    if k > 0 {
        for segment in searcher.segment_readers() {
            best.collect(segment, weight, walk)?;
        }
    }
    Ok(best.into_sorted().map(|(chunk, score)| (ChunkId(chunk), score)).collect())
}

struct Best<'a> {
    k: usize,
    /// The worst hit is on top.
    heap: BinaryHeap<Hit>,
    allowed: &'a dyn Fn(u64) -> bool,
}

impl<'a> Best<'a> {
    fn new(k: usize, allowed: &'a dyn Fn(u64) -> bool) -> Self {
        Self { k, heap: BinaryHeap::with_capacity(k.min(1024)), allowed }
    }

    fn into_sorted(self) -> impl Iterator<Item = (u64, Score)> {
        self.heap.into_sorted_vec().into_iter().map(|hit| (hit.place, hit.score))
    }

    fn collect(
        &mut self,
        segment: &SegmentReader,
        weight: &dyn Weight,
        walk: Walk,
    ) -> Result<(), TantivyError> {
        let chunks = segment.fast_fields().u64(CHUNK)?.first_or_default_col(0);
        let alive = segment.alive_bitset();
        let threshold = self.threshold();
        let mut offer = |row: RowId, score: Score| {
            if alive.is_none_or(|alive| alive.is_alive(row)) {
                self.offer(settle(score), || chunks.get_val(row));
            }
            self.threshold()
        };
        match walk {
            Walk::Pruned => weight.for_each_pruning(threshold, segment, &mut offer),
            Walk::Exhaustive => weight.for_each(segment, &mut |row, score| {
                offer(row, score);
            }),
        }
    }

    fn offer(&mut self, score: Score, place: impl FnOnce() -> u64) {
        if self.is_full() && self.heap.peek().is_some_and(|worst| score < worst.score) {
            return;
        }
        let hit = Hit { score, place: place() };
        if self.is_full() && self.heap.peek().is_some_and(|worst| hit >= *worst) {
            return;
        }
        if (self.allowed)(hit.place) {
            self.heap.push(hit);
            if self.heap.len() > self.k {
                self.heap.pop();
            }
        }
    }

    fn is_full(&self) -> bool {
        self.heap.len() >= self.k
    }

    /// Scores above this may enter the result. It lies below the worst hit, so that ties still come to be compared by id.
    fn threshold(&self) -> Score {
        match self.heap.peek() {
            Some(worst) if self.is_full() => worst.score * (1.0 - SETTLED_STEP),
            _ => Score::MIN,
        }
    }
}

/// A score and its place among equal ones, ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hit {
    score: Score,
    place: u64,
}

impl Eq for Hit {}

impl Ord for Hit {
    fn cmp(&self, other: &Self) -> Ordering {
        other.score.total_cmp(&self.score).then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Hit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Bits of a score that depend on the order in which tantivy happened to add up the terms.
const NOISE_BITS: u32 = 6;
/// The relative distance of two settled scores, rounded up. Noise that straddles the middle between two of them moves a score by as much.
pub const SETTLED_STEP: Score = 1.0 / (1 << (22 - NOISE_BITS)) as Score;

/// Rounds away the noise, so that equal chunks have equal scores wherever they lie, unless the noise straddles the middle between two
/// settled scores: no rounding is free of such places.
pub(crate) fn settle(score: Score) -> Score {
    let half = 1 << (NOISE_BITS - 1);
    Score::from_bits(score.to_bits().saturating_add(half) & !((1 << NOISE_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn settling_absorbs_noise_and_little_else(score in 1e-6_f32..1e6) {
            prop_assert!((settle(score) - score).abs() <= score * SETTLED_STEP);
            prop_assert_eq!(settle(settle(score)), settle(score));
        }

        #[test]
        fn the_heap_keeps_what_sorting_would(scores in prop::collection::vec(0_u8..6, 0..40), k in 0_usize..8, odd in any::<bool>()) {
            let allowed = |place: u64| !odd || place % 2 == 1;
            let mut best = Best::new(k, &allowed);
            let mut all = Vec::new();
            for (at, score) in scores.iter().enumerate() {
                let hit = Hit { score: f32::from(*score), place: at as u64 * 7 % 41 };
                if k > 0 {
                    best.offer(hit.score, || hit.place);
                }
                all.push(hit);
            }
            all.retain(|hit| allowed(hit.place));
            all.sort();
            all.truncate(k);
            prop_assert_eq!(best.heap.into_sorted_vec(), all);
        }
    }
}
