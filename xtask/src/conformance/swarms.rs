//! A real agent of Swarms saves its states in a workspace: Workroom resumes them, and Swarms what Workroom saved.
//!
//! Invariant: what the agent writes beside its states stays in a folder that goes with the run.
//! Not here: what it does and what is held of it (`tests/agents/swarms_autosave.py`).

use super::{Programs, Result, ours};
use std::path::Path;
use std::process::Command;

/// Runs it; its name if anything was not as it should be.
pub(super) fn run(programs: &Programs, binary: &Path) -> Result<Vec<String>> {
    let home = std::env::temp_dir().join(format!("workroom-swarms-{}", std::process::id()));
    let folder = home.join("mill");
    fs_err::create_dir_all(&folder)?;
    let mut command = Command::new(programs.at("swarms/bin/python"));
    command.arg(ours("swarms_autosave.py")).arg("--program").arg(binary).arg("--workspace").arg(&folder);
    let output = command.current_dir(&home).env("HOME", &home).output();
    // A temporary folder, whatever is left in it.
    drop(std::fs::remove_dir_all(&home));
    let output = output?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        return Ok(Vec::new());
    }
    println!("swarms: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(vec!["an agent of Swarms".to_owned()])
}
