//! Events and webhooks of the real program: followed, waited for, and sent over a restart of the server.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use workroom_tests::{Room, Running};

const PATIENCE: Duration = Duration::from_secs(60);

/// A receiver of webhooks, and its address: it takes everything.
fn receiver() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut from, mut to) = (BufReader::new(stream.try_clone().unwrap()), stream);
            let (mut length, mut line) = (0, String::new());
            while from.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            from.read_exact(&mut body).unwrap();
            if send.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
            drop(to.write_all(b"HTTP/1.1 204 Taken\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
        }
    });
    (url, received)
}

fn served(room: &Room) -> Running {
    let server = room.start(&["serve", "--listen", "127.0.0.1:0"]);
    server.wait_for("the address", |line| line.starts_with("serving on"));
    server
}

fn path(received: &Receiver<Value>) -> String {
    let body = received.recv_timeout(PATIENCE).unwrap();
    format!("{} {}", body["type"].as_str().unwrap(), body["data"]["path"].as_str().unwrap_or("-"))
}

#[test]
fn what_happens_is_sent_also_what_happened_while_no_server_ran() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let (url, received) = receiver();
    let refused = room.run(&["webhook", "add", &url]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let made = room
        .ok(&["webhook", "add", &url, "--allow-http", "--allow-private", "--type", "file.created", "--json"])
        .json();
    let id = made["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    room.ok(&["webhook", "test", id]);
    assert_eq!(path(&received), "webhook.test -");
    let server = served(&room);
    assert!(room.run_with_input(&["write", "a.md"], b"one").code == Some(0));
    assert_eq!(path(&received), "file.created a.md");
    server.kill();
    assert!(room.run_with_input(&["write", "b.md"], b"two").code == Some(0));
    let server = served(&room);
    assert!(room.run_with_input(&["write", "c.md"], b"three").code == Some(0));
    // The one that was under way when the server was killed may come twice.
    let mut heard = vec![path(&received), path(&received)];
    if heard.contains(&"file.created a.md".to_owned()) {
        heard.push(path(&received));
        heard.retain(|said| !said.ends_with(" a.md"));
    }
    assert_eq!(heard, ["file.created b.md", "file.created c.md"]);
    // What is under way while it is asked for is not sent once more.
    while room.ok(&["webhook", "log", id]).stdout.lines().filter(|line| line.contains(" c.md ")).count() == 0
    {
    }
    room.ok(&["webhook", "replay", id, "--after", "start"]);
    assert_eq!(
        [path(&received), path(&received), path(&received)].concat(),
        "file.created a.mdfile.created b.mdfile.created c.md"
    );
    assert_eq!(server.interrupt(), Some(0));
    room.ok(&["webhook", "remove", id]);
    assert_eq!(room.run(&["webhook", "show", id]).code, Some(4));
}

#[test]
fn a_command_waits_for_what_another_does() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    assert!(room.run_with_input(&["write", "before.md"], b"zero").code == Some(0));
    let last = room.ok(&["events", "--type", "file.created", "--json"]);
    let events: Vec<Value> = last.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((events.len(), events[0]["path"].as_str()), (1, Some("before.md")), "{last:?}");
    let after = events[0]["cursor"].as_str().unwrap();
    let late = room.run(&["events", "--after", after, "--path", "drafts", "--wait", "1"]);
    assert_eq!(late.code, Some(11), "{late:?}");
    let waiting = room.start(&["events", "--after", after, "--path", "drafts", "--wait", "60", "--json"]);
    assert!(room.run_with_input(&["write", "drafts/one.md"], b"one").code == Some(0));
    let heard = waiting.wait_for("the event", |line| line.contains("file.created"));
    let heard: Value = serde_json::from_str(&heard).unwrap();
    assert_eq!((heard["path"].as_str(), heard["by"]["via"].as_str()), (Some("drafts/one.md"), Some("cli")));
    // What a file is called there, whoever moved it: here the system.
    let moved =
        Command::new("mv").arg(room.at("drafts/one.md")).arg(room.at("drafts/two.md")).status().unwrap();
    assert!(moved.success());
    let told =
        room.ok(&["events", "--after", after, "--type", "file.moved", "--wait", "60", "--json"]).json();
    assert_eq!((told["path"].as_str(), told["to"].as_str()), (Some("drafts/one.md"), Some("drafts/two.md")));
    assert!(told.get("by").is_none(), "nobody knows who it was");
}
