//! `markitdown`, the Python package: one process that has imported it before the first file, fed by a script of ours.
//!
//! It passes text, mail and markup on as they are, which costs it nothing and gives no structure.

use super::case::{Case, Reading, Taken};
use super::{PATIENCE, RUNS, rounded};
use crate::Failure;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = include_str!("markitdown.py");

/// The process.
pub(crate) struct Tool {
    hello: Hello,
    python: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
    /// Once it has ended it is not asked again.
    has_ended: bool,
}

/// Its first line.
#[derive(Deserialize)]
struct Hello {
    version: String,
    import_seconds: f64,
}

/// Its line for a file.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    seconds: f64,
    #[serde(default)]
    text_bytes: usize,
    error: Option<String>,
}

impl Tool {
    pub(crate) fn start(python: &str) -> Result<Self, Failure> {
        let mut child = Command::new(python)
            .args(["-c", SCRIPT, &RUNS.to_string(), &PATIENCE.as_secs().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{python}: {error}"))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("no pipes".into());
        };
        let mut from = BufReader::new(from).lines();
        let Some(first) = from.next() else {
            // It cannot have been killed: it ended by itself.
            child.wait()?;
            return Err(format!("{python} has no package of that name").into());
        };
        let hello: Hello = serde_json::from_str(&first?)?;
        println!("  markitdown {}: imported in {:.2} s", hello.version, hello.import_seconds);
        Ok(Self { hello, python: child, to, from, has_ended: false })
    }

    pub(crate) fn read(&mut self, case: &Case) -> Option<Taken> {
        (!self.has_ended).then(|| {
            self.ask(case).map_err(|why| {
                self.has_ended |= why.is_none();
                why.unwrap_or_else(|| "its process ended".to_owned())
            })
        })
    }

    /// Without a reason it has not answered.
    fn ask(&mut self, case: &Case) -> Result<Reading, Option<String>> {
        let path = serde_json::to_string(&case.file).map_err(|error| Some(error.to_string()))?;
        writeln!(self.to, "{path}").and_then(|()| self.to.flush()).map_err(|_| None)?;
        let line = self.from.next().and_then(Result::ok).ok_or(None)?;
        let line: Line = serde_json::from_str(&line).map_err(|_| None)?;
        line.error
            .map_or(Ok(Reading { seconds: line.seconds, text_bytes: line.text_bytes }), |why| Err(Some(why)))
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "version": self.hello.version, "import_seconds": rounded(self.hello.import_seconds) })
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.python.kill();
        let _ended = self.python.wait();
    }
}
