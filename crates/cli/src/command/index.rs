//! `workroom index`: brings the index up to date with the folder.

use crate::args::{Args, Index};
use crate::failure::Failure;
use crate::output::{Out, count, grouped, size};
use crate::progress::{Shown, backfill_shown};
use crate::{interrupt, place};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use workroom::{Backfilled, Summary, Workspace};

pub(super) fn run(args: &Args, options: &Index) -> Result<(), Failure> {
    let quiet = options.quiet || options.json;
    let cancel = interrupt::flag();
    let (workspace, is_new) = place::open_or_create(args)?;
    let mut out = Out::new();
    if is_new && !quiet {
        out.whole(&format!("made a workspace at {}", workspace.root().display()))?;
        out.flush()?;
    }
    if options.retry {
        workspace.forget_problems()?;
    }
    if let Some((path, is_on)) =
        options.off.as_ref().map(|off| (off, false)).or(options.on.as_ref().map(|on| (on, true)))
    {
        workspace.switch_indexing(path, is_on)?;
    }
    let shown = Shown::new(quiet);
    let summary = workspace.index_until(&shown, &cancel);
    shown.end();
    let summary = summary?;
    let teacher = if options.teacher { Some(backfill(&workspace, quiet, &cancel)?) } else { None };
    if options.json {
        out.json(&Json::new(&summary, teacher))?;
    } else if !options.quiet {
        print(&mut out, &summary, teacher)?;
    }
    Ok(out.flush()?)
}

fn backfill(workspace: &Workspace, quiet: bool, cancel: &AtomicBool) -> Result<Backfilled, Failure> {
    let status = workspace.status()?;
    if status.model == workroom::STUDENT {
        return Err(Failure::Usage {
            message: status.model_problem.unwrap_or_else(|| "this workspace uses no teacher".to_owned()),
            hint: "run `workroom models install`, then `workroom models use all-MiniLM-L6-v2`".to_owned(),
        });
    }
    Ok(backfill_shown(workspace, quiet, cancel)?)
}

/// The summary, by what a person wants to know first.
pub(super) fn print(out: &mut Out, summary: &Summary, teacher: Option<Backfilled>) -> Result<(), Failure> {
    let seconds = summary.elapsed.as_secs_f64();
    out.whole(&format!(
        "{} seen: {} indexed, {} unchanged, {} removed, {} skipped",
        count(summary.seen, "file"),
        grouped(summary.indexed),
        grouped(summary.unchanged),
        grouped(summary.removed),
        grouped(summary.n_skipped()),
    ))?;
    for (code, n) in &summary.skipped {
        out.whole(&format!("  {} {}", grouped(*n), meaning(code)))?;
    }
    if summary.n_skipped() > 0 {
        out.whole("  (`workroom status --problems` lists them)")?;
    }
    if summary.indexed > 0 {
        let rate = summary.bytes as f64 / 1e6 / seconds.max(1e-6);
        out.whole(&format!(
            "{} in {} in {seconds:.2} s ({rate:.1} MB/s)",
            size(summary.bytes),
            count(summary.chunks, "chunk"),
        ))?;
    }
    if let Some(teacher) = teacher {
        out.whole(&format!(
            "{} got a teacher vector, {} still wait",
            count(teacher.embedded, "chunk"),
            grouped(teacher.left)
        ))?;
    }
    Ok(())
}

/// What a code of a skip means.
pub(super) fn meaning(code: &str) -> &str {
    match code {
        "binary" => "binary",
        "unsupported" => "of a format that is not read yet",
        "undecodable" => "in an unknown encoding",
        "too-large" => "larger than the limit",
        "encrypted" => "encrypted",
        "no-text" => "without text (scans, images)",
        "damaged" => "damaged",
        "too-much" => "that unfold to too much",
        "archive" => "archives, which are not opened (`archives` in the configuration)",
        "no-parser" => "that no parser is at hand for",
        "unreadable" => "that may not be read",
        "special" => "that are no regular files",
        "link" => "links that are not followed",
        "bad-name" => "whose name is not UTF-8",
        "ignore-rule" => "ignore files with a bad line",
        "not-indexed" => "where indexing is switched off (`index --on PATH` switches it on)",
        "changing" => "that change faster than they can be read",
        "failed" => "that made the reader fail",
        other => other,
    }
}

#[derive(Serialize)]
struct Json<'a> {
    seen: u64,
    indexed: u64,
    unchanged: u64,
    removed: u64,
    skipped: &'a BTreeMap<String, u64>,
    bytes: u64,
    chunks: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    teacher_vectors: Option<u64>,
}

impl<'a> Json<'a> {
    fn new(summary: &'a Summary, teacher: Option<Backfilled>) -> Self {
        Self {
            seen: summary.seen,
            indexed: summary.indexed,
            unchanged: summary.unchanged,
            removed: summary.removed,
            skipped: &summary.skipped,
            bytes: summary.bytes,
            chunks: summary.chunks,
            seconds: summary.elapsed.as_secs_f64(),
            teacher_vectors: teacher.map(|done| done.embedded),
        }
    }
}
