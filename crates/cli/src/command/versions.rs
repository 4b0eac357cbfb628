//! `workroom history`, `diff`, `restore`, `trash`: what files held before, and what was removed.

use super::file::{by_lease, condition};
use crate::args::{Args, Diff, History, Restore, Trash};
use crate::failure::Failure;
use crate::output::{Out, clean, size};
use crate::place;
use std::io::{self, Write as _};
use workroom::{FileVersion, How, PathSet, TrashEntry, Workspace};

/// Digits of a version that people are shown.
const SHOWN: usize = 12;

pub(super) fn history(args: &Args, options: &History) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    if let Some(version) = &options.version {
        let (mut file, _, _) = workspace.open_version(&options.path, version)?;
        let mut out = io::stdout().lock();
        io::copy(&mut file, &mut out)?;
        return Ok(out.flush()?);
    }
    let versions = workspace.versions(&options.path)?;
    let mut out = Out::new();
    if options.json {
        out.json(&versions)?;
        return Ok(out.flush()?);
    }
    for version in &versions {
        out.whole(&line(&out, version))?;
    }
    Ok(out.flush()?)
}

fn line(out: &Out, version: &FileVersion) -> String {
    let by = version.by.as_ref().map(|by| format!(" by {}", clean(&by.name))).unwrap_or_default();
    let how = match version.how {
        How::Seen => "changed past the program",
        How::Restored => "restored",
        _ => "written",
    };
    let state = match (version.current, version.kept) {
        (true, _) => "  (now)",
        (_, true) => "",
        _ => "  (no longer kept)",
    };
    let head = out.bold(short(&version.version));
    format!("{head}  {}  {:>9}  {how}{by}{state}", version.at, size(version.bytes))
}

fn short(version: &str) -> &str {
    version.get(..SHOWN).unwrap_or(version)
}

pub(super) fn diff(args: &Args, options: &Diff) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let from = match &options.from {
        Some(from) => from.clone(),
        None => before(&workspace, &options.path)?,
    };
    let compared = workspace.diff_versions(&options.path, &from, options.to.as_deref())?;
    let mut out = Out::new();
    match compared.diff.as_deref() {
        Some("") => {}
        Some(diff) => diff.lines().try_for_each(|line| out.whole(&clean(line)))?,
        None => out.whole(&format!(
            "versions {} and {} differ; one of them is no text, or larger than 8 MiB",
            short(&compared.from),
            short(&compared.to)
        ))?,
    }
    Ok(out.flush()?)
}

/// The version before the newest one.
fn before(workspace: &Workspace, path: &str) -> Result<String, Failure> {
    let versions = workspace.versions(path)?;
    let before = versions.into_iter().nth(1).map(|version| version.version);
    before.ok_or_else(|| Failure::Usage {
        message: format!("`{path}` has one version alone"),
        hint: "`workroom history PATH` lists versions; they are kept from when the workspace was made"
            .to_owned(),
    })
}

pub(super) fn restore(args: &Args, options: &Restore) -> Result<(), Failure> {
    let Restore { path, version, expect } = options;
    let restored = by_lease(&place::open(args)?, expect, |workspace| {
        workspace.restore_version(path, version, &condition(expect))
    })?;
    let mut out = Out::new();
    if expect.json {
        out.json(&restored)?;
    } else {
        out.whole(&format!("{path} holds version {} again", short(&restored.version)))?;
    }
    Ok(out.flush()?)
}

pub(super) fn trash(args: &Args, which: &Trash) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let mut out = Out::new();
    match which {
        Trash::List { json } => list(&mut out, &workspace.trash(&PathSet::all())?, *json)?,
        Trash::Restore { id, to } => {
            let (path, _) = workspace.restore_from_trash(id, to.as_deref())?;
            out.whole(&format!("{} is there again", clean(&path)))?;
        }
        Trash::Empty { ids } => {
            let ids = (!ids.is_empty()).then_some(ids.as_slice());
            let deleted = workspace.empty_trash(ids)?;
            out.whole(&format!("deleted {deleted} for good"))?;
        }
    }
    Ok(out.flush()?)
}

fn list(out: &mut Out, entries: &[TrashEntry], json: bool) -> Result<(), Failure> {
    if json {
        out.json(&entries)?;
        return Ok(());
    }
    for TrashEntry { id, path, folder, bytes, at, by } in entries {
        let slash = if *folder { "/" } else { "" };
        let what = format!("{}{slash}", clean(path));
        out.whole(&format!("{}  {at}  {:>9}  {what}  by {}", out.bold(id), size(*bytes), clean(&by.name)))?;
    }
    if entries.is_empty() {
        out.whole("nothing lies in the trash")?;
    }
    Ok(())
}
