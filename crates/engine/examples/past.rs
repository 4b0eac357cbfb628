//! What a search as of a checkpoint costs against one of now: the first one, repeats, the first after another commit, one after a restart.
//!
//! `cargo run --release -p workroom-engine --example past -- [FILES] [CHANGED] [QUERIES]`, in a folder of the file system that is to be measured (`TMPDIR`).
//! It does not show documents that are parsed in processes of their own, nor many who ask at once.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the terminal")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workroom_engine::{
    Act, Claim, Condition, Engine, Lock, NoProgress, OpenOptions, PathSet, Query, Spooled,
};

fn open(folder: &Path) -> Engine {
    Engine::open_locked(Arc::new(Lock::take(folder).unwrap()), &OpenOptions::default()).unwrap()
}

fn text(n: usize) -> String {
    let words = ["tide", "mill", "heron", "gate", "reed", "bank", "ebb", "sluice", "oat", "barge"];
    let word = |i: usize| words[(n * 7 + i * i + i) % words.len()];
    let part = |at: usize| {
        let lines =
            (0..12).map(|line| (0..10).map(|i| word(at * 120 + line * 10 + i)).collect::<Vec<_>>().join(" "));
        format!("## Part {at} of {n}\n\n{}.\n", lines.collect::<Vec<_>>().join(".\n"))
    };
    format!("# Note {n}\n\n{}", (0..4).map(part).collect::<Vec<_>>().join("\n"))
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    println!("{what}: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    done
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn query(n: usize) -> Query {
    Query::new(format!("where does the heron wait for the ebb in note {n}"))
}

fn put(engine: &Engine, path: &str, text: &str) {
    let spooled = Spooled::write(engine.root(), text.as_bytes()).unwrap();
    engine.put(path, &spooled, &Condition::Any, &Claim::default(), &Act::default()).unwrap();
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let mut argument = |usual| arguments.next().unwrap_or(usual);
    let (files, changed, n) = (argument(10_000), argument(100), argument(100));
    let dir = tempfile::tempdir().unwrap();
    let path = |i: usize| format!("d{}/{i}.md", i % 10);
    for i in 0..files {
        let at = dir.path().join(path(i));
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text(i)).unwrap();
    }
    Engine::init(dir.path()).unwrap();
    let mut engine = open(dir.path());
    timed("first index", || engine.index(&NoProgress).unwrap());
    let made = engine.create_checkpoint("", &[], &Act::default()).unwrap();
    for i in 0..changed {
        std::fs::write(dir.path().join(path(i * (files / changed))), text(i + files)).unwrap();
    }
    engine.index(&NoProgress).unwrap();
    engine.keep_versions().unwrap();
    let all = PathSet::under((0..10).map(|i| format!("d{i}")));
    let searches = |engine: &Engine, what: &str, of: &dyn Fn(usize) -> Query, between: &dyn Fn(usize)| {
        let time = |i: usize| {
            between(i);
            let query = of(i);
            let started = Instant::now();
            assert!(!engine.search(&query).unwrap().is_empty());
            started.elapsed()
        };
        println!("{what}: p50 {:.2} ms of {n}", median((0..n).map(time).collect()));
    };
    let commit = |i: usize| put(&engine, "hot.md", &text(i));
    timed("the very first search", || engine.search(&query(0)).unwrap());
    searches(&engine, "now", &query, &|_| {});
    searches(&engine, "now, in a set of all folders", &|i| query(i).within(all.clone()), &|_| {});
    searches(&engine, "now, in that set, after a commit", &|i| query(i).within(all.clone()), &commit);
    timed(&format!("first as of the checkpoint, {changed} of {files} files changed since"), || {
        engine.search(&query(0).as_of(&made.id)).unwrap()
    });
    searches(&engine, "as of the checkpoint", &|i| query(i).as_of(&made.id), &|_| {});
    searches(&engine, "as of the checkpoint, after a commit", &|i| query(i).as_of(&made.id), &commit);
    timed("first as of its time", || engine.search(&query(0).as_of(&made.at)).unwrap());
    searches(&engine, "as of its time", &|i| query(i).as_of(&made.at), &|_| {});
    searches(&engine, "as of an age", &|i| query(i).as_of("0s"), &|_| {});
    drop(engine);
    engine = open(dir.path());
    timed("the very first search after a restart", || engine.search(&query(0)).unwrap());
    timed("first as of the checkpoint after a restart", || engine.search(&query(0).as_of(&made.id)).unwrap());
}
