//! The k best so far.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use corpus::ChunkId;

/// A scored chunk. Greater is better; of equal cosines the lower chunk is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    pub(crate) cosine: f32,
    pub(crate) chunk: ChunkId,
}

impl Eq for Scored {}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cosine.total_cmp(&other.cosine).then(other.chunk.cmp(&self.chunk))
    }
}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Keeps the `k` best of what is offered.
pub(crate) struct Top {
    k: usize,
    heap: BinaryHeap<Reverse<Scored>>,
    /// The cosine that a row must reach; below it no row can enter.
    floor: f32,
}

impl Top {
    pub(crate) fn new(k: usize) -> Self {
        let floor = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, heap: BinaryHeap::with_capacity(k.min(1024)), floor }
    }

    /// Whether a row of that cosine could still enter: the cheap test before the filter is asked.
    pub(crate) fn wants(&self, cosine: f32) -> bool {
        cosine >= self.floor
    }

    pub(crate) fn offer(&mut self, chunk: ChunkId, cosine: f32) {
        let scored = Scored { cosine, chunk };
        if self.heap.len() < self.k {
            self.heap.push(Reverse(scored));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && scored > worst.0
        {
            *worst = Reverse(scored);
        }
        if self.heap.len() == self.k {
            self.floor = self.heap.peek().map_or(self.floor, |worst| worst.0.cosine);
        }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        for Reverse(scored) in other.heap {
            self.offer(scored.chunk, scored.cosine);
        }
        self
    }

    pub(crate) fn is_full(&self) -> bool {
        self.heap.len() == self.k
    }

    /// Best first.
    pub(crate) fn into_sorted(self) -> Vec<(ChunkId, f32)> {
        let sorted = self.heap.into_sorted_vec();
        sorted.into_iter().map(|Reverse(scored)| (scored.chunk, scored.cosine)).collect()
    }
}
