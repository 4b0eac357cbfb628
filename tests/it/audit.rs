//! The audit log of the real program: what is in it after all that happens, and that whoever tampers with it is found.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use workroom::{ErrorKind, Query, Workspace, version_of};
use workroom_tests::{Agent, Room};

/// What the log has, the first first.
fn log(room: &Room, arguments: &[&str]) -> Vec<Value> {
    let exported = room.ok(&[&["audit", "export"], arguments].concat()).stdout;
    exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A token with these rights: its id and its secret.
fn token(room: &Room, name: &str, rights: &[&str]) -> (String, String) {
    let made = room.ok(&[&["token", "create", name, "--json"], rights].concat()).json();
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn agent(room: &Room, secret: &str) -> Agent {
    let mut command = room.command(&["mcp", "--token-env", "TOKEN"]);
    command.env("TOKEN", secret);
    Agent::start(command)
}

#[test]
fn a_session_is_in_the_log_and_the_log_is_proved() {
    let room = Room::with(&[("notes/a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["index"]);
    assert_eq!(
        room.run_with_input(&["write", "notes/b.md"], b"The otter sleeps in the reeds.\n").code,
        Some(0)
    );
    room.ok(&["search", "where does the otter sleep?"]);
    room.ok(&["mv", "notes/b.md", "c.md"]);
    let stale = room.run_with_input(&["write", "c.md", "--if-match", &"7".repeat(64)], b"x");
    assert_eq!(stale.code, Some(10));
    room.ok(&["rm", "c.md"]);
    token(&room, "reader", &["--read", "/"]);
    let kinds: Vec<String> = log(&room, &[])
        .iter()
        .filter(|record| record["outcome"] != "begun")
        .map(|record| {
            format!("{} {}", record["doing"].as_str().unwrap(), record["outcome"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "audit.begin done",
        "file.write done",
        "search done",
        "file.move done",
        "file.write failed",
        "file.remove done",
        "token.create done",
    ];
    assert_eq!(kinds, expected);
    let searched = log(&room, &["--kind", "search"]);
    assert_eq!(searched[0]["query"], "where does the otter sleep?");
    let version = version_of(b"The otter sleeps in the reeds.\n");
    assert_eq!(searched[0]["shown"][0]["version"], version);
    // Where it went, and what was shown of it, is about a path as well.
    assert_eq!(log(&room, &["--path", "c.md", "--outcome", "done"]).len(), 2);
    assert_eq!(log(&room, &["--path", "notes/b.md", "--outcome", "done"]).len(), 3);
    let last = room.ok(&["audit", "log", "-n", "1"]).stdout;
    assert!(last.contains("owner (cli)  token.create  ("), "{last}");

    let head = room.ok(&["audit", "head"]).stdout;
    room.write("head.json", &head);
    let verified = room.ok(&["audit", "verify", "--head", "head.json"]).stdout;
    for proved in ["sound up to record", "so it was not made anew", "not proved: that what was noted is all"]
    {
        assert!(verified.contains(proved), "{verified}");
    }
}

#[test]
fn every_byte_that_is_changed_is_found_by_the_program() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["index"]);
    for n in 0..3 {
        let text = format!("The otter sleeps, {n}.\n");
        assert_eq!(room.run_with_input(&["write", &format!("{n}.md")], text.as_bytes()).code, Some(0));
    }
    room.ok(&["search", "otter"]);
    assert_eq!(room.ok(&["audit", "verify", "--json"]).json()["findings"], json!([]));
    let path = room.at(".workroom/custody/audit/000000000000.jsonl");
    let sound = std::fs::read(&path).unwrap();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let record = sound[..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
        let report = Workspace::verify_audit(&room.root(), None).unwrap();
        let is_there = |finding: &workroom::AuditFinding| finding.record == record || at + 1 == sound.len();
        assert!(report.findings.iter().any(is_there), "byte {at}, record {record}: {report:?}");
        // The program says the same, and its exit code does.
        if at % 97 == 0 {
            let ran = room.run(&["audit", "verify"]);
            assert_eq!(ran.code, Some(6), "byte {at}: {ran:?}");
            let place = format!("WRONG record {} (000000000000.jsonl, byte ", report.findings[0].record);
            assert!(ran.stdout.contains(&place), "byte {at}: {ran:?}");
        }
    }
    std::fs::write(&path, &sound).unwrap();
    room.ok(&["audit", "verify"]);
    // Cut off at a record's end, it is told by the head.
    let end = sound[..sound.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap();
    std::fs::write(&path, &sound[..=end]).unwrap();
    let ran = room.run(&["audit", "verify"]);
    assert!(ran.code == Some(6) && ran.stdout.contains("the signed head names is missing"), "{ran:?}");
}

#[test]
fn what_is_denied_is_in_the_log_whichever_way_it_came() {
    let room =
        Room::with(&[("data/a.md", "The lighthouse keeper counts ships.\n"), ("secret/b.md", "sold\n")]);
    room.ok(&["index"]);
    let (id, secret) = token(&room, "reader", &["--read", "data"]);
    let (_, writer) = token(&room, "logger", &["--write", "logs", "--read", "logs"]);
    let denied = |room: &Room| -> Vec<String> {
        let line = |record: &Value| {
            format!("{} {}", record["doing"].as_str().unwrap(), record["path"].as_str().unwrap())
        };
        let denied = log(room, &["--outcome", "denied", "--by", &id]);
        // What is no text is looked for among the documents as well.
        denied.iter().filter(|record| record["doing"] != "document.show").map(line).collect()
    };
    let mut reader = agent(&room, &secret);
    for (tool, arguments) in [
        ("read_text_file", json!({"path": "secret/b.md"})),
        ("read_text_file", json!({"path": "absent.md"})),
        ("list_directory", json!({"path": "secret"})),
    ] {
        assert_eq!(reader.call(tool, &arguments)["isError"], true, "{tool}");
    }
    let expected = ["file.read secret/b.md", "file.read absent.md", "file.list secret"];
    assert_eq!(denied(&room), expected);
    assert_eq!(reader.call("read_text_file", &json!({"path": "data/a.md"}))["isError"], false);
    assert_eq!(reader.leave(), Some(0));
    let mut logger = agent(&room, &writer);
    assert_eq!(logger.call("write_file", &json!({"path": "data/a.md", "content": "x"}))["isError"], true);
    assert_eq!(logger.call("write_file", &json!({"path": "logs/1", "content": "x"}))["isError"], false);
    assert_eq!(logger.leave(), Some(0));

    let server = room.start(&["serve", "--listen", "127.0.0.1:0", "--json"]);
    let said: Value =
        serde_json::from_str(&server.wait_for("its address", |line| line.contains("\"url\""))).unwrap();
    let address = said["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let ask = |method: &str, call: &str, secret: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let host = format!("Host: {address}\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n");
        write!(stream, "{method} /v1/workspaces/w/{call} HTTP/1.1\r\n{host}Content-Length: 0\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    assert_eq!(ask("DELETE", "file?path=data/a.md", &secret), 403);
    assert_eq!(ask("GET", "audit", &secret), 403);
    assert_eq!(ask("GET", "file?path=data/a.md", &secret), 200);
    drop(server);
    assert_eq!(denied(&room)[expected.len()..], ["file.remove data/a.md", "admin.look "]);
    let reads = log(&room, &["--kind", "file.read", "--outcome", "done", "--by", "reader"]);
    let ways: Vec<&str> = reads.iter().map(|record| record["by"]["via"].as_str().unwrap()).collect();
    assert_eq!(ways, ["mcp", "http"]);
    assert_eq!(reads[0]["before"], version_of(b"The lighthouse keeper counts ships.\n"));
    room.ok(&["audit", "verify"]);
}

#[test]
fn looks_of_a_process_that_asks_another_come_to_the_same_log() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let owner = Workspace::create(room.root()).unwrap();
    owner.index(&workroom::NoProgress).unwrap();
    let client = Workspace::open(room.root()).unwrap();
    assert!(!client.is_owner());
    for n in 0..1000 {
        assert_eq!(client.read("a.md").unwrap().len(), 36, "{n}");
    }
    client.search(&Query::new("ships")).unwrap();
    assert_eq!(client.read("absent.md").unwrap_err().kind(), ErrorKind::NotFound);
    // The last handle brings what waits.
    drop(client);
    let count = |kind: &str| log(&room, &["--kind", kind]).len();
    assert_eq!((count("file.read"), count("search")), (1000, 1));
    assert_eq!(owner.quiet().read("a.md").unwrap().len(), 36);
    assert_eq!(count("file.read"), 1000);
}

#[test]
fn what_commands_do_past_the_owner_is_in_the_log_with_a_daemon_and_without() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let reads = |room: &Room| {
        let line = |record: &Value| {
            let text = |at: &str| record.pointer(at).and_then(Value::as_str).unwrap_or("-").to_owned();
            format!("{} {} {} {}", text("/by/via"), text("/doing"), text("/path"), text("/outcome"))
        };
        log(room, &[]).iter().map(line).filter(|line| !line.contains("audit.")).collect::<Vec<_>>()
    };
    room.ok(&["init"]);
    // Nobody is there, and nobody is started for it.
    room.ok(&["read", "a.md"]);
    assert!(room.ok(&["daemon", "status"]).stdout.contains("no daemon"));
    assert_eq!(reads(&room), ["cli file.read a.md done"]);
    room.ok(&["index"]);
    room.ok(&["read", "./a.md"]);
    assert_eq!(reads(&room), ["cli file.read a.md done", "cli file.read a.md done"]);
    assert_ne!(room.run(&["read", "absent.md"]).code, Some(0));
    let made = room.ok(&["webhook", "add", "https://example.com/x", "--json"]).json();
    let id = made["id"].as_str().unwrap().to_owned();
    for done in [&["webhook", "rotate"][..], &["webhook", "enable"], &["webhook", "remove"]] {
        room.ok(&[done, &[id.as_str()]].concat());
    }
    let hooks: Vec<Value> = log(&room, &["--kind", "webhook"]);
    let said: Vec<String> = hooks
        .iter()
        .map(|record| format!("{} {}", record["doing"].as_str().unwrap(), record["detail"].as_str().unwrap()))
        .collect();
    let expected =
        ["create", "change", "change", "remove"].map(|doing| format!("webhook.{doing} webhook {id}"));
    assert_eq!(said, expected);
    room.ok(&["daemon", "stop"]);
    room.write(".workroom/config.toml", "[audit]\nreads = false\n");
    room.ok(&["read", "a.md"]);
    assert_eq!(log(&room, &["--kind", "file.read"]).len(), 2);
    room.ok(&["audit", "verify"]);
}

#[test]
fn what_is_done_with_whole_workspaces_is_in_their_log() {
    let room = Room::with(&[("all/note.txt", "x\n")]);
    let root = room.at("all").display().to_string();
    let below = |arguments: &[&str]| room.ok(&[&["workspaces", "--root", &root], arguments].concat());
    below(&["create", "one"]);
    below(&["clone", "one", "two"]);
    below(&["archive", "one"]);
    below(&["unarchive", "one"]);
    let one = room.at("all/one").display().to_string();
    let exported = room.ok(&["-w", &one, "audit", "export"]).stdout;
    let records = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let said: Vec<String> = records
        .filter(|record| record["doing"] != "audit.begin")
        .map(|record| format!("{} {}", record["doing"].as_str().unwrap(), record["detail"].as_str().unwrap()))
        .collect();
    let expected = [
        "workspace.clone as `two`",
        "workspace.archive archived",
        "workspace.archive taken out of the archive",
    ];
    assert_eq!(said, expected);
    room.ok(&["-w", &one, "audit", "verify"]);
}

/// Of each path the last change in the log is what is there.
fn agree(room: &Room) {
    let mut last: HashMap<String, Value> = HashMap::new();
    for record in log(room, &["--kind", "file", "--outcome", "done"]) {
        if matches!(record["doing"].as_str(), Some("file.write" | "file.remove")) {
            last.insert(record["path"].as_str().unwrap().to_owned(), record["after"].clone());
        }
    }
    for entry in std::fs::read_dir(room.at("shared")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let version = version_of(&std::fs::read(room.at("shared").join(&name)).unwrap());
        assert_eq!(last.get(&format!("shared/{name}")), Some(&json!(version)), "{name}");
    }
    for (path, version) in last.iter().filter(|(path, _)| path.starts_with("shared/")) {
        assert_eq!(room.at(path).exists(), !version.is_null(), "{path}");
    }
}

#[test]
fn whatever_a_killed_owner_did_is_in_the_log() {
    let room = Room::with_daemon();
    room.write("shared/first.md", "first\n");
    room.ok(&["index", "--quiet"]);
    std::fs::remove_file(room.at("shared/first.md")).unwrap();
    let acknowledged = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let room = &room;
                scope.spawn(move || {
                    let mut said = Vec::new();
                    for n in 0..8 {
                        let path = format!("shared/{}.md", (writer + n) % 2);
                        let text = format!("{writer} {n}\n");
                        if n % 4 == 3 {
                            // Another may have removed it before.
                            let _gone = room.run(&["rm", &path]);
                            continue;
                        }
                        let ran = room.run_with_input(&["write", &path], text.as_bytes());
                        assert_eq!(ran.code, Some(0), "{ran:?}");
                        said.push(version_of(text.as_bytes()));
                    }
                    said
                })
            })
            .collect();
        for _ in 0..4 {
            let status = room.run(&["daemon", "status", "--json"]);
            // Between two owners there is none to say so.
            let pid = (status.code == Some(0)).then(|| status.json()["pid"].as_u64()).flatten();
            if let Some(pid) = pid {
                let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(killed.is_ok());
            }
        }
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<String>>()
    });
    // The next owner settles what the last one left begun.
    room.ok(&["search", "anything"]);
    agree(&room);
    let done = log(&room, &["--kind", "file.write", "--outcome", "done"]);
    for version in acknowledged {
        assert!(done.iter().any(|record| record["after"] == version), "{version} was acknowledged");
    }
    room.ok(&["daemon", "stop"]);
    room.ok(&["audit", "verify"]);
}

#[test]
fn thousands_of_tiny_files_raise_an_alert_and_pause_their_maker() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["index", "--quiet"]);
    let settings = "[alerts]\nwindow_seconds = 3600\nsmall_files = 300\npause = true\n";
    room.write(".workroom/config.toml", settings);
    let (id, secret) = token(&room, "logger", &["--write", "logs", "--read", "logs"]);
    let mut logger = agent(&room, &secret);
    let mut made = 0;
    for n in 0..5000 {
        let call = json!({"path": format!("logs/{n}.txt"), "content": "x"});
        let answer = logger.ask("tools/call", &json!({"name": "write_file", "arguments": call}));
        if answer["result"]["isError"] != false {
            break;
        }
        made += 1;
    }
    assert_eq!(made, 300);
    drop(logger);
    let alerts = log(&room, &["--kind", "alert"]);
    assert_eq!((alerts.len(), &alerts[0]["by"]["principal"]), (1, &json!(id)));
    let told = room.ok(&["usage", "--json"]).json();
    assert!(told["alerts"][0]["what"].as_str().unwrap().contains("made 300 small files"), "{told}");
    let logger = told["usage"].as_array().unwrap().iter().find(|one| one["name"] == "logger").unwrap();
    assert_eq!(logger["day"]["files_made"], 300, "{told}");
    assert_eq!(room.ok(&["token", "list", "--json"]).json()[0]["state"], "paused");
    room.ok(&["token", "resume", &id]);
    let mut logger = agent(&room, &secret);
    let again = logger.call("write_file", &json!({"path": "logs/again.txt", "content": "x"}));
    assert_eq!(again["isError"], false, "{again}");
}
