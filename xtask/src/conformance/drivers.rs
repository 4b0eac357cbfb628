//! Programs in Python that drive the built program in a workspace of their own, with a package of others: an agent of Swarms, whose states Workroom
//! resumes and the other way round; and a receiver of webhooks, which checks their signatures.
//!
//! Invariant: what they write stays in a folder that goes with the run.
//! Not here: what they do and what is held of it (`tests/agents`).

use super::{Programs, Result, ours};
use std::path::Path;
use std::process::Command;

/// Whom to run.
pub(super) struct Driver {
    /// What it is called in what is printed.
    name: &'static str,
    /// The environment that has its package.
    environment: &'static str,
    /// Its file.
    file: &'static str,
}

/// A real agent saves its states.
pub(super) const SWARMS: Driver =
    Driver { name: "an agent of Swarms", environment: "swarms", file: "swarms_autosave.py" };
/// A receiver by those who wrote the specification.
pub(super) const WEBHOOKS: Driver =
    Driver { name: "a receiver of webhooks", environment: "webhooks", file: "webhooks_receiver.py" };

impl Driver {
    /// Runs it; its name if anything was not as it should be.
    pub(super) fn run(&self, programs: &Programs, binary: &Path) -> Result<Vec<String>> {
        let home = std::env::temp_dir().join(format!("workroom-{}-{}", self.environment, std::process::id()));
        let folder = home.join("mill");
        fs_err::create_dir_all(&folder)?;
        let mut command = Command::new(programs.at(self.environment).join("bin/python"));
        command.arg(ours(self.file)).arg("--program").arg(binary).arg("--workspace").arg(&folder);
        let output = command.current_dir(&home).env("HOME", &home).output();
        // A temporary folder, whatever is left in it.
        drop(std::fs::remove_dir_all(&home));
        let output = output?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        if output.status.success() {
            println!("{}: ok", self.name);
            return Ok(Vec::new());
        }
        println!("{}: {}\n{}", self.name, output.status, String::from_utf8_lossy(&output.stderr));
        Ok(vec![self.name.to_owned()])
    }
}
