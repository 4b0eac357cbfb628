//! Versions, trash and checkpoints through the real program and the library, by the owner and by others alike; and what an editor overwrites.

use std::time::{Duration, Instant};
use workroom::{Condition, ErrorKind, PathSet, Query, Workspace};
use workroom_tests::Room;

/// The owner, and one who asks it.
fn both(room: &Room) -> [Workspace; 2] {
    let owner = Workspace::create(room.root()).unwrap();
    let client = Workspace::open(room.root()).unwrap();
    assert!(owner.is_owner() && !client.is_owner());
    [owner, client]
}

#[test]
fn owner_and_client_see_and_do_the_same() {
    let room = Room::with(&[("a.md", "one\n")]);
    let [owner, client] = both(&room);
    for (workspace, other) in [(&owner, &client), (&client, &owner)] {
        let first = workspace.write("a.md", b"one\n").unwrap().version;
        let second = workspace.write("a.md", b"two\n").unwrap().version;
        assert_eq!(workspace.versions("a.md").unwrap(), other.versions("a.md").unwrap());
        assert_eq!(other.read_version("a.md", &first).unwrap(), b"one\n");
        let diff = other.diff_versions("a.md", &first, Some(&second)).unwrap().diff.unwrap();
        assert!(diff.ends_with("-one\n+two\n"), "{diff}");
        other.restore_version("a.md", &first, &Condition::Version(second)).unwrap();
        assert_eq!(workspace.read("a.md").unwrap(), b"one\n");
        workspace.remove("a.md").unwrap();
        let id = other.trash(&PathSet::all()).unwrap()[0].id.clone();
        assert_eq!(other.restore_from_trash(&id, None).unwrap().0, "a.md");
        let made = workspace.create_checkpoint("", &[]).unwrap();
        assert!(other.checkpoints().unwrap().contains(&made));
        other.write("b.md", b"the heron\n").unwrap();
        let done = other.restore_checkpoint(&made.id, "").unwrap();
        assert_eq!((done.written, done.removed), (0, 1));
        assert!(workspace.search(&Query::new("heron")).unwrap().iter().all(|hit| hit.path != "b.md"));
        assert_eq!(other.delete_checkpoint("none").unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(std::fs::read_dir(room.at(".workroom/tmp")).unwrap().count(), 0);
}

#[test]
fn what_an_editor_overwrites_is_kept_while_somebody_watches() {
    let room = Room::with(&[("a.md", "by nobody\n")]);
    let workspace = Workspace::create(room.root()).unwrap();
    let watch = workspace.watch(|_| {}).unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    // So short a text stands in a pack as it is.
    let is_kept = |text: &str| {
        let packs = std::fs::read_dir(room.at(".workroom/custody/content")).into_iter().flatten().flatten();
        let mut packs = packs.map(|pack| std::fs::read(pack.path()).unwrap());
        packs.any(|pack| pack.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    for text in ["first\n", "second\n", "third\n"] {
        // Another save comes when this one is kept: until then there is but the file itself.
        room.write("a.md", text);
        while !is_kept(text) {
            assert!(Instant::now() < until, "{text} is not kept");
            std::thread::yield_now();
        }
    }
    drop(watch);
    let held: Vec<Vec<u8>> = workspace
        .versions("a.md")
        .unwrap()
        .iter()
        .map(|one| workspace.read_version("a.md", &one.version).unwrap())
        .collect();
    assert_eq!(held[..3], [b"third\n".to_vec(), b"second\n".to_vec(), b"first\n".to_vec()]);
}

#[test]
fn commands_say_what_they_did_and_how_to_undo_it() {
    let room = Room::with(&[("plan.md", "one\n")]);
    let run = |arguments: &[&str]| {
        let output = room.command(arguments).env("WORKROOM_NO_DAEMON", "1").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["index", "--quiet"]);
    let made = run(&["checkpoint", "create", "before", "--tag", "v1"]);
    assert!(made.starts_with("made checkpoint checkpoint_") && made.contains("1 file,"), "{made}");
    room.write("plan.md", "two\n");
    assert_eq!(run(&["checkpoint", "diff", "v1"]), "M  plan.md\n");
    run(&["rm", "plan.md"]);
    let trash = run(&["trash", "list"]);
    assert!(trash.starts_with("trash_") && trash.contains("  plan.md  by owner"), "{trash}");
    assert_eq!(run(&["trash", "restore", &trash[..14]]), "plan.md is there again\n");
    let restored = run(&["checkpoint", "restore", "v1"]);
    assert!(
        restored.contains("1 file written, 0 removed; `workroom checkpoint restore checkpoint_"),
        "{restored}"
    );
    assert_eq!(std::fs::read_to_string(room.at("plan.md")).unwrap(), "one\n");
    let history = run(&["history", "plan.md"]);
    let lines: Vec<&str> = history.lines().collect();
    assert!(
        lines[0].contains("restored by owner  (now)") && lines[1].contains("changed past the program"),
        "{history}"
    );
    let before = lines[1].split(' ').next().unwrap();
    assert_eq!(run(&["history", "plan.md", before]), "two\n");
    assert!(run(&["diff", "plan.md"]).ends_with("-two\n+one\n"));
    run(&["restore", "plan.md", before]);
    assert_eq!(std::fs::read_to_string(room.at("plan.md")).unwrap(), "two\n");
    let branch = room.at("../branch");
    let said = run(&["checkpoint", "branch", "v1", branch.to_str().unwrap()]);
    assert!(said.starts_with("made a workspace of 1 file;"), "{said}");
    assert_eq!(std::fs::read_to_string(branch.join("plan.md")).unwrap(), "one\n");
    std::fs::remove_dir_all(branch).unwrap();
}
