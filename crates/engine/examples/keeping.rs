//! What versions and checkpoints cost: the first index, single writes with versions and without, a checkpoint and a restore of all files.
//!
//! `cargo run --release -p workroom-engine --example keeping -- [FILES] [WRITES]`, in a folder of the file system that is to be measured (`TMPDIR`).
//! It does not show what background work costs those who write meanwhile on few cores.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the terminal")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workroom_engine::{Act, Claim, Condition, Engine, Lock, NoProgress, OpenOptions, PathSet, Spooled};

fn open(folder: &Path, settings: &str) -> Engine {
    Engine::init(folder).unwrap();
    std::fs::write(folder.join(".workroom/config.toml"), settings).unwrap();
    Engine::open_locked(Arc::new(Lock::take(folder).unwrap()), &OpenOptions::default()).unwrap()
}

fn text(n: usize) -> String {
    let words = ["tide", "mill", "heron", "gate", "reed", "bank", "ebb", "sluice", "oat", "barge"];
    let word = |i: usize| words[(n * 7 + i * i + i) % words.len()];
    let lines = (0..40).map(|line| (0..10).map(|i| word(line * 10 + i)).collect::<Vec<_>>().join(" "));
    format!("# Note {n}\n\n{}\n", lines.collect::<Vec<_>>().join(".\n"))
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    println!("{what}: {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    done
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// Writes of files that are there, in turn by both engines so that the disk is in the same mood for both.
fn writes(engines: &[(&str, &Engine, &Path)], files: usize, n: usize, settled: bool) {
    let mut times = vec![Vec::new(); engines.len()];
    for i in 0..n {
        for ((_, engine, folder), times) in engines.iter().zip(&mut times) {
            if settled {
                engine.keep_versions().unwrap();
            }
            let path = if settled { format!("d0/{}.md", i % files * 10) } else { "hot.md".to_owned() };
            let spooled = Spooled::write(folder, text(i + files).as_bytes()).unwrap();
            let started = Instant::now();
            engine.put(&path, &spooled, &Condition::Any, &Claim::default(), &Act::default()).unwrap();
            times.push(started.elapsed());
        }
    }
    for ((name, ..), times) in engines.iter().zip(times) {
        println!("  {name}: p50 {:.2} ms", median(times));
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let (files, n) = (arguments.next().unwrap_or(10_000), arguments.next().unwrap_or(200));
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for dir in &dirs {
        for i in 0..files {
            let at = dir.path().join(format!("d{}/{i}.md", i % 10));
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, text(i)).unwrap();
        }
    }
    let without = open(dirs[1].path(), "[versions]\nkeep = false\n");
    timed("first index, without versions", || without.index(&NoProgress).unwrap());
    let with = open(dirs[0].path(), "");
    timed("first index, with versions", || with.index(&NoProgress).unwrap());
    let kept =
        timed("contents kept afterwards, in the background as a rule", || with.keep_versions().unwrap());
    println!("  {kept} versions, {} bytes", size(&dirs[0].path().join(".workroom/custody/content")));
    let act = Act::default();
    for what in ["checkpoint, contents kept", "checkpoint again"] {
        timed(what, || with.create_checkpoint(what, &[], &act).unwrap());
    }
    let engines = [("without", &without, dirs[1].path()), ("with", &with, dirs[0].path())];
    println!("writes over files whose version is kept");
    writes(&engines, files / 10, n, true);
    println!("writes over the same file, one right after the other");
    writes(&engines, files, n, false);
    let first = with.checkpoints().pop().unwrap().id;
    let changed = with.diff_checkpoints(&first, None, "", &PathSet::all(), (None, files)).unwrap().len();
    timed(&format!("restore of {changed} changed files"), || {
        with.restore_checkpoint(&first, "", &act).unwrap()
    });
    for i in 0..files {
        std::fs::write(dirs[0].path().join(format!("d{}/{i}.md", i % 10)), text(i + 1)).unwrap();
    }
    timed(&format!("restore of {files} changed files"), || {
        with.restore_checkpoint(&first, "", &act).unwrap()
    });
}

fn size(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
