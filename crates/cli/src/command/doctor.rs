//! `workroom doctor`: examines the index, and rebuilds it if asked.

use super::index;
use crate::args::{Args, Doctor};
use crate::failure::{Failure, exit_code};
use crate::output::Out;
use crate::progress::Shown;
use crate::{interrupt, place};
use std::process::ExitCode;
use workroom::{ErrorKind, Findings, Workspace};

pub(super) fn run(args: &Args, options: &Doctor) -> Result<ExitCode, Failure> {
    let mut out = Out::new();
    if options.rebuild {
        rebuild(args, options, &mut out)?;
    }
    let workspace = place::open(args)?;
    let findings = if options.fix { fix(&workspace, options.json)? } else { workspace.doctor()? };
    if options.json {
        out.json(&findings)?;
    } else {
        for check in &findings.checks {
            out.whole(&format!("{} {}", if check.ok { "ok   " } else { "WRONG" }, check.check))?;
            for detail in &check.details {
                out.whole(&format!("      {detail}"))?;
            }
        }
        if !findings.is_healthy() {
            let remedy = if options.fix {
                "--rebuild` to make the index anew from the files"
            } else {
                "--fix` to mend it"
            };
            out.whole(&format!("run `workroom doctor {remedy}"))?;
        }
    }
    out.flush()?;
    Ok(if findings.is_healthy() { ExitCode::SUCCESS } else { ExitCode::from(exit_code(ErrorKind::Corrupt)) })
}

fn fix(workspace: &Workspace, quiet: bool) -> Result<Findings, Failure> {
    let shown = Shown::new(quiet);
    let findings = workspace.repair(&shown, &interrupt::flag());
    shown.end();
    Ok(findings?)
}

fn rebuild(args: &Args, options: &Doctor, out: &mut Out) -> Result<(), Failure> {
    Workspace::discard_index(&place::folder(args)?)?;
    let workspace = place::open(args)?;
    let shown = Shown::new(options.json);
    let summary = workspace.index_until(&shown, &interrupt::flag());
    shown.end();
    if !options.json {
        index::print(out, &summary?, None)?;
    }
    Ok(())
}
