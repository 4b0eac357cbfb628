//! `workroom mcp install`: sets an agent up for the workspace, or undoes it.

use super::change;
use super::clients::{Surroundings, Target, Variables, target};
use super::entry::Entry;
use crate::args::{Agent, Args, InstallMcp, SettingsOf};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;

/// What becomes of a file.
enum Change {
    /// It is as it should be.
    None,
    /// It gets this text.
    To(String),
    /// It goes: there was none before.
    Gone,
}

pub(super) fn run(args: &Args, options: &InstallMcp) -> Result<(), Failure> {
    let target = target(options.client, options.scope, &Surroundings::find()?)?;
    let entry = entry(args, options)?;
    let unfit = |why: &str| unfit(&target, &entry, options.uninstall, why);
    let old = change::read(&target.file).map_err(|error| unfit(&error.to_string()))?;
    let change = if options.uninstall { without(&entry, &target, &old) } else { with(&entry, &target, &old) };
    let change = change.map_err(|why| unfit(&why))?;
    let new = match &change {
        Change::None => return said(&entry, &target, options.uninstall),
        Change::To(new) => Some(new.as_str()),
        Change::Gone => None,
    };
    let mut out = Out::new();
    for line in change::diff(&target.file, &old, new.unwrap_or_default()).lines() {
        out.whole(&clean(line))?;
    }
    if options.dry_run {
        out.whole("nothing was written")?;
        return Ok(out.flush()?);
    }
    // Seen before it happens.
    out.flush()?;
    let kept = change::replace(&target.file, &old, new).map_err(|error| unfit(&error.to_string()))?;
    let did = if new.is_some() { "wrote" } else { "removed" };
    out.whole(&format!("{did} {}", target.file.display()))?;
    if let Some(kept) = kept {
        out.whole(&format!("the file as it was: {}", kept.display()))?;
    }
    if !options.uninstall {
        next(&mut out, options, &target)?;
    }
    Ok(out.flush()?)
}

/// What is left to do.
fn next(out: &mut Out, options: &InstallMcp, target: &Target) -> Result<(), Failure> {
    if let (Some(variable), Variables::Spelt) = (&options.token_env, target.variables) {
        out.whole("this agent gives a server only the variables that its file spells out: by hand, add to the entry")?;
        out.whole(&format!("  \"env\": {{\"{variable}\": \"wrk_...\"}}"))?;
    }
    let restart = match options.client {
        Agent::ClaudeCode if options.scope != Some(SettingsOf::User) => {
            "start `claude` in this folder anew, and allow the server when it asks"
        }
        Agent::Vscode => "start the server in VS Code: `MCP: List Servers` in the command palette",
        Agent::ClaudeCode | Agent::Codex | Agent::Gemini => {
            "start the agent anew to let it see the workspace"
        }
        Agent::ClaudeDesktop | Agent::Cursor => {
            "quit the application and start it anew to let it see the workspace"
        }
    };
    out.whole(restart)?;
    Ok(out.whole("`--uninstall` undoes this")?)
}

/// Says that nothing is to be done.
fn said(entry: &Entry, target: &Target, uninstall: bool) -> Result<(), Failure> {
    let (name, file) = (&entry.name, target.file.display());
    let mut out = Out::new();
    out.whole(&if uninstall {
        format!("`{name}` is not in {file}")
    } else {
        format!("`{name}` is in {file} already")
    })?;
    Ok(out.flush()?)
}

fn with(entry: &Entry, target: &Target, old: &str) -> Result<Change, String> {
    let new = entry.put(target, old)?;
    Ok(if new == old { Change::None } else { Change::To(new) })
}

/// The file as it was before the entry, byte for byte, if a text is known that became this one by it; else with the entry cut out.
fn without(entry: &Entry, target: &Target, old: &str) -> Result<Change, String> {
    let Some(cut) = entry.take(target, old)? else { return Ok(Change::None) };
    // Whatever was installed, an older program or another token: it is compared as it would be now.
    let now = entry.put(target, old)?;
    let is_before = |text: &String| {
        entry.take(target, text) == Ok(None) && entry.put(target, text).is_ok_and(|then| then == now)
    };
    let earlier = change::earlier(&target.file).unwrap_or_default();
    Ok(match earlier.into_iter().find(is_before) {
        Some(before) => Change::To(before),
        None if is_before(&String::new()) => Change::Gone,
        None => Change::To(cut),
    })
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
    if let Some(tools) = &options.tools {
        // Looked at now: the agent would only say that its server has ended.
        super::chosen(Some(tools))?;
        arguments.extend(["--tools".to_owned(), tools.clone()]);
    }
    let command = std::env::current_exe()?.display().to_string();
    Ok(Entry { name: options.name.clone(), command, arguments, variable: options.token_env.clone() })
}

fn unfit(target: &Target, entry: &Entry, uninstall: bool, why: &str) -> Failure {
    let by_hand = if uninstall {
        format!("take `{}` out of its `{}`", entry.name, target.list)
    } else {
        entry.by_hand(target)
    };
    let hint = format!("nothing was written; mend the file and try again, or by hand {by_hand}");
    Failure::Usage { message: format!("{} cannot be changed: {why}", target.file.display()), hint }
}
