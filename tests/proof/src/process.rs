//! Child processes: started with their output read, waited for with a limit, killed.
//!
//! Invariant: no child outlives its handle.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A process whose standard output is read line by line, and whose standard error goes to a file.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<(Instant, String)>,
}

/// What came from a process within a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line of its standard output, and when it was read.
    Line(Instant, String),
    /// Nothing.
    Silence,
    /// It closed its standard output, as it does when it ends.
    End,
}

impl Running {
    /// Starts a process. `errors` is the file for its standard error, which is appended to.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, errors: &Path) -> Result<Self> {
        let errors = fs_err::OpenOptions::new().create(true).append(true).open(errors)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::from(errors.into_parts().0));
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let (send, lines) = channel();
        if let Some(out) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut lines = BufReader::new(out).lines().map_while(Result::ok);
                lines.try_for_each(|line| send.send((Instant::now(), line)))
            });
        }
        Ok(Self { child, lines })
    }

    /// Waits for the next line until `until`.
    #[must_use]
    pub fn hear(&self, until: Instant) -> Heard {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok((at, line)) => Heard::Line(at, line),
            Err(RecvTimeoutError::Timeout) => Heard::Silence,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// Reads it to its end: its lines and how it ended, or the lines alone when it did not end within `limit` and was killed.
    ///
    /// # Errors
    /// When the system will not say how it ended.
    pub fn finish(mut self, limit: Duration) -> Result<(Vec<String>, Option<ExitStatus>)> {
        let until = Instant::now() + limit;
        let mut lines = Vec::new();
        loop {
            match self.hear(until) {
                Heard::Line(_, line) => lines.push(line),
                Heard::Silence => return Ok((lines, None)),
                Heard::End => return Ok((lines, Some(self.child.wait()?))),
            }
        }
    }

    /// Process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once. Returns the lines that it said before and nobody heard.
    ///
    /// # Errors
    /// When the system will not say how it ended.
    pub fn kill_and_read(mut self) -> Result<Vec<String>> {
        // An error means that it has ended already.
        drop(self.child.kill());
        self.finish(Duration::from_secs(10)).map(|(lines, _)| lines)
    }

    /// Ends it at once. Returns how it ended: by the kill, or by itself before.
    ///
    /// # Errors
    /// When the system will not say how it ended.
    pub fn kill(mut self) -> Result<ExitStatus> {
        // An error means that it has ended already.
        drop(self.child.kill());
        Ok(self.child.wait()?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended and was waited for already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
