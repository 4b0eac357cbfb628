//! What a write costs, and how much of it is noting who wrote.
//!
//! Prints medians in milliseconds: of writes of a small file, of a note alone on the same disk, and of writes by eight threads at once. Run:
//! `cargo run -p workroom-engine --example put [FOLDER] [WRITES]`; without a folder in a temporary one, whose disk is the one that is measured.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement prints, and fails by panicking")]

use corpus::{ContentHash, DocPath};
use custody::{History, Origin};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use workroom_engine::{Act, Actor, Claim, Condition, Engine, Lock, OpenOptions, Source, Spooled, Trust, Via};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let temporary = tempfile::tempdir().unwrap();
    let folder = arguments.next().map_or(temporary.path().to_path_buf(), PathBuf::from);
    let writes: usize = arguments.next().map_or(300, |text| text.parse().unwrap());
    Engine::init(&folder).unwrap();
    let engine =
        Engine::open_locked(Arc::new(Lock::take(&folder).unwrap()), &OpenOptions::default()).unwrap();
    let put = |n: usize| {
        let text = format!("# Day {n}\n\nThe mill ground {n} sacks before the ebb.\n");
        let spooled = Spooled::write(&folder, text.as_bytes()).unwrap();
        let path = format!("notes/{n}.md");
        engine.put(&path, &spooled, &Condition::Any, &Claim::default(), &Act::default()).unwrap();
    };
    (0..20).for_each(put);

    let history = History::open(&folder.join(".workroom/measured"), |_| true).unwrap();
    let by = Arc::new(Actor::owner(Via::Library));
    let origin = Origin { by, at_ms: 0, source: Source::Written, source_url: None, trust: Trust::Unknown };
    let note = |n: usize| {
        let path = DocPath::new(&format!("notes/{n}.md")).unwrap();
        history.written(&path, &ContentHash::of(&n.to_le_bytes()), &origin).unwrap();
    };
    note(0);
    // In turn, so that both meet the same disk.
    let (mut whole, mut noting) = (Vec::new(), Vec::new());
    for n in 20..20 + writes {
        whole.push(timed(|| put(n)));
        noting.push(timed(|| note(n)));
    }
    let (whole, noting) = (median(whole), median(noting));
    println!("write            {whole:8.2} ms");
    println!("note alone       {noting:8.2} ms, {:.0} % of it", 100.0 * noting / whole);

    let start = Instant::now();
    let at_once = std::thread::scope(|scope| {
        let run = |thread: usize| {
            move || (0..writes / 8).map(|n| timed(|| put(100_000 * (thread + 1) + n))).collect()
        };
        let threads: Vec<_> = (0..8).map(|thread| scope.spawn(run(thread))).collect();
        threads.into_iter().flat_map(|thread| -> Vec<f64> { thread.join().unwrap() }).collect()
    });
    let each = start.elapsed().as_secs_f64() * 1e3 / (writes / 8 * 8) as f64;
    println!("eight at once    {:8.2} ms, one each {each:.2} ms", median(at_once));
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}
