//! Leases: what they cost a write, and what it costs to take one.
//!
//! Writes of the same small files, in turn without any lease, with leases that others hold elsewhere (each write is held against all of them), and by a
//! lease of one's own; so that what changes over time changes all of them alike. Then a lease taken and given back, by the owner itself.
//!
//! What it does not show: waiting, other processes.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::{Duration, Instant};
use workroom::{LeaseMode, LeaseRequest, Workspace};

const BLOCKS: usize = 20;
const IN_A_BLOCK: usize = 10;
/// Leases that others hold: as many as one principal may.
const OTHERS: usize = 250;

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let workspace = Workspace::create(root)?;
    let own = workspace.lease(&wish("bench-leases/own".to_owned()), Duration::ZERO)?;
    let by_lease = workspace.under_lease(&own.id);
    let mut samples = [(); 4].map(|()| Samples::default());
    for block in 0..BLOCKS {
        for round in block * IN_A_BLOCK..(block + 1) * IN_A_BLOCK {
            samples[0].add(written(&workspace, "free", round)?);
            samples[1].add(written(&by_lease, "own", round)?);
            let started = Instant::now();
            let lease = workspace.lease(&wish("bench-leases/taken".to_owned()), Duration::ZERO)?;
            workspace.release_lease(&lease.id)?;
            samples[3].add(started.elapsed());
        }
        let others =
            (0..OTHERS).map(|n| workspace.lease(&wish(format!("bench-leases/others/{n}")), Duration::ZERO));
        let others = others.collect::<Result<Vec<_>, _>>()?;
        for round in block * IN_A_BLOCK..(block + 1) * IN_A_BLOCK {
            samples[2].add(written(&workspace, "free", round)?);
        }
        for lease in others {
            workspace.release_lease(&lease.id)?;
        }
    }
    workspace.release_lease(&own.id)?;
    let names = ["write", "write by a lease", "write, 250 leases elsewhere", "take and give back"];
    let mut results = Map::new();
    for (name, samples) in names.iter().zip(samples) {
        println!("{}", samples.line(name));
        results.insert((*name).to_owned(), samples.json());
    }
    Ok(Value::Object(results))
}

/// How long a write of a new text takes.
fn written(workspace: &Workspace, folder: &str, round: usize) -> Result<Duration, Failure> {
    let text = format!("The ferry of round {round} leaves at noon, {:?}.\n", Instant::now());
    let (path, started) = (format!("bench-leases/{folder}/{}.md", round % 10), Instant::now());
    workspace.write(&path, text.as_bytes())?;
    Ok(started.elapsed())
}

fn wish(path: String) -> LeaseRequest {
    LeaseRequest {
        paths: vec![path],
        mode: LeaseMode::Exclusive,
        seconds: 3600,
        purpose: "a measurement".to_owned(),
    }
}
