//! What custody costs: one write, one read and one search at a time without the audit log and without versions, with either, and with both and a
//! lease; in turns in one run on one index, so that what changes over time changes all of them alike.
//!
//! A write is a call of `Workspace::write` in the owner's process: bytes synced, put in their place, committed. Each turn opens the index again with
//! other settings, which is not measured. What it does not show: many writers at once, who share syncs; HTTP, which adds the same to each.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{Duration, Instant};
use workroom::{LeaseMode, LeaseRequest, Query, Workspace};

const TURNS: usize = 20;
const IN_A_TURN: usize = 15;
const QUERIES: [&str; 5] =
    ["how are errors reported", "open a file", "parse a number", "wait for a thread", "the size of a buffer"];
const ACTS: [&str; 3] = ["write", "read", "search"];

/// What is on.
struct Way {
    name: &'static str,
    audit: bool,
    versions: bool,
    lease: bool,
}

const WAYS: [Way; 4] = [
    Way { name: "off", audit: false, versions: false, lease: false },
    Way { name: "audit log", audit: true, versions: false, lease: false },
    Way { name: "versions", audit: false, versions: true, lease: false },
    Way { name: "all, by a lease", audit: true, versions: true, lease: true },
];

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let workspace = Workspace::create(root)?;
    workspace.index(&workroom::NoProgress)?;
    let settings = root.join(".workroom/config.toml");
    let before = std::fs::read_to_string(&settings)?;
    let mut samples: [[Samples; 3]; 4] = Default::default();
    for turn in 0..TURNS {
        // Who begins changes, so that no way is always the first after another.
        for n in 0..WAYS.len() {
            let at = (turn + n) % WAYS.len();
            let Way { audit, versions, .. } = WAYS[at];
            let change = format!("{before}\n[audit]\nenabled = {audit}\n\n[versions]\nkeep = {versions}\n");
            std::fs::write(&settings, change)?;
            workspace.reopen()?;
            one_turn(&workspace, &WAYS[at], turn, &mut samples[at])?;
        }
    }
    std::fs::write(&settings, before)?;
    Ok(Value::Object(told(&samples)))
}

fn one_turn(
    workspace: &Workspace,
    way: &Way,
    turn: usize,
    [writes, reads, searches]: &mut [Samples; 3],
) -> Result<(), Failure> {
    workspace.search(&Query::new("warm"))?;
    let lease = if way.lease { Some(workspace.lease(&wish(), Duration::ZERO)?) } else { None };
    let held = lease.as_ref().map(|lease| workspace.under_lease(&lease.id));
    let writer = held.as_ref().unwrap_or(workspace);
    for n in 0..IN_A_TURN {
        let text = format!("# Note {turn} {n}\n\nThe keeper counts the ships that pass, {n} of them.\n");
        // Half of them change a file that is there.
        let path = format!("bench-custody/{}-{}.md", way.name, n / 2);
        let began = Instant::now();
        writer.write(&path, text.as_bytes())?;
        writes.add(began.elapsed());
        let began = Instant::now();
        workspace.read(&path)?;
        reads.add(began.elapsed());
        for query in QUERIES {
            let began = Instant::now();
            workspace.search(&Query::new(query))?;
            searches.add(began.elapsed());
        }
    }
    if let Some(lease) = lease {
        workspace.release_lease(&lease.id)?;
    }
    Ok(())
}

fn wish() -> LeaseRequest {
    LeaseRequest {
        paths: vec!["bench-custody/".to_owned()],
        mode: LeaseMode::Exclusive,
        seconds: 3600,
        purpose: "a measurement".to_owned(),
    }
}

/// Prints each act by each way, and what it costs more than with all off.
fn told(samples: &[[Samples; 3]; 4]) -> Map<String, Value> {
    let mut results = Map::new();
    for (act, what) in ACTS.into_iter().enumerate() {
        let mut ways = Map::new();
        let off = &samples[0][act];
        for (way, samples) in WAYS.iter().zip(samples) {
            let median = |samples: &Samples| samples.percentile(0.5).as_secs_f64();
            let more = median(&samples[act]) / median(off) - 1.0;
            println!("{}   {:+.1} %", samples[act].line(&format!("{what}, {:<15}", way.name)), more * 100.0);
            ways.insert(way.name.to_owned(), samples[act].json());
        }
        results.insert(what.to_owned(), Value::Object(ways));
    }
    results
}
