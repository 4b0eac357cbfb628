//! The library as an embedding program uses it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use workroom::{ErrorKind, NoProgress, Outcome, Query, Question, WatchEvent, Workspace};
use workroom_tests::{Room, marker};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn writes_are_searchable_when_they_return() {
    let room = Room::new();
    let workspace = Workspace::create(room.root()).unwrap();
    for i in 0..20 {
        let path = format!("log/{i}.md");
        workspace
            .write(&path, format!("Entry {i}: the buoy {} was painted.\n", marker(i)).as_bytes())
            .unwrap();
        let hits = workspace.search(&Query::new(marker(i))).unwrap();
        assert_eq!(hits[0].path, path);
    }
    workspace.remove("log/3.md").unwrap();
    assert!(workspace.search(&Query::new(marker(3)).mode(workroom::Mode::Lexical)).unwrap().is_empty());
    assert_eq!(
        workspace.read("log/4.md").unwrap(),
        format!("Entry 4: the buoy {} was painted.\n", marker(4)).as_bytes()
    );
    assert_eq!(workspace.read("log/3.md").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn no_path_leads_outside() {
    let room = Room::new();
    let workspace = Workspace::create(room.root()).unwrap();
    for path in ["../x", "/etc/passwd", "a/../../x", "", ".workroom/config.toml", "a//b"] {
        assert_eq!(workspace.write(path, b"x").unwrap_err().kind(), ErrorKind::Invalid, "{path}");
        assert_eq!(workspace.read(path).unwrap_err().kind(), ErrorKind::Invalid, "{path}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(room.root().parent().unwrap(), room.at("link")).unwrap();
        assert_eq!(workspace.write("link/x", b"x").unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(workspace.write("link/new/x", b"x").unwrap_err().kind(), ErrorKind::Invalid);
        // Whether there is a file outside is not told either.
        std::fs::write(room.root().parent().unwrap().join("secret"), "x").unwrap();
        for path in ["link/secret/x", "link/none/x"] {
            for error in [workspace.read(path).unwrap_err(), workspace.write(path, b"x").unwrap_err()] {
                assert!(error.to_string().contains("leads out of the workspace"), "{path}: {error}");
            }
        }
        assert!(!room.root().parent().unwrap().join("new").exists());
    }
}

#[test]
fn a_workspace_outlives_its_owners() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let workspace = Workspace::create(room.root()).unwrap();
    workspace.index(&NoProgress).unwrap();
    drop(workspace);
    let again = Workspace::open(room.root()).unwrap();
    assert_eq!(again.search(&Query::new("ships")).unwrap()[0].path, "a.md");
}

#[test]
fn threads_search_while_another_writes() {
    let room = Room::new();
    let workspace = Arc::new(Workspace::create(room.root()).unwrap());
    workspace.write("steady.md", b"The anchor is made of iron.\n").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..60 {
                    let hits = workspace.search(&Query::new("iron anchor")).unwrap();
                    assert_eq!(hits[0].path, "steady.md");
                }
            });
        }
        scope.spawn(|| {
            for i in 0..40 {
                workspace.write("moving.md", format!("Version {i} of the tide table.\n").as_bytes()).unwrap();
                let hits = workspace
                    .search(&Query::new(format!("version {i} tide table")).path("moving.md"))
                    .unwrap();
                assert!(hits[0].quote.contains(&format!("Version {i} ")), "{hits:?}");
            }
        });
    });
}

#[test]
fn a_watch_tells_and_stops() {
    let room = Room::new();
    let workspace = Arc::new(Workspace::create(room.root()).unwrap());
    let (send, events) = mpsc::channel();
    let watch = workspace.watch(move |event| drop(send.send(event))).unwrap();
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(WatchEvent::Ready { .. })));
    room.write("seen.md", "The pier was rebuilt.\n");
    let changed = events.iter().find_map(|event| match event {
        WatchEvent::Changed { path, outcome, .. } if path == "seen.md" => Some(outcome),
        _ => None,
    });
    assert_eq!(changed, Some(Outcome::Indexed { chunks: 1 }));
    assert_eq!(workspace.search(&Query::new("pier rebuilt")).unwrap()[0].path, "seen.md");
    watch.stop();
}

#[test]
fn an_answer_quotes_the_sentence_that_answers() {
    let room = Room::new();
    let workspace = Workspace::create(room.root()).unwrap();
    let text = "# Harbour rules\n\nBoats are moored on the east side. The harbour closes at ten in the evening. Fuel is sold on weekdays.\n";
    workspace.write("rules.md", text.as_bytes()).unwrap();
    let answer = workspace.ask(&Question::new("At what time does the harbour close?")).unwrap();
    assert!(answer.answer.as_deref().unwrap_or_default().contains("closes at ten"), "{answer:?}");
}

#[test]
fn opening_again_is_not_hindered_by_processes_that_are_being_started() {
    let room = Room::new();
    drop(Workspace::create(room.root()).unwrap());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    // A new process holds copies of our open files until its program has begun.
                    drop(room.run(&["--version"]));
                }
            });
        }
        let opened = (0..100).find_map(|_| Workspace::open(room.root()).err());
        done.store(true, Ordering::Relaxed);
        assert!(opened.is_none(), "{opened:?}");
    });
}
