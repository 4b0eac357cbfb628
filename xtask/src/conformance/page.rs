//! The page on which a person answers approvals, in the DOM of jsdom.
//!
//! Invariant: what it writes stays in a folder that goes with the run.
//! Not here: what is done there and what is held of it (`tests/agents/approvals_page.mjs`).

use super::{Programs, Result, ours};
use std::path::Path;

/// Its file.
const FILE: &str = "approvals_page.mjs";

/// Runs it; its name if anything was not as it should be.
pub(super) fn run(programs: &Programs, binary: &Path) -> Result<Vec<String>> {
    let home = std::env::temp_dir().join(format!("workroom-page-{}", std::process::id()));
    fs_err::create_dir_all(&home)?;
    // Modules are looked for from the file, so it lies beside them.
    let file = programs.at("page").join(FILE);
    fs_err::copy(ours(FILE), &file)?;
    let mut command = programs.node(&file);
    command.arg("--program").arg(binary).arg("--workspace").arg(home.join("mill"));
    let output = command.current_dir(&home).env("HOME", &home).output();
    // A temporary folder, whatever is left in it.
    drop(std::fs::remove_dir_all(&home));
    let output = output?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if output.status.success() {
        println!("the page for approvals: ok");
        return Ok(Vec::new());
    }
    println!("the page for approvals: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(vec!["the page for approvals".to_owned()])
}
