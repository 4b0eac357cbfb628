//! The tiers against each other: ingest, the time until every chunk has its teacher vector, query latency, memory.
//!
//! Each tier is measured in a process of its own, so that its memory is its own, on an index that the student has just made. `first` is each
//! query asked for the first time by a process that has its models loaded; `again` is the same query asked once more. `filling` is asked
//! while chunks get their teacher vectors in the background, with a rest between queries that lets it.

use crate::Failure;
use crate::ingest::{in_child, remove_index};
use crate::machine::peak_memory;
use crate::search::queries;
use crate::statistics::Samples;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use workroom::{AdaptOptions, Models, OpenOptions, Query, Workspace};

const MODEL: &str = "all-MiniLM-L6-v2";
const QUERIES: usize = 100;

const TIERS: [&str; 6] = ["student", "prior", "lazy", "adapted", "filling", "teacher"];

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    if !models_dir().join(MODEL).exists() {
        return Err("the model is missing: run `cargo xtask setup`".into());
    }
    let mut results = json!({});
    for tier in TIERS {
        remove_index(root)?;
        results["ingest"] = in_child("ingest-child", root, &[])?;
        let measured = in_child("tier-child", root, &[tier])?;
        println!("  {tier:<10} {measured}");
        results[tier] = measured;
    }
    println!("  {:<10} {}", "ingest", results["ingest"]);
    Ok(results)
}

/// Measures one tier and prints what it took as JSON.
pub(crate) fn child(root: &Path, tier: &str) -> Result<(), Failure> {
    if tier != "student" {
        Models::at(&models_dir()).choose(root, MODEL)?;
    }
    let options = OpenOptions { models_dir: Some(models_dir()), ..OpenOptions::default() };
    let workspace = Arc::new(Workspace::open_with(root, &options)?);
    let mut queries = queries(&workspace)?;
    queries.truncate(QUERIES);
    let started = Instant::now();
    workspace.search(&Query::new("to load what is needed").rescore_ms(0))?;
    let mut measured = json!({ "load_seconds": started.elapsed().as_secs_f64() });
    improve(&workspace, tier, &mut measured)?;
    let _filling = (tier == "filling").then(|| workspace.watch(|_| {})).transpose()?;
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
        if tier == "filling" {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(samples)
}

/// Where `cargo xtask setup` puts them.
fn models_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models")
}
