//! Agents that work together, each with a token of its own and a process of its own: what a user would set up, from the first call to the last.

use serde_json::{Value, json};
use workroom_tests::{Agent, Room};

/// An agent that has a new token with these rights.
fn agent(room: &Room, name: &str, rights: &[&str]) -> Agent {
    let all: Vec<&str> = ["token", "create", name, "--json"].iter().chain(rights).copied().collect();
    let made = room.ok(&all).json();
    let mut command = room.command(&["mcp", "--token-env", "TOKEN"]);
    command.env("TOKEN", made["secret"].as_str().unwrap());
    Agent::start(command)
}

/// What came of a call that must succeed.
fn done(agent: &mut Agent, tool: &str, arguments: &Value) -> Value {
    let mut result = agent.call(tool, arguments);
    assert_ne!(result["isError"], json!(true), "{tool}: {result}");
    result["structuredContent"].take()
}

/// What is said of a call that must be refused.
fn refused(agent: &mut Agent, tool: &str, arguments: &Value) -> String {
    let result = agent.call(tool, arguments);
    assert_eq!(result["isError"], json!(true), "{tool}: {result}");
    result["content"][0]["text"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_researcher_writes_under_a_lease_while_a_writer_waits_and_then_drafts() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let mut researcher = agent(&room, "researcher", &["--read", "/", "--write", "research"]);
    let mut other = agent(&room, "other", &["--read", "/", "--write", "research"]);
    let mut writer = agent(&room, "writer", &["--read", "/", "--write", "drafts"]);
    let lease =
        done(&mut researcher, "acquire_lease", &json!({"paths": ["research"], "purpose": "a survey"}));
    let lease = lease["lease"].as_str().unwrap().to_owned();
    let write = |text: &str| json!({"path": "research/tide.md", "content": text});
    let held = refused(&mut other, "write_file", &write("# Mine\n"));
    assert!(held.contains("researcher"), "{held}");

    let from = done(&mut writer, "wait_for_events", &json!({"timeout_seconds": 0}))["next"].take();
    let waiting = std::thread::spawn(move || {
        let arguments =
            json!({"after": from, "types": ["file.created"], "path": "research", "timeout_seconds": 60});
        let told = done(&mut writer, "wait_for_events", &arguments);
        (writer, told)
    });
    let mut report = write("# Survey\n\nThe mill turns at ebb and rests at flood.\n");
    report["lease"] = json!(lease);
    done(&mut researcher, "write_file", &report);
    done(&mut researcher, "release_lease", &json!({"lease": lease}));
    let (mut writer, told) = waiting.join().unwrap();
    let event = &told["events"][0];
    assert_eq!(
        (&event["type"], &event["path"], &event["by"]),
        (&json!("file.created"), &json!("research/tide.md"), &json!("researcher")),
        "{told}"
    );

    let found = done(
        &mut writer,
        "semantic_search",
        &json!({"query": "when does the mill rest?", "detail": "standard"}),
    );
    assert!(found.to_string().contains("research/tide.md"), "{found}");
    let draft = json!({"path": "drafts/tide.md", "content": "The mill rests at flood.\n", "derived_from": ["research/tide.md"]});
    done(&mut writer, "write_file", &draft);
    refused(&mut writer, "write_file", &write("# Mine\n"));
    done(&mut other, "write_file", &write("# Mine\n"));
    for agent in [researcher, other, writer] {
        assert_eq!(agent.leave(), Some(0));
    }
}

#[test]
fn a_logger_only_writes_logs_and_a_reader_only_reads_data() {
    let room = Room::with_daemon();
    room.write("data/tide.md", "# Tides\n\nHigh water is at six.\n");
    room.write("logs/old.log", "first line\n");
    room.ok(&["index"]);
    let mut logger = agent(&room, "logger", &["--write", "logs"]);
    let mut reader = agent(&room, "reader", &["--read", "data"]);
    done(&mut logger, "append_file", &json!({"path": "logs/today.log", "content": "high water at six\n"}));
    for path in ["data/tide.md", "notes.md", "logs.md"] {
        let said = refused(&mut logger, "write_file", &json!({"path": path, "content": "x"}));
        assert!(said.contains("no such file"), "{path}: {said}");
    }
    assert!(
        logger
            .ask("tools/call", &json!({"name": "read_text_file", "arguments": {"path": "logs/old.log"}}))
            .get("error")
            .is_some()
    );

    let read = done(&mut reader, "read_text_file", &json!({"path": "data/tide.md"}));
    assert!(read.to_string().contains("High water is at six."), "{read}");
    let hidden = refused(&mut reader, "read_text_file", &json!({"path": "logs/today.log"}));
    assert_eq!(
        hidden.replace("today", "nosuch"),
        refused(&mut reader, "read_text_file", &json!({"path": "logs/nosuch.log"}))
    );
    let found = done(&mut reader, "semantic_search", &json!({"query": "high water at six"}));
    assert!(!found.to_string().contains("today.log"), "{found}");
    assert!(
        reader
            .ask(
                "tools/call",
                &json!({"name": "write_file", "arguments": {"path": "data/x.md", "content": "x"}})
            )
            .get("error")
            .is_some()
    );
    assert_eq!(std::fs::read_to_string(room.at("logs/today.log")).unwrap(), "high water at six\n");
    assert!(!room.at("notes.md").exists() && !room.at("data/x.md").exists());
    for agent in [logger, reader] {
        assert_eq!(agent.leave(), Some(0));
    }
}

#[test]
fn an_agent_that_was_killed_goes_on_by_its_name_with_what_it_had_done() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let rights = ["--read", "/", "--write", "agents", "--write", "drafts"];
    let mut first = agent(&room, "first", &rights);
    for chapter in 1..=3 {
        let path = format!("drafts/{chapter}.md");
        done(&mut first, "write_file", &json!({"path": path, "content": format!("Chapter {chapter}.\n")}));
        let state = json!({"agent": "Novelist", "state": {"done": chapter, "next": chapter + 1}, "loop_count": chapter});
        done(&mut first, "save_state", &state);
    }
    // Its process is ended at once, without a word to its server.
    drop(first);
    let mut second = agent(&room, "second", &rights);
    let resumed = done(&mut second, "resume_state", &json!({"agent": "Novelist"}));
    assert_eq!(resumed["state"], json!({"done": 3, "next": 4}), "{resumed}");
    assert_eq!(resumed["run"]["step"], json!(3));
    let saved = done(
        &mut second,
        "save_state",
        &json!({"agent": "Novelist", "state": {"done": 4}, "reason": "final"}),
    );
    assert_eq!((&saved["step"], &saved["id"]), (&json!(4), &resumed["run"]["id"]));
    assert_eq!(second.leave(), Some(0));
}

#[test]
fn a_loop_of_tiny_files_raises_an_alert() {
    const FILES: u64 = 60;
    let room = Room::with_daemon();
    room.ok(&["init"]);
    room.write(".workroom/config.toml", format!("[alerts]\nsmall_files = {FILES}\n"));
    let mut lost = agent(&room, "lost", &["--read", "/", "--write", "/"]);
    let mut watcher = agent(&room, "watcher", &["--read", "/", "--admin", "/"]);
    let from = done(&mut watcher, "wait_for_events", &json!({"timeout_seconds": 0}))["next"].take();
    for n in 0..=FILES {
        done(&mut lost, "write_file", &json!({"path": format!("out/{n}.txt"), "content": "x"}));
    }
    let wanted = json!({"after": from, "types": ["alert.*"], "timeout_seconds": 60});
    let told = done(&mut watcher, "wait_for_events", &wanted);
    assert_eq!(told["events"][0]["type"], "alert.raised", "{told}");
    assert!(told.to_string().contains("lost"), "{told}");
    for agent in [lost, watcher] {
        assert_eq!(agent.leave(), Some(0));
    }
}
