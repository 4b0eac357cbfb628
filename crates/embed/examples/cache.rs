//! How fast the vector cache takes and gives, and what it holds in memory.
//!
//! Measured: records a second of `append` (batches of 64, one sync at the end), of the first question (which reads the whole file), of
//! `get` for texts that are there, in random order, and for texts that are not; bytes of memory a record.
//! Corpus: made-up vectors. Run: `cargo run --release -p workroom-embed --example cache -- RECORDS`.
//! Does not show: a file that is not in the system's page cache.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement ends at the first trouble")]

use corpus::{DIM, QuantizedVector, TextHash};
use std::time::Instant;
use workroom_embed::{Embedder as _, ModelInfo, Student, VectorCache};

fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let dir = tempfile::tempdir().unwrap();
    let model: ModelInfo = Student::builtin().model().clone();
    let hash = |n: u64| TextHash::of(&n.to_string());
    let components: Vec<f32> = (0..DIM).map(|i| (i as f32).sin()).collect();
    let vector = QuantizedVector::from_f32(&components).unwrap();
    let hashes: Vec<TextHash> = (0..n).map(hash).collect();
    let cache = VectorCache::open(dir.path(), &model).unwrap();
    timed("append", n, || {
        for batch in hashes.chunks(64) {
            cache.append(batch.iter().map(|hash| (*hash, &vector))).unwrap();
        }
        cache.sync().unwrap();
    });
    cache.unload();
    timed("load", n, || assert!(cache.get(&hashes[0]).unwrap().is_some()));
    let step = (0..n).map(|i| (i * 7919 + 13) % n);
    timed("get, there", n, || step.for_each(|i| assert!(cache.get(&hashes[i as usize]).unwrap().is_some())));
    let strangers: Vec<TextHash> = (n..2 * n).map(hash).collect();
    timed("get, not there", n, || {
        strangers.iter().for_each(|hash| assert!(cache.get(hash).unwrap().is_none()))
    });
    let size = cache.size();
    println!("{:.1} bytes of memory a record", size.memory_bytes as f64 / n as f64);
}

fn timed(what: &str, n: u64, work: impl FnOnce()) {
    let began = Instant::now();
    work();
    let took = began.elapsed().as_secs_f64();
    println!("{what}: {:.0} records/s ({took:.2} s)", n as f64 / took);
}
