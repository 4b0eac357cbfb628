//! Measures the ledger as the index uses it: first index, small commits, start.
//!
//! What is measured: 100,000 vectors in 100 commits; 1,000 commits of one document with five chunks, each replacing its last version;
//! then opening and reading every row. Each commit is durable when it returns.
//! How to run: `cargo run --release -p workroom-ledger --example commits`
//! What it does not show: a disk with a real write barrier (run it where the index will live); reads beside writes.
#![expect(clippy::print_stdout, reason = "a measurement is read on the terminal")]
#![allow(clippy::single_range_in_vec_init, reason = "a list of one range of chunks is meant")]

use std::error::Error;
use std::time::{Duration, Instant};

use corpus::{
    ChunkId, ContentHash, DIM, DocId, DocPath, Format, ModelId, QuantizedVector, Seq, TextHash, Tier,
};
use workroom_ledger::{Commit, DocRecord, Ledger, Options, VectorRow};

const ROWS: u64 = 100_000;
const BATCH: u64 = 1000;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result {
    let dir = tempfile::tempdir()?;
    let (ledger, _) = Ledger::open(dir.path(), &Options::default())?;
    let mut seq = 0;
    let mut bulk = Vec::new();
    for batch in 0..ROWS / BATCH {
        seq += 1;
        bulk.push(timed(&ledger, commit(seq, batch, batch * BATCH..(batch + 1) * BATCH, &[])?)?);
    }
    println!("{ROWS} vectors in commits of {BATCH}: {:?}", bulk.iter().sum::<Duration>());
    let mut small = Vec::new();
    let mut old = 0..0;
    for _ in 0..1000 {
        seq += 1;
        let chunks = ledger.next_chunk()..ledger.next_chunk() + 5;
        small.push(timed(&ledger, commit(seq, ROWS, chunks.clone(), &[old])?)?);
        old = chunks;
    }
    small.sort_unstable();
    println!("one document of 5 chunks: p50 {:?}, p99 {:?}", small[500], small[990]);
    println!("on disk: {} MB", ledger.size_on_disk()? >> 20);
    drop(ledger);
    let start = Instant::now();
    let (ledger, _) = Ledger::open(dir.path(), &Options::default())?;
    println!("open: {:?}", start.elapsed());
    for round in ["first", "second"] {
        let start = Instant::now();
        let n = ledger.vectors().filter(std::result::Result::is_ok).count();
        println!("read {n} vectors, {round} time: {:?}", start.elapsed());
    }
    Ok(())
}

fn timed(ledger: &Ledger, commit: Commit) -> Result<Duration> {
    let start = Instant::now();
    ledger.commit(commit)?;
    Ok(start.elapsed())
}

fn commit(seq: u64, doc: u64, chunks: std::ops::Range<u64>, dead: &[std::ops::Range<u64>]) -> Result<Commit> {
    let record = DocRecord {
        id: DocId(doc),
        path: DocPath::new(&format!("folder/document-{doc}.md"))?,
        hash: ContentHash::of(&seq.to_le_bytes()),
        size: 4096,
        mtime_ns: 1,
        inode: doc,
        racy: false,
        format: Format::Markdown,
        title: Some("A title of some words".to_owned()),
        first_chunk: ChunkId(chunks.start),
        n_chunks: (chunks.end - chunks.start) as u32,
        indexed_at_ms: 1,
        encoding: "UTF-8".to_owned(),
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
    };
    Ok(Commit {
        seq: Seq(seq),
        puts: vec![record],
        vectors: chunks.clone().map(row).collect(),
        dead_chunks: dead.to_vec(),
        next_doc: ROWS + 1,
        next_chunk: chunks.end,
        ..Commit::default()
    })
}

/// A row whose components do not compress (an xorshift generator seeded by the chunk).
fn row(chunk: u64) -> VectorRow {
    let mut state = chunk.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut q = Box::new([0_i8; DIM]);
    for x in q.iter_mut() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *x = ((state % 255) as i16 - 127) as i8;
    }
    let vector = QuantizedVector { scale: 0.0007, q };
    let text_hash = TextHash::of(&chunk.to_string());
    VectorRow { chunk: ChunkId(chunk), model: ModelId::BUILTIN, tier: Tier::Student, text_hash, vector }
}
