//! The tiers against each other: ingest, the time until every chunk has its teacher vector, query latency, memory.
//!
//! Each tier is measured in a process of its own, so that its memory is its own, on one index that goes through the tiers in turn. `first` is
//! each query asked for the first time by a process that has its models loaded; `again` is the same query asked once more.

use crate::Failure;
use crate::ingest::{in_child, remove_index};
use crate::machine::peak_memory;
use crate::search::queries;
use crate::statistics::Samples;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use workroom::{AdaptOptions, Models, OpenOptions, Query, Workspace};

const MODEL: &str = "all-MiniLM-L6-v2";
const QUERIES: usize = 100;

/// In this order: each starts from the index that the one before left.
const TIERS: [&str; 5] = ["student", "prior", "lazy", "adapted", "teacher"];

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    if !models_dir().join(MODEL).exists() {
        return Err("the model is missing: run `cargo xtask setup`".into());
    }
    remove_index(root)?;
    let cold = in_child("ingest-child", root, &[])?;
    println!("  ingest     {cold}");
    let mut results = json!({ "ingest": cold });
    for tier in TIERS {
        let measured = in_child("tier-child", root, &[tier])?;
        println!("  {tier:<10} {measured}");
        results[tier] = measured;
    }
    Ok(results)
}

/// Measures one tier and prints what it took as JSON.
pub(crate) fn child(root: &Path, tier: &str) -> Result<(), Failure> {
    if tier == "prior" {
        Models::at(&models_dir()).choose(root, MODEL)?;
    }
    let options = OpenOptions { models_dir: Some(models_dir()), ..OpenOptions::default() };
    let workspace = Workspace::open_with(root, &options)?;
    let mut queries = queries(&workspace)?;
    queries.truncate(QUERIES);
    let started = Instant::now();
    workspace.search(&Query::new("to load what is needed").rescore_ms(0))?;
    let mut measured = json!({ "load_seconds": started.elapsed().as_secs_f64() });
    improve(&workspace, tier, &mut measured)?;
    for round in ["first", "again"] {
        measured[round] = ask(&workspace, &queries, tier)?.json();
    }
    let status = workspace.status()?;
    measured["chunks"] = status.chunks.into();
    measured["teacher_vectors"] = status.teacher_vectors.into();
    measured["peak_memory_mb"] = peak_memory().map(|bytes| bytes / 1_000_000).into();
    println!("{measured}");
    Ok(())
}

/// What is done to the index before this tier is asked.
fn improve(workspace: &Workspace, tier: &str, measured: &mut Value) -> Result<(), Failure> {
    let never = AtomicBool::new(false);
    let started = Instant::now();
    match tier {
        "adapted" => {
            let adapted = workspace.adapt(&AdaptOptions::default(), &never)?;
            measured["adapt_seconds"] = started.elapsed().as_secs_f64().into();
            measured["passages"] = adapted.passages.into();
            measured["chunks_embedded_anew"] = adapted.chunks.into();
        }
        "teacher" => {
            let bytes = workspace.status()?.bytes as f64;
            let filled = workspace.backfill(&mut |_, _| {}, &never)?;
            let seconds = started.elapsed().as_secs_f64();
            let status = workspace.status()?;
            let share = filled.embedded as f64 / status.chunks as f64;
            measured["fill_seconds"] = seconds.into();
            measured["chunks_per_second"] = (filled.embedded as f64 / seconds).into();
            measured["mb_per_second"] = (bytes * share / seconds / 1e6).into();
        }
        _ => {}
    }
    Ok(())
}

fn ask(workspace: &Workspace, queries: &[String], tier: &str) -> Result<Samples, Failure> {
    let mut samples = Samples::default();
    for text in queries {
        let mut query = Query::new(text);
        query.rescore_ms = (tier != "lazy").then_some(0);
        let started = Instant::now();
        workspace.search(&query)?;
        samples.add(started.elapsed());
    }
    Ok(samples)
}

/// Where `cargo xtask setup` puts them.
fn models_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models")
}
