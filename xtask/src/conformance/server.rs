//! A running `workroom serve` on a workspace of its own, ended when it is dropped.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A server with a token that may everything.
pub(super) struct Serving {
    child: Child,
    /// Where the protocol is served.
    pub(super) mcp: String,
    pub(super) token: String,
    pub(super) program: PathBuf,
    folder: PathBuf,
}

impl Serving {
    /// Starts it on a port that is free.
    pub(super) fn start(fixtures: bool) -> Result<Self> {
        let program = crate::root().join("target/debug/workroom");
        let folder =
            std::env::temp_dir().join(format!("workroom-conformance-{}-{fixtures}", std::process::id()));
        fs_err::create_dir_all(folder.join("notes"))?;
        fs_err::write(folder.join("notes/log.md"), "# Tide log\n\nThe mill turned all night.\n")?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(&program);
            command.arg("-w").arg(&folder).args(arguments).env("WORKROOM_NO_DAEMON", "1");
            command
        };
        super::succeed(command(&["index", "--quiet"]).stdout(Stdio::null()))?;
        let made = command(&["token", "create", "runner", "--admin", "/", "--json"]).output()?;
        let made: serde_json::Value = serde_json::from_slice(&made.stdout)?;
        let token = made["secret"].as_str().ok_or("no secret was made")?.to_owned();
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--json"]);
        if fixtures {
            serve.arg("--conformance-fixtures");
        }
        let mut child = serve.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let said: serde_json::Value = serde_json::from_str(&line)?;
        let url = said["url"].as_str().ok_or("the server says no address")?.trim_end_matches('/');
        Ok(Self { child, mcp: format!("{url}/mcp"), token, program, folder })
    }

    /// The command that serves the same workspace over standard input and output.
    pub(super) fn stdio(&self) -> [String; 3] {
        [self.program.display().to_string(), "mcp".into(), self.folder.display().to_string()]
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // What is left is a temporary folder, and a process that has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
