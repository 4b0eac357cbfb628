//! `workroom show`: a document as it is indexed, or one chunk between its neighbours.

use crate::args::{Args, Show};
use crate::failure::Failure;
use crate::output::{Out, clean, label, lines, written};
use crate::place;
use workroom::{Shown, Workspace};

pub(super) fn run(args: &Args, options: &Show) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let shown = find(&workspace, &options.what)?;
    let mut out = Out::new();
    if options.json {
        out.json(&shown)?;
    } else {
        print(&mut out, &shown)?;
    }
    Ok(out.flush()?)
}

/// `PATH#NUMBER` is a chunk, unless there is a file of that very name.
fn find(workspace: &Workspace, what: &str) -> Result<Shown, Failure> {
    let numbered = what.rsplit_once('#').and_then(|(path, number)| Some((path, number.parse().ok()?)));
    match numbered {
        Some((path, number)) if workspace.show(what).is_err() => Ok(workspace.show_chunk(path, number)?),
        _ => Ok(workspace.show(what)?),
    }
}

fn print(out: &mut Out, shown: &Shown) -> Result<(), Failure> {
    let title = shown.title.as_ref().map_or(String::new(), |title| format!("  {title}"));
    let stale = if shown.fresh { "" } else { "  (changed since it was indexed)" };
    out.whole(&format!("{} ({}){title}{stale}", out.bold(&shown.path), shown.format))?;
    for (name, value) in shown.metadata.iter().filter(|(name, _)| *name != "parser") {
        out.whole(&format!("{name:<10}{}", clean(value)))?;
    }
    if let Some(label) = label(shown.trust) {
        out.whole(&format!("{:<10}{label}", "trust"))?;
    }
    if let Some(origin) = &shown.origin {
        out.whole(&out.dim(&clean(&written(origin))))?;
    }
    for chunk in &shown.chunks {
        let mark = if chunk.asked { " <" } else { "" };
        let place = chunk.place.as_ref().map_or(String::new(), |place| format!(", {}", clean(&place.label)));
        let headings = clean(&chunk.headings.join(" > "));
        let head = format!(
            "--- #{}, lines {}{place}  {headings}{mark}",
            chunk.chunk,
            lines(chunk.start_line, chunk.end_line)
        );
        out.whole("")?;
        out.line(&out.dim(&head))?;
        if let Some(header) = &chunk.header {
            out.line(&out.dim(&format!("    {}", clean(header))))?;
        }
        for line in chunk.text.lines() {
            out.whole(&clean(line))?;
        }
    }
    if shown.chunks.is_empty() {
        out.whole("(no text)")?;
    }
    Ok(())
}
