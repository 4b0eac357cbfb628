//! Developer commands: `cargo xtask COMMAND`.
//!
//! Not here: anything a user of the product needs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod conformance;
mod distill;
mod fuzz;
mod licences;
mod picture;
mod proofs;
mod setup;
mod test;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Of a command: nothing, or why not.
type Outcome = Result<(), Box<dyn std::error::Error>>;

const USAGE: &str = "usage: cargo xtask COMMAND

  setup                    fetch the model and the runtime library that tests need
  test                     everything that must hold before a change lands
  tidy                     the house rules that no lint knows
  licences                 licences of dependencies, and which crate names which
  picture                  draw the README's picture from a release build's demo
  distill [--passages N]   fit the built-in student to the teacher
  fuzz [--seconds N] [TARGET...]  give every parser, and what reads custody's files, inputs until one breaks a promise, 10 minutes each
  conformance [--programs DIR] [--binary FILE] [--only STEP]  judges that others wrote, against the built program (--setup DIR: only fetch them)

  crash   [--rounds N] [--seed S]               kill a workload at random instants; nothing may be lost
  corrupt [--rounds N] [--seed S]               damage files under .workroom/; each must heal or be refused
  soak    [--minutes M] [--seed S] [--json FILE]  crowd one workspace with processes; no call may fail
  shared  [--seconds N] [--seed S]              16 agents on 50 files, killed; no update may be lost
  power   [--of files|custody] [--rounds N] [--seed S]  cut the power of a simulated disk";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["setup"] => setup::run(),
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["licences"] => licences::run(),
        ["picture"] => picture::run(),
        ["distill"] => distill::run(None),
        ["distill", "--passages", n] if n.parse::<usize>().is_ok() => distill::run(n.parse().ok()),
        ["fuzz", ref rest @ ..] => fuzz::run(rest),
        ["conformance", ref rest @ ..] => conformance::run(rest),
        [proof, ref rest @ ..] if proofs::is_one(proof) => proofs::run(proof, rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("xtask: {error}");
            let causes = std::iter::successors(error.source(), |cause| cause.source());
            causes.for_each(|cause| eprint!(": {cause}"));
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}

/// The models folder that tests and commands share.
fn models_dir() -> PathBuf {
    root().join("target/models")
}
