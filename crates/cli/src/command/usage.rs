//! `workroom usage`: how much each principal does, and what looked wrong.

use crate::args::{Args, Usage as Options};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;
use serde_json::json;
use workroom::{Counts, Usage};

pub(super) fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let (usage, alerts) = (workspace.usage()?, workspace.alerts()?);
    let mut out = Out::new();
    if options.json {
        out.json(&json!({ "usage": usage, "alerts": alerts }))?;
        return Ok(out.flush()?);
    }
    for one in &usage {
        print(&mut out, one)?;
    }
    if usage.is_empty() {
        out.whole("nobody did anything in the last day")?;
    }
    for alert in &alerts {
        out.whole(&format!("ALERT {} {}", alert.at, clean(&alert.what)))?;
    }
    Ok(out.flush()?)
}

fn print(out: &mut Out, usage: &Usage) -> Result<(), Failure> {
    let id = if usage.principal == usage.name { String::new() } else { format!("  {}", usage.principal) };
    out.whole(&format!("{}{id}", out.bold(&clean(&usage.name))))?;
    for (span, counts) in [("now", &usage.minute), ("hour", &usage.hour), ("day", &usage.day)] {
        out.whole(&format!("  {span:<5} {}", line(counts)))?;
    }
    Ok(())
}

fn line(counts: &Counts) -> String {
    let Counts { reads, bytes_read, searches, teacher_ms, changes, files_made, bytes_written, denials } =
        counts;
    let mut parts = vec![
        format!("{reads} reads ({bytes_read} bytes)"),
        format!("{searches} searches"),
        format!("{changes} changes ({files_made} new files, {bytes_written} bytes)"),
    ];
    if *teacher_ms > 0 {
        parts.push(format!("{:.1} s of the teacher", *teacher_ms as f64 / 1000.0));
    }
    if *denials > 0 {
        parts.push(format!("{denials} denied"));
    }
    parts.join(", ")
}
