//! Paths that lead out, or look so, given to the program's own commands: the table that HTTP and MCP are tried with (`crates/server`).

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use workroom_tests::Room;

const SECRET: &str = "what-lies-outside";

fn table() -> BTreeMap<String, Vec<String>> {
    serde_json::from_str(include_str!("../../crates/server/tests/paths.json")).unwrap()
}

/// Each command with a path in each place that takes one.
fn commands(path: &str) -> [Vec<&str>; 6] {
    [
        vec!["read", "--", path],
        vec!["write", "--", path],
        vec!["rm", "--", path],
        vec!["mv", "--", path, "moved.md"],
        vec!["mv", "--", "notes/tide.md", path],
        vec!["show", "--", path],
    ]
}

fn link(room: &Room) {
    for (at, to) in [
        ("link.txt", "../outside.txt"),
        ("notes/link.md", "../../outside.txt"),
        ("away", "../outside"),
        ("chain", "away"),
        ("up", ".."),
        ("dangling", "../not-there-yet"),
        ("loop", "loop"),
        ("inside", "notes"),
    ] {
        if room.at(at).symlink_metadata().is_err() {
            symlink(to, room.at(at)).unwrap();
        }
    }
}

/// What lies beside the workspace, by name, but for what a daemon leaves at home.
fn beside(room: &Room) -> BTreeMap<String, String> {
    let root = room.root();
    let beside = root.parent().unwrap();
    let read = |at: &Path| -> Vec<(String, String)> {
        let files =
            std::fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        files.map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())).collect()
    };
    [read(beside), read(&beside.join("outside"))].concat().into_iter().collect()
}

#[test]
fn no_path_leads_out_of_the_commands() {
    let room = Room::with_daemon();
    room.write("notes/tide.md", "The mill turns at ebb.\n");
    std::fs::create_dir(room.at("../outside")).unwrap();
    for path in ["../outside.txt", "../outside/outside.txt"] {
        std::fs::write(room.at(path), SECRET).unwrap();
    }
    room.ok(&["init"]);
    let before = beside(&room);
    let settings = std::fs::read(room.at(".workroom/config.toml")).unwrap();
    // No argument of a program holds a NUL.
    for path in table()["refused"].iter().filter(|path| !path.contains('\0')) {
        link(&room);
        for command in commands(path) {
            let ran = room.run_with_input(&command, b"evil");
            assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{command:?}: {ran:?}");
            assert_ne!(ran.code, Some(0), "{command:?}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{command:?}: {ran:?}");
        }
    }
    assert_eq!(beside(&room), before);
    assert_eq!(std::fs::read(room.at(".workroom/config.toml")).unwrap(), settings);
}

#[test]
fn strange_names_are_names() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    for name in &table()["names"] {
        let written = room.run_with_input(&["write", "--", name], name.as_bytes());
        assert_eq!(written.code, Some(0), "{name}: {written:?}");
        assert_eq!(std::fs::read_to_string(room.at(name)).unwrap(), *name);
        assert_eq!(room.ok(&["read", "--", name]).stdout, *name);
        room.ok(&["rm", "--", name]);
    }
}
