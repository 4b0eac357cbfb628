//! `cargo xtask crash|corrupt|soak|shared|power`: the long forms of the proofs, in release. Their short forms are ordinary tests.
//!
//! Not here: what they do (`tests/proof`, `tests/faults`).

use crate::Outcome;
use std::process::Command;

/// The proofs, and the package whose program runs each.
const PROOFS: [(&str, &str); 5] = [
    ("crash", "workroom-proof"),
    ("corrupt", "workroom-proof"),
    ("soak", "workroom-proof"),
    ("shared", "workroom-proof"),
    ("power", "workroom-faults"),
];
/// Proofs that also work with a teacher, where one is installed.
const TAUGHT: [&str; 3] = ["crash", "corrupt", "soak"];

/// Whether `command` is one of the proofs.
pub(crate) fn is_one(command: &str) -> bool {
    PROOFS.iter().any(|(proof, _)| *proof == command)
}

/// Builds in release and runs one proof; `arguments` are handed on.
pub(crate) fn run(proof: &str, arguments: &[&str]) -> Outcome {
    let package = PROOFS.iter().find(|(known, _)| *known == proof).map(|(_, package)| *package);
    let package = package.ok_or("no such proof")?;
    if ["soak", "shared"].contains(&proof) {
        // Its processes are the real program's.
        cargo(&["build", "--release", "--package", "workroom-cli"])?;
    }
    let mut all = vec!["run", "--release", "--quiet", "--package", package, "--", proof];
    all.extend(arguments);
    let models = crate::models_dir();
    let models = models.to_string_lossy();
    if TAUGHT.contains(&proof) && crate::models_dir().join(crate::setup::TEACHER).exists() {
        all.extend(["--models", &*models]);
    }
    cargo(&all)
}

fn cargo(arguments: &[&str]) -> Outcome {
    let status = Command::new(env!("CARGO")).current_dir(crate::root()).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" ")).into()) }
}
