//! Measures from how many vectors a graph is quicker than an exact scan, and what it costs.
//!
//! What is measured: clustered vectors (one centre for 50 rows); the exact scan on one thread and on all, with and without a filter that passes
//! half; a graph's build, its recall@10, its search. Medians of 100 queries that are no rows.
//! How to run: `cargo run --release -p workroom-vectors --example crossover [rows of the largest scan] [rows of the largest graph]`
//! What it does not show: searching beside ingest; other processors.
#![expect(clippy::print_stdout, reason = "a measurement is read on the terminal")]

use std::collections::HashSet;
use std::error::Error;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use corpus::{ChunkId, DIM, QuantizedVector, Tier};
use workroom_vectors::{Graph, NearestNeighbours, Options, VectorStore, VectorView};

const QUERIES: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u64>());
    let largest = args.next().transpose()?.unwrap_or(400_000);
    let largest_graph = args.next().transpose()?.unwrap_or(50_000);
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    for rows in
        [12_500, 25_000, 50_000, 100_000, 200_000, 400_000, 800_000].into_iter().filter(|&n| n <= largest)
    {
        let mut data = Clustered::new(rows);
        let (mut alone, mut shared) = (data.store(rows, 1)?, data.store(rows, threads.get())?);
        let queries: Vec<_> =
            (0..QUERIES).map(|_| data.next()).collect::<Option<_>>().ok_or("a vector without direction")?;
        let half = |chunk: ChunkId| chunk.0.is_multiple_of(2);
        let view = alone.snapshot();
        println!(
            "{rows:>7} rows: exact, one thread {:?}, half allowed {:?}; {threads} threads {:?}",
            median(&queries, |query| view.search(query, 10, &|_| true, None).len()),
            median(&queries, |query| view.search(query, 10, &half, None).len()),
            median(&queries, |query| shared.snapshot().search(query, 10, &|_| true, None).len()),
        );
        if rows <= largest_graph {
            measure_graph(&mut alone, &queries, threads)?;
        }
    }
    Ok(())
}

fn measure_graph(
    store: &mut VectorStore,
    queries: &[QuantizedVector],
    threads: NonZero<usize>,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let graph = Arc::new(Graph::build(&store.snapshot(), threads, &AtomicBool::new(false))?);
    let built = start.elapsed();
    store.attach(Arc::clone(&graph));
    let view = store.snapshot();
    println!(
        "        graph: built and audited in {built:?}, {} lost, recall@10 {:.4}, search {:?}, half allowed {:?}",
        graph.n_lost(),
        recall(&view, queries),
        median(queries, |query| view.search(query, 10, &|_| true, None).len()),
        median(queries, |query| view.search(query, 10, &|chunk| chunk.0.is_multiple_of(2), None).len()),
    );
    Ok(())
}

fn recall(view: &VectorView, queries: &[QuantizedVector]) -> f64 {
    let hits: usize = queries
        .iter()
        .map(|query| {
            let exact: HashSet<_> =
                view.exact().nearest(query, 10, &|_| true).into_iter().map(|it| it.0).collect();
            view.search(query, 10, &|_| true, None).iter().filter(|it| exact.contains(&it.chunk)).count()
        })
        .sum();
    hits as f64 / (10 * queries.len()) as f64
}

fn median(queries: &[QuantizedVector], search: impl FnMut(&QuantizedVector) -> usize) -> Duration {
    let mut search = search;
    let mut times: Vec<Duration> = queries
        .iter()
        .map(|query| {
            let start = Instant::now();
            let found = std::hint::black_box(search(query));
            assert_eq!(found, 10);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

/// Seeded points around seeded centres (splitmix64, sums of four uniform numbers).
struct Clustered {
    state: u64,
    centres: Vec<Vec<f32>>,
}

impl Clustered {
    fn new(rows: u64) -> Self {
        let mut this = Self { state: 7, centres: Vec::new() };
        this.centres = (0..rows / 50).map(|_| (0..DIM).map(|_| this.normal()).collect()).collect();
        this
    }

    fn store(&mut self, rows: u64, search_threads: usize) -> Result<VectorStore, Box<dyn Error>> {
        self.state = 11;
        let mut store = VectorStore::new(&Options { search_threads, graph_from: 0 });
        for chunk in 0..rows {
            let vector = self.next().ok_or("a vector without direction")?;
            store.insert(ChunkId(chunk), Tier::Student, &vector)?;
        }
        Ok(store)
    }

    fn next(&mut self) -> Option<QuantizedVector> {
        let n = self.bits() as usize % self.centres.len();
        let noise: Vec<f32> = (0..DIM).map(|_| 0.7 * self.normal()).collect();
        let values: Vec<f32> = self.centres[n].iter().zip(noise).map(|(x, noise)| x + noise).collect();
        QuantizedVector::from_f32(&values)
    }

    fn normal(&mut self) -> f32 {
        (0..4).map(|_| (self.bits() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}
