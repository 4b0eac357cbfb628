//! The ways by which a call comes to a workspace: the library, HTTP, MCP over standard input.
//!
//! Invariant: each is what a user has: the library in this process, or the program in another, which asks the workspace's owner.

use super::Task;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use workroom::{Condition, Edit, ErrorKind, Workspace};
use workroom_tests::Agent;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A file with this text.
    Write(String, String),
    /// This at the end of a file.
    Append(String, String),
    /// That text for this one.
    Edit(String, String, String),
    Copy(String, String),
    Rename(String, String),
    Remove(String),
    MakeFolder(String),
    /// With all that it holds.
    RemoveFolder(String),
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Done,
    /// There is no such file or folder.
    NotFound,
    /// Something is there already.
    Conflict,
}

/// A way.
pub(super) trait Way {
    fn name(&self) -> &'static str;
    fn ask(&mut self, act: &Act) -> Result<Heard>;
}

impl Act {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Write(..) => "write",
            Self::Append(..) => "append",
            Self::Edit(..) => "edit",
            Self::Copy(..) => "copy",
            Self::Rename(..) => "rename",
            Self::Remove(_) => "remove",
            Self::MakeFolder(_) => "make folder",
            Self::RemoveFolder(_) => "remove folder",
        }
    }
}

/// The library, in this process.
pub(super) struct Library(pub(super) Workspace);

impl Way for Library {
    fn name(&self) -> &'static str {
        "library"
    }

    fn ask(&mut self, act: &Act) -> Result<Heard> {
        let workspace = &self.0;
        let any = Condition::Any;
        let done = match act {
            Act::Write(path, text) => workspace.write(path, text.as_bytes()).map(drop),
            Act::Append(path, text) => workspace.append(path, text.as_bytes(), &any).map(drop),
            Act::Edit(path, old, new) => {
                let edit = Edit { old: old.clone(), new: new.clone(), replace_all: false };
                workspace.edit(path, &[edit], &any, false).map(drop)
            }
            Act::Copy(from, to) => workspace.copy(from, to).map(drop),
            Act::Rename(from, to) => workspace.rename(from, to).map(drop),
            Act::Remove(path) => workspace.remove(path).map(drop),
            Act::MakeFolder(path) => workspace.make_folder(path).map(drop),
            Act::RemoveFolder(path) => workspace.remove_folder(path, true).map(drop),
        };
        match done {
            Ok(()) => Ok(Heard::Done),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Heard::NotFound),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Heard::Conflict),
            Err(error) => Err(error.into()),
        }
    }
}

/// HTTP, to a server of its own.
pub(super) struct Http {
    server: Child,
    address: String,
    base: String,
}

impl Http {
    pub(super) fn start(task: &Task) -> Result<Self> {
        let mut command = task.program();
        command.args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--anonymous",
            "write",
            "--rate",
            "1000000",
            "--json",
        ]);
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take().context("no output")?).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| format!("not JSON: {line:?}"))?;
        let address =
            said["url"].as_str().and_then(|url| url.strip_prefix("http://")).context("no address")?;
        let name = task.root.file_name().context("no name")?.to_string_lossy();
        Ok(Self { server, address: address.to_owned(), base: format!("/v1/workspaces/{name}") })
    }

    fn post(&self, call: &str, body: &Value) -> Result<Heard> {
        self.request("POST", call, "application/json", body.to_string().as_bytes())
    }

    fn request(&self, method: &str, call: &str, kind: &str, body: &[u8]) -> Result<Heard> {
        let (address, base, n) = (&self.address, &self.base, body.len());
        let mut stream = TcpStream::connect(address)?;
        write!(
            stream,
            "{method} {base}{call} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {n}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split(' ').nth(1) {
            Some(code) if code.starts_with('2') => Ok(Heard::Done),
            Some("404") => Ok(Heard::NotFound),
            Some("409" | "412") => Ok(Heard::Conflict),
            _ => bail!("{method} {call}: {answer}"),
        }
    }
}

const BYTES: &str = "application/octet-stream";

impl Way for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn ask(&mut self, act: &Act) -> Result<Heard> {
        match act {
            Act::Write(path, text) => {
                self.request("PUT", &format!("/file?path={path}"), BYTES, text.as_bytes())
            }
            Act::Append(path, text) => {
                self.request("POST", &format!("/file/append?path={path}"), BYTES, text.as_bytes())
            }
            Act::Edit(path, old, new) => {
                self.post("/file/edit", &json!({"path": path, "edits": [{"old": old, "new": new}]}))
            }
            Act::Copy(from, to) => self.post("/file/copy", &json!({"from": from, "to": to})),
            Act::Rename(from, to) => self.post("/file/move", &json!({"from": from, "to": to})),
            Act::Remove(path) => self.request("DELETE", &format!("/file?path={path}"), BYTES, b""),
            Act::MakeFolder(path) => self.post("/folder", &json!({"path": path})),
            Act::RemoveFolder(path) => {
                self.request("DELETE", &format!("/file?path={path}&recursive=true"), BYTES, b"")
            }
        }
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// MCP, to a server of its own.
pub(super) struct Mcp(Agent);

impl Mcp {
    pub(super) fn start(task: &Task) -> Self {
        let mut command: Command = task.program();
        command.arg("mcp");
        Self(Agent::start(command))
    }
}

impl Way for Mcp {
    fn name(&self) -> &'static str {
        "mcp"
    }

    fn ask(&mut self, act: &Act) -> Result<Heard> {
        let (tool, arguments) = match act {
            Act::Write(path, text) => ("write_file", json!({"path": path, "content": text})),
            Act::Append(path, text) => ("append_file", json!({"path": path, "content": text})),
            Act::Edit(path, old, new) => {
                ("edit_file", json!({"path": path, "edits": [{"oldText": old, "newText": new}]}))
            }
            Act::Copy(from, to) => ("copy_file", json!({"source": from, "destination": to})),
            Act::Rename(from, to) => ("move_file", json!({"source": from, "destination": to})),
            Act::Remove(path) => ("delete_file", json!({"path": path})),
            Act::MakeFolder(path) => ("create_directory", json!({"path": path})),
            Act::RemoveFolder(path) => ("delete_file", json!({"path": path, "recursive": true})),
        };
        let result = self.0.call(tool, &arguments);
        let said = result["content"][0]["text"].as_str().unwrap_or_default();
        match result["isError"].as_bool() {
            Some(false) => Ok(Heard::Done),
            Some(true) if said.starts_with("no such file") => Ok(Heard::NotFound),
            Some(true) if said.contains("it exists") => Ok(Heard::Conflict),
            _ => bail!("{tool}: {result}"),
        }
    }
}
