//! Tokens that end while something goes on: by being revoked, and by their time.

use crate::agent::{Agent, Era};
use crate::client::{Request, connect, read_answer};
use crate::served::{FILES, Running};
use custody::Right::{Read as MayRead, Write as MayWrite};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use workroom_server::{ServeOptions, Timeouts};

const EVERYTHING: &[(&str, &[custody::Right])] = &[("", &[MayRead, MayWrite])];

fn server() -> Running {
    let timeouts = Timeouts { pulse: Duration::from_millis(200), ..Timeouts::default() };
    Running::with(&FILES, |options| ServeOptions { timeouts, ..options })
}

/// A stream on which something may be told.
struct Stream {
    lines: BufReader<TcpStream>,
    name: &'static str,
}

impl Stream {
    fn open(server: &Running, name: &'static str, request: &Request, first: &str) -> Self {
        let mut stream = connect(server.address);
        stream.write_all(&request.written(server.address)).unwrap();
        let mut opened = Self { lines: BufReader::new(stream), name };
        assert!(opened.any(|line| line.contains(first)), "{name} does not begin");
        opened
    }

    /// Whether a line is so, before the stream ends.
    fn any(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if wanted(&line) {
                return true;
            }
            line.clear();
        }
        false
    }
}

/// Every stream that there is, of one token.
fn streams(server: &Running, token: &str) -> Vec<Stream> {
    let mut old = Agent::connect(server.address, "/mcp", token, Era::Sessions);
    assert!(old.ask("resources/subscribe", json!({"uri": "workroom:///log.txt"}))["result"].is_object());
    let session = Request::new("GET", "/mcp")
        .header("Authorization", format!("Bearer {token}"))
        .header("Accept", "text/event-stream")
        .header("MCP-Protocol-Version", "2025-11-25")
        .header("Mcp-Session-Id", old.session().unwrap());
    let mut new = Agent::connect(server.address, "/mcp", token, Era::Stateless);
    let filter = json!({"resourcesListChanged": true, "resourceSubscriptions": ["workroom:///log.txt"]});
    let (listening, _) = new.request("subscriptions/listen", json!({"notifications": filter}));
    let events = server.request(token, "GET", "/events").header("Accept", "text/event-stream");
    vec![
        Stream::open(server, "events", &events, "retry:"),
        Stream::open(server, "a session's stream", &session, "HTTP/1.1 200"),
        Stream::open(server, "a request that listens", &listening, "acknowledged"),
    ]
}

/// That each stream ends, and tells nothing of what happens after the end.
fn all_end(streams: Vec<Stream>) {
    for mut stream in streams {
        let begun = Instant::now();
        assert!(!stream.any(|line| line.contains("after.md")), "{} tells of what came after", stream.name);
        assert!(begun.elapsed() < Duration::from_secs(20), "{} ends late", stream.name);
    }
}

#[test]
fn streams_end_when_their_token_is_revoked() {
    let server = server();
    let owner = server.admin();
    let write = |path: &str| {
        let put = server.request(&owner, "PUT", &format!("/file?path={path}")).bytes("text");
        assert_eq!(server.send(&put).status, 201);
    };
    // At once when something is to be told, and by themselves when nothing is.
    for happens in [true, false] {
        let (token, end) = server.ending(EVERYTHING, None);
        let mut open = streams(&server, &token);
        write(&format!("before-{happens}.md"));
        for stream in &mut open {
            let told = if stream.name == "events" { "before" } else { "list_changed" };
            assert!(stream.any(|line| line.contains(told)), "{} tells nothing", stream.name);
        }
        end();
        if happens {
            write("after.md");
        }
        all_end(open);
        assert_eq!(server.ask(&token, "GET", "/events").status, 401);
    }
}

#[test]
fn streams_end_with_the_time_of_their_token() {
    let server = server();
    let (token, _) = server.ending(EVERYTHING, Some(Duration::from_secs(3)));
    all_end(streams(&server, &token));
    assert_eq!(server.ask(&token, "GET", "").status, 401);
}

/// A request of which half has come, and that is waited for.
fn half_sent(server: &Running, token: &str, target: &str, kind: &str, body: &[u8]) -> TcpStream {
    let method = if target.contains("/file?") { "PUT" } else { "POST" };
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\n\
         Mcp-Name: write_file\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = connect(server.address);
    stream.write_all(head.as_bytes()).unwrap();
    // The server waits for the body, so the token was good when it came.
    let mut ready = [0; 25];
    stream.read_exact(&mut ready).unwrap();
    assert!(ready.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&ready));
    stream.write_all(&body[..body.len() / 2]).unwrap();
    stream
}

#[test]
fn what_is_being_sent_is_refused_at_its_end() {
    let server = server();
    let (octets, json) = ("application/octet-stream", "application/json");
    let at = |below: &str| format!("/v1/workspaces/mill{below}");
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "write_file", "arguments": {"path": "late.txt", "content": "late"},
        "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"}},
    }});
    for (target, kind, body) in [
        (at("/file?path=late.txt"), octets, vec![b'x'; 5 << 20]),
        (at("/file/append?path=late.txt"), octets, b"late".to_vec()),
        (at("/folder"), json, br#"{"path": "late.txt"}"#.to_vec()),
        (at("/search"), json, br#"{"query": "wheel"}"#.to_vec()),
        ("/mcp".to_owned(), json, call.to_string().into_bytes()),
    ] {
        let (token, end) = server.ending(EVERYTHING, None);
        let mut stream = half_sent(&server, &token, &target, kind, &body);
        end();
        stream.write_all(&body[body.len() / 2..]).unwrap();
        let mut said = Vec::new();
        stream.read_to_end(&mut said).unwrap();
        let answer = read_answer(&said, false);
        let message: Value = answer.json();
        let is_refused = answer.status == 401 && message["kind"] == "unauthenticated"
            || target == "/mcp"
                && message["error"]["message"].as_str().is_some_and(|text| text.contains("holds no more"));
        assert!(is_refused, "{target}: {} {message}", answer.status);
        assert!(!server.folder.join("late.txt").exists(), "{target}");
    }
}
