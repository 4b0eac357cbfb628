//! One agent: it reads a file, adds a line, writes it, again and again, and says what was acknowledged to it.
//!
//! Invariant: it says `done` after the answer and before it does anything else.

use super::path;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};
use workroom::{
    Condition, ErrorKind, LeaseMode, LeaseRequest, OpenOptions, Sharing, Starter, Workspace, version_of,
};

/// What keeps agents apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A lease on the file, taken before it is read; the write names no version.
    Lease,
    /// The version that was read.
    IfMatch,
}

/// How an agent comes to the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the library, in its own process.
    Library,
    /// By the program, a process for each call.
    Cli,
    /// Over HTTP, to a server that several use.
    Http,
    /// Over MCP, to a server of its own.
    Mcp,
}

const WAYS: [(Way, &str); 4] =
    [(Way::Library, "library"), (Way::Cli, "cli"), (Way::Http, "http"), (Way::Mcp, "mcp")];
const GUARDS: [(Guard, &str); 2] = [(Guard::Lease, "lease"), (Guard::IfMatch, "if-match")];

fn named<T: Copy>(known: &[(T, &str)], name: &str) -> Result<T> {
    let found = known.iter().find(|(_, known)| *known == name);
    found.map(|(value, _)| *value).with_context(|| format!("`{name}` is none"))
}

impl Way {
    /// The way of the agent with that number.
    #[must_use]
    pub fn of(id: u64) -> Self {
        WAYS[(id % WAYS.len() as u64) as usize].0
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        WAYS.iter().find(|(way, _)| *way == self).map_or("", |(_, name)| name)
    }
}

impl Guard {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        GUARDS.iter().find(|(guard, _)| *guard == self).map_or("", |(_, name)| name)
    }
}

impl FromStr for Way {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        named(&WAYS, name)
    }
}

impl FromStr for Guard {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        named(&GUARDS, name)
    }
}

/// An agent in one process.
#[derive(Clone, Debug)]
pub struct Agent {
    /// How it comes.
    pub way: Way,
    /// What keeps it from the others.
    pub guard: Guard,
    /// Its number.
    pub id: u64,
    /// How many there were in its place before.
    pub life: u64,
    /// Of all choices.
    pub seed: u64,
    /// Files that it changes.
    pub files: u64,
    /// How long.
    pub time: Duration,
    /// Where the server is.
    pub address: String,
    /// The workspace.
    pub root: PathBuf,
    /// The program `workroom`.
    pub cli: PathBuf,
}

/// Seconds that a lease lasts: longer than it takes to kill an owner and start another.
const SECONDS: u64 = 8;
/// Seconds that one is waited for: longer than those of agents that were killed.
const WAIT: u64 = 40;

/// A lease, as far as it is needed.
struct Taken {
    id: String,
    token: u64,
}

/// What an agent needs of a workspace. `None` and `false` when another was before it.
trait Hand {
    fn take(&mut self, path: &str) -> Result<Option<Taken>>;
    fn write(&mut self, path: &str, text: &str, by: &By) -> Result<bool>;
    /// Whether it still held.
    fn release(&mut self, id: &str) -> Result<bool>;
}

/// What a write shows.
enum By {
    Lease(String),
    Version(String),
}

impl Agent {
    /// Works until the time is over, and says each thing on a line.
    ///
    /// # Errors
    /// When it cannot work at all.
    pub fn run(&self, say: &mut dyn FnMut(&str)) -> Result<()> {
        let mut rng = fastrand::Rng::with_seed(self.seed ^ (self.id << 32) ^ (self.life << 48));
        let mut hand = self.hand()?;
        let until = Instant::now() + self.time;
        let mut n = 0;
        while Instant::now() < until {
            n += 1;
            let (path, name) = (path(rng.u64(0..self.files)), format!("{}.{}.{n}", self.id, self.life));
            match self.update(&mut *hand, &path, &name, say) {
                Ok(true) => {}
                Ok(false) => say("refused"),
                Err(error) => say(&format!("{error:#}").replace('\n', " ")),
            }
        }
        Ok(())
    }

    /// Adds a line to a file.
    fn update(&self, hand: &mut dyn Hand, path: &str, name: &str, say: &mut dyn FnMut(&str)) -> Result<bool> {
        let at = self.root.join(path);
        let longer = |text: &str, token: u64| format!("{text}{} {name} {token}\n", text.lines().count());
        let is_done = match self.guard {
            Guard::IfMatch => {
                let text = fs_err::read_to_string(&at)?;
                hand.write(path, &longer(&text, 0), &By::Version(version_of(text.as_bytes())))?
            }
            Guard::Lease => {
                let Some(lease) = hand.take(path)? else { return Ok(false) };
                let text = fs_err::read_to_string(&at)?;
                let is_done = hand.write(path, &longer(&text, lease.token), &By::Lease(lease.id.clone()))?;
                if is_done {
                    say(&format!("done {path} {name}"));
                }
                let held = hand.release(&lease.id)?;
                return Ok(is_done || !held);
            }
        };
        if is_done {
            say(&format!("done {path} {name}"));
        }
        Ok(is_done)
    }

    fn hand(&self) -> Result<Box<dyn Hand>> {
        Ok(match self.way {
            Way::Library => {
                let arguments =
                    ["--workspace".into(), self.root.clone().into(), "daemon".into(), "run".into()];
                let arguments = arguments.into_iter().chain(["--inherit".into()]).collect();
                let sharing = Sharing::Daemon(Starter { program: self.cli.clone(), arguments });
                let options = OpenOptions { sharing, ..OpenOptions::default() };
                Box::new(Workspace::open_with(&self.root, &options)?)
            }
            Way::Cli => Box::new(Cli(self.clone())),
            Way::Http => Box::new(Http(self.clone())),
            Way::Mcp => {
                let mut command = self.program();
                command.arg("mcp");
                Box::new(Mcp(workroom_tests::Agent::start(command)))
            }
        })
    }

    fn program(&self) -> Command {
        let mut command = Command::new(&self.cli);
        command.arg("--workspace").arg(&self.root);
        command
    }
}

impl Hand for Workspace {
    fn take(&mut self, path: &str) -> Result<Option<Taken>> {
        let request = LeaseRequest {
            paths: vec![path.to_owned()],
            mode: LeaseMode::Exclusive,
            seconds: SECONDS,
            purpose: "a proof".to_owned(),
        };
        match self.lease(&request, Duration::from_secs(WAIT)) {
            Ok(lease) => Ok(Some(Taken { id: lease.id, token: lease.held.fencing_token })),
            Err(error) if error.kind() == ErrorKind::Held => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn write(&mut self, path: &str, text: &str, by: &By) -> Result<bool> {
        let written = match by {
            By::Lease(id) => Self::write(&self.under_lease(id), path, text.as_bytes()),
            By::Version(version) => {
                self.write_if(path, text.as_bytes(), &Condition::Version(version.clone()))
            }
        };
        match written.map_err(|error| (error.kind(), error)) {
            Ok(_) => Ok(true),
            Err((ErrorKind::Held | ErrorKind::LeaseEnded | ErrorKind::Conflict, _)) => Ok(false),
            Err((_, error)) => Err(error.into()),
        }
    }

    fn release(&mut self, id: &str) -> Result<bool> {
        match self.release_lease(id) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::LeaseEnded => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The program, a process for each call.
struct Cli(Agent);

impl Cli {
    /// Its output, or `None` when it ends with one of these codes.
    fn run(&self, arguments: &[&str], input: &str, refused: &[i32]) -> Result<Option<Vec<u8>>> {
        let mut command = self.0.program();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = command.spawn()?;
        running.stdin.take().context("no input")?.write_all(input.as_bytes())?;
        let Output { status, stdout, stderr } = running.wait_with_output()?;
        match status.code() {
            Some(0) => Ok(Some(stdout)),
            Some(code) if refused.contains(&code) => Ok(None),
            _ => bail!("{arguments:?}: {status}: {}", String::from_utf8_lossy(&stderr)),
        }
    }
}

impl Hand for Cli {
    fn take(&mut self, path: &str) -> Result<Option<Taken>> {
        let (time, wait) = (format!("{SECONDS}s"), format!("{WAIT}s"));
        let arguments = ["lease", "take", path, "--for", &time, "--wait", &wait, "--json"];
        let said = self.run(&arguments, "", &[13])?;
        said.map(|said| taken(&serde_json::from_slice(&said)?)).transpose()
    }

    fn write(&mut self, path: &str, text: &str, by: &By) -> Result<bool> {
        let by = match by {
            By::Lease(id) => ["--lease", id],
            By::Version(version) => ["--if-match", version],
        };
        // An agent that is killed in the middle gives the program only a part.
        let bytes = text.len().to_string();
        let arguments = [&["write", path, "--bytes", &bytes][..], &by].concat();
        Ok(self.run(&arguments, text, &[10, 13, 14])?.is_some())
    }

    fn release(&mut self, id: &str) -> Result<bool> {
        Ok(self.run(&["lease", "release", id], "", &[14])?.is_some())
    }
}

fn taken(lease: &Value) -> Result<Taken> {
    let id = lease["id"].as_str().or_else(|| lease["lease"].as_str()).context("no id")?;
    Ok(Taken { id: id.to_owned(), token: lease["fencing_token"].as_u64().context("no token")? })
}

/// HTTP, to a server that all of them share.
struct Http(Agent);

impl Http {
    /// The answer, or `None` when it has one of these statuses.
    fn request(&self, head: &str, body: &str, refused: &[&str]) -> Result<Option<Value>> {
        let Agent { address, root, .. } = &self.0;
        let name = root.file_name().context("no name")?.to_string_lossy();
        let (method, call) = head.split_once(' ').context("no call")?;
        let (call, headers) = call.split_once('\n').unwrap_or((call, ""));
        let mut stream = TcpStream::connect(address)?;
        let n = body.len();
        write!(
            stream,
            "{method} /v1/workspaces/{name}{call} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {n}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).context("no status")?;
        if refused.contains(&status) {
            return Ok(None);
        }
        ensure!(status.starts_with('2'), "{method} {call}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").context("no body")?;
        Ok(Some(serde_json::from_str(body)?))
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

impl Hand for Http {
    fn take(&mut self, path: &str) -> Result<Option<Taken>> {
        let body = json!({"paths": [path], "seconds": SECONDS, "wait": WAIT, "purpose": "a proof"});
        let taken_by = self.request(&format!("POST /leases\n{JSON}"), &body.to_string(), &["423"])?;
        taken_by.map(|lease| taken(&lease)).transpose()
    }

    fn write(&mut self, path: &str, text: &str, by: &By) -> Result<bool> {
        let by = match by {
            By::Lease(id) => format!("Workroom-Lease: {id}\r\n"),
            By::Version(version) => format!("If-Match: \"{version}\"\r\n"),
        };
        let head = format!("PUT /file?path={path}\n{by}Content-Type: application/octet-stream\r\n");
        Ok(self.request(&head, text, &["412", "423"])?.is_some())
    }

    fn release(&mut self, id: &str) -> Result<bool> {
        Ok(self.request(&format!("DELETE /leases/{id}"), "", &["412"])?.is_some())
    }
}

/// MCP, to a server of its own.
struct Mcp(workroom_tests::Agent);

impl Mcp {
    /// What a tool answers, or `None` when another was before this one.
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<Option<Value>> {
        let result = self.0.call(tool, arguments);
        let said = result["content"][0]["text"].as_str().unwrap_or_default();
        let is_refused =
            ["is held by", "holds no more", "was not changed", "holds a lease", "is being written"];
        match result["isError"].as_bool() {
            Some(false) => Ok(Some(result["structuredContent"].clone())),
            Some(true) if is_refused.iter().any(|text| said.contains(text)) => Ok(None),
            _ => bail!("{tool}: {result}"),
        }
    }
}

impl Hand for Mcp {
    fn take(&mut self, path: &str) -> Result<Option<Taken>> {
        let arguments = json!({"paths": [path], "seconds": SECONDS, "wait": WAIT, "purpose": "a proof"});
        self.call("acquire_lease", &arguments)?.map(|lease| taken(&lease)).transpose()
    }

    fn write(&mut self, path: &str, text: &str, by: &By) -> Result<bool> {
        let (name, by) = match by {
            By::Lease(id) => ("lease", id),
            By::Version(version) => ("if_match", version),
        };
        let mut arguments = json!({"path": path, "content": text});
        arguments[name] = json!(by);
        Ok(self.call("write_file", &arguments)?.is_some())
    }

    fn release(&mut self, id: &str) -> Result<bool> {
        Ok(self.call("release_lease", &json!({"lease": id}))?.is_some())
    }
}
