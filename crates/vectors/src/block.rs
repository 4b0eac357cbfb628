//! Rows in blocks, so that snapshots share them and a write copies one block at most.
//!
//! Invariant: chunks ascend, inside a block and from block to block, and a segment always has a live row.
//! A removed row stays in its block and is marked beside it, so that removing copies 128 bytes instead of 400 KiB.

use std::ops::Range;
use std::sync::Arc;

use corpus::{ChunkId, DIM, QuantizedVector, Tier};

use crate::kernel::Row;

/// Rows of a block: 384 KiB of components, which the second-level cache holds while they are scored.
pub(crate) const ROWS: usize = 1024;

/// Rows that many snapshots may share.
#[derive(Clone, Default)]
pub(crate) struct Block {
    pub(crate) rows: Vec<Row>,
    pub(crate) scales: Vec<f32>,
    pub(crate) chunks: Vec<ChunkId>,
    tiers: Vec<Tier>,
    /// When each row was last written: the number of its generation.
    pub(crate) written: Vec<u64>,
    /// The largest of `written`.
    pub(crate) newest: u64,
}

/// A block and which of its rows are dead.
#[derive(Clone, Default)]
pub(crate) struct Segment {
    pub(crate) block: Arc<Block>,
    dead: [u64; ROWS / 64],
    n_dead: usize,
}

/// One row as it is copied from block to block.
#[derive(Clone, Copy)]
pub(crate) struct RowRef<'a> {
    pub(crate) chunk: ChunkId,
    pub(crate) tier: Tier,
    pub(crate) scale: f32,
    pub(crate) row: &'a Row,
    pub(crate) written: u64,
}

impl Block {
    fn push(&mut self, row: RowRef<'_>) {
        if self.rows.capacity() == self.rows.len() {
            // In steps of an eighth: most stores end in a block that is not full.
            self.rows.reserve_exact(ROWS / 8);
        }
        self.rows.push(*row.row);
        self.scales.push(row.scale);
        self.chunks.push(row.chunk);
        self.tiers.push(row.tier);
        self.written.push(row.written);
        self.newest = self.newest.max(row.written);
    }
}

impl Segment {
    pub(crate) fn len(&self) -> usize {
        self.block.rows.len()
    }

    pub(crate) fn live(&self) -> usize {
        self.len() - self.n_dead
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= ROWS
    }

    pub(crate) fn is_dead(&self, at: usize) -> bool {
        self.dead[at / 64] >> (at % 64) & 1 == 1
    }

    /// The place of a live chunk.
    pub(crate) fn find(&self, chunk: ChunkId) -> Option<usize> {
        let at = self.block.chunks.binary_search(&chunk).ok()?;
        (!self.is_dead(at)).then_some(at)
    }

    pub(crate) fn get(&self, at: usize) -> RowRef<'_> {
        let block = &*self.block;
        let (chunk, tier, scale) = (block.chunks[at], block.tiers[at], block.scales[at]);
        RowRef { chunk, tier, scale, row: &block.rows[at], written: block.written[at] }
    }

    pub(crate) fn live_rows(&self) -> impl Iterator<Item = RowRef<'_>> {
        (0..self.len()).filter(|&at| !self.is_dead(at)).map(|at| self.get(at))
    }

    pub(crate) fn push(&mut self, row: RowRef<'_>) {
        Arc::make_mut(&mut self.block).push(row);
    }

    pub(crate) fn replace(&mut self, at: usize, tier: Tier, vector: &QuantizedVector, generation: u64) {
        let block = Arc::make_mut(&mut self.block);
        block.rows[at] = *vector.q;
        block.scales[at] = vector.scale;
        block.tiers[at] = tier;
        block.written[at] = generation;
        block.newest = block.newest.max(generation);
    }

    /// Marks the rows in `range` as dead and returns how many were live.
    pub(crate) fn remove(&mut self, range: &Range<u64>) -> usize {
        let from = self.block.chunks.partition_point(|chunk| chunk.0 < range.start);
        let to = self.block.chunks.partition_point(|chunk| chunk.0 < range.end);
        let before = self.n_dead;
        for at in from..to {
            if !self.is_dead(at) {
                self.dead[at / 64] |= 1 << (at % 64);
                self.n_dead += 1;
            }
        }
        self.n_dead - before
    }

    /// First and last chunk, dead ones included.
    pub(crate) fn bounds(&self) -> Option<(ChunkId, ChunkId)> {
        Some((*self.block.chunks.first()?, *self.block.chunks.last()?))
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let row = DIM + size_of::<f32>() + size_of::<ChunkId>() + size_of::<Tier>() + size_of::<u64>();
        self.block.rows.capacity() * row + size_of::<Self>()
    }
}

/// The segment and place of a live chunk.
pub(crate) fn find(segments: &[Segment], chunk: ChunkId) -> Option<(usize, usize)> {
    let n = segments.partition_point(|segment| segment.bounds().is_some_and(|(_, last)| last < chunk));
    let at = segments.get(n)?.find(chunk)?;
    Some((n, at))
}
