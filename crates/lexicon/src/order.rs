//! Chunks in an order that does not depend on their ids: what a search within a part of the index goes by.
//!
//! Ids are given in the order of commits, and whoever sees a part must not learn from them what else was committed.
//! Not here: who sees what (the caller's), the search (`within`).

use std::ops::Range;

use corpus::ChunkId;

/// A set of chunks with a position for each, from 0 without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkOrder {
    /// By rising id.
    ranges: Vec<Placed>,
    /// Indices of `ranges`, by rising position.
    in_order: Vec<usize>,
    len: u64,
}

/// Consecutive chunks at consecutive positions.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    chunks: Range<u64>,
    first: u64,
}

impl ChunkOrder {
    /// The chunks of `ranges`, one range after the other. Ranges must not overlap; of those that do, chunks are found in one.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut len = 0;
        let mut placed = Vec::new();
        for chunks in ranges.into_iter().filter(|chunks| !chunks.is_empty()) {
            let first = len;
            len += chunks.end - chunks.start;
            placed.push(Placed { chunks, first });
        }
        placed.sort_unstable_by_key(|placed| placed.chunks.start);
        let mut in_order: Vec<usize> = (0..placed.len()).collect();
        in_order.sort_unstable_by_key(|&at| placed[at].first);
        Self { ranges: placed, in_order, len }
    }

    /// Where a chunk stands, if it is one of them.
    #[must_use]
    pub fn position(&self, chunk: ChunkId) -> Option<u64> {
        self.ranges.get(self.near(chunk.0))?.position(chunk.0)
    }

    /// The chunk that stands there.
    #[must_use]
    pub fn chunk(&self, position: u64) -> Option<ChunkId> {
        let placed = |&at: &usize| self.ranges.get(at);
        let after = self.in_order.partition_point(|at| placed(at).is_some_and(|it| it.first <= position));
        let it = self.in_order.get(after.checked_sub(1)?).and_then(placed)?;
        let chunk = it.chunks.start + (position - it.first);
        it.chunks.contains(&chunk).then_some(ChunkId(chunk))
    }

    /// Number of chunks.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// As [`position`](Self::position), for chunks that are asked for by rising id, mostly.
    pub(crate) fn walk(&self) -> impl FnMut(ChunkId) -> Option<u64> {
        let mut near = 0;
        move |chunk| {
            if !self.ranges.get(near).is_some_and(|placed| placed.chunks.contains(&chunk.0)) {
                near = self.near(chunk.0);
            }
            self.ranges.get(near)?.position(chunk.0)
        }
    }

    /// The range that holds the chunk, if one does.
    fn near(&self, chunk: u64) -> usize {
        self.ranges.partition_point(|placed| placed.chunks.start <= chunk).saturating_sub(1)
    }
}

impl Placed {
    fn position(&self, chunk: u64) -> Option<u64> {
        self.chunks.contains(&chunk).then(|| self.first + (chunk - self.chunks.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn positions_are_those_of_a_list(lengths in prop::collection::vec((0_u64..4, 0_u64..4), 0..12), seed in any::<prop::sample::Index>()) {
            let mut next = 0;
            let mut ranges: Vec<Range<u64>> = Vec::new();
            for (gap, length) in lengths {
                ranges.push(next + gap..next + gap + length);
                next += gap + length;
            }
            if !ranges.is_empty() {
                let at = seed.index(ranges.len());
                ranges.rotate_left(at);
            }
            let list: Vec<u64> = ranges.iter().cloned().flatten().collect();
            let order = ChunkOrder::new(ranges);
            prop_assert_eq!(order.len(), list.len() as u64);
            let mut walk = order.walk();
            for chunk in 0..next + 2 {
                let expected = list.iter().position(|&it| it == chunk).map(|at| at as u64);
                prop_assert_eq!(order.position(ChunkId(chunk)), expected);
                prop_assert_eq!(walk(ChunkId(chunk)), expected);
            }
            for position in 0..list.len() as u64 + 2 {
                prop_assert_eq!(order.chunk(position).map(|it| it.0), list.get(position as usize).copied());
            }
        }
    }
}
