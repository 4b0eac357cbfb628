//! The program as an agent starts it, over standard input and output; and agents' settings.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use workroom_tests::Room;

/// An agent that has started the program.
struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Agent {
    fn start(room: &Room, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = room.command(arguments);
        command.envs(environment.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut agent = Self { child, input, output, next: 0 };
        let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
        let begun = agent.ask("initialize", hello);
        assert_eq!(begun["result"]["serverInfo"]["name"], "workroom", "{begun}");
        agent.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        agent
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line:?}"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        loop {
            let message = self.receive();
            if message["id"] == json!(self.next) {
                return message;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": tool, "arguments": arguments}))["result"].clone()
    }

    /// Closes its end, as an agent that leaves does, and returns the exit code.
    fn leave(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn what_one_agent_writes_another_finds() {
    let room = Room::with_daemon();
    let mut writer = Agent::start(&room, &["mcp"], &[]);
    let report = json!({"path": "reports/may.md", "content": "# May\n\nThe mill was repaired and turns at ebb again.\n"});
    let written = writer.call("write_file", report);
    assert_eq!(written["isError"], json!(false), "{written}");
    let root = room.root();
    let mut finder = Agent::start(&room, &["mcp", &root.display().to_string()], &[]);
    let found = finder.call("search", json!({"query": "is the mill working?"}));
    assert_eq!(found["structuredContent"]["results"][0]["title"], "May", "{found}");

    finder.ask("resources/subscribe", json!({"uri": "workroom:///reports/may.md"}));
    writer.call("append_file", json!({"path": "reports/may.md", "content": "\nThe gate too.\n"}));
    loop {
        let told = finder.receive();
        if told["method"] == "notifications/resources/updated" {
            assert_eq!(told["params"]["uri"], "workroom:///reports/may.md");
            break;
        }
    }
    assert_eq!(writer.leave(), Some(0));
    assert_eq!(finder.leave(), Some(0));
}

#[test]
fn an_agent_with_a_token_may_what_the_token_may() {
    let room = Room::with(&[("open/a.md", "# Open\n\nThe mill.\n"), ("shut/b.md", "# Shut\n\nThe mill.\n")]);
    room.ok(&["index"]);
    let made = room.ok(&["token", "create", "reader", "--read", "open", "--json"]).json();
    let secret = made["secret"].as_str().unwrap();
    let mut agent = Agent::start(&room, &["mcp", "--token-env", "TOKEN"], &[("TOKEN", secret)]);
    let tools = agent.ask("tools/list", json!({}))["result"]["tools"].to_string();
    assert!(tools.contains("\"read_text_file\"") && !tools.contains("write_file"), "{tools}");
    let listed = agent.call("list_directory", json!({"path": ""})).to_string();
    assert!(listed.contains("open") && !listed.contains("shut"), "{listed}");

    room.ok(&["token", "revoke", made["id"].as_str().unwrap()]);
    let refused = agent.ask("tools/call", json!({"name": "list_directory", "arguments": {"path": ""}}));
    assert!(refused["error"]["message"].as_str().unwrap().contains("has ended"), "{refused}");
    assert_eq!(agent.leave(), Some(0));

    let mut command = room.command(&["mcp", "--token-env", "TOKEN"]);
    let refused = command.env("TOKEN", "wrk_no").stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn an_agent_is_set_up_and_the_set_up_undone() {
    let room =
        Room::with(&[(".mcp.json", "{\n  \"mcpServers\": {\n    \"other\": {\"command\": \"o\"}\n  }\n}\n")]);
    let settings = || std::fs::read_to_string(room.at(".mcp.json")).unwrap();
    let before = settings();
    let shown = room.ok(&["mcp", "install", "claude-code", "--dry-run"]);
    assert!(
        shown.stdout.contains("+    \"workroom\": {") && shown.stdout.contains("nothing was written"),
        "{shown:?}"
    );
    assert_eq!(settings(), before);
    room.ok(&["mcp", "install", "claude-code"]);
    let entry = serde_json::from_str::<Value>(&settings()).unwrap()["mcpServers"]["workroom"].clone();
    assert_eq!(entry["args"], json!(["mcp", room.root().display().to_string()]));
    assert!(room.ok(&["mcp", "install", "claude-code"]).stdout.contains("already"));
    room.ok(&["mcp", "install", "claude-code", "--uninstall"]);
    assert_eq!(settings(), before);
    for agent in ["claude-desktop", "cursor", "vscode", "codex", "gemini"] {
        room.ok(&["mcp", "install", agent]);
        room.ok(&["mcp", "install", agent, "--uninstall"]);
    }
}
