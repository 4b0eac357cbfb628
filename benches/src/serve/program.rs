//! The real program as it is started and ended: `workroom serve`, with the daemon behind it or with the index in the server itself.

use super::client::Service;
use crate::{Failure, machine};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Who has the index open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Index {
    /// A daemon, which the server asks over its socket: what `workroom serve` does.
    InDaemon,
    /// The server itself: `workroom --no-daemon serve`, as in the unit of docs/http.md.
    InServer,
}

/// More than any client here sends, so that what is measured is the work.
const RATE: &str = "1000000";

impl Index {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InDaemon => "index in the daemon",
            Self::InServer => "index in the server",
        }
    }
}

/// The program and the workspace it serves.
pub(super) struct Program {
    path: PathBuf,
    folder: PathBuf,
    /// Without models: the student alone, on every machine.
    home: TempDir,
}

impl Program {
    /// The program at `path`; else the one that was built beside this one.
    pub(super) fn new(path: Option<PathBuf>, folder: &Path) -> Result<Self, Failure> {
        let beside = || std::env::current_exe().map(|own| own.with_file_name("workroom"));
        let path = path.map_or_else(beside, Ok)?;
        if !path.is_file() {
            let how = "cargo build --release -p workroom-cli";
            return Err(format!("{} is missing: `{how}`, or `--program PATH`", path.display()).into());
        }
        Ok(Self { path, folder: folder.to_path_buf(), home: tempfile::tempdir()? })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("-w").arg(&self.folder).args(arguments).env_clear().env("HOME", self.home.path());
        for kept in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    fn json(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let output = self.command(arguments).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Starts it, with a token that may read everything and write where the load writes.
    pub(super) fn start(&self, index: Index) -> Result<Running<'_>, Failure> {
        let name = format!("load {}", jiff::Timestamp::now());
        let (read, write) = (["--read", "/"], ["--write", super::writer::FOLDER]);
        let token =
            self.json(&[&["token", "create", &name, "--json"][..], &read[..], &write[..]].concat())?;
        let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--rate", RATE, "--json"];
        if index == Index::InServer {
            arguments.insert(0, "--no-daemon");
        }
        let mut server = self.command(&arguments).stdout(Stdio::piped()).stdin(Stdio::null()).spawn()?;
        let mut first = String::new();
        if let Some(out) = server.stdout.take() {
            BufReader::new(out).read_line(&mut first)?;
        }
        let mut running = Running { program: self, index, server, service: None, processes: Vec::new() };
        let told: Value = serde_json::from_str(&first).map_err(|_| "the server did not start")?;
        running.service = Some(service(&told, &self.folder, &token)?);
        running.processes.push(("server", running.server.id().to_string()));
        if index == Index::InDaemon {
            let daemon = &self.json(&["daemon", "status", "--json"])?["pid"];
            running.processes.push(("daemon", daemon.to_string()));
        }
        Ok(running)
    }
}

fn service(told: &Value, folder: &Path, token: &Value) -> Result<Service, Failure> {
    let url = told["url"].as_str().and_then(|url| url.strip_prefix("http://"));
    let address = url.ok_or("the server tells no address")?.parse()?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let token = token["secret"].as_str().ok_or("no token was made")?.to_owned();
    Ok(Service { address, below: format!("/v1/workspaces/{name}"), token })
}

/// The program, until it is dropped.
pub(super) struct Running<'a> {
    program: &'a Program,
    index: Index,
    server: Child,
    service: Option<Service>,
    processes: Vec<(&'static str, String)>,
}

impl Running<'_> {
    /// Where it answers.
    pub(super) fn service(&self) -> Result<&Service, Failure> {
        self.service.as_ref().ok_or_else(|| "the server tells no address".into())
    }

    /// Seconds that its processes have computed.
    pub(super) fn computed(&self) -> f64 {
        self.processes.iter().filter_map(|(_, process)| machine::computed(process)).sum()
    }

    /// Its processes by name, each with its number.
    pub(super) fn processes(&self) -> &[(&'static str, String)] {
        &self.processes
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // What does not end so is killed, and told by the next that wants the workspace.
        let asked = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            drop(self.server.kill());
        }
        drop(self.server.wait());
        if self.index == Index::InDaemon {
            drop(self.program.command(&["daemon", "stop"]).output());
        }
    }
}
