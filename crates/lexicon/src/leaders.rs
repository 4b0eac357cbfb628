//! The best k of many, where what stands first among equal ones is asked only of those at the edge.
//!
//! Invariant: the result is what sorting all by score and place would begin with, whatever order they come in.

use corpus::ChunkId;

/// Keeps the best `k`, and all that are as good as the last of them.
#[derive(Clone)]
pub(crate) struct Leaders {
    k: usize,
    found: Vec<(f32, ChunkId)>,
    /// Below it nothing is among the best `k`.
    floor: f32,
    /// How many to keep before those that fell behind are dropped.
    full: usize,
}

impl Leaders {
    pub(crate) fn new(k: usize) -> Self {
        let floor = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, found: Vec::new(), floor, full: k.saturating_mul(2) }
    }

    /// Whether something of that score can be among the best.
    pub(crate) fn wants(&self, score: f32) -> bool {
        score >= self.floor
    }

    /// What the last of the best `k` has; less than nothing while there are not so many.
    pub(crate) fn floor(&mut self) -> f32 {
        self.drop_behind();
        self.floor
    }

    pub(crate) fn offer(&mut self, score: f32, chunk: ChunkId) {
        self.found.push((score, chunk));
        if self.found.len() > self.full {
            self.drop_behind();
            // What is left may be many that are as good: then the next look at them is as far away.
            self.full = self.found.len().saturating_mul(2);
        }
    }

    fn drop_behind(&mut self) {
        let Some(last) = self.k.checked_sub(1).filter(|&last| last < self.found.len()) else { return };
        let (_, (floor, _), _) = self.found.select_nth_unstable_by(last, |a, b| b.0.total_cmp(&a.0));
        self.floor = *floor;
        let floor = self.floor;
        self.found.retain(|(score, _)| *score >= floor);
    }

    /// Best first, equal ones by `place`, which is asked of those alone, and of each group of them in rising order.
    pub(crate) fn into_sorted<P: Ord>(mut self, mut place: impl FnMut(ChunkId) -> P) -> Vec<(ChunkId, f32)> {
        self.drop_behind();
        self.found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut sorted = Vec::with_capacity(self.k.min(self.found.len()));
        for equal in self.found.chunk_by(|a, b| a.0 == b.0) {
            let n_left = self.k - sorted.len();
            if let [(score, chunk)] = equal {
                sorted.extend((n_left > 0).then_some((*chunk, *score)));
                continue;
            }
            let mut placed: Vec<(P, ChunkId, f32)> =
                equal.iter().map(|&(score, chunk)| (place(chunk), chunk, score)).collect();
            let order = |a: &(P, ChunkId, f32), b: &(P, ChunkId, f32)| a.0.cmp(&b.0).then(a.1.cmp(&b.1));
            if n_left < placed.len() {
                placed.select_nth_unstable_by(n_left, order);
                placed.truncate(n_left);
            }
            placed.sort_unstable_by(order);
            sorted.extend(placed.into_iter().map(|(_, chunk, score)| (chunk, score)));
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_result_is_what_sorting_begins_with(scores in prop::collection::vec(0_u8..5, 0..60), k in 0_usize..9) {
            let place = |chunk: ChunkId| chunk.0 * 7 % 61;
            let mut leaders = Leaders::new(k);
            let mut all = Vec::new();
            for (chunk, &score) in (0..).map(ChunkId).zip(&scores) {
                all.push((chunk, f32::from(score)));
                if leaders.wants(f32::from(score)) {
                    leaders.offer(f32::from(score), chunk);
                }
            }
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then(place(a.0).cmp(&place(b.0))));
            all.truncate(k);
            prop_assert_eq!(leaders.into_sorted(place), all);
        }
    }
}
