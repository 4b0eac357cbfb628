//! An MCP client over HTTP, of either era, that knows nothing but JSON.

use crate::client::{Answer, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Which protocol it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Era {
    /// 2025-11-25.
    Sessions,
    /// 2026-07-28.
    Stateless,
}

pub(crate) const ERAS: [Era; 2] = [Era::Sessions, Era::Stateless];

/// A client with a token.
pub(crate) struct Agent {
    address: SocketAddr,
    target: String,
    token: String,
    era: Era,
    session: Option<String>,
    next: u64,
}

impl Agent {
    /// A client of the endpoint at `target`; in a session if its era has them.
    pub(crate) fn connect(address: SocketAddr, target: &str, token: &str, era: Era) -> Self {
        let (target, token) = (target.to_owned(), token.to_owned());
        let mut agent = Self { address, target, token, era, session: None, next: 0 };
        if era == Era::Sessions {
            let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
            let begun = agent.post("initialize", hello);
            let id = begun.header("mcp-session-id");
            agent.session = Some(id.unwrap_or_else(|| panic!("no session: {}", begun.text())).to_owned());
            let ready = agent.as_caller(Request::new("POST", &agent.target));
            let ready = ready.json(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
            assert_eq!(ready.send(address).status, 202);
        }
        agent
    }

    /// The session of the older protocol.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    fn as_caller(&self, request: Request) -> Request {
        let version = if self.era == Era::Sessions { "2025-11-25" } else { "2026-07-28" };
        let request = request
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Accept", "application/json, text/event-stream")
            .header("MCP-Protocol-Version", version);
        match &self.session {
            Some(session) => request.header("Mcp-Session-Id", session),
            None => request,
        }
    }

    /// The request that makes a call, and its id.
    pub(crate) fn request(&mut self, method: &str, mut params: Value) -> (Request, u64) {
        self.next += 1;
        let mut request = self.as_caller(Request::new("POST", &self.target));
        if self.era == Era::Stateless {
            let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).unwrap_or_default();
            request = request.header("Mcp-Method", method);
            if matches!(method, "tools/call" | "resources/read" | "prompts/get") {
                request = request.header("Mcp-Name", format!("=?base64?{}?=", STANDARD.encode(name)));
            }
            let given = params.get("_meta").cloned();
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
            });
            for (key, value) in given.iter().filter_map(Value::as_object).flatten() {
                params["_meta"][key] = value.clone();
            }
        }
        let body = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        (request.json(body), self.next)
    }

    /// What is answered over HTTP.
    pub(crate) fn post(&mut self, method: &str, params: Value) -> Answer {
        self.request(method, params).0.send(self.address)
    }

    /// The message that answers.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.post(method, params);
        message(&answer, self.next)
            .unwrap_or_else(|| panic!("{method} is not answered: {} {}", answer.status, answer.text()))
    }

    /// A tool's result, or the error in place of one.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        answer.get("result").unwrap_or(&answer).clone()
    }

    /// The tools that it is shown.
    pub(crate) fn tools(&mut self) -> Value {
        self.ask("tools/list", json!({}))["result"]["tools"].clone()
    }
}

/// The message with that id, alone or among others in a stream of events.
pub(crate) fn message(answer: &Answer, id: u64) -> Option<Value> {
    let text = answer.text();
    let streamed = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let messages =
        streamed.chain([text.as_str()]).filter_map(|text| serde_json::from_str::<Value>(text).ok());
    messages.into_iter().find(|message| message["id"] == json!(id))
}
