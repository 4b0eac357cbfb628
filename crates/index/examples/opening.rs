//! Measures what opening and small commits cost: an index of documents with one chunk each, opened again and again, then changed by
//! commits of one document.
//!
//! Run: `cargo run --release -p workroom-index --example opening -- [documents] [commits]`. Medians of a quiet machine are comparable;
//! the vectors are not loaded, since opening does not load them either.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement fails by panicking and prints its result"
)]

use corpus::{Chunk, ContentHash, DIM, DocPath, Format, ModelId, QuantizedVector, Span, TextHash, Tier};
use std::time::{Duration, Instant};
use workroom_index::{Index, PutChunk, PutDoc};

fn main() {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<usize>().unwrap());
    let (documents, commits) = (args.next().unwrap_or(50_000), args.next().unwrap_or(300));
    let dir = tempfile::tempdir().unwrap();
    fill(&dir.path().join("index"), documents);
    let opened: Vec<Duration> =
        (0..9).map(|_| time(|| drop(Index::open(&dir.path().join("index")).unwrap()))).collect();
    println!("open {documents} documents: median {:?}", median(opened));

    let (index, _) = Index::open(&dir.path().join("small")).unwrap();
    let each: Vec<Duration> = (0..commits)
        .map(|n| {
            time(|| {
                let mut transaction = index.begin().unwrap();
                transaction.put(doc(n % 100, n), 0).unwrap();
                transaction.commit().unwrap();
            })
        })
        .collect();
    let total: Duration = each.iter().sum();
    println!("{commits} small commits: {total:?}, median {:?}", median(each));
    println!("finish: {:?}", time(|| index.finish().unwrap()));
}

fn fill(dir: &std::path::Path, documents: usize) {
    let (index, _) = Index::open(dir).unwrap();
    index.set_bulk(true).unwrap();
    for from in (0..documents).step_by(10_000) {
        let mut transaction = index.begin().unwrap();
        for n in from..documents.min(from + 10_000) {
            transaction.put(doc(n, n), 0).unwrap();
        }
        transaction.commit().unwrap();
    }
    index.set_bulk(false).unwrap();
    index.finish().unwrap();
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A document of about a hundred words.
fn doc(name: usize, version: usize) -> PutDoc {
    let words: Vec<String> = (0..100).map(|n| format!("word{}", (version * 31 + n * n) % 5000)).collect();
    let body = words.join(" ");
    let values: Vec<f32> = (0..DIM).map(|n| ((version * 17 + n * 7) % 23) as f32 - 11.0).collect();
    PutDoc {
        path: DocPath::new(&format!("notes/{name}.md")).unwrap(),
        hash: ContentHash::of(body.as_bytes()),
        size: body.len() as u64,
        mtime_ns: version as i64,
        inode: name as u64,
        racy: false,
        format: Format::Markdown,
        encoding: "UTF-8".into(),
        title: None,
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
        chunks: vec![PutChunk {
            chunk: Chunk { span: Span::new(0, body.len()), ..Chunk::default() },
            text_hash: TextHash::of(&body),
            vector: QuantizedVector::from_f32(&values)
                .map(|vector| (ModelId::BUILTIN, Tier::Student, vector)),
            body,
        }],
    }
}
