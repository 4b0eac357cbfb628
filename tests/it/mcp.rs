//! The program as an agent starts it, over standard input and output.

use serde_json::json;
use std::process::Stdio;
use std::time::{Duration, Instant};
use workroom_tests::{Agent, Room};

/// An agent that has started the program with these arguments and variables.
fn start(room: &Room, arguments: &[&str], environment: &[(&str, &str)]) -> Agent {
    let mut command = room.command(arguments);
    command.envs(environment.iter().copied());
    Agent::start(command)
}

#[test]
fn what_one_agent_writes_another_finds() {
    let room = Room::with_daemon();
    let mut writer = start(&room, &["mcp"], &[]);
    let report = json!({"path": "reports/may.md", "content": "# May\n\nThe mill was repaired and turns at ebb again.\n"});
    let written = writer.call("write_file", &report);
    assert_eq!(written["isError"], json!(false), "{written}");
    let root = room.root();
    let mut finder = start(&room, &["mcp", &root.display().to_string()], &[]);
    let found = finder.call("search", &json!({"query": "is the mill working?"}));
    assert_eq!(found["structuredContent"]["results"][0]["title"], "May", "{found}");

    finder.ask("resources/subscribe", &json!({"uri": "workroom:///reports/may.md"}));
    writer.call("append_file", &json!({"path": "reports/may.md", "content": "\nThe gate too.\n"}));
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
    let mut agent = start(&room, &["mcp", "--token-env", "TOKEN"], &[("TOKEN", secret)]);
    let tools = agent.ask("tools/list", &json!({}))["result"]["tools"].to_string();
    assert!(tools.contains("\"read_text_file\"") && !tools.contains("write_file"), "{tools}");
    let listed = agent.call("list_directory", &json!({"path": ""})).to_string();
    assert!(listed.contains("open") && !listed.contains("shut"), "{listed}");

    room.ok(&["token", "revoke", made["id"].as_str().unwrap()]);
    let refused = agent.ask("tools/call", &json!({"name": "list_directory", "arguments": {"path": ""}}));
    assert!(refused["error"]["message"].as_str().unwrap().contains("holds no more"), "{refused}");
    assert_eq!(agent.leave(), Some(0));

    let mut command = room.command(&["mcp", "--token-env", "TOKEN"]);
    let refused = command.env("TOKEN", "wrk_no").stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

/// Without a daemon nobody else would have indexed them.
#[test]
fn files_that_were_there_before_the_workspace_are_found() {
    let room = Room::with(&[("notes/mill.md", "# Mill\n\nThe wheel turns at ebb.\n")]);
    let mut agent = start(&room, &["mcp"], &[]);
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let found = agent.call("semantic_search", &json!({"query": "wheel"}));
        if found["structuredContent"]["results"][0]["path"] == "notes/mill.md" {
            break;
        }
        assert!(Instant::now() < end, "{found}");
    }
    assert_eq!(agent.leave(), Some(0));
}

#[test]
fn an_agent_has_the_tools_that_were_chosen() {
    let room = Room::with(&[("notes/mill.md", "# Mill\n\nThe wheel turns at ebb.\n")]);
    let mut agent = start(&room, &["mcp", "--tools", "leases,read_text_file"], &[]);
    let tools = agent.ask("tools/list", &json!({}))["result"]["tools"].clone();
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["acquire_lease", "extend_lease", "list_leases", "read_text_file", "release_lease"]);
    let read = agent.call("read_text_file", &json!({"path": "notes/mill.md"})).to_string();
    assert!(read.contains("turns at ebb"), "{read}");
    let write = json!({"name": "write_file", "arguments": {"path": "a", "content": "x"}});
    assert!(agent.ask("tools/call", &write)["error"].is_object());
    assert!(!room.at("a").exists());
    assert_eq!(agent.leave(), Some(0));

    let refused = room.run(&["mcp", "--tools", "files,everything"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("no set of tools and no tool `everything`"), "{refused:?}");
    assert!(refused.stderr.contains("audit, autosave, checkpoints, events, files,"), "{refused:?}");
}
