//! The one writer.

use std::ops::Range;
use std::sync::Arc;

use corpus::{ChunkId, QuantizedVector, Tier};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::block::{RowRef, Segment, find};
use crate::view::Search;
use crate::{Error, GRAPH_FROM, Graph, VectorView};

/// How a store searches.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that share a large scan; 1 keeps every scan on the thread that asked.
    pub search_threads: usize,
    /// From how many vectors an attached graph is used.
    pub graph_from: usize,
}

impl Default for Options {
    fn default() -> Self {
        let search_threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { search_threads, graph_from: GRAPH_FROM }
    }
}

/// The vectors of an index, by ascending chunk. Writers change it, readers take a [`VectorView`].
pub struct VectorStore {
    segments: Vec<Segment>,
    live: usize,
    dead: usize,
    /// Grows with each snapshot: rows written after a snapshot have a larger number than the snapshot.
    generation: u64,
    /// The last chunk that was ever inserted, so that a number is not used twice even when its row is gone.
    last: Option<ChunkId>,
    graph: Option<Arc<Graph>>,
    search: Search,
}

/// A store smaller than this is not worth compacting.
const COMPACT_FROM: usize = 4096;

impl VectorStore {
    /// An empty store. If its threads cannot be started, it searches without them.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let pool = (options.search_threads > 1).then(|| search_pool(options.search_threads)).flatten();
        Self {
            segments: Vec::new(),
            live: 0,
            dead: 0,
            generation: 1,
            last: None,
            graph: None,
            search: Search { pool, graph_from: options.graph_from },
        }
    }

    /// Adds the vector of a new chunk. Chunks come in ascending order.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] and [`Error::NoDirection`]; the store is as before.
    pub fn insert(&mut self, chunk: ChunkId, tier: Tier, vector: &QuantizedVector) -> Result<(), Error> {
        check_direction(chunk, vector)?;
        if let Some(last) = self.last.filter(|&last| last >= chunk) {
            return Err(Error::OutOfOrder { last, got: chunk });
        }
        self.last = Some(chunk);
        self.live += 1;
        let row = RowRef { chunk, tier, scale: vector.scale, row: &vector.q, written: self.generation };
        push(&mut self.segments, row);
        Ok(())
    }

    /// Puts another vector in the place of a chunk's: the teacher's for the student's. `false` when the chunk has none.
    ///
    /// # Errors
    /// [`Error::NoDirection`]; the store is as before.
    pub fn replace(&mut self, chunk: ChunkId, tier: Tier, vector: &QuantizedVector) -> Result<bool, Error> {
        check_direction(chunk, vector)?;
        let Some((n, at)) = find(&self.segments, chunk) else { return Ok(false) };
        self.segments[n].replace(at, tier, vector, self.generation);
        Ok(true)
    }

    /// Removes the chunks in `range` and returns how many there were. Compacts the store when more than a quarter of it is dead.
    pub fn remove_range(&mut self, range: Range<u64>) -> usize {
        if range.is_empty() {
            return 0;
        }
        let from =
            self.segments.partition_point(|it| it.bounds().is_some_and(|(_, last)| last.0 < range.start));
        let mut removed = 0;
        let touched = self.segments[from..].iter_mut();
        for segment in touched.take_while(|it| it.bounds().is_some_and(|(first, _)| first.0 < range.end)) {
            removed += segment.remove(&range);
        }
        if removed > 0 {
            self.live -= removed;
            self.segments.retain(|segment| segment.live() > 0);
            self.dead = self.segments.iter().map(Segment::len).sum::<usize>() - self.live;
            if self.dead * 4 > self.live + self.dead && self.live + self.dead >= COMPACT_FROM {
                self.compact();
            }
        }
        removed
    }

    /// Copies the live rows into full blocks. Snapshots keep the old ones as long as they live.
    pub fn compact(&mut self) {
        let mut segments = Vec::new();
        for row in self.segments.iter().flat_map(Segment::live_rows) {
            push(&mut segments, row);
        }
        self.segments = segments;
        self.dead = 0;
    }

    /// Uses `graph` in the snapshots to come. It must have been built from a view of this store.
    pub fn attach(&mut self, graph: Arc<Graph>) {
        self.graph = Some(graph);
    }

    /// Does without a graph in the snapshots to come.
    pub fn detach(&mut self) {
        self.graph = None;
    }

    /// What is there now. Costs a few microseconds; later writes do not show in it.
    pub fn snapshot(&mut self) -> VectorView {
        let view = VectorView {
            segments: self.segments.as_slice().into(),
            live: self.live,
            generation: self.generation,
            graph: self.graph.clone(),
            search: self.search.clone(),
        };
        self.generation += 1;
        view
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
}

fn push(segments: &mut Vec<Segment>, row: RowRef<'_>) {
    match segments.last_mut().filter(|last| !last.is_full()) {
        Some(last) => last.push(row),
        None => {
            let mut segment = Segment::default();
            segment.push(row);
            segments.push(segment);
        }
    }
}

fn check_direction(chunk: ChunkId, vector: &QuantizedVector) -> Result<(), Error> {
    // A scale that is finite and positive keeps every cosine finite: no search meets a NaN.
    let sound = vector.scale.is_finite() && vector.scale > 0.0 && vector.scale < 1e9;
    if sound && vector.q.iter().any(|&x| x != 0) { Ok(()) } else { Err(Error::NoDirection { chunk }) }
}

fn search_pool(threads: usize) -> Option<Arc<ThreadPool>> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("search-{n}")).build();
    match pool {
        Ok(pool) => Some(Arc::new(pool)),
        Err(error) => {
            tracing::warn!(%error, "no threads for searching; scans stay on the thread that asks");
            None
        }
    }
}
