//! `cargo xtask fuzz [--seconds N] [TARGET...]`: the fuzzers, one after the other, each from the samples of its parsers.
//!
//! It needs no nightly compiler: the instruments are options of any compiler, and without sanitizers there is nothing to build the standard
//! library for. What a run learns is kept in `target/fuzz/corpus`, and the next begins with it.
//!
//! Not here: what is fuzzed and what must hold (`tests/hostile`). The short form is a test there, over damaged copies of every sample.

use crate::Outcome;
use std::process::Command;

/// How long each target runs, unless that is said.
const SECONDS: &str = "600";
/// What is asked of every input: seconds, mebibytes, and the most bytes of it.
const BOUNDS: [&str; 4] = ["-timeout=10", "-rss_limit_mb=1500", "-max_len=262144", "-print_final_stats=1"];
/// Optimised, with the checks that the manifest asks for; without a sanitizer any compiler will do.
const BUILD: [&str; 4] =
    ["--fuzz-dir=tests/fuzz", "--sanitizer=none", "--release", "--target-dir=target/fuzz"];

/// Runs the targets that are named, or all, and fails when one of them found something.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let (seconds, named) = match arguments {
        ["--seconds", seconds, named @ ..] if seconds.parse::<u32>().is_ok() => (*seconds, named),
        named => (SECONDS, named),
    };
    let all = targets()?;
    if let Some(unknown) = named.iter().find(|name| !all.iter().any(|target| target == *name)) {
        return Err(format!("there is no target {unknown}; there are {}", all.join(", ")).into());
    }
    let installed = cargo().args(["fuzz", "--version"]).output()?;
    if !installed.status.success() {
        return Err("cargo-fuzz is missing; `cargo install cargo-fuzz` installs it".into());
    }
    must(cargo().args([
        "run",
        "--quiet",
        "--package",
        "workroom-hostile",
        "--",
        "seeds",
        "target/fuzz/corpus",
    ]))?;
    must(cargo().args(["fuzz", "build"]).args(BUILD))?;
    println!("{:<14} {:>12} {:>8} {:>9}  finding", "target", "executions", "per s", "coverage");
    let mut findings = Vec::new();
    for target in all.iter().filter(|target| named.is_empty() || named.contains(&target.as_str())) {
        findings.extend(fuzz(target, seconds)?);
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n").into()) }
}

/// The targets, by the programs that are there.
fn targets() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut targets = Vec::new();
    for program in std::fs::read_dir(crate::root().join("tests/fuzz/fuzz_targets"))? {
        targets.extend(program?.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    targets.sort();
    Ok(targets)
}

/// Runs one target, prints its line of the table, and returns what it found.
fn fuzz(target: &str, seconds: &str) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let found = crate::root().join("target/fuzz/findings").join(target);
    let corpus = crate::root().join("target/fuzz/corpus").join(target);
    std::fs::create_dir_all(&found)?;
    let words = crate::root().join(format!("tests/fuzz/dictionaries/{target}.dict"));
    let mut fuzzer = cargo();
    fuzzer.args(["fuzz", "run"]).args(BUILD).arg(target).arg(corpus).arg("--").args(BOUNDS);
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", found.display()));
    if words.exists() {
        fuzzer.arg(format!("-dict={}", words.display()));
    }
    let output = fuzzer.output()?;
    let log = String::from_utf8_lossy(&output.stderr);
    let statistic = |name: &str| field(&log, name).unwrap_or("-");
    let finding = (!output.status.success()).then(|| what_was_found(target, &log));
    println!(
        "{target:<14} {:>12} {:>8} {:>9}  {}",
        statistic("stat::number_of_executed_units:"),
        statistic("stat::average_exec_per_sec:"),
        statistic(" cov:"),
        finding.as_deref().unwrap_or("none")
    );
    Ok(finding)
}

/// The word behind the last `name` in the log.
fn field<'a>(log: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = log.rsplit_once(name)?;
    after.split_whitespace().next()
}

/// Why a fuzzer stopped, and where the input lies.
fn what_was_found(target: &str, log: &str) -> String {
    let input = log.rsplit_once("Test unit written to ").and_then(|(_, path)| path.lines().next());
    let mut said = log.lines().skip_while(|line| !line.contains("panicked at"));
    let panic = said.next().zip(said.next()).map(|(place, what)| format!("{place} {what}"));
    let why = panic.or_else(|| log.lines().find(|line| line.contains("ERROR: libFuzzer")).map(str::to_owned));
    // Without either it did not even run.
    let why = why.unwrap_or_else(|| log.lines().last().unwrap_or_default().to_owned());
    format!("{target}: {why}; input: {}", input.unwrap_or("none"))
}

fn must(command: &mut Command) -> Outcome {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(crate::root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_read() {
        let log = "#7 DONE cov: 12 ft: 3\nthread 'x' panicked at a.rs:1:2:\nodd\nstack\n==1== ERROR: libFuzzer: deadly signal\n\
                   x; Test unit written to target/crash-1\nstat::average_exec_per_sec:     42\n";
        assert_eq!([field(log, " cov:"), field(log, "average_exec_per_sec:")], [Some("12"), Some("42")]);
        assert_eq!(
            what_was_found("pdf", log),
            "pdf: thread 'x' panicked at a.rs:1:2: odd; input: target/crash-1"
        );
    }
}
