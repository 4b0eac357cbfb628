//! A client that knows nothing but JSON, and a workspace for it.

use crate::access::Access;
use crate::blocking::Blocking;
use crate::host::Room;
use crate::mcp::{Shared, ToolChoice, stdio};
use custody::{Grant, Kind, Principal, Right, Rights};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf, split};
use tokio_util::sync::CancellationToken;
use workroom::{OpenOptions, Parsing, Sharing, Workspace};

/// Far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A workspace with a few files.
pub(super) struct Mill {
    pub(super) room: Arc<Room>,
    _folder: TempDir,
}

pub(super) const LOG: &str = "# Tide log\n\nThe mill turned all night.\n\nThe gate was shut at flood.\n";

impl Mill {
    pub(super) fn new() -> Self {
        Self::with_model(None)
    }

    pub(super) fn with_model(model: Option<Arc<generate::Model>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options =
            OpenOptions { sharing: Sharing::Alone, parsing: Parsing::Off, ..OpenOptions::default() };
        let workspace = Workspace::create_with(folder.path(), &options).unwrap();
        workspace.write("notes/log.md", LOG.as_bytes()).unwrap();
        workspace.write("notes/wheels.md", b"# Wheels\n\nThree wheels drive the stones.\n").unwrap();
        workspace.write("secret/plan.md", b"# Plan\n\nThe mill is to be sold in spring.\n").unwrap();
        Self { room: Arc::new(Room::new("mill", Arc::new(workspace)).with_model(model)), _folder: folder }
    }

    pub(super) fn owner(&self) -> Access {
        Access::new(Arc::clone(&self.room), Arc::new(Principal::owner()))
    }

    pub(super) fn with(&self, grants: &[(&str, &[Right])]) -> Access {
        let grant =
            |(prefix, rights): &(&str, &[Right])| Grant::new(prefix, Rights::of(rights.to_vec())).unwrap();
        let grants = grants.iter().map(grant).collect();
        // Not one that a journal knows of: what listens asks whether it still holds.
        let id = crate::host::ANONYMOUS.to_owned();
        Access::new(
            Arc::clone(&self.room),
            Arc::new(Principal { id, name: "t".into(), kind: Kind::Token, grants }),
        )
    }
}

/// Which protocol it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    Sessions,
    Stateless,
}

pub(super) const ERAS: [Era; 2] = [Era::Sessions, Era::Stateless];

pub(super) struct Client {
    era: Era,
    output: WriteHalf<DuplexStream>,
    input: Lines<BufReader<ReadHalf<DuplexStream>>>,
    next: u64,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Client {
    pub(super) async fn connect(era: Era, access: Access) -> Self {
        Self::connect_to(era, access, false).await
    }

    pub(super) async fn connect_to(era: Era, access: Access, fixtures: bool) -> Self {
        Self::connect_with(era, access, fixtures, ToolChoice::default()).await
    }

    pub(super) async fn connect_with(era: Era, access: Access, fixtures: bool, tools: ToolChoice) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let shared = Shared::new(
            Blocking::new(4),
            fixtures,
            CancellationToken::new(),
            crate::mcp::Observer::new(None),
        );
        let (input, output) = split(theirs);
        let server = tokio::spawn(stdio::serve(shared, (access, tools), input, output));
        let (input, output) = split(ours);
        let input = BufReader::new(input).lines();
        let mut client = Self { era, output, input, next: 0, server };
        if era == Era::Sessions {
            let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
            let answer = client.ask("initialize", hello).await;
            assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{answer}");
            client.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        }
        client
    }

    async fn send(&mut self, message: Value) {
        self.output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// The next message.
    pub(super) async fn receive(&mut self) -> Value {
        let line =
            tokio::time::timeout(PATIENCE, self.input.next_line()).await.expect("nothing came").unwrap();
        serde_json::from_str(&line.expect("the server has ended")).unwrap()
    }

    /// Sends a request and returns its id.
    pub(super) async fn request(&mut self, method: &str, mut params: Value) -> u64 {
        self.next += 1;
        if self.era == Era::Stateless {
            let meta = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
            });
            let given = params["_meta"].as_object().cloned().unwrap_or_default();
            params["_meta"] = meta;
            params["_meta"].as_object_mut().unwrap().extend(given);
        }
        self.send(json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params})).await;
        self.next
    }

    /// Closes both streams.
    pub(super) fn leave(self) -> tokio::task::JoinHandle<std::io::Result<()>> {
        // What is not taken out is dropped here.
        self.server
    }

    /// Says that a request is of no interest any more.
    pub(super) async fn cancel(&mut self, id: u64) {
        self.send(
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}),
        )
        .await;
    }

    /// Sends a request and returns the message that answers it.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params).await;
        loop {
            let message = self.receive().await;
            if message["id"] == json!(id) {
                return message;
            }
        }
    }

    /// Calls a tool.
    pub(super) async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        match answer.get("result") {
            Some(result) => result.clone(),
            None => answer,
        }
    }

    /// The names of the tools that are shown.
    pub(super) async fn tools(&mut self) -> Vec<String> {
        let answer = self.ask("tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().unwrap();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// The texts of a tool's result.
pub(super) fn text(result: &Value) -> String {
    let blocks = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}
