//! Kills a process that commits, at moments it does not choose, and opens what it left.
//!
//! The child writes each commit's number to its standard output once the commit has returned. After the kill, every number that was
//! written must be there, whole. A kill does not lose what the kernel already holds, so this tests atomicity and recovery, not `fsync`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
#![allow(clippy::single_range_in_vec_init, reason = "a list of one range of chunks is meant")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use corpus::{
    ChunkId, ContentHash, DIM, DocId, DocPath, Format, ModelId, QuantizedVector, Seq, TextHash, Tier,
};
use workroom_ledger::{Commit, DocRecord, Error, Ledger, Options, Outcome, VectorRow};

const ROUNDS: u64 = 60;
const CHUNKS: u64 = 20;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("child") => child(Path::new(&args[2])),
        // Test runners ask for the list of tests first.
        Some("--list") => {}
        _ => parent(),
    }
}

/// Commits for ever: commit `n` gives document `n % 7` a new version, whose vectors take the place of the old ones.
fn child(dir: &Path) {
    let (ledger, _) = Ledger::open(dir, &Options::default()).unwrap();
    let mut out = std::io::stdout().lock();
    for seq in ledger.seq().0 + 1.. {
        ledger.commit(commit(seq)).unwrap();
        writeln!(out, "{seq}").unwrap();
        out.flush().unwrap();
    }
}

fn commit(seq: u64) -> Commit {
    let doc = DocRecord {
        id: DocId(seq % 7),
        path: DocPath::new(&format!("notes/{}.md", seq % 7)).unwrap(),
        hash: ContentHash::of(&seq.to_le_bytes()),
        size: seq,
        mtime_ns: 0,
        inode: 0,
        racy: false,
        format: Format::Markdown,
        title: None,
        first_chunk: ChunkId(seq * CHUNKS),
        n_chunks: CHUNKS as u32,
        indexed_at_ms: 0,
        encoding: "UTF-8".to_owned(),
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
    };
    let old = seq.saturating_sub(7) * CHUNKS;
    Commit {
        seq: Seq(seq),
        vectors: doc.chunks().map(|chunk| vector(chunk, seq)).collect(),
        puts: vec![doc],
        dead_chunks: vec![old..old + CHUNKS],
        next_doc: 7,
        next_chunk: (seq + 1) * CHUNKS,
        ..Commit::default()
    }
}

fn vector(chunk: u64, seq: u64) -> VectorRow {
    let values: Vec<f32> = (0..DIM).map(|i| ((chunk * 31 + seq + i as u64) % 17) as f32 - 8.0).collect();
    VectorRow {
        chunk: ChunkId(chunk),
        model: ModelId::BUILTIN,
        tier: Tier::Student,
        text_hash: TextHash::of(&chunk.to_string()),
        vector: QuantizedVector::from_f32(&values).unwrap(),
    }
}

fn parent() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..ROUNDS {
        let acknowledged = run_and_kill(dir.path(), 3 + round * 5 % 23);
        let (ledger, report) = Ledger::open(dir.path(), &Options::default()).unwrap();
        assert_eq!(report.outcome, Outcome::Clean, "round {round}");
        let seq = ledger.seq().0;
        assert!(seq >= acknowledged, "round {round}: commit {acknowledged} was acknowledged, {seq} is there");
        check_whole(&ledger, seq);
    }
}

/// Lets a child acknowledge `n` commits, kills it, and returns the last number that it wrote.
fn run_and_kill(dir: &Path, n: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .arg("child")
        .arg(dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    for _ in 0..n {
        last = lines.next().expect("the child ended by itself").unwrap().parse().unwrap();
    }
    assert!(
        matches!(Ledger::open(dir, &Options::default()), Err(Error::Locked { .. })),
        "two owners at once"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    // What it wrote before it died counts as well; a torn last line does not.
    lines.map_while(Result::ok).filter_map(|line| line.parse().ok()).fold(last, u64::max)
}

fn check_whole(ledger: &Ledger, seq: u64) {
    let report = ledger.verify().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.missing_vectors, report.orphan_vectors), (0, 0), "{report:?}");
    for doc in ledger.docs() {
        let doc = doc.unwrap();
        let last = (1..=seq).rev().find(|n| n % 7 == doc.id.0).unwrap();
        assert_eq!(doc, commit(last).puts[0]);
        let rows: Vec<_> =
            doc.chunks().map(|chunk| ledger.vector(ChunkId(chunk)).unwrap().unwrap()).collect();
        assert_eq!(rows, commit(last).vectors);
    }
}
