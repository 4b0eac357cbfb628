//! Clients of others: each connects, lists, writes, reads, searches, and hears of a change, over HTTP and over standard input and output;
//! and the Inspector shows what each caller is shown.

use super::callers::{ADMIN, Caller, INSIDER, READER, SENDER};
use super::{Programs, Result, Serving, ours};
use serde::Serialize;
use serde_json::Value;
use std::process::{Command, Output};

/// How the Inspector ends, and what it says, when it is to call a tool that it was not shown.
const NOT_SHOWN: (i32, &str) = (5, "tool_not_found");

/// How many runs came to what they should.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    passed: usize,
    runs: usize,
}

/// Runs all of them; returns those that failed.
pub(super) fn run(programs: &Programs, serving: &Serving) -> Result<(Tally, Vec<String>)> {
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    let mut count = |outcome: Option<String>| {
        tally.runs += 1;
        tally.passed += usize::from(outcome.is_none());
        failed.extend(outcome);
    };
    // First, while the files are those that are listed for each caller.
    for era in ["legacy", "modern"] {
        inspect(programs, serving, era, &mut count)?;
    }
    let token = serving.token(&ADMIN)?;
    for (name, command) in round_trips(programs)? {
        for over_http in [true, false] {
            let mut command = again(&command);
            if over_http {
                command.args(["--url", &serving.mcp(), "--token", &token]);
            } else {
                command.arg("--stdio").args(serving.stdio());
            }
            let transport = if over_http { "http" } else { "stdio" };
            count(succeeds(&format!("{name} over {transport}"), command)?);
        }
    }
    Ok((tally, failed))
}

/// Clients that make one round trip each, without where to.
fn round_trips(programs: &Programs) -> Result<[(&'static str, Command); 7]> {
    // Modules are looked for from the file, so it lies beside them.
    let typescript = programs.at("ts-sdk/smoke_typescript.mjs");
    fs_err::copy(ours("smoke_typescript.mjs"), &typescript)?;
    let python = |environment: &str, file: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.at(environment).join("bin/python"));
        command.arg(ours(file)).args(arguments);
        command
    };
    let node = |arguments: &[&str]| {
        let mut command = programs.node(&typescript);
        command.args(arguments);
        command
    };
    Ok([
        ("python 2, auto", python("py2", "smoke_python_2.py", &["--mode", "auto"])),
        ("python 2, legacy", python("py2", "smoke_python_2.py", &["--mode", "legacy"])),
        ("python 2, 2026-07-28", python("py2", "smoke_python_2.py", &["--mode", "2026-07-28"])),
        ("python 1", python("py1", "smoke_python_1.py", &[])),
        ("typescript 2, auto", node(&["2", "--mode", "auto"])),
        ("typescript 2, legacy", node(&["2", "--mode", "legacy"])),
        ("typescript 1", node(&["1"])),
    ])
}

/// A command like another one.
fn again(command: &Command) -> Command {
    let mut again = Command::new(command.get_program());
    again.args(command.get_args());
    again
}

/// The Inspector: looks for schemas that some model would not take, calls a tool, and lists what each caller is shown, to the last name.
fn inspect(
    programs: &Programs,
    serving: &Serving,
    era: &str,
    count: &mut impl FnMut(Option<String>),
) -> Result<()> {
    let inspector = |caller: &Caller, arguments: &[&str]| -> Result<Command> {
        let mut command = programs.node(&programs.at("inspector/node_modules/.bin/mcp-inspector"));
        command.args(["--cli", &serving.mcp(), "--transport", "http", "--protocol-era", era]);
        command.arg("--header").arg(format!("Authorization: Bearer {}", serving.token(caller)?));
        command.args(arguments).args(["--format", "json", "-q"]);
        Ok(command)
    };
    let tools = ["--method", "tools/list"];
    count(succeeds(
        &format!("inspector, {era}, strict"),
        inspector(&ADMIN, &["--method", "tools/list", "--strict"])?,
    )?);
    let search = [
        "--method",
        "tools/call",
        "--tool-name",
        "semantic_search",
        "--tool-args-json",
        r#"{"query":"mill"}"#,
    ];
    count(succeeds(&format!("inspector, {era}, search"), inspector(&READER, &search)?)?);
    for caller in [&ADMIN, &READER, &INSIDER, &SENDER] {
        let name = |what: &str| format!("inspector, {era}, {}, {what}", caller.name);
        count(lists(&name("tools"), inspector(caller, &tools)?, "tools", &caller.tools())?);
        let resources = inspector(caller, &["--method", "resources/list"])?;
        count(lists(&name("files"), resources, "resources", caller.files)?);
    }
    let write = ["--method", "tools/call", "--tool-name", "write_file"];
    let write = [&write[..], &["--tool-args-json", r#"{"path":"notes/new.md","content":"x"}"#]].concat();
    count(refused(&format!("inspector, {era}, a reader's write"), inspector(&READER, &write)?)?);
    Ok(())
}

/// A run that must end well.
fn succeeds(name: &str, mut command: Command) -> Result<Option<String>> {
    let output = command.output()?;
    let fault = (!output.status.success()).then(|| output.status.to_string());
    Ok(told(name, fault, &output))
}

/// A run that must print a list with exactly these, by the end of their names.
fn lists(name: &str, mut command: Command, list: &str, expected: &[&str]) -> Result<Option<String>> {
    let output = command.output()?;
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let fault = fault_in_list(&printed, list, expected);
    Ok(told(name, fault, &output))
}

fn fault_in_list(printed: &Value, list: &str, expected: &[&str]) -> Option<String> {
    let rows = printed.get(list).or_else(|| printed.get("result")?.get(list)).and_then(Value::as_array);
    let Some(rows) = rows else { return Some(format!("there is no list of {list}")) };
    let names = rows.iter().filter_map(|row| row.get("uri").or_else(|| row.get("name"))?.as_str());
    let names: Vec<&str> = names.map(|name| name.strip_prefix("workroom:///").unwrap_or(name)).collect();
    (names != expected).then(|| format!("{names:?} instead of {expected:?}"))
}

/// A run that must end because the tool was not shown.
fn refused(name: &str, mut command: Command) -> Result<Option<String>> {
    let output = command.output()?;
    let said = [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat();
    let is_refused = output.status.code() == Some(NOT_SHOWN.0) && said.contains(NOT_SHOWN.1);
    Ok(told(name, (!is_refused).then(|| format!("the tool was shown: {}", output.status)), &output))
}

/// Says how a run ended; its name if that was not as it should be.
fn told(name: &str, fault: Option<String>, output: &Output) -> Option<String> {
    let Some(fault) = fault else {
        println!("{name}: ok");
        return None;
    };
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{name}: {fault}\n{said}\n{complained}");
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_held_to_the_last_name() {
        let check = |printed: Value, expected: &[&str], is_fault: bool| {
            assert_eq!(fault_in_list(&printed, "tools", expected).is_some(), is_fault, "{printed}");
        };
        check(json!({"tools": [{"name": "a"}, {"name": "b"}]}), &["a", "b"], false);
        check(json!({"result": {"tools": [{"name": "a"}]}}), &["a"], false);
        check(json!({"tools": [{"name": "x", "uri": "workroom:///a.md"}]}), &["a.md"], false);
        check(json!({"tools": [{"name": "a"}, {"name": "b"}]}), &["a"], true);
        check(json!({"tools": []}), &["a"], true);
        check(json!({"tools": []}), &[], false);
        check(json!(null), &[], true);
    }
}
