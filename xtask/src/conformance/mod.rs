//! `cargo xtask conformance`: judges that others wrote, against the built program: the protocol's official runner, clients, Schemathesis,
//! an agent of Swarms, a receiver of webhooks, a DOM for the page.
//!
//! Needs npm, and Python 3.10 with venv: `tests/agents/setup.sh` fetches what is missing into `target/agents` (or `--programs DIR`);
//! `--setup DIR` does that alone. `--binary FILE` judges another build, `--only STEP` by one of the judges.
//! Invariant: what fails, fails the command; no failure is expected. Scenarios of the product and of fixtures are counted apart.
//! Not here: the clients' own steps (`tests/agents`).

mod callers;
mod clients;
mod drivers;
mod page;
mod programs;
mod runner;
mod schemathesis;
mod server;

use crate::Outcome;
use callers::{ADMIN, INSIDER, NOBODY, READER, SENDER};
use drivers::{SWARMS, WEBHOOKS};
use programs::Programs;
use serde::Serialize;
use server::Serving;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What came of it all: the last line that is printed, as JSON.
#[derive(Debug, Default, Serialize)]
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
    /// Judge a program, the one that is built if none is named, by all judges or by one.
    Judge { programs: PathBuf, binary: Option<PathBuf>, only: Option<&'static str> },
}

/// The judges, in the order in which they come.
const STEPS: [&str; 6] = ["runner", "schemathesis", "clients", "swarms", "webhooks", "page"];

impl Wish {
    fn of(arguments: &[&str]) -> Result<Self> {
        let mut programs = crate::root().join("target/agents");
        let (mut binary, mut only) = (None, None);
        for pair in arguments.chunks(2) {
            match *pair {
                ["--setup", folder] if arguments.len() == 2 => return Ok(Self::Fetch(folder.into())),
                ["--programs", folder] => programs = folder.into(),
                ["--binary", file] => binary = Some(file.into()),
                ["--only", step] => only = Some(Self::step(step)?),
                _ => {
                    return Err(
                        "usage: cargo xtask conformance [--programs DIR] [--binary FILE] [--only STEP] | --setup DIR"
                            .into(),
                    );
                }
            }
        }
        Ok(Self::Judge { programs, binary, only })
    }

    fn step(name: &str) -> Result<&'static str> {
        let known = STEPS.into_iter().find(|step| *step == name);
        known.ok_or_else(|| format!("there is no step {name}; there are {}", STEPS.join(", ")).into())
    }
}

/// Runs everything, or only fetches what that needs.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (programs, binary, only) = match Wish::of(arguments)? {
        Wish::Fetch(folder) => return Programs::fetch(&folder),
        Wish::Judge { programs, binary, only } => (Programs::ready(&programs)?, binary, only),
    };
    let binary = match binary {
        Some(binary) => binary.canonicalize()?,
        None => built()?,
    };
    let summary = judge(&programs, &binary, only)?;
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

fn judge(programs: &Programs, binary: &Path, only: Option<&str>) -> Result<Summary> {
    let mut summary = Summary::default();
    for step in STEPS.into_iter().filter(|step| only.is_none_or(|only| only == *step)) {
        summary.failed.extend(match step {
            "runner" => run_scenarios(programs, binary, &mut summary.scenarios)?,
            "schemathesis" => {
                let (tally, wrong) = schemathesis::run(programs, &Serving::start(binary, false)?)?;
                summary.schemathesis = tally;
                wrong
            }
            "clients" => {
                let (tally, wrong) = clients::run(programs, &Serving::start(binary, false)?)?;
                summary.clients = tally;
                wrong
            }
            "swarms" => SWARMS.run(programs, binary)?,
            "webhooks" => WEBHOOKS.run(programs, binary)?,
            _ => page::run(programs, binary)?,
        });
    }
    Ok(summary)
}

/// The official runner, as each caller.
fn run_scenarios(
    programs: &Programs,
    binary: &Path,
    tallies: &mut Vec<runner::Tally>,
) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    let with_fixtures = Serving::start(binary, true)?;
    for caller in [&ADMIN, &READER, &INSIDER, &SENDER, &NOBODY] {
        for version in runner::VERSIONS {
            let (tally, wrong) = runner::run(programs, &with_fixtures, caller, version)?;
            wrong.iter().for_each(|why| println!("  {why}"));
            tallies.push(tally);
            failed.extend(wrong);
        }
    }
    Ok(failed)
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
            only: None,
        };
        let only = |step| Wish::Judge { programs: "/a".into(), binary: None, only: Some(step) };
        let check =
            |arguments: &[&str], expected: Option<Wish>| assert_eq!(Wish::of(arguments).ok(), expected);
        check(&[], Some(judge("target/agents", None)));
        check(&["--programs", "/a"], Some(judge("/a", None)));
        check(&["--binary", "b", "--programs", "/a"], Some(judge("/a", Some("b"))));
        check(&["--only", "swarms", "--programs", "/a"], Some(only("swarms")));
        check(&["--setup", "c"], Some(Wish::Fetch("c".into())));
        for bad in [
            &["--setup"][..],
            &["--programs"],
            &["x"],
            &["--only", "all"],
            &["--setup", "c", "--programs", "/a"],
        ] {
            check(bad, None);
        }
    }
}
