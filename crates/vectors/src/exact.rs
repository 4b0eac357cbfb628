//! The exact scan: every row is scored, nothing is missed.

use std::sync::Arc;

use corpus::{ChunkId, QuantizedVector};
use rayon::ThreadPool;
use rayon::prelude::*;

use crate::block::{ROWS, Segment};
use crate::kernel;
use crate::nearest::{Allowed, NearestNeighbours};
use crate::top::Top;

/// From how many rows a scan is shared between threads. Below, waking them costs more than they save.
const PARALLEL_FROM: usize = 50_000;

/// Of how many rows one must be expected to be allowed for scoring everything first to be the cheaper order: a row is scored in some
/// 20 ns, and asking a filter costs about as much as scoring a few rows.
const SELECTIVE: u64 = 8;

/// A scan over the rows of a view.
pub struct Exact<'a> {
    segments: &'a [Segment],
    pool: Option<&'a Arc<ThreadPool>>,
    /// Only rows written after this generation.
    after: u64,
    filter_first: bool,
}

impl<'a> Exact<'a> {
    pub(crate) fn new(segments: &'a [Segment], pool: Option<&'a Arc<ThreadPool>>) -> Self {
        Self { segments, pool, after: 0, filter_first: false }
    }

    /// Only rows that were written after `generation`.
    pub(crate) fn written_after(self, generation: u64) -> Self {
        Self { after: generation, ..self }
    }

    /// Chooses the order of scoring and filtering by how many rows are expected to be allowed.
    pub(crate) fn expecting(self, allowed: Option<u64>, live: usize) -> Self {
        let filter_first = allowed.is_some_and(|n| are_few(n, live));
        Self { filter_first, ..self }
    }

    /// As [`nearest`](NearestNeighbours::nearest), of chunks that come in ascending order, looked up one by one.
    pub(crate) fn nearest_among(
        &self,
        query: &QuantizedVector,
        k: usize,
        chunks: impl Iterator<Item = ChunkId>,
    ) -> Vec<(ChunkId, f32)> {
        let (mut top, mut segments) = (Top::new(k), self.segments);
        for chunk in chunks {
            // Most are in the segment of the one before.
            while let [segment, rest @ ..] = segments
                && segment.bounds().is_none_or(|(_, last)| last < chunk)
            {
                segments = rest;
            }
            let Some(segment) = segments.first() else { break };
            if let Some(at) = segment.find(chunk) {
                let row = segment.get(at);
                top.offer(chunk, cosine(kernel::dot(&query.q, row.row), row.scale, query.scale));
            }
        }
        top.into_sorted()
    }

    fn scan(&self, segments: &[Segment], query: &QuantizedVector, k: usize, allowed: Allowed<'_>) -> Top {
        let mut top = Top::new(k);
        let mut sums = [0_i32; ROWS];
        for segment in segments.iter().filter(|segment| segment.block.newest > self.after) {
            if self.filter_first || self.after > 0 {
                self.scan_few(segment, query, allowed, &mut top);
            } else {
                scan_all(segment, query, allowed, &mut sums, &mut top);
            }
        }
        top
    }

    /// Row by row: for few rows of many.
    fn scan_few(&self, segment: &Segment, query: &QuantizedVector, allowed: Allowed<'_>, top: &mut Top) {
        let block = &*segment.block;
        for (at, &written) in block.written.iter().enumerate() {
            if written <= self.after || segment.is_dead(at) {
                continue;
            }
            if self.filter_first && !allowed(block.chunks[at]) {
                continue;
            }
            let cosine = cosine(kernel::dot(&query.q, &block.rows[at]), block.scales[at], query.scale);
            if top.wants(cosine) && (self.filter_first || allowed(block.chunks[at])) {
                top.offer(block.chunks[at], cosine);
            }
        }
    }
}

impl NearestNeighbours for Exact<'_> {
    fn nearest(&self, query: &QuantizedVector, k: usize, allowed: Allowed<'_>) -> Vec<(ChunkId, f32)> {
        let rows: usize = self.segments.iter().map(Segment::len).sum();
        let top = match self.pool {
            // A pool of our own: a query must not wait behind the ingest jobs of the shared one. No lock is held here.
            Some(pool) if rows >= PARALLEL_FROM => {
                let share = self.segments.len().div_ceil(pool.current_num_threads());
                let scan = |part: &[Segment]| self.scan(part, query, k, allowed);
                pool.install(|| self.segments.par_chunks(share).map(scan).reduce(|| Top::new(k), Top::merge))
            }
            _ => self.scan(self.segments, query, k, allowed),
        };
        top.into_sorted()
    }
}

/// Everything scored first, at full speed; the filter is asked only about rows that would enter.
fn scan_all(
    segment: &Segment,
    query: &QuantizedVector,
    allowed: Allowed<'_>,
    sums: &mut [i32; ROWS],
    top: &mut Top,
) {
    let block = &*segment.block;
    kernel::dots(&query.q, &block.rows, sums);
    for (at, (&sum, &scale)) in sums.iter().zip(&block.scales).enumerate() {
        let cosine = cosine(sum, scale, query.scale);
        if top.wants(cosine) && !segment.is_dead(at) && allowed(block.chunks[at]) {
            top.offer(block.chunks[at], cosine);
        }
    }
}

/// Whether so few of the live rows are allowed that the filter is better asked first.
pub(crate) fn are_few(n_allowed: u64, live: usize) -> bool {
    n_allowed.saturating_mul(SELECTIVE) < live as u64
}

/// In the order of [`QuantizedVector::dot`], so that the results are equal to the last bit.
pub(crate) fn cosine(sum: i32, row_scale: f32, query_scale: f32) -> f32 {
    sum as f32 * query_scale * row_scale
}
