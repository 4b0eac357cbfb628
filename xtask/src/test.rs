//! `cargo xtask test`: everything that must hold before a change lands, in the order that fails fastest.

use crate::{Outcome, licences, setup, tidy};
use std::fmt;
use std::process::Command;
use std::time::{Duration, Instant};

/// Where Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";

/// Runs the whole check.
pub(crate) fn run() -> Outcome {
    let mut steps = Steps::default();
    steps.run("tidy", tidy::run)?;
    steps.run("format", || cargo("format", &["fmt", "--all", "--check"]))?;
    steps.run("licences", licences::run)?;
    steps.run("setup", setup::run)?;
    let lint = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    steps.run("lint", || cargo("lint", &lint))?;
    // The whole-system tests drive the real program. Tests are built with it: alone, what they share would be built with other features, twice.
    let build = ["build", "--workspace", "--bins", "--tests", "--examples", "--locked"];
    steps.run("build", || cargo("build", &build))?;
    steps.run("test", || cargo("test", &["test", "--workspace", "--locked"]))?;
    // The whole workspace again, so that its dependencies keep the features they were built with.
    let failpoints = ["--features", "workroom-index/failpoints", "--test", "failpoints"];
    let failpoints = [&["test", "--workspace", "--locked"][..], &failpoints].concat();
    steps.run("failpoints", || cargo("failpoints", &failpoints))?;
    println!("all checks passed: {steps}");
    Ok(())
}

/// How long each step took.
#[derive(Default)]
struct Steps(Vec<(&'static str, Duration)>);

impl Steps {
    /// Runs a step, and says how long it took when it succeeded.
    fn run(&mut self, name: &'static str, step: impl FnOnce() -> Outcome) -> Outcome {
        let started = Instant::now();
        step()?;
        self.0.push((name, started.elapsed()));
        println!("{name}: {:.0} s", started.elapsed().as_secs_f64());
        Ok(())
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, took) in &self.0 {
            write!(f, "{name} {:.0} s, ", took.as_secs_f64())?;
        }
        let all: Duration = self.0.iter().map(|(_, took)| *took).sum();
        write!(f, "{:.0} s in all", all.as_secs_f64())
    }
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
    // What is built once and thrown away needs no record of how to build it again: that record takes as much room as all else.
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed").into()) }
}
