//! `cargo xtask test`: everything that must hold before a change lands, in the order that fails fastest.

use crate::{Outcome, licences, setup, tidy};
use std::process::Command;
use std::time::Instant;

/// Where Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";

/// Runs the whole check.
pub(crate) fn run() -> Outcome {
    let started = Instant::now();
    tidy::run()?;
    cargo("format", &["fmt", "--all", "--check"])?;
    licences::run()?;
    setup::run()?;
    cargo("lint", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    // The whole-system tests drive the real program. Tests are built with it: alone, what they share would be built with other features, twice.
    cargo("build", &["build", "--workspace", "--bins", "--tests", "--examples", "--locked"])?;
    cargo("test", &["test", "--workspace", "--locked"])?;
    // The whole workspace again, so that its dependencies keep the features they were built with.
    let failpoints = ["--features", "workroom-index/failpoints", "--test", "failpoints"];
    cargo("failpoints", &[&["test", "--workspace", "--locked"][..], &failpoints].concat())?;
    println!("all checks passed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Whether a folder is there with room for what tests write at a time. Containers often have little of it.
#[cfg(unix)]
fn has_room(folder: &str) -> bool {
    const ENOUGH: u64 = 4 << 30;
    rustix::fs::statvfs(folder).is_ok_and(|system| system.f_bavail.saturating_mul(system.f_frsize) > ENOUGH)
}

/// Other systems keep no files in memory.
#[cfg(not(unix))]
fn has_room(_: &str) -> bool {
    false
}

fn cargo(what: &str, arguments: &[&str]) -> Outcome {
    println!("{what}: cargo {}", arguments.join(" "));
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(crate::root()).args(arguments);
    // Thousands of commits are made and synced: in memory that takes a third of the time, and what is tested is the same.
    if has_room(IN_MEMORY) {
        command.env("TMPDIR", IN_MEMORY);
    }
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed").into()) }
}
