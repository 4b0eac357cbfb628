//! `workroom checkpoint`: all files at one instant, to compare with and to go back to.

use crate::args::{Args, Checkpoint};
use crate::failure::Failure;
use crate::output::{Out, clean, count, size};
use crate::place;
use std::path::Path;
use workroom::{CheckpointInfo, FileChange, PathSet, Workspace};

/// Files that are asked for at a time.
const AT_ONCE: usize = 1000;

pub(super) fn run(args: &Args, which: &Checkpoint) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    // A command that is run under a lease goes by it.
    let workspace = place::lease().map_or(workspace.clone(), |lease| workspace.under_lease(&lease));
    let mut out = Out::new();
    match which {
        Checkpoint::Create { note, tags, json } => {
            let made = workspace.create_checkpoint(note, tags)?;
            let said =
                format!("made checkpoint {} of {}, {}", made.id, count(made.files, "file"), size(made.bytes));
            tell(&mut out, *json, &said, &made)?;
        }
        Checkpoint::List { json } => list(&mut out, &workspace.checkpoints()?, *json)?,
        Checkpoint::Show { name, json } => show(&mut out, &workspace, name, *json)?,
        Checkpoint::Diff { name, to, path, json } => {
            diff(&mut out, &workspace, (name, to.as_deref()), path, *json)?;
        }
        Checkpoint::Restore { name, path, json } => restore(&mut out, &workspace, (name, path), *json)?,
        Checkpoint::Branch { name, folder } => branch(&mut out, &workspace, name, folder)?,
        Checkpoint::Tag { name, tags } => {
            let tagged = workspace.tag_checkpoint(name, tags)?;
            out.whole(&line(&out, &tagged))?;
        }
        Checkpoint::Delete { name } => {
            let deleted = workspace.delete_checkpoint(name)?;
            out.whole(&format!("deleted checkpoint {}", deleted.id))?;
        }
    }
    Ok(out.flush()?)
}

fn tell(out: &mut Out, json: bool, said: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
    if json {
        out.json(value)?
    } else {
        out.whole(said)?
    }
    Ok(())
}

fn list(out: &mut Out, checkpoints: &[CheckpointInfo], json: bool) -> Result<(), Failure> {
    if json {
        out.json(&checkpoints)?;
        return Ok(());
    }
    for checkpoint in checkpoints {
        out.whole(&line(out, checkpoint))?;
    }
    if checkpoints.is_empty() {
        out.whole("there are no checkpoints; `workroom checkpoint create` makes one")?;
    }
    Ok(())
}

fn line(out: &Out, checkpoint: &CheckpointInfo) -> String {
    let CheckpointInfo { id, at, by, note, tags, files, bytes, .. } = checkpoint;
    let tags: String = tags.iter().map(|tag| format!(" [{tag}]")).collect();
    let note = if note.is_empty() { String::new() } else { format!("  {}", clean(note)) };
    format!(
        "{}{tags}  {at}  {}, {}, by {}{note}",
        out.bold(id),
        count(*files, "file"),
        size(*bytes),
        clean(&by.name)
    )
}

fn show(out: &mut Out, workspace: &Workspace, name: &str, json: bool) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let page = workspace.checkpoint_files(name, &PathSet::all(), (after.as_deref(), AT_ONCE))?;
        for file in &page {
            match json {
                true => out.json_line(file)?,
                false => {
                    out.whole(&format!("{}  {:>9}  {}", &file.version, size(file.bytes), clean(&file.path)))?
                }
            }
        }
        match page.into_iter().nth(AT_ONCE - 1) {
            Some(last) => after = Some(last.path),
            None => return Ok(()),
        }
    }
}

fn diff(
    out: &mut Out,
    workspace: &Workspace,
    names: (&str, Option<&str>),
    path: &str,
    json: bool,
) -> Result<(), Failure> {
    let mut after: Option<String> = None;
    loop {
        let page = workspace.diff_checkpoints(names, path, &PathSet::all(), (after.as_deref(), AT_ONCE))?;
        for file in &page {
            let mark = match file.change {
                FileChange::Created => "A",
                FileChange::Modified => "M",
                FileChange::Removed => "D",
            };
            match json {
                true => out.json_line(file)?,
                false => out.whole(&format!("{mark}  {}", clean(&file.path)))?,
            }
        }
        match page.into_iter().nth(AT_ONCE - 1) {
            Some(last) => after = Some(last.path),
            None => return Ok(()),
        }
    }
}

fn restore(
    out: &mut Out,
    workspace: &Workspace,
    (name, path): (&str, &str),
    json: bool,
) -> Result<(), Failure> {
    let done = workspace.restore_checkpoint(name, path)?;
    let said = format!(
        "restored checkpoint {}: {} written, {} removed; `workroom checkpoint restore {}` undoes this",
        done.checkpoint,
        count(done.written, "file"),
        done.removed,
        done.before
    );
    tell(out, json, &said, &done)
}

fn branch(out: &mut Out, workspace: &Workspace, name: &str, folder: &Path) -> Result<(), Failure> {
    let files = workspace.branch_checkpoint(name, folder)?;
    let said = format!(
        "made a workspace of {}; `workroom -w {} index` indexes it",
        count(files, "file"),
        folder.display()
    );
    out.whole(&said)?;
    Ok(())
}
