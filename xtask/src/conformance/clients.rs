//! Clients of others: each connects, lists, writes, reads, searches, and hears of a change, over HTTP and over standard input and output.

use super::{Programs, Serving, ours};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs all of them; returns those that failed.
pub(super) fn run(programs: &Programs, serving: &Serving) -> Result<Vec<String>> {
    // Modules are looked for from the file, so it lies beside them.
    let typescript = programs.folder.join("ts-sdk/smoke_typescript.mjs");
    fs_err::copy(ours("smoke_typescript.mjs"), &typescript)?;
    let python = |environment: &str, file: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.folder.join(environment).join("bin/python"));
        command.arg(ours(file)).args(arguments);
        command
    };
    let node = |arguments: &[&str]| {
        let mut command = programs.node(&typescript);
        command.args(arguments);
        command
    };
    let clients = [
        ("python 2, auto", python("py2", "smoke_python_2.py", &["--mode", "auto"])),
        ("python 2, legacy", python("py2", "smoke_python_2.py", &["--mode", "legacy"])),
        ("python 2, 2026-07-28", python("py2", "smoke_python_2.py", &["--mode", "2026-07-28"])),
        ("python 1", python("py1", "smoke_python_1.py", &[])),
        ("typescript 2, auto", node(&["2", "--mode", "auto"])),
        ("typescript 2, legacy", node(&["2", "--mode", "legacy"])),
        ("typescript 1", node(&["1"])),
    ];
    let mut failed = Vec::new();
    for (name, command) in clients {
        for over_http in [true, false] {
            let mut command = again(&command);
            if over_http {
                command.args(["--url", &serving.mcp, "--token", &serving.token]);
            } else {
                command.arg("--stdio").args(serving.stdio());
            }
            let transport = if over_http { "http" } else { "stdio" };
            failed.extend(judge(&format!("{name} over {transport}"), command)?);
        }
    }
    for era in ["legacy", "modern"] {
        failed.extend(inspector(programs, serving, era)?);
    }
    Ok(failed)
}

/// A command like another one.
fn again(command: &Command) -> Command {
    let mut again = Command::new(command.get_program());
    again.args(command.get_args());
    again
}

/// The Inspector: lists the tools, with an eye on schemas that some model would not take, and calls one.
fn inspector(programs: &Programs, serving: &Serving, era: &str) -> Result<Vec<String>> {
    let program = programs.folder.join("inspector/node_modules/.bin/mcp-inspector");
    let header = format!("Authorization: Bearer {}", serving.token);
    let mut failed = Vec::new();
    for method in [
        &["--method", "tools/list", "--strict"][..],
        &[
            "--method",
            "tools/call",
            "--tool-name",
            "semantic_search",
            "--tool-args-json",
            r#"{"query":"mill"}"#,
        ][..],
        &["--method", "resources/list"][..],
    ] {
        let mut command = programs.node(&program);
        command.args([
            "--cli",
            &serving.mcp,
            "--transport",
            "http",
            "--protocol-era",
            era,
            "--header",
            &header,
        ]);
        command.args(method).args(["--format", "json", "-q"]);
        let what = method.get(1).copied().unwrap_or_default();
        failed.extend(judge(&format!("inspector, {era}, {what}"), command)?);
    }
    Ok(failed)
}

fn judge(name: &str, mut command: Command) -> Result<Option<String>> {
    let output = command.output()?;
    if output.status.success() {
        println!("{name}: ok");
        return Ok(None);
    }
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{name}: {}\n{said}\n{complained}", output.status);
    Ok(Some(name.to_owned()))
}
