//! Cold index, unchanged index, peak memory; and tantivy alone on the same extracted text, in the same run.
//!
//! The reference is one stemmed text field of tantivy with positions, nothing stored, the same chunks as its documents, as many threads as
//! cores, one commit. It does less than a search engine needs; it is the floor, not a rival.

use crate::Failure;
use crate::machine::peak_memory;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{TantivyDocument, doc};
use workroom::{NoProgress, Workspace};

/// Each run of the pipeline is a process of its own, so that its memory is its own.
pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    remove_index(root)?;
    let cold = in_child("ingest-child", root, &[])?;
    let unchanged = in_child("ingest-child", root, &[])?;
    let seen = cold["seen"].as_u64().unwrap_or_default().max(1);
    let per_10k = unchanged["seconds"].as_f64().unwrap_or_default() * 1e4 / seen as f64;
    let (text_bytes, seconds) = tantivy_alone(root)?;
    let ours = cold["bytes"].as_f64().unwrap_or_default() / cold["seconds"].as_f64().unwrap_or(1.0) / 1e6;
    let floor = text_bytes as f64 / seconds / 1e6;
    println!("  cold       {cold}");
    println!("  unchanged  {unchanged}: {per_10k:.2} s per 10,000 files");
    println!(
        "  workroom {ours:.1} MB/s, tantivy alone {floor:.1} MB/s on {:.1} MB of text: {:.2} times",
        text_bytes as f64 / 1e6,
        floor / ours
    );
    Ok(json!({
        "cold": cold, "unchanged": unchanged, "unchanged_seconds_per_10000_files": per_10k,
        "workroom_mb_per_s": ours, "tantivy_alone_mb_per_s": floor, "tantivy_seconds": seconds, "text_bytes": text_bytes, "ratio": floor / ours,
    }))
}

pub(crate) fn remove_index(root: &Path) -> Result<(), Failure> {
    let own = root.join(workroom::WORKROOM_DIR);
    if own.exists() {
        std::fs::remove_dir_all(own)?;
    }
    Ok(())
}

/// Runs this program again, to do one thing on the folder, and reads the JSON that it prints.
pub(crate) fn in_child(what: &str, root: &Path, more: &[&str]) -> Result<Value, Failure> {
    let output = Command::new(std::env::current_exe()?).arg(what).arg(root).args(more).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Indexes a folder and prints what it took as JSON.
pub(crate) fn child(root: &Path) -> Result<(), Failure> {
    let started = Instant::now();
    let workspace = Workspace::create(root)?;
    let opened = started.elapsed().as_secs_f64();
    let summary = workspace.index(&NoProgress)?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({
            "seen": summary.seen, "indexed": summary.indexed, "unchanged": summary.unchanged, "skipped": summary.skipped,
            "bytes": summary.bytes, "chunks": summary.chunks, "open_seconds": opened, "seconds": seconds,
            "peak_memory_mb": peak_memory().map(|bytes| bytes / 1_000_000),
        })
    );
    Ok(())
}

/// The same chunks through tantivy alone: bytes of text, and seconds.
fn tantivy_alone(root: &Path) -> Result<(u64, f64), Failure> {
    let workspace = Workspace::open(root)?;
    let texts = all_chunks(&workspace)?;
    drop(workspace);
    let bytes = texts.iter().map(|text| text.len() as u64).sum();
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("en_stem")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let body = schema.add_text_field("body", TextOptions::default().set_indexing_options(indexing));
    let folder = tempfile::tempdir_in(root.parent().unwrap_or(root))?;
    let started = Instant::now();
    let index = tantivy::Index::create_in_dir(folder.path(), schema.build())?;
    let threads = std::thread::available_parallelism()?.get();
    let mut writer = index.writer_with_num_threads::<TantivyDocument>(threads, threads * (100 << 20))?;
    for text in texts {
        writer.add_document(doc!(body => text))?;
    }
    writer.commit()?;
    writer.wait_merging_threads()?;
    Ok((bytes, started.elapsed().as_secs_f64()))
}

fn all_chunks(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for path in workspace.documents()? {
        texts.extend(workspace.show(&path)?.chunks.into_iter().map(|chunk| chunk.text));
    }
    Ok(texts)
}
