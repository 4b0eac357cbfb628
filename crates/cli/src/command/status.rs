//! `workroom status`: what is indexed, what is not and why.

use super::index::meaning;
use crate::args::{Args, Status};
use crate::failure::Failure;
use crate::output::{Out, clean, count, grouped, size};
use crate::place;

pub(super) fn run(args: &Args, options: &Status) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let mut out = Out::new();
    if options.problems {
        let problems = workspace.problems()?;
        if options.json {
            out.json(&problems)?;
        } else if problems.is_empty() {
            out.whole("every file that was seen is searchable")?;
        }
        for problem in problems.iter().filter(|_| !options.json) {
            let parser = problem.parser.as_ref().map_or(String::new(), |parser| format!(", parser {parser}"));
            let (path, reason) = (clean(&problem.path), clean(&problem.reason));
            out.whole(&format!("{path}: {reason} [{}{parser}]", problem.code))?;
        }
        return Ok(out.flush()?);
    }
    let status = workspace.status()?;
    if options.json {
        out.json(&status)?;
    } else {
        print(&mut out, &status)?;
    }
    Ok(out.flush()?)
}

fn print(out: &mut Out, status: &workroom::Status) -> Result<(), Failure> {
    let mut row = |name: &str, value: String| out.whole(&format!("{name:<12}{value}"));
    row("workspace", status.root.clone())?;
    row("documents", format!("{} ({})", grouped(status.documents), size(status.bytes)))?;
    let types: Vec<String> = status.types.iter().map(|(name, n)| format!("{} {name}", grouped(*n))).collect();
    if !types.is_empty() {
        row("types", types.join(", "))?;
    }
    row("chunks", grouped(status.chunks))?;
    row("model", model(status))?;
    row("student", student(status))?;
    row("vectors", vectors(status))?;
    row("index", format!("{} on disk, {}", size(status.index_bytes), count(status.segments, "segment")))?;
    row(
        "reconciled",
        status.last_reconcile.clone().unwrap_or_else(|| "never: run `workroom index`".to_owned()),
    )?;
    row("skipped", grouped(status.skipped))?;
    for (code, n) in &status.skipped_by {
        row("", format!("{} {}", grouped(*n), meaning(code)))?;
    }
    if !status.index_off.is_empty() {
        row("not indexed", status.index_off.iter().map(|path| clean(path)).collect::<Vec<_>>().join(", "))?;
    }
    if status.archived {
        row("archived", "it can be read and searched, and nothing in it changed".to_owned())?;
    }
    for repaired in &status.repaired {
        row("repaired", repaired.clone())?;
    }
    if let Some(problem) = &status.provenance_problem {
        row("provenance", problem.clone())?;
    }
    if let Some(problem) = &status.restore_problem {
        row("restore", problem.clone())?;
    }
    Ok(())
}

/// What goes on about the chunks that wait, and how long it will take.
fn backfill(status: &workroom::Status) -> String {
    let left = status.backfill_seconds.map(|seconds| format!("about {}", duration(seconds)));
    match status.backfill.as_str() {
        "paused" => "paused: `workroom models resume`".to_owned(),
        "running" => left.unwrap_or_else(|| "running".to_owned()),
        _ => {
            let left = left.map(|left| format!(", {left}")).unwrap_or_default();
            format!("`workroom index --teacher`{left}")
        }
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=90 => count(seconds, "second"),
        91..=5400 => count(seconds.div_ceil(60), "minute"),
        _ => count(seconds.div_ceil(3600), "hour"),
    }
}

fn student(status: &workroom::Status) -> String {
    match &status.adaptation {
        None => "built in".to_owned(),
        Some(adaptation) => {
            format!(
                "fitted to {} of this workspace on {}",
                count(adaptation.sample, "passage"),
                adaptation.at
            )
        }
    }
}

fn model(status: &workroom::Status) -> String {
    match &status.model_problem {
        Some(problem) => format!("{} ({problem})", status.model),
        None if status.model == workroom::STUDENT => {
            format!("{} (built in; `workroom models install` adds a teacher)", status.model)
        }
        None => status.model.clone(),
    }
}

fn vectors(status: &workroom::Status) -> String {
    let mut text = format!(
        "{} by the student, {} by the teacher, {} in memory",
        grouped(status.student_vectors),
        grouped(status.teacher_vectors),
        size(status.vector_bytes)
    );
    if status.backlog > 0 {
        text.push_str(&format!("; {} wait for the teacher ({})", grouped(status.backlog), backfill(status)));
    }
    text
}
