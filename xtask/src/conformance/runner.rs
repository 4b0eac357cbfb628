//! The official conformance runner. Its exit code leaves warnings out, so its own records of each check are read.

use super::callers::Caller;
use super::{Programs, Result, Serving, ours};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// The revisions of the protocol whose requirements are frozen.
pub(super) const VERSIONS: [&str; 2] = ["2026-07-28", "2025-11-25"];

/// Scenarios that look at the product itself; the others call fixtures, and say as much of the transport as of us.
const PRODUCT: [&str; 12] = [
    "caching",
    "completion-complete",
    "dns-rebinding-protection",
    "logging-set-level",
    "ping",
    "prompts-list",
    "resources-list",
    "sep-2164-resource-not-found",
    "server-initialize",
    "server-sse-multiple-streams",
    "server-stateless",
    "tools-list",
];

/// The scenario whose record names the tools that were shown.
const TOOLS: &str = "tools-list";
/// What whoever has no token is told, on the older wire and on the newer one.
const REFUSED: [&str; 2] = ["no token was shown", "HTTP 401"];

/// How many of the required scenarios passed.
#[derive(Debug, Serialize)]
pub(super) struct Tally {
    version: &'static str,
    caller: &'static str,
    product: Passed,
    fixtures: Passed,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Passed {
    passed: usize,
    required: usize,
}

/// A check that the runner made.
#[derive(Debug, Deserialize)]
struct Check {
    id: String,
    status: String,
    #[serde(default, rename = "errorMessage")]
    why: Option<String>,
    #[serde(default)]
    details: serde_json::Value,
}

impl Check {
    fn is_bad(&self) -> bool {
        matches!(self.status.as_str(), "FAILURE" | "WARNING")
    }
}

/// Runs what is required of a server at that revision; returns what passed, and what is not as it should be.
pub(super) fn run(
    programs: &Programs,
    serving: &Serving,
    caller: &Caller,
    version: &'static str,
) -> Result<(Tally, Vec<String>)> {
    let runner = programs.at("conformance/node_modules/.bin/conformance");
    let required = required(programs, &runner, version)?;
    let out = crate::root().join("target/conformance").join(format!("{version}-{}", caller.name));
    if out.exists() {
        fs_err::remove_dir_all(&out)?;
    }
    let mut command = Command::new(&programs.node);
    command.arg("--import").arg(ours("bearer.mjs")).arg(&runner);
    command.args(["server", "--url", &serving.mcp(), "--requirements", version, "-o"]).arg(&out);
    // What it says is in the records too.
    command.env("MCP_TOKEN", serving.token(caller)?).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let records = records(&out)?;
    let wrong = if caller.grants.is_empty() {
        let passed = required.iter().filter(|name| has_passed(&records, name));
        let passed = passed.map(|name| format!("{name} passed without a token"));
        passed.chain(refusal(&records)).collect()
    } else {
        let failed = required.iter().filter(|name| !has_passed(&records, name));
        let failed = failed.map(|name| format!("{name}: {}", complaint(&records, name)));
        failed.chain(shown(&records, caller)).collect::<Vec<_>>()
    };
    let tally = Tally {
        version,
        caller: caller.name,
        product: count(&required, &records, true),
        fixtures: count(&required, &records, false),
    };
    println!(
        "{version}, {}: {} of {} required scenarios of the product, {} of {} of fixtures",
        caller.name,
        tally.product.passed,
        tally.product.required,
        tally.fixtures.passed,
        tally.fixtures.required
    );
    let named = |why: &String| format!("{version}, {}: {why}", caller.name);
    Ok((tally, wrong.iter().map(named).collect()))
}

fn count(required: &[String], records: &BTreeMap<String, Vec<Check>>, of_product: bool) -> Passed {
    let kind: Vec<&String> =
        required.iter().filter(|name| PRODUCT.contains(&name.as_str()) == of_product).collect();
    let passed = kind.iter().filter(|name| has_passed(records, name)).count();
    Passed { passed, required: kind.len() }
}

/// Whether a scenario ran, and no check of it failed or warned.
fn has_passed(records: &BTreeMap<String, Vec<Check>>, name: &str) -> bool {
    let checks = records.get(name).map(Vec::as_slice).unwrap_or_default();
    checks.iter().any(|check| check.status == "SUCCESS") && !checks.iter().any(Check::is_bad)
}

/// Why a scenario did not pass.
fn complaint(records: &BTreeMap<String, Vec<Check>>, name: &str) -> String {
    let Some(checks) = records.get(name) else { return "it did not run".to_owned() };
    let bad = checks.iter().filter(|check| check.is_bad());
    let bad =
        bad.map(|check| format!("{} {}: {}", check.status, check.id, check.why.as_deref().unwrap_or("")));
    bad.collect::<Vec<_>>().join("; ")
}

/// What is wrong with the tools that the runner was shown: those that fixtures add aside, they must be the caller's.
fn shown(records: &BTreeMap<String, Vec<Check>>, caller: &Caller) -> Option<String> {
    let is_fixture = |tool: &str| tool.starts_with("test_") || tool == "json_schema_2020_12_tool";
    let checks = records.get(TOOLS).map(Vec::as_slice).unwrap_or_default();
    let tools = checks.iter().find_map(|check| check.details["tools"].as_array());
    let tools = tools.into_iter().flatten().filter_map(serde_json::Value::as_str);
    let tools: Vec<&str> = tools.filter(|tool| !is_fixture(tool)).collect();
    (tools != caller.tools()).then(|| format!("shown the tools {tools:?} instead of {:?}", caller.tools()))
}

/// What is wrong with how somebody without a token is refused.
fn refusal(records: &BTreeMap<String, Vec<Check>>) -> Option<String> {
    let said = complaint(records, TOOLS);
    (!REFUSED.iter().any(|words| said.contains(words)))
        .then(|| format!("{TOOLS} was refused otherwise: {said}"))
}

/// The scenarios that are required of a server.
fn required(programs: &Programs, runner: &Path, version: &str) -> Result<Vec<String>> {
    let output = programs.node(runner).args(["list", "--requirements", version]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().skip_while(|line| !line.starts_with("Server scenarios")).skip(1);
    let names =
        lines.take_while(|line| !line.trim().is_empty()).filter_map(|line| line.trim().strip_prefix("- "));
    let names: Vec<String> = names.map(str::to_owned).collect();
    if names.is_empty() {
        Err(format!("the runner requires nothing for {version}").into())
    } else {
        Ok(names)
    }
}

/// The checks of each scenario: each left a folder `server-NAME-TIME`.
fn records(out: &Path) -> Result<BTreeMap<String, Vec<Check>>> {
    let mut records: BTreeMap<String, Vec<Check>> = BTreeMap::new();
    for entry in fs_err::read_dir(out)? {
        let entry = entry?;
        let folder = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = scenario(&folder) else { continue };
        let (checks, file) = (records.entry(name.to_owned()).or_default(), entry.path().join("checks.json"));
        // A scenario that broke off, as one does that is let in nowhere, leaves its folder empty: nothing of it has passed.
        if file.exists() {
            checks.extend(serde_json::from_slice::<Vec<Check>>(&fs_err::read(file)?)?);
        }
    }
    Ok(records)
}

/// The scenario's name between what stands before and the time, which begins with a year.
fn scenario(folder: &str) -> Option<&str> {
    let rest = folder.strip_prefix("server-")?;
    let is_time = |at: usize| {
        let time = rest.get(at..).unwrap_or_default();
        time.starts_with("-20")
            && time.contains('T')
            && time.bytes().skip(1).take(4).all(|byte| byte.is_ascii_digit())
    };
    let end = rest.match_indices("-20").map(|(at, _)| at).find(|at| is_time(*at))?;
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::callers::READER;
    use serde_json::json;

    #[test]
    fn a_folder_names_its_scenario() {
        for (folder, expected) in [
            ("server-tools-list-2026-11-21T14-00-00-000Z", Some("tools-list")),
            (
                "server-sep-2164-resource-not-found-2026-11-21T14-00-00-000Z",
                Some("sep-2164-resource-not-found"),
            ),
            ("server-server-stateless-2026-11-21T14-00-00-000Z", Some("server-stateless")),
            ("other", None),
        ] {
            assert_eq!(scenario(folder), expected);
        }
    }

    fn record(name: &str, checks: serde_json::Value) -> BTreeMap<String, Vec<Check>> {
        BTreeMap::from([(name.to_owned(), serde_json::from_value(checks).unwrap())])
    }

    #[test]
    fn a_scenario_passes_only_if_something_held_and_nothing_was_warned_of() {
        let check = |statuses: &[&str], expected: bool| {
            let checks = statuses.iter().map(|status| json!({"id": "x", "status": status})).collect();
            assert_eq!(has_passed(&record("ping", checks), "ping"), expected, "{statuses:?}");
        };
        check(&["SUCCESS", "INFO"], true);
        check(&["SUCCESS", "SKIPPED"], true);
        check(&["SKIPPED"], false);
        check(&["SUCCESS", "WARNING"], false);
        check(&["SUCCESS", "FAILURE"], false);
        assert!(!has_passed(&BTreeMap::new(), "ping"));
    }

    #[test]
    fn one_tool_too_many_or_too_few_is_seen() {
        let of = |tools: Vec<&str>| {
            let checks = json!([{"id": TOOLS, "status": "SUCCESS", "details": {"tools": tools}}]);
            shown(&record(TOOLS, checks), &READER)
        };
        let with_fixtures: Vec<&str> = READER.tools().into_iter().chain(["test_simple_text"]).collect();
        assert_eq!(of(with_fixtures.clone()), None);
        let with_one_that_writes: Vec<&str> = with_fixtures.iter().copied().chain(["write_file"]).collect();
        assert!(of(with_one_that_writes).unwrap().contains("write_file"));
        assert!(of(with_fixtures.iter().copied().skip(1).collect()).is_some());
        assert!(shown(&BTreeMap::new(), &READER).is_some());
    }
}
