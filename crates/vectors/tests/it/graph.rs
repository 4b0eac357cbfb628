//! The graph against the exact scan, and what happens to a view after its graph was built.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use corpus::{ChunkId, QuantizedVector, Tier};
use workroom_vectors::{Error, Graph, NearestNeighbours, Options, VectorStore, VectorView};

use crate::Rng;

const ROWS: u64 = 3000;

struct Fixture {
    store: VectorStore,
    rng: Rng,
    centres: Vec<Vec<f32>>,
}

/// Clustered rows; every tenth is the same as one before.
fn fixture() -> Fixture {
    let mut rng = Rng(42);
    let centres: Vec<_> = (0..60).map(|_| rng.direction()).collect();
    let mut store = VectorStore::new(&Options { graph_from: 1, ..Options::default() });
    let repeated = rng.near(&centres);
    for chunk in 0..ROWS {
        let vector = if chunk % 10 == 9 { repeated.clone() } else { rng.near(&centres) };
        store.insert(ChunkId(chunk), Tier::Student, &vector).unwrap();
    }
    Fixture { store, rng, centres }
}

fn build(view: &VectorView) -> Arc<Graph> {
    Arc::new(Graph::build(view, NonZero::new(2).unwrap(), &AtomicBool::new(false)).unwrap())
}

/// The share of the exact ten that `found` has.
fn recall(view: &VectorView, queries: &[QuantizedVector], allowed: &(dyn Fn(ChunkId) -> bool + Sync)) -> f64 {
    let mut hits = 0;
    let mut wanted = 0;
    for query in queries {
        let exact = view.exact().nearest(query, 10, allowed);
        let found = view.search(query, 10, allowed, None);
        assert!(found.iter().all(|it| allowed(it.chunk)));
        assert!(found.is_sorted_by(|a, b| (b.cosine, a.chunk) <= (a.cosine, b.chunk)));
        // By cosine: where rows tie, either is right.
        let worst = exact.last().map_or(0.0, |it| it.1);
        hits += found.iter().filter(|it| it.cosine >= worst).count();
        wanted += exact.len();
    }
    hits as f64 / wanted as f64
}

#[test]
fn finds_nineteen_of_twenty_and_every_point_itself() {
    let Fixture { mut store, mut rng, centres } = fixture();
    let graph = build(&store.snapshot());
    store.attach(Arc::clone(&graph));
    let view = store.snapshot();
    let queries: Vec<_> = (0..200).map(|_| rng.near(&centres)).collect();
    for allowed in
        [&|_| true as _, &(|chunk: ChunkId| chunk.0.is_multiple_of(2)) as &(dyn Fn(ChunkId) -> bool + Sync)]
    {
        let recall = recall(&view, &queries, allowed);
        assert!(recall >= 0.95, "recall {recall}, {} points in the side list", graph.n_lost());
    }
    for chunk in 0..ROWS {
        let (_, own) = view.get(ChunkId(chunk)).unwrap();
        // Wide enough for all that equal it.
        let found = graph.nearest(&own, 310, &|it| it.0 == chunk);
        assert_eq!(found.first().map(|it| it.0), Some(ChunkId(chunk)), "chunk {chunk} is not found");
    }
}

#[test]
fn what_was_written_after_the_graph_counts() {
    let Fixture { mut store, mut rng, centres } = fixture();
    let before = store.snapshot();
    let early = rng.near(&centres);
    // Written between the view and the graph that is built from it: the graph does not know of it.
    assert_eq!(store.replace(ChunkId(5), Tier::Teacher, &early), Ok(true));
    store.attach(build(&before));
    let built = store.snapshot();
    let (newer, late) = (rng.near(&centres), rng.near(&centres));
    store.insert(ChunkId(ROWS), Tier::Teacher, &newer).unwrap();
    assert_eq!(store.replace(ChunkId(6), Tier::Teacher, &late), Ok(true));
    let (_, gone) = built.get(ChunkId(7)).unwrap();
    store.remove_range(7..8);
    let view = store.snapshot();
    let first = |view: &VectorView, query| view.search(query, 1, &|_| true, None)[0];
    for (chunk, query) in [(5, &early), (6, &late), (ROWS, &newer)] {
        let best = first(&view, query);
        assert_eq!((best.chunk, best.tier), (ChunkId(chunk), Tier::Teacher));
        assert!((best.cosine - query.dot(query)).abs() < 1e-6);
    }
    assert_ne!(first(&view, &gone).chunk, ChunkId(7));
    assert_eq!(first(&built, &gone).chunk, ChunkId(7), "an earlier view does not change");
    let queries: Vec<_> = (0..50).map(|_| rng.near(&centres)).collect();
    assert!(recall(&view, &queries, &|_| true) >= 0.95);
}

#[test]
fn a_view_says_when_a_graph_is_due() {
    let Fixture { mut store, mut rng, centres } = fixture();
    assert!(store.snapshot().wants_graph());
    let graph = build(&store.snapshot());
    store.attach(graph);
    assert!(!store.snapshot().wants_graph());
    store.remove_range(0..ROWS / 10);
    for chunk in ROWS..ROWS + ROWS / 10 {
        store.insert(ChunkId(chunk), Tier::Student, &rng.near(&centres)).unwrap();
    }
    assert!(!store.snapshot().wants_graph());
    for chunk in ROWS / 10..ROWS / 5 {
        assert_eq!(store.replace(ChunkId(chunk), Tier::Teacher, &rng.near(&centres)), Ok(true));
    }
    assert!(store.snapshot().wants_graph());
    store.detach();
    assert!(store.snapshot().wants_graph());
    let mut small = VectorStore::new(&Options::default());
    assert!(!small.snapshot().wants_graph());
}

#[test]
fn few_that_pass_a_filter_are_all_found() {
    let Fixture { mut store, mut rng, centres } = fixture();
    let graph = build(&store.snapshot());
    store.attach(graph);
    let view = store.snapshot();
    for k in [1, 5, 50] {
        let query = rng.near(&centres);
        let allowed = |chunk: ChunkId| chunk.0 % 400 == 3;
        for hint in [None, Some(8), Some(u64::MAX)] {
            let found: Vec<_> =
                view.search(&query, k, &allowed, hint).iter().map(|it| (it.chunk, it.cosine)).collect();
            assert_eq!(found, view.exact().nearest(&query, k, &allowed), "k {k}, hint {hint:?}");
        }
    }
}

#[test]
fn a_build_can_be_cancelled_and_may_be_empty() {
    let Fixture { mut store, .. } = fixture();
    let cancelled = Graph::build(&store.snapshot(), NonZero::<usize>::MIN, &AtomicBool::new(true));
    assert_eq!(cancelled.unwrap_err(), Error::Cancelled);
    let mut empty = VectorStore::new(&Options { graph_from: 0, ..Options::default() });
    let graph = build(&empty.snapshot());
    assert!(graph.is_empty() && graph.n_lost() == 0);
    empty.attach(graph);
    let query = QuantizedVector::from_f32(&[1.0; corpus::DIM]).unwrap();
    assert!(empty.snapshot().search(&query, 4, &|_| true, None).is_empty());
    empty.insert(ChunkId(1), Tier::Student, &query).unwrap();
    assert_eq!(empty.snapshot().search(&query, 4, &|_| true, None).len(), 1);
}
