//! Comments, approvals, ownership and several workspaces, through the real program, each call a process of its own.

use serde_json::{Value, json};
use workroom_tests::{Agent, Room};

/// An agent that shows this secret.
fn agent(room: &Room, secret: &str) -> Agent {
    let mut command = room.command(&["mcp", "--token-env", "TOKEN"]);
    command.env("TOKEN", secret);
    Agent::start(command)
}

/// The secret of a new token.
fn token(room: &Room, name: &str, rights: &[&str]) -> String {
    let all: Vec<&str> = ["token", "create", name, "--json"].iter().chain(rights).copied().collect();
    room.ok(&all).json()["secret"].as_str().unwrap().to_owned()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}"))
}

#[test]
fn comments_are_made_answered_and_resolved() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    assert_eq!(
        room.run_with_input(&["write", "notes/tide.md"], b"# Tides\n\nThe tide turns at six.\n").code,
        Some(0)
    );
    let made = room
        .ok(&["comment", "add", "notes/tide.md", "Is this", "so?", "--quote", "turns at six", "--json"])
        .json();
    let id = text(&made["comment"], "id").to_owned();
    assert_eq!((text(&made, "standing"), text(&made["comment"], "text")), ("current", "Is this so?"));
    room.ok(&["comment", "reply", &id, "It is."]);
    let said = room.ok(&["comment", "list", "notes"]).stdout;
    for part in [&*id, "notes/tide.md", "> turns at six", "Is this so?", "It is."] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert_eq!(
        room.run_with_input(
            &["write", "notes/tide.md"],
            b"# Tides\n\nNow the tide turns at six, or later.\n"
        )
        .code,
        Some(0)
    );
    assert!(room.ok(&["comment", "list"]).stdout.contains("the passage still stands"));
    assert_eq!(
        room.run_with_input(&["write", "notes/tide.md"], b"# Tides\n\nIt turns at seven.\n").code,
        Some(0)
    );
    assert!(room.ok(&["comment", "list"]).stdout.contains("(changed since)"));
    room.ok(&["mv", "notes/tide.md", "notes/ebb.md"]);
    assert!(room.ok(&["comment", "list"]).stdout.contains("notes/ebb.md"));
    room.ok(&["rm", "notes/ebb.md"]);
    assert!(room.ok(&["comment", "list"]).stdout.contains("(gone)"));
    room.ok(&["comment", "resolve", &id]);
    assert!(!room.ok(&["comment", "list"]).stdout.contains(&id));
    assert!(room.ok(&["comment", "list", "--resolved"]).stdout.contains(&id));
    assert_eq!(room.run(&["comment", "resolve", "comment_nosuchid"]).code, Some(4));
    assert_eq!(room.run(&["comment", "add", "notes/none.md", "x"]).code, Some(4));
}

#[test]
fn an_agent_asks_and_waits_until_a_person_answers() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let mut asking = agent(&room, &token(&room, "sender", &["--read", "/", "--write", "out"]));
    let asked = asking.call("request_approval", &json!({"title": "Send it?", "paths": ["out"]}));
    let id = text(&asked["structuredContent"], "id").to_owned();
    let waiting = std::thread::spawn(move || {
        let waited = asking.call("wait_for_approval", &json!({"id": id, "seconds": 50}));
        (waited, id)
    });
    let listed = room.ok(&["approval", "list", "--json"]).json();
    let id = text(&listed[0], "id").to_owned();
    assert_eq!((text(&listed[0], "state"), text(&listed[0]["by"], "name")), ("open", "sender"));
    assert_eq!(room.run(&["approval", "wait", &id, "--timeout", "0s"]).code, Some(11), "nobody has answered");
    room.ok(&["approval", "answer", &id, "reject", "--note", "not today"]);
    let (waited, asked) = waiting.join().unwrap();
    let answer = &waited["structuredContent"];
    assert_eq!((text(answer, "answer"), text(answer, "note"), &asked), ("reject", "not today", &id));
    assert!(room.ok(&["approval", "wait", &id]).stdout.contains("answered `reject`: not today"));
    assert_eq!(room.run(&["approval", "answer", &id, "approve"]).code, Some(2), "it is answered once");
    assert!(room.ok(&["approval", "list"]).stdout.contains("nothing waits"));
}

#[test]
fn an_agent_builds_a_workspace_and_hands_it_to_a_person() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let secret = token(&room, "setter-up", &["--admin", "/", "--expires", "never"]);
    let mut building = agent(&room, &secret);
    building.call("write_file", &json!({"path": "notes/tide.md", "content": "The tide turns at six.\n"}));
    let keeps = json!([{"path": "drafts", "rights": ["read", "write"]}]);
    let offered = building.call("create_transfer", &json!({"keeps": keeps}));
    let claim = text(&offered["structuredContent"], "claim").to_owned();
    assert!(room.ok(&["transfer", "list"]).stdout.contains("open until"));
    let wrong = room.run_with_input(&["transfer", "claim", "ann"], b"wrc_nonsense\n");
    assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
    let taken = room.run_with_input(&["transfer", "claim", "ann", "--json"], format!("{claim}\n").as_bytes());
    assert_eq!(taken.code, Some(0), "{}", taken.stderr);
    let owners = text(&taken.json(), "secret").to_owned();
    let again = room.run_with_input(&["transfer", "claim", "ben"], claim.as_bytes());
    assert_eq!(
        (again.code, again.stderr),
        (Some(4), wrong.stderr),
        "whoever comes late is told what anybody is told"
    );

    // The agent has what was agreed, in the session that it had before too; the person has all.
    let refused = building.call("read_text_file", &json!({"path": "notes/tide.md"})).to_string();
    assert!(!refused.contains("six"), "{refused}");
    let mut building = agent(&room, &secret);
    let refused = building.call("read_text_file", &json!({"path": "notes/tide.md"}));
    assert_eq!(refused["isError"], true, "{refused}");
    let written = building.call("write_file", &json!({"path": "drafts/x.md", "content": "Mine.\n"}));
    assert_ne!(written["isError"], true, "{written}");
    let mut person = agent(&room, &owners);
    let read = person.call("read_text_file", &json!({"path": "notes/tide.md"})).to_string();
    assert!(read.contains("six"), "{read}");
    assert!(room.ok(&["transfer", "list"]).stdout.contains("claimed"));
    let events = room.ok(&["events", "--json"]).stdout;
    assert!(events.contains("owner.transferred"), "{events}");
}

#[test]
fn several_workspaces_are_made_of_one_and_share_nothing() {
    let room = Room::new();
    let root = room.root().join("rooms");
    std::fs::create_dir(&root).unwrap();
    let root = root.to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = ["workspaces", "--root", &root].iter().chain(arguments).copied().collect();
        room.run(&all)
    };
    let ok = |arguments: &[&str]| {
        let ran = run(arguments);
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
        ran
    };
    ok(&["create", "template"]);
    room.write("rooms/template/notes/tide.md", "The tide turns at six.\n");
    ok(&["clone", "template", "dev"]);
    ok(&["clone", "template", "prod"]);
    room.write("rooms/dev/notes/dev.md", "The tide of the test turns at noon.\n");
    let found = |name: &str| {
        let folder = format!("{root}/{name}");
        room.ok(&["-w", &folder, "index", "-q"]);
        room.ok(&["-w", &folder, "search", "tide", "--json"]).json()["hits"].as_array().unwrap().len()
    };
    assert_eq!([found("dev"), found("prod"), found("template")], [2, 1, 1]);
    let listed = ok(&["list", "--json"]).json();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|found| text(found, "id")).collect();
    assert!(ids.len() == 3 && ids[0] != ids[1] && ids[1] != ids[2], "{listed}");

    ok(&["archive", "dev"]);
    let dev = format!("{root}/dev");
    let refused = room.run_with_input(&["-w", &dev, "write", "x.md"], b"x");
    assert_eq!(refused.code, Some(8), "{}", refused.stderr);
    assert!(ok(&["list"]).stdout.contains("archived"));
    ok(&["unarchive", "dev"]);
    assert_eq!(room.run_with_input(&["-w", &dev, "write", "x.md"], b"x").code, Some(0));
    assert_eq!(run(&["delete", "dev", "--confirm", "prod"]).code, Some(2));
    ok(&["delete", "dev", "--confirm", "dev"]);
    assert_eq!(run(&["delete", "dev", "--confirm", "dev"]).code, Some(4));
    assert_eq!(ok(&["list", "--json"]).json().as_array().unwrap().len(), 2);
}

#[test]
fn indexing_is_switched_off_and_on() {
    let room = Room::with(&[("logs/a.md", "The heron stands.\n"), ("b.md", "The heron flies.\n")]);
    room.ok(&["index"]);
    assert_eq!(room.found("heron").len(), 2);
    room.ok(&["index", "--off", "logs"]);
    assert_eq!(room.found("heron").len(), 1);
    assert!(
        room.ok(&["search", "heron"]).stdout.contains("(not searched, since indexing is off there: logs)")
    );
    assert!(!room.ok(&["search", "heron", "--path", "b.md"]).stdout.contains("not searched"));
    assert!(room.ok(&["ask", "where is the heron?"]).stdout.contains("indexing is off there: logs)"));
    for command in ["search", "ask"] {
        let told = |path: &str| {
            room.ok(&[command, "heron", "--json", "--path", path]).json().get("not_searched").cloned()
        };
        assert_eq!(
            (told("logs/a.md"), told("b.md")),
            (Some(serde_json::json!(["logs/a.md"])), None),
            "{command}"
        );
    }
    assert!(room.ok(&["status"]).stdout.contains("not indexed"));
    assert!(room.ok(&["status", "--problems"]).stdout.contains("logs/a.md"));
    assert_eq!(room.ok(&["read", "logs/a.md"]).stdout, "The heron stands.\n");
    assert_eq!(room.run(&["index", "--on", "logs/a.md"]).code, Some(2), "it lies in what is off");
    room.ok(&["index", "--on", "logs"]);
    assert_eq!(room.found("heron").len(), 2);
    assert!(!room.ok(&["status"]).stdout.contains("not indexed"));
}
