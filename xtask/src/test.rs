//! `cargo xtask test`: everything that must hold before a change lands, in the order that fails fastest.

use crate::{Outcome, licences, setup, tidy};
use std::process::Command;
use std::time::Instant;

/// Runs the whole check.
pub(crate) fn run() -> Outcome {
    let started = Instant::now();
    tidy::run()?;
    cargo("format", &["fmt", "--all", "--check"])?;
    licences::run()?;
    setup::run()?;
    cargo("lint", &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;
    // The whole-system tests drive the real program.
    cargo("build", &["build", "--workspace", "--bins", "--locked"])?;
    cargo("test", &["test", "--workspace", "--locked"])?;
    println!("all checks passed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(what: &str, arguments: &[&str]) -> Outcome {
    println!("{what}: cargo {}", arguments.join(" "));
    let status = Command::new(env!("CARGO")).current_dir(crate::root()).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("{what} failed").into()) }
}
