//! The graph: approximate neighbours by hnsw_rs, for many vectors.
//!
//! Invariant: every row of the view it was built from can be found: those that the graph itself loses are kept in a side list that each
//! search scans. A graph never changes after it is built.
//! Not here: rows that are newer, replaced or removed; the view sees to those.
//!
//! How the library is used, and why:
//! - An element is a signed byte, and the row's scale travels as four more bytes behind its components. One scale for all rows would
//!   waste up to two bits of the components; this loses nothing.
//! - Rows with equal vectors are inserted once. Equal points fill each other's neighbour lists and cut themselves off, and a folder of
//!   files is full of equal chunks (licences, templates).
//! - The level scale stays as it is, although half of it loses fewer points: setting it prints to the standard output, which
//!   belongs to the protocol of a server.
//! - Threads of our own insert, not the library's parallel call: a build of minutes in the shared pool would starve it, and this
//!   way each insertion sees a cancellation.

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use corpus::{ChunkId, DIM, QuantizedVector};
use hnsw_rs::prelude::{Distance, FilterT, Hnsw};

use crate::Error;
use crate::block::RowRef;
use crate::exact::cosine;
use crate::kernel::{self, Row};
use crate::nearest::{Allowed, NearestNeighbours};
use crate::top::Top;
use crate::view::VectorView;

/// Links of a point on the upper layers; twice as many on the lowest.
const LINKS: usize = 16;
const EF_CONSTRUCTION: usize = 200;
/// All that the library has; fewer are of no use to a graph of this size.
const LAYERS: usize = 16;
/// The narrowest search.
const MIN_EF: usize = 64;
/// The searches that decide whether a point can be found: as a user would, then as wide as is still sensible.
const AUDIT: [(usize, usize); 2] = [(10, 64), (200, 1024)];
/// Memory of a point beside its vector, estimated from the library's types: sixteen lists, and some 30 links of 56 bytes each.
const POINT_BYTES: usize = 384 + 30 * 56;

const POINT: usize = DIM + size_of::<f32>();
type Point = [i8; POINT];

/// A graph over the rows of one view.
pub struct Graph {
    links: Hnsw<'static, i8, CosineDistance>,
    /// The chunks of each point, ascending; more than one where vectors are equal.
    chunks: Vec<Vec<ChunkId>>,
    n_rows: usize,
    /// Points that a search of the graph does not find, and their vectors.
    lost: Vec<(usize, Point)>,
    generation: u64,
}

impl Graph {
    /// Builds a graph over `view` with `threads` threads. Takes about two milliseconds of one core a row; call it in the background.
    /// Drop the last reference to a graph where no lock is held: the library clears its points through rayon.
    ///
    /// # Errors
    /// [`Error::Cancelled`] soon after `cancel` is set.
    pub fn build(view: &VectorView, threads: NonZero<usize>, cancel: &AtomicBool) -> Result<Self, Error> {
        let (points, chunks) = distinct(view);
        let links = Hnsw::new(LINKS, points.len().max(1), LAYERS, EF_CONSTRUCTION, CosineDistance);
        // The first point alone: two that both find an empty graph would not know of each other.
        if let Some(first) = points.first() {
            links.insert_slice((first, 0));
        }
        let insert = |at: usize| links.insert_slice((&points[at], at));
        for_each(1..points.len(), threads, cancel, &insert)?;
        let lost = find_lost(&links, &points, threads, cancel)?;
        tracing::debug!(rows = view.len(), points = points.len(), lost = lost.len(), "graph built");
        Ok(Self { links, chunks, n_rows: view.len(), lost, generation: view.generation })
    }

    /// Number of rows it was built from.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n_rows
    }

    /// Whether it was built from nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n_rows == 0
    }

    /// How many points each search scans because the graph itself does not find them.
    #[must_use]
    pub fn n_lost(&self) -> usize {
        self.lost.len()
    }

    /// Memory, in bytes; an estimate, as the library does not say.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.chunks.len() * (POINT + POINT_BYTES + size_of::<Vec<ChunkId>>())
            + self.n_rows * size_of::<ChunkId>()
            + self.lost.capacity() * size_of::<(usize, Point)>()
    }

    /// The generation of the view it was built from.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// One search of the graph. Without a filter inside it ends as soon as nothing nearer can come; with one it goes on through all
    /// that it has seen, so that is the second try.
    fn search(
        &self,
        query: &QuantizedVector,
        point: &Point,
        k: usize,
        passes: Option<&dyn FilterT>,
        allowed: Allowed<'_>,
    ) -> Top {
        // More than asked for: some will not be allowed, and the library orders equal distances as it likes.
        let wide = 2 * k + 16;
        let mut top = Top::new(k);
        for found in self.links.search_filter(point, wide, MIN_EF.max(2 * wide), passes) {
            if let Some(data) = self.links.get_point_indexation().get_point_data(&found.p_id) {
                self.offer(&mut top, query, &data, found.d_id, allowed);
            }
        }
        top
    }

    fn offer(&self, top: &mut Top, query: &QuantizedVector, point: &[i8], at: usize, allowed: Allowed<'_>) {
        let (Some((row, scale)), Some(chunks)) = (split(point), self.chunks.get(at)) else { return };
        let cosine = cosine(kernel::dot(&query.q, row), scale, query.scale);
        if top.wants(cosine) {
            chunks.iter().filter(|&&chunk| allowed(chunk)).for_each(|&chunk| top.offer(chunk, cosine));
        }
    }
}

impl NearestNeighbours for Graph {
    /// Finds most of the nearest, not all; `tests` hold it to nineteen of twenty.
    fn nearest(&self, query: &QuantizedVector, k: usize, allowed: Allowed<'_>) -> Vec<(ChunkId, f32)> {
        if k == 0 || self.chunks.is_empty() {
            return Vec::new();
        }
        let point = join(&query.q, query.scale);
        let mut top = self.search(query, &point, k, None, allowed);
        if !top.is_full() {
            let passes =
                |at: &usize| self.chunks.get(*at).is_some_and(|all| all.iter().any(|&it| allowed(it)));
            top = self.search(query, &point, k, Some(&passes), allowed);
        }
        for (at, point) in &self.lost {
            self.offer(&mut top, query, point, *at, allowed);
        }
        top.into_sorted()
    }
}

/// `1 - cosine`, never below zero: the library stops the process's work on a negative distance, and rounding makes one of a row and
/// itself.
#[derive(Clone, Copy, Default)]
struct CosineDistance;

impl Distance<i8> for CosineDistance {
    fn eval(&self, a: &[i8], b: &[i8]) -> f32 {
        match (split(a), split(b)) {
            (Some((a, scale_a)), Some((b, scale_b))) => {
                (1.0 - cosine(kernel::dot(a, b), scale_b, scale_a)).max(0.0)
            }
            // Every point is made by `join`.
            _ => f32::MAX,
        }
    }
}

fn join(row: &Row, scale: f32) -> Point {
    let mut point = [0; POINT];
    let (components, tail) = point.split_at_mut(DIM);
    components.copy_from_slice(row);
    for (to, from) in tail.iter_mut().zip(scale.to_ne_bytes()) {
        *to = from.cast_signed();
    }
    point
}

fn split(point: &[i8]) -> Option<(&Row, f32)> {
    let (row, tail) = point.split_first_chunk::<DIM>()?;
    let scale: [i8; 4] = tail.try_into().ok()?;
    Some((row, f32::from_ne_bytes(scale.map(i8::cast_unsigned))))
}

/// The distinct vectors of a view, and the chunks that have each.
fn distinct(view: &VectorView) -> (Vec<Point>, Vec<Vec<ChunkId>>) {
    let mut places: HashMap<(&Row, u32), usize> = HashMap::with_capacity(view.len());
    let mut points = Vec::with_capacity(view.len());
    let mut chunks: Vec<Vec<ChunkId>> = Vec::with_capacity(view.len());
    for RowRef { chunk, scale, row, .. } in view.live_rows() {
        let place = *places.entry((row, scale.to_bits())).or_insert(points.len());
        if place == points.len() {
            points.push(join(row, scale));
            chunks.push(Vec::with_capacity(1));
        }
        chunks[place].push(chunk);
    }
    (points, chunks)
}

fn finds(links: &Hnsw<'static, i8, CosineDistance>, point: &Point, at: usize, k: usize, ef: usize) -> bool {
    links.search(point, k, ef).iter().any(|found| found.d_id == at)
}

/// The points that no sensible search for themselves finds.
fn find_lost(
    links: &Hnsw<'static, i8, CosineDistance>,
    points: &[Point],
    threads: NonZero<usize>,
    cancel: &AtomicBool,
) -> Result<Vec<(usize, Point)>, Error> {
    let lost = Mutex::new(Vec::new());
    let audit = |at: usize| {
        if !AUDIT.iter().any(|&(k, ef)| finds(links, &points[at], at, k, ef)) {
            lost.lock().unwrap_or_else(PoisonError::into_inner).push((at, points[at]));
        }
    };
    for_each(0..points.len(), threads, cancel, &audit)?;
    Ok(lost.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Runs `work` for each number, on `threads` threads, until `cancel` is set.
fn for_each(
    range: std::ops::Range<usize>,
    threads: NonZero<usize>,
    cancel: &AtomicBool,
    work: &(dyn Fn(usize) + Sync),
) -> Result<(), Error> {
    let next = AtomicUsize::new(range.start);
    let run = || {
        while !cancel.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= range.end {
                break;
            }
            work(at);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get() {
            scope.spawn(run);
        }
        run();
    });
    if cancel.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph")
            .field("rows", &self.n_rows)
            .field("lost", &self.lost.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, VectorStore};
    use corpus::Tier;

    /// The library loses points too rarely to wait for it: here it is given every second one only.
    #[test]
    fn points_that_the_links_do_not_lead_to_are_found_by_the_side_list() {
        let mut store = VectorStore::new(&Options::default());
        for chunk in 0..300_u64 {
            let values: Vec<f32> =
                (0..DIM as u64).map(|i| ((chunk * 37 + i * i * (chunk + 3)) % 101) as f32 - 50.0).collect();
            store
                .insert(ChunkId(chunk), Tier::Student, &QuantizedVector::from_f32(&values).unwrap())
                .unwrap();
        }
        let view = store.snapshot();
        let (points, chunks) = distinct(&view);
        let links = Hnsw::new(LINKS, points.len(), LAYERS, EF_CONSTRUCTION, CosineDistance);
        (0..points.len()).step_by(2).for_each(|at| links.insert_slice((&points[at], at)));
        let mut lost = find_lost(&links, &points, NonZero::<usize>::MIN, &AtomicBool::new(false)).unwrap();
        lost.sort_unstable_by_key(|(at, _)| *at);
        assert_eq!(
            lost.iter().map(|(at, _)| *at).collect::<Vec<_>>(),
            (1..points.len()).step_by(2).collect::<Vec<_>>()
        );
        let graph = Graph { links, chunks, n_rows: view.len(), lost, generation: view.generation };
        for chunk in 0..300 {
            let (_, own) = view.get(ChunkId(chunk)).unwrap();
            assert_eq!(
                graph.nearest(&own, 3, &|_| true),
                crate::Exact::new(&view.segments, None).nearest(&own, 3, &|_| true)
            );
        }
    }
}
