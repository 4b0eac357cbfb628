//! `workroom read`, `write`, `rm`, `mv`: files of the workspace, changed so that nobody else's change is lost and the index knows at once.

use crate::args::{Args, Expect, Label, Mv, Read, Rm, Write};
use crate::failure::Failure;
use crate::output::{Out, size};
use crate::place;
use serde::Serialize;
use std::io::{Read as _, Write as _};
use workroom::{Actor, AuditAct, Claim, Condition, Doing, ErrorKind, Trust, Via, Workspace};

pub(super) fn read(args: &Args, options: &Read) -> Result<(), Failure> {
    let folder = place::folder(args)?;
    let bytes = Workspace::read_in(&folder, &options.path)?;
    let act =
        AuditAct::new(Doing::FileRead, Actor::owner(Via::Cli)).on(options.path.trim_start_matches("./"));
    place::note(args, &folder, AuditAct { bytes: Some(bytes.len() as u64), ..act });
    if options.json {
        let text = std::str::from_utf8(&bytes).ok();
        let shown =
            Shown { path: &options.path, version: workroom::version_of(&bytes), size: bytes.len(), text };
        let mut out = Out::new();
        out.json(&shown)?;
        return Ok(out.flush()?);
    }
    let mut out = std::io::stdout().lock();
    out.write_all(&bytes)?;
    Ok(out.flush()?)
}

pub(super) fn write(args: &Args, options: &Write) -> Result<(), Failure> {
    let (workspace, _) = place::open_or_create(args)?;
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|error| Failure::Usage {
        message: format!("standard input cannot be read: {error}"),
        hint: "pipe or redirect the file's bytes into this command".to_owned(),
    })?;
    if let Some(expected) = options.bytes.filter(|expected| *expected != bytes.len()) {
        return Err(Failure::Usage {
            message: format!(
                "{expected} bytes should come from standard input, {} came; nothing was written",
                bytes.len()
            ),
            hint: "whoever pipes them here may have ended early".to_owned(),
        });
    }
    let condition = if options.if_absent { Condition::Absent } else { condition(&options.expect) };
    let claim = Claim {
        source_url: options.source_url.clone(),
        derived_from: options.derived_from.clone(),
        trust: options.trust.map(|label| match label {
            Label::Trusted => Trust::Trusted,
            Label::Untrusted => Trust::Untrusted,
        }),
        ..Claim::default()
    };
    let written = by_lease(&workspace, &options.expect, |workspace| {
        workspace.write_with(&options.path, &bytes, &condition, &claim)
    })?;
    let said = format!("wrote {} ({}), version {}", options.path, size(bytes.len() as u64), written.version);
    tell(&options.expect, &said, &written)
}

pub(super) fn remove(args: &Args, options: &Rm) -> Result<(), Failure> {
    let Rm { path, expect } = options;
    let remove = |workspace: &Workspace| workspace.remove_if(path, &condition(expect));
    let seq = by_lease(&place::open(args)?, expect, remove)?;
    tell(&options.expect, &format!("removed {}", options.path), &Changed { seq })
}

pub(super) fn rename(args: &Args, options: &Mv) -> Result<(), Failure> {
    let Mv { from, to, expect } = options;
    let rename = |workspace: &Workspace| workspace.rename_if(from, to, &condition(expect));
    let seq = by_lease(&place::open(args)?, expect, rename)?;
    tell(expect, &format!("moved {from} to {to}"), &Changed { seq })
}

/// A file as it is on disk.
#[derive(Serialize)]
struct Shown<'a> {
    path: &'a str,
    version: String,
    size: usize,
    /// Absent when it is not UTF-8.
    text: Option<&'a str>,
}

/// The commit that shows a change.
#[derive(Serialize)]
struct Changed {
    seq: u64,
}

/// As [`under`], with what is expected besides.
pub(super) fn by_lease<T>(
    workspace: &Workspace,
    expect: &Expect,
    change: impl Fn(&Workspace) -> workroom::Result<T>,
) -> Result<T, Failure> {
    under(workspace, expect.lease.as_deref(), change)
}

/// Makes a change by the lease that is named, or by the one in the environment where that is on what is changed.
pub(super) fn under<T>(
    workspace: &Workspace,
    named: Option<&str>,
    change: impl Fn(&Workspace) -> workroom::Result<T>,
) -> Result<T, Failure> {
    let (id, is_named) = match named {
        Some(id) => (Some(id.to_owned()), true),
        None => (place::lease(), false),
    };
    let Some(id) = id else { return Ok(change(workspace)?) };
    match change(&workspace.under_lease(&id)) {
        // It is on other paths, and here of no use: nothing was changed.
        Err(error) if error.kind() == ErrorKind::Invalid && !is_named => Ok(change(workspace)?),
        changed => Ok(changed?),
    }
}

pub(super) fn condition(expect: &Expect) -> Condition {
    expect.if_match.clone().map_or(Condition::Any, Condition::Version)
}

fn tell(expect: &Expect, said: &str, json: &impl Serialize) -> Result<(), Failure> {
    let mut out = Out::new();
    if expect.json {
        out.json(json)?
    } else {
        out.whole(said)?
    }
    Ok(out.flush()?)
}
