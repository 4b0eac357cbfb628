//! One workspace, many processes: the daemon, library processes, takeover.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workroom::{Condition, Config, ErrorKind, OpenOptions, Query, Sharing, WatchEvent, Workspace};
use workroom_tests::{Room, marker};

const PATIENCE: Duration = Duration::from_secs(60);

/// A workspace with a few files whose commands go through a daemon.
fn room() -> Room {
    let room = Room::with_daemon();
    for i in 0..5 {
        room.write(&format!("d{i}.md"), format!("# Day {i}\n\nThe buoy {} was painted.\n", marker(i)));
    }
    room.ok(&["index", "--quiet"]);
    room
}

fn pid(room: &Room) -> u32 {
    let status = room.ok(&["daemon", "status", "--json"]).json();
    assert_eq!(status["daemon"], true, "{status}");
    status["pid"].as_u64().unwrap() as u32
}

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "cannot send {name} to {pid}");
}

/// Waits until nobody owns the workspace.
fn await_no_owner(room: &Room) {
    let end = Instant::now() + PATIENCE;
    let file = File::options().write(true).open(room.at(".workroom/lock")).unwrap();
    while let Err(error) = file.try_lock() {
        assert!(matches!(error, TryLockError::WouldBlock), "{error}");
        assert!(Instant::now() < end, "somebody still owns the workspace");
        std::thread::yield_now();
    }
}

/// The paths that a command finds by words alone.
fn words(room: &Room, query: &str) -> Vec<String> {
    let hits = room.hits(&["--mode", "lexical", query]);
    let mut paths: Vec<String> = hits.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
    paths.dedup();
    paths
}

fn found(workspace: &Workspace, n: u64) -> Vec<String> {
    let query = Query::new(marker(n)).mode(workroom::Mode::Lexical);
    workspace.search(&query).unwrap().into_iter().map(|hit| hit.path).collect()
}

#[test]
fn commands_share_a_daemon_that_can_be_asked_stopped_and_replaced() {
    let room = room();
    let first = pid(&room);
    assert_eq!(words(&room, &marker(3)), ["d3.md"]);
    assert_eq!(pid(&room), first, "the second command uses the same daemon");
    let mode = std::fs::metadata(room.at(".workroom/run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else may reach the socket");

    assert!(room.ok(&["daemon", "stop"]).stdout.contains(&first.to_string()));
    assert!(room.ok(&["daemon", "status"]).stdout.contains("no daemon runs"));
    assert!(room.ok(&["daemon", "stop"]).stdout.contains("no daemon runs"));
    assert!(!room.at(".workroom/run/socket").exists());
    assert_eq!(words(&room, &marker(3)), ["d3.md"]);
    assert_ne!(pid(&room), first);
    let log = room.ok(&["daemon", "log"]).stdout;
    assert!(log.contains("serving") && log.contains("leaving"), "{log}");
}

#[test]
fn a_killed_daemon_is_replaced_and_what_it_acknowledged_is_there() {
    let room = room();
    for round in 0..4 {
        let path = format!("new/{round}.md");
        let text = format!("The gull {} sits on the pier.\n", marker(100 + round));
        let wrote = room.run_with_input(&["write", &path, "--json"], text.as_bytes());
        assert_eq!(wrote.code, Some(0), "{wrote:?}");
        signal("-KILL", pid(&room));
        assert_eq!(words(&room, &marker(100 + round)), [path.as_str()]);
        assert_eq!(room.ok(&["read", &path]).stdout, text);
    }
    assert_eq!(room.ok(&["doctor"]).code, Some(0));
}

#[test]
fn who_waits_for_a_lease_waits_on_whichever_daemon_serves() {
    let room = room();
    let held = room.ok(&["lease", "take", "d1.md", "--json"]).json();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| room.ok(&["lease", "take", "d1.md", "--wait", "60s", "--json"]).json());
        for _ in 0..20 {
            signal("-KILL", pid_of_new(&room));
        }
        room.ok(&["lease", "release", held["id"].as_str().unwrap()]);
        let given = waits.join().unwrap();
        assert!(given["fencing_token"].as_u64() > held["fencing_token"].as_u64(), "{given}");
    });
}

#[test]
fn a_daemon_that_is_told_to_end_loses_nothing() {
    let room = room();
    let daemon = pid(&room);
    let wrote = room.run_with_input(&["write", "last.md"], b"The last word is heliotrope.\n");
    assert_eq!(wrote.code, Some(0), "{wrote:?}");
    signal("-TERM", daemon);
    await_no_owner(&room);
    assert!(!room.at(".workroom/run/socket").exists(), "it cleans up after itself");
    assert_eq!(words(&room, "heliotrope"), ["last.md"]);
}

#[test]
fn many_commands_at_once_get_one_daemon_and_no_error() {
    let room = room();
    room.ok(&["daemon", "stop"]);
    std::thread::scope(|scope| {
        for i in 0..24 {
            let room = &room;
            scope.spawn(move || {
                let n = i % 5;
                assert_eq!(words(room, &marker(n)), [format!("d{n}.md")]);
            });
        }
    });
    let requests = room.ok(&["daemon", "status", "--json"]).json()["requests"].as_u64().unwrap();
    assert!(requests >= 24, "one daemon answered all: {requests}");
}

#[test]
fn a_daemon_leaves_when_nobody_asks_or_its_folder_is_gone() {
    let room = room();
    room.ok(&["daemon", "stop"]);
    room.write(".workroom/config.toml", "daemon_idle_seconds = 1\n");
    room.ok(&["status"]);
    await_no_owner(&room);

    room.write(".workroom/config.toml", "daemon_idle_seconds = 0\n");
    let daemon = pid_of_new(&room);
    let end = Instant::now() + PATIENCE;
    // The daemon may make a file in it just as it is removed.
    while let Err(error) = std::fs::remove_dir_all(room.at(".workroom")) {
        assert!(Instant::now() < end, "{error}");
    }
    // Signal 0 asks whether the process is there. The program that started it is gone, so nobody keeps it as a zombie.
    while Command::new("kill").args(["-0", &daemon.to_string()]).output().unwrap().status.success() {
        assert!(Instant::now() < end, "the daemon outlives its workspace");
        std::thread::yield_now();
    }
}

fn pid_of_new(room: &Room) -> u32 {
    room.ok(&["status"]);
    pid(room)
}

#[test]
fn settings_take_effect_in_a_running_daemon() {
    let room = room();
    let daemon = pid(&room);
    room.write("large.md", "The word is chrysanthemum. ".repeat(40));
    room.ok(&["index", "--quiet"]);
    assert_eq!(words(&room, "chrysanthemum"), ["large.md"]);
    room.write(".workroom/config.toml", "max_file_bytes = 100\n");
    let end = Instant::now() + PATIENCE;
    while !words(&room, "chrysanthemum").is_empty() {
        assert!(Instant::now() < end, "the new limit has no effect");
        room.ok(&["index", "--quiet"]);
    }
    assert_eq!(pid(&room), daemon, "for that no other process is needed");
}

#[test]
fn a_library_process_serves_commands_and_hands_over() {
    let room = Room::with_daemon();
    let workspace = Workspace::create(room.root()).unwrap();
    assert!(workspace.is_owner());
    workspace.write("a.md", format!("The buoy {}.\n", marker(1)).as_bytes()).unwrap();
    assert_eq!(words(&room, &marker(1)), ["a.md"]);
    let status = room.ok(&["daemon", "status", "--json"]).json();
    assert_eq!((&status["daemon"], status["pid"].as_u64()), (&false.into(), Some(std::process::id().into())));
    let refused = room.run(&["daemon", "stop"]);
    assert_eq!(refused.code, Some(5), "{refused:?}");
    assert!(refused.stderr.contains("library") && refused.stderr.contains("hint:"), "{refused:?}");
    drop(workspace);
    assert_eq!(words(&room, &marker(1)), ["a.md"]);
    assert_ne!(pid(&room), std::process::id());
}

#[test]
fn a_library_process_takes_over_from_a_killed_daemon() {
    let room = room();
    let daemon = pid(&room);
    let workspace = Workspace::open(room.root()).unwrap();
    assert!(!workspace.is_owner());
    assert_eq!(found(&workspace, 2), ["d2.md"]);
    workspace.write("b.md", format!("The pier {}.\n", marker(9)).as_bytes()).unwrap();
    signal("-KILL", daemon);
    assert_eq!(found(&workspace, 9), ["b.md"]);
    assert!(workspace.is_owner());
    assert_eq!(words(&room, &marker(9)), ["b.md"], "and serves others");
}

#[test]
fn two_in_one_process_share_as_well() {
    let room = room();
    room.ok(&["daemon", "stop"]);
    let first = Workspace::open(room.root()).unwrap();
    let second = Workspace::open(room.root()).unwrap();
    assert!(first.is_owner() && !second.is_owner());
    let written = second.write("b.md", format!("The pier {}.\n", marker(9)).as_bytes()).unwrap();
    assert_eq!(found(&first, 9), ["b.md"]);
    drop(first);
    let query = Query::new(marker(9)).min_seq(written.seq);
    assert_eq!(second.search(&query).unwrap()[0].path, "b.md");
    assert!(second.is_owner());

    let late = second.search(&Query::new("x").min_seq(written.seq + 1000)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Timeout, "{late}");
}

#[test]
fn one_that_wants_to_be_alone_is() {
    let room = room();
    let alone = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
    let refused = Workspace::open_with(room.root(), &alone).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Locked);
    assert!(refused.to_string().contains(&pid(&room).to_string()), "{refused}");
    room.ok(&["daemon", "stop"]);
    let workspace = Workspace::open_with(room.root(), &alone).unwrap();
    let ran = room.run(&["search", "x"]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("alone") && ran.stderr.contains("hint:"), "{ran:?}");
    drop(workspace);
    room.ok(&["search", "x"]);
}

#[test]
fn of_two_writers_that_read_the_same_version_one_wins() {
    let room = room();
    let workspace = Arc::new(Workspace::open(room.root()).unwrap());
    let first = workspace.write_if("c.md", b"one\n", &Condition::Absent).unwrap();
    let again = workspace.write_if("c.md", b"two\n", &Condition::Absent).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict, "{again}");
    for round in 0..10 {
        let version = room.run_with_input(&["write", "c.md", "--json"], format!("base {round}\n").as_bytes());
        let version = version.json()["version"].as_str().unwrap().to_owned();
        let won: usize = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..6)
                .map(|i| {
                    let (workspace, version) = (&workspace, Condition::Version(version.clone()));
                    scope.spawn(move || {
                        workspace.write_if("c.md", format!("writer {i}\n").as_bytes(), &version)
                    })
                })
                .collect();
            let outcomes = writers.into_iter().map(|writer| writer.join().unwrap());
            outcomes
                .map(|outcome| match outcome {
                    Ok(_) => 1,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                        0
                    }
                })
                .sum()
        });
        assert_eq!(won, 1, "round {round}");
    }
    let stale = room.run_with_input(&["write", "c.md", "--if-match", &first.version], b"late\n");
    assert_eq!(stale.code, Some(10), "{stale:?}");
    assert!(stale.stderr.contains("c.md") && stale.stderr.contains("hint:"), "{stale:?}");
    assert_eq!(workspace.rename("c.md", "d0.md").unwrap_err().kind(), ErrorKind::Conflict);
    workspace.rename("c.md", "deep/er/c.md").unwrap();
    assert_eq!(workspace.read("c.md").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(workspace.documents().unwrap().contains(&"deep/er/c.md".to_owned()));
    assert_eq!(std::fs::read_dir(room.at(".workroom/tmp")).unwrap().count(), 0, "refused bytes are not kept");
}

#[test]
fn everybody_sees_what_they_wrote() {
    let room = room();
    std::thread::scope(|scope| {
        for writer in 0..6u64 {
            let room = &room;
            scope.spawn(move || {
                let workspace = Workspace::open(room.root()).unwrap();
                for i in 0..15 {
                    let n = 200 + writer * 20 + i;
                    let path = format!("w{writer}/{i}.md");
                    workspace.write(&path, format!("The tern {} dives.\n", marker(n)).as_bytes()).unwrap();
                    assert_eq!(found(&workspace, n), [path]);
                }
            });
        }
    });
}

#[test]
fn changes_are_told_to_all_who_watch_and_go_on_after_a_crash() {
    let room = room();
    let daemon = pid(&room);
    let workspace = Arc::new(Workspace::open(room.root()).unwrap());
    let (send, events) = std::sync::mpsc::channel();
    let watch = workspace.watch(move |event| drop(send.send(event))).unwrap();
    let command = room.start(&["watch", "--json"]);
    let ready = || loop {
        if let WatchEvent::Ready { .. } = events.recv_timeout(PATIENCE).unwrap() {
            break;
        }
    };
    let changed = |wanted: &str| loop {
        match events.recv_timeout(PATIENCE).unwrap() {
            WatchEvent::Changed { path, .. } if path == wanted => break,
            WatchEvent::Failed(error) => panic!("{error}"),
            _ => {}
        }
    };
    ready();
    command.wait_for("readiness", |line| line.contains("\"ready\""));
    room.write("e1.md", "An editor wrote this.\n");
    changed("e1.md");
    command.wait_for("the change", |line| line.contains("e1.md"));
    signal("-KILL", daemon);
    ready();
    command.wait_for("readiness", |line| line.contains("\"ready\""));
    room.write("e2.md", "An editor wrote this, too.\n");
    changed("e2.md");
    command.wait_for("the change", |line| line.contains("e2.md"));
    watch.stop();
    assert_eq!(command.interrupt(), Some(0));
}

#[test]
fn an_index_run_through_the_daemon_can_be_stopped() {
    let room = Room::with_daemon();
    for i in 0..3000 {
        room.write(&format!("d{}/{i}.md", i % 30), "The lighthouse keeper counts ships. ".repeat(60));
    }
    let running = room.start(&["index"]);
    let end = Instant::now() + PATIENCE;
    while !room.at(".workroom/run/socket").exists() {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    let code = running.interrupt();
    assert!(matches!(code, Some(130 | 0)), "{code:?}");
    room.ok(&["index", "--quiet"]);
    assert_eq!(room.ok(&["status", "--json"]).json()["documents"], 3000);
}

/// An owner of another version, as far as the first words go. Returns what it was asked, once it was asked to leave, and gives the lock back.
fn other_version(root: &Path, hello: &str) -> std::thread::JoinHandle<String> {
    let run = root.join(".workroom/run");
    let lock =
        File::options().read(true).write(true).create(true).truncate(false).open(root.join(".workroom/lock"));
    let lock = lock.unwrap();
    lock.try_lock().unwrap();
    std::fs::create_dir_all(&run).unwrap();
    drop(std::fs::remove_file(run.join("socket")));
    let listener = UnixListener::bind(run.join("socket")).unwrap();
    let hello = hello.to_owned();
    std::thread::spawn(move || {
        let mut client = listener.accept().unwrap().0;
        assert_eq!(frame(&mut client).0, 0, "a client says hello first");
        client
            .write_all(&[&(hello.len() as u32).to_le_bytes()[..], &[0], hello.as_bytes()].concat())
            .unwrap();
        let mut asked = String::new();
        if let (1, body) = frame(&mut client) {
            asked = String::from_utf8(body).unwrap();
            std::fs::remove_file(run.join("socket")).unwrap();
            client.write_all(b"\x04\0\0\0\x02null").unwrap();
        }
        drop(listener);
        lock.unlock().unwrap();
        asked
    })
}

/// The kind and body of the next message; (255, nothing) when the other side hangs up.
fn frame(from: &mut impl Read) -> (u8, Vec<u8>) {
    let mut header = [0; 5];
    if from.read_exact(&mut header).is_err() {
        return (255, Vec::new());
    }
    let mut body = vec![0; u32::from_le_bytes(header[..4].try_into().unwrap()) as usize];
    from.read_exact(&mut body).unwrap();
    (header[4], body)
}

#[test]
fn an_older_daemon_is_asked_to_leave_and_a_newer_one_is_left_alone() {
    let room = room();
    room.ok(&["daemon", "stop"]);
    let old = other_version(&room.root(), r#"{"workroom":"0.0.9","protocol":0,"pid":1,"daemon":true}"#);
    assert_eq!(words(&room, &marker(1)), ["d1.md"]);
    assert!(old.join().unwrap().contains("leave"));

    room.ok(&["daemon", "stop"]);
    let new = other_version(&room.root(), r#"{"workroom":"99.0.0","protocol":1000,"pid":1,"daemon":true}"#);
    let ran = room.run(&["search", "x"]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.stderr.contains("99.0.0") && ran.stderr.contains("hint:"), "{ran:?}");
    assert_eq!(new.join().unwrap(), "");
}

#[test]
fn what_stops_the_daemon_from_opening_is_said_to_all_who_wait() {
    let room = room();
    room.ok(&["daemon", "stop"]);
    room.write(".workroom/index/FORMAT", "workroom index 999\n");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let ran = room.run(&["search", "x"]);
                assert_eq!(ran.code, Some(7), "{ran:?}");
                assert!(ran.stderr.contains("999"), "{ran:?}");
            });
        }
    });
    room.ok(&["doctor", "--rebuild"]);
    assert_eq!(words(&room, &marker(1)), ["d1.md"]);
    assert_eq!(Config::of(&room.root()).unwrap(), Config::default());
}

#[test]
fn settings_that_are_mended_take_effect_in_a_running_daemon() {
    let room = room();
    let daemon = pid(&room);
    room.write(".workroom/config.toml", "modle = 'x'\n");
    assert_eq!(room.run(&["search", "x"]).code, Some(2));
    room.write(".workroom/config.toml", "hidden = true\n");
    let end = Instant::now() + PATIENCE;
    while room.run(&["search", "x"]).code != Some(0) {
        assert!(Instant::now() < end, "the daemon does not recover");
    }
    assert_eq!(pid(&room), daemon);
}

#[test]
fn what_lies_in_the_way_of_sharing_costs_the_sharing_and_no_more() {
    for (in_the_way, is_folder) in [("run", false), ("daemon.log", true), ("tmp", false)] {
        let room = room();
        room.ok(&["daemon", "stop"]);
        let at = room.at(".workroom").join(in_the_way);
        drop(std::fs::remove_dir_all(&at).or_else(|_| std::fs::remove_file(&at)));
        if is_folder {
            std::fs::create_dir(&at).unwrap()
        } else {
            std::fs::write(&at, "").unwrap()
        }
        std::thread::scope(|scope| {
            for n in 0..4 {
                let room = &room;
                scope
                    .spawn(move || assert_eq!(words(room, &marker(n)), [format!("d{n}.md")], "{in_the_way}"));
            }
        });
        let wrote = room.run_with_input(&["write", "new.md"], b"The word is heliotrope.\n");
        assert_eq!(wrote.code, Some(0), "{in_the_way}: {wrote:?}");
        assert_eq!(words(&room, "heliotrope"), ["new.md"], "{in_the_way}");
    }
}

#[test]
fn a_file_can_be_read_with_its_version_and_changed_by_two_without_loss() {
    let room = room();
    assert_eq!(room.run_with_input(&["write", "count.txt"], b"0").code, Some(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    loop {
                        let read = room.ok(&["read", "count.txt", "--json"]).json();
                        let next = read["text"].as_str().unwrap().parse::<u64>().unwrap() + 1;
                        let version = read["version"].as_str().unwrap();
                        let arguments = ["write", "count.txt", "--if-match", version];
                        let wrote = room.run_with_input(&arguments, next.to_string().as_bytes());
                        match wrote.code {
                            Some(0) => break,
                            Some(10) => {}
                            _ => panic!("{wrote:?}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(room.ok(&["read", "count.txt"]).stdout, "20");
}
