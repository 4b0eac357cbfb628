//! What a large first index costs those who want something meanwhile: one who writes single files, one who searches.
//!
//! Measured: source bytes a second of the bulk run alone, with a writer, with a reader; latency of `apply` for one file, from the call
//! to the commit that shows it; latency of a hybrid look-up (both searches, ten texts fetched).
//! Corpus: the files of the folder named, copied as often as said, each copy a little different; a first copy is indexed before.
//! Run: `cargo run --release -p workroom-ingest --example while_indexing -- FOLDER COPIES`.
//! Does not show: fusion, rescoring, the way through a socket.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement ends at the first trouble")]

use corpus::{DocPath, QuantizedVector};
use embed::{Student, WordPiece};
use index::{Filter, Index};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use watch::{Rules, RulesOptions};
use workroom_ingest::{Ingest, Limits, NoProgress, Reading, StudentInUse};

/// Between two single writes, and between two searches: a busy agent, not a flood.
const PAUSE: Duration = Duration::from_millis(20);

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "data/library".to_owned());
    let copies = std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(10);
    for (write, search) in [(false, false), (true, false), (false, true), (false, false)] {
        measure(Path::new(&folder), copies, write, search);
    }
}

fn measure(folder: &Path, copies: usize, write: bool, search: bool) {
    let dir = tempfile::tempdir().unwrap();
    let (root, store) = (dir.path().join("w"), dir.path().join("index"));
    copy(folder, &root.join("0"), "");
    std::fs::create_dir_all(root.join("live")).unwrap();
    let index = Arc::new(Index::open(&store).unwrap().0);
    index.snapshot().unwrap();
    let student = StudentInUse::builtin();
    let limits = Limits::default();
    let (tokenizer, reading) = (WordPiece::builtin(), Reading::default());
    let ingest = Ingest::new(&root, Arc::clone(&index), student, tokenizer, None, limits, reading).unwrap();
    let rules = Rules::new(&root, RulesOptions::default()).unwrap();
    ingest.reconcile(&rules, &NoProgress, &AtomicBool::new(false)).unwrap();
    (1..=copies).for_each(|n| copy(folder, &root.join(n.to_string()), &format!("\nThis is copy {n}.\n")));
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = write.then(|| scope.spawn(|| writes(&ingest, &rules, &root, &ended)));
        let reader = search.then(|| scope.spawn(|| searches(&index, &ended)));
        let summary = ingest.reconcile(&rules, &NoProgress, &AtomicBool::new(false)).unwrap();
        ended.store(true, Ordering::Relaxed);
        let rate = summary.bytes as f64 / 1e6 / summary.elapsed.as_secs_f64();
        println!("bulk: {} files, {:.1} s, {rate:.2} MB/s", summary.indexed, summary.elapsed.as_secs_f64());
        writer.into_iter().for_each(|thread| report("write", thread.join().unwrap()));
        reader.into_iter().for_each(|thread| report("search", thread.join().unwrap()));
    });
}

fn writes(ingest: &Ingest, rules: &Rules, root: &Path, ended: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        let path = DocPath::new(&format!("live/{}.md", took.len())).unwrap();
        std::fs::write(path.to_fs(root), format!("# Note {}\n\nA line of its own.\n", took.len())).unwrap();
        let began = Instant::now();
        let applied = ingest.apply(rules, &[path], &NoProgress).unwrap();
        assert_eq!(applied.summary.n_skipped(), 0);
        took.push(began.elapsed());
        std::thread::sleep(PAUSE);
    }
    took
}

fn searches(index: &Index, ended: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        let began = Instant::now();
        let words = "how is a borrowed value returned";
        let vector = Student::builtin().embed_text(words);
        let vector = vector.and_then(|vector| QuantizedVector::from_f32(&vector)).unwrap();
        let snapshot = index.snapshot().unwrap();
        let allowed = snapshot.allowed(&Filter::default());
        let by_words = snapshot.search_text(words, 100, &allowed).unwrap();
        let near = snapshot.search_vectors(&vector, 100, &allowed);
        let chunks: Vec<_> = near.iter().take(10).map(|near| near.chunk).collect();
        std::hint::black_box((by_words, snapshot.fetch(&chunks).unwrap()));
        took.push(began.elapsed());
        std::thread::sleep(PAUSE);
    }
    took
}

fn report(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    let (half, most, worst) = (at(0.5), at(0.99), at(1.0));
    println!("{what}: {} times, p50 {half:.1} ms, p99 {most:.1} ms, worst {worst:.1} ms", took.len());
}

fn copy(from: &Path, to: &Path, end: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target, end);
        } else if kind.is_file() {
            let mut bytes = std::fs::read(entry.path()).unwrap();
            bytes.extend_from_slice(end.as_bytes());
            std::fs::write(target, bytes).unwrap();
        }
    }
}
