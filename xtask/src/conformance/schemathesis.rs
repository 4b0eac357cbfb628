//! Schemathesis: holds the HTTP API against its own description, with requests that fit it and requests that do not.
//!
//! Not here: what is tried how often, and what counts as wrong (`crates/server/tests/schemathesis.toml`).

use super::callers::ADMIN;
use super::{Programs, Result, Serving};
use serde::{Deserialize, Serialize};
use std::process::Command;

/// What its report comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    operations: u64,
    cases: u64,
    failures: u64,
}

/// So much of its report as is asked for.
#[derive(Debug, Deserialize)]
struct Report {
    complete: bool,
    exit_code: i64,
    operations: Operations,
    test_cases: Cases,
    failures: Vec<serde_json::Value>,
    errors: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Operations {
    selected: u64,
    tested: u64,
}

#[derive(Debug, Deserialize)]
struct Cases {
    generated: u64,
}

/// Runs it; returns what was tried, and what failed.
pub(super) fn run(programs: &Programs, serving: &Serving) -> Result<(Tally, Vec<String>)> {
    let out = crate::root().join("target/conformance");
    fs_err::create_dir_all(&out)?;
    let (report, log) = (out.join("schemathesis.json"), out.join("schemathesis.log"));
    // A report of an earlier run is none of this one.
    drop(std::fs::remove_file(&report));
    let mut command = Command::new(programs.at("schemathesis/bin/schemathesis"));
    command.arg("--config-file").arg(crate::root().join("crates/server/tests/schemathesis.toml"));
    command.arg("run").arg(format!("{}/v1/openapi.json", serving.url));
    command.args(["--header", &format!("Authorization:Bearer {}", serving.token(&ADMIN)?), "--no-color"]);
    command.args(["--report", "json", "--report-json-path"]).arg(&report).current_dir(&out);
    command
        .stdout(fs_err::File::create(&log)?.into_file())
        .stderr(std::process::Stdio::inherit())
        .status()?;
    let found = serde_json::from_slice::<Report>(&fs_err::read(&report)?)?;
    let (tally, failed) = judged(&found);
    println!(
        "schemathesis: {} of {} operations, {} cases, {} failures",
        found.operations.tested, found.operations.selected, tally.cases, tally.failures
    );
    if !failed.is_empty() {
        println!("  {} has each with a request that shows it", log.display());
    }
    Ok((tally, failed))
}

/// It must have come to its end, with every operation tried and nothing found.
fn judged(report: &Report) -> (Tally, Vec<String>) {
    let wrong = (report.failures.len() + report.errors.len()) as u64;
    let operations = &report.operations;
    let tally = Tally { operations: operations.tested, cases: report.test_cases.generated, failures: wrong };
    let mut failed = Vec::new();
    let all = report.complete && operations.tested == operations.selected && operations.tested > 0;
    if !all {
        failed
            .push(format!("schemathesis tried {} of {} operations", operations.tested, operations.selected));
    }
    if wrong > 0 || report.exit_code != 0 {
        failed.push(format!("schemathesis found {wrong} failures (exit code {})", report.exit_code));
    }
    (tally, failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_is_good_only_if_all_was_tried_and_nothing_found() {
        let check = |complete: bool,
                     code: i64,
                     tested: u64,
                     failures: &[&str],
                     errors: &[&str],
                     bad: usize| {
            let report = json!({
                "complete": complete, "exit_code": code, "failures": failures, "errors": errors,
                "operations": {"total": 24, "selected": 22, "tested": tested}, "test_cases": {"generated": 2000, "errored": 0},
            });
            let (tally, failed) = judged(&serde_json::from_value(report).unwrap());
            assert_eq!((tally.cases, failed.len()), (2000, bad), "{failed:?}");
        };
        check(true, 0, 22, &[], &[], 0);
        check(false, 0, 22, &[], &[], 1);
        check(true, 0, 21, &[], &[], 1);
        check(true, 0, 0, &[], &[], 1);
        check(true, 1, 22, &["f"], &[], 1);
        check(true, 1, 22, &[], &["e"], 1);
        check(true, 2, 22, &[], &[], 1);
        check(false, 1, 3, &["f"], &["e"], 2);
    }
}
