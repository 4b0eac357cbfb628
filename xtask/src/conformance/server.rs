//! A running `workroom serve` on a workspace of its own, ended when it is dropped.

use super::callers::Caller;
use super::{Result, succeed};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the workspace holds: tests of the HTTP API name these files too.
const FILES: [(&str, &str); 2] = [
    ("notes/log.md", "# Tide log\n\nThe mill turned all night.\n"),
    ("private/plan.md", "# Plan\n\nThe miller buys the second wheel in May.\n"),
];

/// A server, and tokens for it.
pub(super) struct Serving {
    child: Child,
    /// Its address.
    pub(super) url: String,
    program: PathBuf,
    home: PathBuf,
    folder: PathBuf,
}

impl Serving {
    /// Starts it on a port that is free.
    pub(super) fn start(program: &Path, fixtures: bool) -> Result<Self> {
        let home =
            std::env::temp_dir().join(format!("workroom-conformance-{}-{fixtures}", std::process::id()));
        // The workspace is called after it.
        let folder = home.join("mill");
        for (path, text) in FILES {
            let file = folder.join(path);
            fs_err::create_dir_all(file.parent().unwrap_or(&folder))?;
            fs_err::write(file, text)?;
        }
        succeed(command(program, &folder, &["index", "--quiet"]).stdout(Stdio::null()))?;
        // The judges ask faster than any agent.
        let mut serve =
            command(program, &folder, &["serve", "--listen", "127.0.0.1:0", "--rate", "1000000", "--json"]);
        if fixtures {
            serve.arg("--conformance-fixtures");
        }
        let mut child = serve.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line)?;
        let url = said["url"].as_str().ok_or("the server says no address")?.trim_end_matches('/').to_owned();
        Ok(Self { child, url, program: program.to_owned(), home, folder })
    }

    /// Where the protocol is served.
    pub(super) fn mcp(&self) -> String {
        format!("{}/mcp", self.url)
    }

    /// A new token for a caller; empty for who has none.
    pub(super) fn token(&self, caller: &Caller) -> Result<String> {
        if caller.grants.is_empty() {
            return Ok(String::new());
        }
        let mut create = command(&self.program, &self.folder, &["token", "create", "--json"]);
        // A name belongs to one token.
        let made = create.arg(format!("{}-{}", caller.name, self.names()?)).args(caller.grants).output()?;
        let made: Value = serde_json::from_slice(&made.stdout)?;
        Ok(made["secret"].as_str().ok_or("no secret was made")?.to_owned())
    }

    /// How many tokens there are.
    fn names(&self) -> Result<usize> {
        let listed = command(&self.program, &self.folder, &["token", "list", "--json"]).output()?;
        Ok(serde_json::from_slice::<Vec<Value>>(&listed.stdout)?.len())
    }

    /// The command that serves the same workspace over standard input and output.
    pub(super) fn stdio(&self) -> [String; 3] {
        [self.program.display().to_string(), "mcp".into(), self.folder.display().to_string()]
    }
}

fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("-w").arg(folder).args(arguments).env("WORKROOM_NO_DAEMON", "1");
    command
}

impl Drop for Serving {
    fn drop(&mut self) {
        // What is left is a temporary folder, and a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.home));
    }
}
