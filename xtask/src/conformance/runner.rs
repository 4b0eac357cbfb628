//! The official conformance runner. Its exit code leaves warnings out, so its own records of each check are read.

use super::{Programs, Serving, ours};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

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

/// Checks of one scenario.
#[derive(Default)]
struct Tally {
    passed: usize,
    bad: Vec<String>,
}

/// Runs what is required of a server at that revision; returns the scenarios that failed.
pub(super) fn run(programs: &Programs, serving: &Serving, version: &str) -> Result<Vec<String>> {
    let runner = programs.folder.join("conformance/node_modules/.bin/conformance");
    let required = required(programs, &runner, version)?;
    let out = crate::root().join("target/conformance").join(version);
    if out.exists() {
        fs_err::remove_dir_all(&out)?;
    }
    let mut command = Command::new(&programs.node);
    command.arg("--import").arg(ours("bearer.mjs")).arg(&runner);
    command.args(["server", "--url", &serving.mcp, "--requirements", version, "-o"]).arg(&out);
    // What it says is in the records too.
    command.env("MCP_TOKEN", &serving.token).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let tallies = tallies(&out)?;
    let mut failed = Vec::new();
    for (kind, wanted) in [("product", true), ("fixtures", false)] {
        let scenarios: Vec<&String> =
            required.iter().filter(|name| PRODUCT.contains(&name.as_str()) == wanted).collect();
        let mut passed = 0;
        for name in &scenarios {
            match tallies.get(*name) {
                Some(tally) if tally.bad.is_empty() && tally.passed > 0 => passed += 1,
                Some(tally) => {
                    println!("  {name}: {}", tally.bad.join("; "));
                    failed.push(format!("{version} {name}"));
                }
                None => failed.push(format!("{version} {name} (did not run)")),
            }
        }
        println!("{version}, {kind}: {passed} of {} required scenarios", scenarios.len());
    }
    Ok(failed)
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

/// What each scenario came to: each left a folder `server-NAME-TIME`.
fn tallies(out: &Path) -> Result<BTreeMap<String, Tally>> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for entry in fs_err::read_dir(out)? {
        let entry = entry?;
        let folder = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = scenario(&folder) else { continue };
        let checks: Vec<Value> = serde_json::from_slice(&fs_err::read(entry.path().join("checks.json"))?)?;
        let tally = tallies.entry(name.to_owned()).or_default();
        for check in checks {
            match check["status"].as_str() {
                Some("FAILURE" | "WARNING") => {
                    let (id, why) = (&check["id"], &check["errorMessage"]);
                    tally.bad.push(format!("{} {id}: {why}", check["status"]));
                }
                Some("SUCCESS") => tally.passed += 1,
                _ => {}
            }
        }
    }
    Ok(tallies)
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
    use super::scenario;

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
}
