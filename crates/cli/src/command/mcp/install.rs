//! `workroom mcp install`: sets an agent up for the workspace, or undoes it.

use super::change;
use super::clients::{Surroundings, Target, target};
use super::entry::Entry;
use crate::args::{Args, InstallMcp};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;

pub(super) fn run(args: &Args, options: &InstallMcp) -> Result<(), Failure> {
    let target = target(options.client, options.scope, &Surroundings::find()?)?;
    let entry = entry(args, options)?;
    let old = change::read(&target.file).map_err(|error| unfit(&target, &error.to_string()))?;
    let new = if options.uninstall {
        entry.take(&target, &old).map_err(|why| unfit(&target, &why))?
    } else {
        Some(entry.put(&target, &old).map_err(|why| unfit(&target, &why))?).filter(|new| *new != old)
    };
    let mut out = Out::new();
    match new {
        None if options.uninstall => {
            out.whole(&format!("`{}` is not in {}", entry.name, target.file.display()))?
        }
        None => out.whole(&format!("`{}` is in {} already", entry.name, target.file.display()))?,
        Some(new) => write(&mut out, &target, options, &old, &new)?,
    }
    Ok(out.flush()?)
}

fn write(out: &mut Out, target: &Target, options: &InstallMcp, old: &str, new: &str) -> Result<(), Failure> {
    for line in change::diff(&target.file, old, new).lines() {
        out.whole(&clean(line))?;
    }
    if options.dry_run {
        return Ok(out.whole("nothing was written")?);
    }
    let kept = change::replace(&target.file, old, new).map_err(|error| unfit(target, &error.to_string()))?;
    out.whole(&format!("wrote {}", target.file.display()))?;
    if let Some(kept) = kept {
        out.whole(&format!("the file as it was: {}", kept.display()))?;
    }
    if !options.uninstall {
        out.whole("restart the agent to let it see the workspace; `--uninstall` undoes this")?;
    }
    Ok(())
}

/// This program, in this workspace.
fn entry(args: &Args, options: &InstallMcp) -> Result<Entry, Failure> {
    let folder = place::folder(args)?;
    let folder = std::fs::canonicalize(&folder).map_err(|error| Failure::Usage {
        message: format!("{}: {error}", folder.display()),
        hint: "name the workspace's folder with `-w DIR`".to_owned(),
    })?;
    let mut arguments = vec!["mcp".to_owned(), folder.display().to_string()];
    if let Some(variable) = &options.token_env {
        arguments.extend(["--token-env".to_owned(), variable.clone()]);
    }
    let command = std::env::current_exe()?.display().to_string();
    Ok(Entry { name: options.name.clone(), command, arguments })
}

fn unfit(target: &Target, why: &str) -> Failure {
    Failure::Usage {
        message: format!("{} cannot be changed: {why}", target.file.display()),
        hint: "nothing was written; mend the file, or make the entry by hand as `--dry-run` of another scope shows it".to_owned(),
    }
}
