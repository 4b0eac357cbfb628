//! A new user's first five minutes, as docs/mcp.md tells them: an empty home, a folder of notes, one command, and two agents.
//!
//! What stands in the settings file is all that the agents know: each starts exactly the command that is named there.

use crate::install::blot;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};
use workroom_tests::{Agent, Room, Running};

/// What the folder holds before there is a workspace.
const NOTES: [(&str, &str); 2] = [
    ("notes/backup.md", "# Backups\n\nThe database is copied every night at two.\n"),
    (
        "notes/onboarding.md",
        "# Onboarding\n\nNew colleagues get a laptop and an account on their first day.\n",
    ),
];
/// Where the first agent saves its report.
const PATH: &str = "reports/2026-05-03.md";
const REPORT: &str = "# Incident of 3 May\n\nPayments failed for forty minutes. The certificate of the gateway had expired, and nobody had been warned.\n";
/// What the second one asks: no word of it that says what it is about is in the report.
const QUESTION: &str = "why could customers not buy anything?";
/// From the answer to the save until the other agent has the passage.
const AT_MOST: Duration = Duration::from_secs(1);

/// A room where the user has made a workspace and set Claude Code up; and all that was said meanwhile.
fn set_up() -> (Room, String) {
    let room = Room::with_daemon();
    for (path, text) in NOTES {
        room.write(path, text);
    }
    let typed: [&[&str]; 2] = [&["init"], &["mcp", "install", "claude-code"]];
    let said: Vec<String> = typed
        .iter()
        .map(|arguments| format!("$ workroom {}\n{}\n", arguments.join(" "), room.picture(arguments)))
        .collect();
    let said = blot(&said.join("\n"));
    (room, said)
}

/// The command that the settings name, with the environment of the user's shell and nothing else of ours.
fn named_in_settings(room: &Room) -> Command {
    let text = std::fs::read_to_string(room.at(".mcp.json")).unwrap();
    let entry = serde_json::from_str::<Value>(&text).unwrap()["mcpServers"]["workroom"].clone();
    assert_eq!(entry["type"], "stdio");
    let mut command = Command::new(entry["command"].as_str().unwrap());
    command.args(entry["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()));
    let usual = room.command(&[]);
    command.env_clear().envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(room.root());
    command
}

/// The session's messages, one a line, without what differs from run to run: times, and when it was told between them that there is
/// another file.
fn masked(room: &Room, transcript: &str) -> String {
    let lines = transcript.lines().filter(|line| !line.contains("\"notifications/resources/list_changed\""));
    let text = lines.collect::<Vec<_>>().join("\n");
    blot(&without_times(&text.replace(&room.root().display().to_string(), "[ROOM]")))
}

/// Milliseconds since 1970, and times as `2026-11-21T08:00:00Z`, blotted out.
fn without_times(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let is_of_time = |c: char| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | 'T' | 'Z');
        let end = number.find(|c| !is_of_time(c)).unwrap_or(number.len());
        let (word, after) = number.split_at(end);
        let is_time = word.len() > 15 && word.contains('T') && word.ends_with('Z');
        let is_ms = word.len() == 13 && word.bytes().all(|byte| byte.is_ascii_digit());
        out.push_str(before);
        out.push_str(if is_time || is_ms { "[TIME]" } else { word });
        rest = after;
    }
    out + rest
}

fn save(agent: &mut Agent) -> Instant {
    let written = agent.call("write_file", &json!({"path": PATH, "content": REPORT}));
    let acknowledged = Instant::now();
    assert_eq!(written["isError"], json!(false), "{written}");
    acknowledged
}

#[test]
fn what_one_agent_saves_another_finds_by_meaning_within_a_second() {
    let (room, said) = set_up();
    insta::assert_snapshot!("first_minutes_set_up", said);
    let mut writer = Agent::start(named_in_settings(&room));
    let mut finder = Agent::start(named_in_settings(&room));

    let acknowledged = save(&mut writer);
    let found = finder.call("semantic_search", &json!({"query": QUESTION, "limit": 1}));
    let took = acknowledged.elapsed();
    assert_eq!(found["structuredContent"]["results"][0]["path"], PATH, "{found}");
    assert!(took < AT_MOST, "found {took:?} after it was saved");

    let read = finder.call("read_text_file", &json!({"path": PATH}));
    assert_eq!(read["structuredContent"]["content"], REPORT, "{read}");
    let version = read["structuredContent"]["version"].clone();
    let noted = json!({"path": PATH, "content": "\nA warning is sent since.\n", "if_match": version});
    assert_eq!(finder.call("append_file", &noted)["isError"], json!(false));
    // The first one has not seen that, and is told so in place of writing over it.
    let stale = json!({"path": PATH, "content": REPORT, "if_match": version});
    assert_eq!(writer.call("write_file", &stale)["isError"], json!(true));
    let session = format!("{}\n\n{}", writer.transcript(), finder.transcript());
    insta::assert_snapshot!("first_minutes_session", masked(&room, &session));
    assert_eq!((writer.leave(), finder.leave()), (Some(0), Some(0)));

    room.ok(&["mcp", "install", "claude-code", "--uninstall"]);
    assert!(!room.at(".mcp.json").exists(), "there was none before");
}

/// The second agent comes over HTTP, with a token of its own that may only read.
#[test]
fn an_agent_with_a_token_of_its_own_finds_it_over_http() {
    let (room, _) = set_up();
    let mut writer = Agent::start(named_in_settings(&room));
    let made = room.ok(&["token", "create", "reader", "--read", "/", "--json"]).json();
    let serving = Running::start(room.command(&["serve", "--listen", "127.0.0.1:0", "--json"]));
    let said: Value = serde_json::from_str(&serving.wait_for("the address", |_| true)).unwrap();
    let reader = Reader {
        address: said["url"].as_str().unwrap().trim_start_matches("http://").to_owned(),
        token: made["secret"].as_str().unwrap().to_owned(),
    };
    let tools = reader.ask("tools/list", None, json!({}));
    let names: Vec<&str> =
        tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"semantic_search") && !names.contains(&"write_file"), "{names:?}");

    let acknowledged = save(&mut writer);
    let query = json!({"name": "semantic_search", "arguments": {"query": QUESTION, "limit": 1}});
    let found = reader.ask("tools/call", Some("semantic_search"), query);
    let took = acknowledged.elapsed();
    assert_eq!(found["structuredContent"]["results"][0]["path"], PATH, "{found}");
    assert!(took < AT_MOST, "found {took:?} after it was saved");
    assert_eq!(writer.leave(), Some(0));
}

/// An agent that asks over HTTP, each request standing for itself (2026-07-28).
struct Reader {
    address: String,
    token: String,
}

impl Reader {
    fn ask(&self, method: &str, name: Option<&str>, mut params: Value) -> Value {
        const VERSION: &str = "2026-07-28";
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let name = name.map_or(String::new(), |name| format!("Mcp-Name: {name}\r\n"));
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: {VERSION}\r\nMcp-Method: {method}\r\n{name}\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // As a whole, or as the last event of a stream; in chunks or not: the message is the line that is an object.
        let lines = answer.lines().map(|line| line.strip_prefix("data:").unwrap_or(line).trim());
        let message =
            lines.filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(Value::is_object);
        message.unwrap_or_else(|| panic!("no message in {answer}"))["result"].take()
    }
}
