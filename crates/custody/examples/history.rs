//! What it costs to know who wrote what: to note a write, to ask, to open a journal of many records, and to hold them in memory.
//!
//! Prints times and bytes. A second run in the same FOLDER only opens, which tells what memory it takes. Run: `cargo run --release -p workroom-custody --example history [RECORDS] [FOLDER]`. Notes are synced one by one in
//! FOLDER, else in a temporary one: the figure is that of that disk's fsync.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and fails by panicking")]

use corpus::{ContentHash, DocPath};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use workroom_custody::{Actor, History, Origin, Source, Trust, Via};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().map_or(100_000, |text| text.parse().unwrap());
    let temporary = tempfile::tempdir().unwrap();
    let folder = arguments.next().map_or(temporary.path().to_path_buf(), PathBuf::from).join("custody");
    let path = |n: usize| DocPath::new(&format!("projects/{}/notes/day-{n}.md", n % 97)).unwrap();
    let version = |n: usize| ContentHash::of(&n.to_le_bytes());
    let by = Arc::new(Actor::owner(Via::Mcp).with_client("claude-code 2.1.0"));
    let origin = Origin {
        by,
        at_ms: 1_795_000_000_000,
        source: Source::Written,
        source_url: None,
        trust: Trust::Unknown,
    };

    let open = || History::open(&folder, |_| true).unwrap();
    if !folder.join("history.journal").exists() {
        const SINGLE: usize = 500;
        let (history, start) = (open(), Instant::now());
        (0..SINGLE).for_each(|n| history.written(&path(n), &version(n), &origin).unwrap());
        println!("note one, synced    {:9.1} µs", micros(start) / SINGLE as f64);
        let files = (SINGLE..count).map(|n| (path(n), version(n), origin.clone()));
        history.all_written(files).unwrap();
    }

    let (before, start) = (resident(), Instant::now());
    let history = open();
    println!("open {count} records {:9.1} ms", micros(start) / 1e3);
    println!("in memory           {:9} bytes a file", (resident() - before) / history.len().max(1));
    println!("on disk             {:9} bytes a record", journal_bytes(&folder) / count);
    let start = Instant::now();
    (0..count).for_each(|n| drop(black_box(history.known(&path(n), &version(n)))));
    println!("ask                 {:9.2} µs", micros(start) / count as f64);
}

fn journal_bytes(folder: &std::path::Path) -> usize {
    std::fs::metadata(folder.join("history.journal")).unwrap().len() as usize
}

fn micros(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}

/// Bytes of this process in memory; 0 where the system does not say.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<usize>().ok()).unwrap_or(0) * 1024
}
