//! A snapshot to search.

use std::sync::Arc;

use corpus::{ChunkId, QuantizedVector, Tier};
use rayon::ThreadPool;

use crate::block::{RowRef, Segment, find};
use crate::nearest::{Allowed, NearestNeighbours, Neighbour};
use crate::top::Top;
use crate::{Exact, Graph, exact};

/// From how many vectors a graph pays.
///
/// Measured by `examples/crossover.rs` (one core of a 2024 AMD processor with AVX-512 VNNI, clustered data): the exact scan takes 0.3 ms
/// for 50,000 rows, 1.05 ms for 100,000, 2.3 ms for 200,000 and 4.5 ms for 400,000; the graph 0.36 ms for 12,500, 0.41 ms for 25,000 and
/// 0.6 ms for 50,000, rising slowly. The two cross near 100,000, but the graph costs two core-milliseconds and 2.5 KB a row and
/// is approximate, so it is left out until a scan takes more than two milliseconds.
pub const GRAPH_FROM: usize = 200_000;

/// Of how many vectors one must be allowed for the graph to be of use. Below, a search in it goes through most of its points to find
/// enough that pass, and the exact scan of what is allowed is quicker.
const GRAPH_SELECTIVITY: u64 = 10;

/// How many rows are asked about to guess how many a filter allows.
const SAMPLE: usize = 256;

/// All vectors as they were at one moment. Cheap to clone; searched from any thread.
#[derive(Clone)]
pub struct VectorView {
    pub(crate) segments: Arc<[Segment]>,
    pub(crate) live: usize,
    /// Rows written later have a larger number.
    pub(crate) generation: u64,
    pub(crate) graph: Option<Arc<Graph>>,
    pub(crate) search: Search,
}

/// How a view searches.
#[derive(Clone)]
pub(crate) struct Search {
    pub(crate) pool: Option<Arc<ThreadPool>>,
    pub(crate) graph_from: usize,
}

impl VectorView {
    /// The `k` allowed chunks nearest to `query`, best first, ties by ascending chunk.
    ///
    /// `expected` is how many chunks the caller expects to be allowed, if it knows: it chooses the way of searching, never the result
    /// of an exact search. Exact below [`GRAPH_FROM`] vectors and with selective filters; else by the graph, when there is one, and
    /// exact over what was written since it was built.
    ///
    /// Large scans run on threads of the store's own. Hold no lock that `allowed` may want, here or on those threads.
    #[must_use]
    pub fn search(
        &self,
        query: &QuantizedVector,
        k: usize,
        allowed: Allowed<'_>,
        expected: Option<u64>,
    ) -> Vec<Neighbour> {
        let by_graph =
            self.usable_graph(allowed, expected).map(|graph| self.by_graph(graph, query, k, allowed));
        // A graph that found too few may have missed some behind the filter.
        let found = match by_graph.filter(|found| found.len() >= k) {
            Some(found) => found,
            None => self.exact().expecting(expected, self.live).nearest(query, k, allowed),
        };
        self.neighbours(found)
    }

    /// As [`search`](Self::search), but never by the graph: what is found depends on the allowed rows alone.
    #[must_use]
    pub fn search_exactly(&self, query: &QuantizedVector, k: usize, allowed: Allowed<'_>) -> Vec<Neighbour> {
        self.neighbours(self.exact().nearest(query, k, allowed))
    }

    /// As [`search_exactly`](Self::search_exactly) where `chunks` are what is allowed, ascending: only their rows are looked at. For few of
    /// many: see [`are_few`](Self::are_few).
    #[must_use]
    pub fn search_among(
        &self,
        query: &QuantizedVector,
        k: usize,
        chunks: impl Iterator<Item = ChunkId>,
    ) -> Vec<Neighbour> {
        self.neighbours(self.exact().nearest_among(query, k, chunks))
    }

    /// Whether so many chunks are better looked up one by one than found among all rows.
    #[must_use]
    pub fn are_few(&self, n_chunks: u64) -> bool {
        exact::are_few(n_chunks, self.live)
    }

    /// These vectors and others, whose chunks all have higher ids, as one view that is searched exactly.
    #[must_use]
    pub fn joined(&self, others: &Self) -> Self {
        Self {
            segments: self.segments.iter().chain(others.segments.iter()).cloned().collect(),
            live: self.live + others.live,
            generation: self.generation.max(others.generation),
            graph: None,
            search: self.search.clone(),
        }
    }

    fn neighbours(&self, found: Vec<(ChunkId, f32)>) -> Vec<Neighbour> {
        let tier = |chunk| self.row(chunk).map_or(Tier::Student, |row| row.tier);
        found.into_iter().map(|(chunk, cosine)| Neighbour { chunk, cosine, tier: tier(chunk) }).collect()
    }

    /// The exact scan over this view.
    #[must_use]
    pub fn exact(&self) -> Exact<'_> {
        Exact::new(&self.segments, self.search.pool.as_ref())
    }

    /// A chunk's vector.
    #[must_use]
    pub fn get(&self, chunk: ChunkId) -> Option<(Tier, QuantizedVector)> {
        let row = self.row(chunk)?;
        Some((row.tier, QuantizedVector { scale: row.scale, q: Box::new(*row.row) }))
    }

    /// Which model a chunk's vector is from, without a copy of the vector.
    #[must_use]
    pub fn tier(&self, chunk: ChunkId) -> Option<Tier> {
        self.row(chunk).map(|row| row.tier)
    }

    /// Number of vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Memory for the vectors, in bytes: the blocks, which other views may share, and the graph.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let blocks: usize = self.segments.iter().map(Segment::size_bytes).sum();
        blocks + self.graph.as_ref().map_or(0, |graph| graph.size_bytes())
    }

    /// Whether a graph would pay and there is none, or more than a quarter of what there is has changed since it was built.
    #[must_use]
    pub fn wants_graph(&self) -> bool {
        let Some(graph) = &self.graph else { return self.live >= self.search.graph_from };
        let newer = self.live_rows().filter(|row| row.written > graph.generation()).count();
        let gone = graph.len().saturating_sub(self.live - newer);
        self.live >= self.search.graph_from && (newer + gone) * 4 > self.live
    }

    pub(crate) fn live_rows(&self) -> impl Iterator<Item = RowRef<'_>> {
        self.segments.iter().flat_map(Segment::live_rows)
    }

    fn row(&self, chunk: ChunkId) -> Option<RowRef<'_>> {
        let (n, at) = find(&self.segments, chunk)?;
        Some(self.segments[n].get(at))
    }

    fn usable_graph(&self, allowed: Allowed<'_>, expected: Option<u64>) -> Option<&Graph> {
        let graph = self.graph.as_deref().filter(|_| self.live >= self.search.graph_from)?;
        let expected = expected.unwrap_or_else(|| self.guess(allowed));
        (expected.saturating_mul(GRAPH_SELECTIVITY) >= self.live as u64).then_some(graph)
    }

    /// How many rows `allowed` lets through, from an even sample.
    fn guess(&self, allowed: Allowed<'_>) -> u64 {
        let step = (self.segments.len() * crate::block::ROWS / SAMPLE).max(1);
        let (mut asked, mut passed) = (0_u64, 0_u64);
        for segment in self.segments.iter() {
            for at in (0..segment.len()).step_by(step.min(crate::block::ROWS)) {
                asked += 1;
                passed += u64::from(allowed(segment.block.chunks[at]));
            }
        }
        self.live as u64 * passed / asked.max(1)
    }

    /// What the graph knows and is still as it was, together with an exact scan over what is newer.
    fn by_graph(
        &self,
        graph: &Graph,
        query: &QuantizedVector,
        k: usize,
        allowed: Allowed<'_>,
    ) -> Vec<(ChunkId, f32)> {
        let unchanged = |chunk| self.row(chunk).is_some_and(|row| row.written <= graph.generation());
        let old = graph.nearest(query, k, &|chunk| allowed(chunk) && unchanged(chunk));
        let new = self.exact().written_after(graph.generation()).nearest(query, k, allowed);
        let mut top = Top::new(k);
        old.into_iter().chain(new).for_each(|(chunk, cosine)| top.offer(chunk, cosine));
        top.into_sorted()
    }
}

impl std::fmt::Debug for VectorView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VectorView")
            .field("len", &self.live)
            .field("generation", &self.generation)
            .field("graph", &self.graph.as_ref().map(|graph| graph.len()))
            .finish_non_exhaustive()
    }
}
