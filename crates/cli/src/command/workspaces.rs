//! `workroom workspaces`: several of them, below one folder.

use crate::args::{Args, WhichWorkspaces as Which, Workspaces as Options};
use crate::failure::Failure;
use crate::output::Out;
use crate::place;
use std::path::Path;
use workroom::{Actor, AuditAct, Doing, Via, Workspaces};

pub(super) fn run(args: &Args, options: &Options) -> Result<(), Failure> {
    let root = match &options.root {
        Some(root) => root.clone(),
        None => std::env::current_dir()?,
    };
    let workspaces = Workspaces::below(root);
    let mut out = Out::new();
    match &options.which {
        Which::List { json } => list(&mut out, &workspaces, *json)?,
        Which::Create { name } => {
            let made = workspaces.create(name)?;
            out.whole(&format!("made the workspace `{name}` at {}", made.folder.display()))?;
        }
        Which::Clone { template, name } => {
            let made = workspaces.clone_as(template, name)?;
            note(args, Doing::WorkspaceClone, &workspaces.find(template)?.folder, &format!("as `{name}`"));
            out.whole(&format!("made the workspace `{name}` of `{template}` at {}", made.folder.display()))?;
            out.whole("its index is made when it is used first; tokens of the template do not open it")?;
        }
        Which::Archive { name } => {
            let found = workspaces.set_archived(name, true)?;
            note(args, Doing::WorkspaceArchive, &found.folder, "archived");
            out.whole(&format!("archived `{name}`: it can be read and searched, and nothing in it changed"))?;
        }
        Which::Unarchive { name } => {
            let found = workspaces.set_archived(name, false)?;
            note(args, Doing::WorkspaceArchive, &found.folder, "taken out of the archive");
            out.whole(&format!("took `{name}` out of the archive"))?;
        }
        Which::Delete { name, confirm } => {
            workspaces.delete(name, confirm)?;
            out.whole(&format!("deleted `{name}` with all that was in it"))?;
        }
    }
    Ok(out.flush()?)
}

/// Has it noted what was done with a workspace.
fn note(args: &Args, doing: Doing, folder: &Path, what: &str) {
    place::note(args, folder, AuditAct::new(doing, Actor::owner(Via::Cli)).saying(what));
}

fn list(out: &mut Out, workspaces: &Workspaces, json: bool) -> Result<(), Failure> {
    let all = workspaces.list()?;
    if json {
        return Ok(out.json(&all)?);
    }
    for found in &all {
        let archived = if found.archived { "  archived" } else { "" };
        let id = found.id.as_deref().unwrap_or("-");
        out.whole(&format!("{}  {id}{archived}", out.bold(&found.name)))?;
    }
    if all.is_empty() {
        out.whole("there is none here; `workroom workspaces create NAME` makes one")?;
    }
    Ok(())
}
