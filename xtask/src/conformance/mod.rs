//! `cargo xtask conformance`: judges that others wrote, against the built program: the protocol's official runner, clients, Schemathesis,
//! an agent of Swarms.
//!
//! Needs npm, and Python 3.10 with venv: `tests/agents/setup.sh` fetches what is missing into `target/agents` (or `--programs DIR`);
//! `--setup DIR` does that alone. `--binary FILE` judges another build.
//! Invariant: what fails, fails the command; no failure is expected. Scenarios of the product and of fixtures are counted apart.
//! Not here: the clients' own steps (`tests/agents`).

mod callers;
mod clients;
mod programs;
mod runner;
mod schemathesis;
mod server;
mod swarms;

use crate::Outcome;
use callers::{ADMIN, INSIDER, NOBODY, READER, SENDER};
use programs::Programs;
use serde::Serialize;
use server::Serving;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What came of it all: the last line that is printed, as JSON.
#[derive(Debug, Serialize)]
struct Summary {
    scenarios: Vec<runner::Tally>,
    clients: clients::Tally,
    schemathesis: schemathesis::Tally,
    failed: Vec<String>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// Fetch the programs of others, no more.
    Fetch(PathBuf),
    /// Judge a program, the one that is built if none is named.
    Judge { programs: PathBuf, binary: Option<PathBuf> },
}

impl Wish {
    fn of(arguments: &[&str]) -> Result<Self> {
        let mut programs = crate::root().join("target/agents");
        let mut binary = None;
        for pair in arguments.chunks(2) {
            match *pair {
                ["--setup", folder] if arguments.len() == 2 => return Ok(Self::Fetch(folder.into())),
                ["--programs", folder] => programs = folder.into(),
                ["--binary", file] => binary = Some(file.into()),
                _ => {
                    return Err(
                        "usage: cargo xtask conformance [--programs DIR] [--binary FILE] | --setup DIR"
                            .into(),
                    );
                }
            }
        }
        Ok(Self::Judge { programs, binary })
    }
}

/// Runs everything, or only fetches what that needs.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (programs, binary) = match Wish::of(arguments)? {
        Wish::Fetch(folder) => return Programs::fetch(&folder),
        Wish::Judge { programs, binary } => (Programs::ready(&programs)?, binary),
    };
    let binary = match binary {
        Some(binary) => binary.canonicalize()?,
        None => built()?,
    };
    let summary = judge(&programs, &binary)?;
    println!("{}", serde_json::to_string(&summary)?);
    if summary.failed.is_empty() {
        Ok(())
    } else {
        Err(format!("{} failed:\n  {}", summary.failed.len(), summary.failed.join("\n  ")).into())
    }
}

/// The program, built as it is now.
fn built() -> Result<PathBuf> {
    let build = ["build", "--package", "workroom-cli"];
    succeed(Command::new(env!("CARGO")).current_dir(crate::root()).args(build))?;
    Ok(crate::root().join("target/debug/workroom"))
}

fn judge(programs: &Programs, binary: &Path) -> Result<Summary> {
    let (mut scenarios, mut failed) = (Vec::new(), Vec::new());
    let with_fixtures = Serving::start(binary, true)?;
    for caller in [&ADMIN, &READER, &INSIDER, &SENDER, &NOBODY] {
        for version in runner::VERSIONS {
            let (tally, wrong) = runner::run(programs, &with_fixtures, caller, version)?;
            wrong.iter().for_each(|why| println!("  {why}"));
            scenarios.push(tally);
            failed.extend(wrong);
        }
    }
    drop(with_fixtures);
    let serving = Serving::start(binary, false)?;
    let (api, wrong) = schemathesis::run(programs, &serving)?;
    failed.extend(wrong);
    drop(serving);
    // What Schemathesis left is in nobody's way.
    let serving = Serving::start(binary, false)?;
    let (clients, wrong) = clients::run(programs, &serving)?;
    failed.extend(wrong);
    failed.extend(swarms::run(programs, binary)?);
    Ok(Summary { scenarios, clients, schemathesis: api, failed })
}

/// A file of ours.
fn ours(name: &str) -> PathBuf {
    crate::root().join("tests/agents").join(name)
}

fn succeed(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wished_is_understood_or_refused() {
        let judge = |programs: &str, binary: Option<&str>| Wish::Judge {
            programs: crate::root().join(programs),
            binary: binary.map(PathBuf::from),
        };
        let check =
            |arguments: &[&str], expected: Option<Wish>| assert_eq!(Wish::of(arguments).ok(), expected);
        check(&[], Some(judge("target/agents", None)));
        check(&["--programs", "/a"], Some(judge("/a", None)));
        check(&["--binary", "b", "--programs", "/a"], Some(judge("/a", Some("b"))));
        check(&["--setup", "c"], Some(Wish::Fetch("c".into())));
        for bad in [&["--setup"][..], &["--programs"], &["x"], &["--setup", "c", "--programs", "/a"]] {
            check(bad, None);
        }
    }
}
