//! Files and folders through the library: read, changed and found, by the owner and by others alike.

use std::io::{Read, Write};
use std::sync::Arc;
use workroom::{Condition, Edit, ErrorKind, Mode, Page, PathSet, Query, Workspace};
use workroom_tests::{Room, marker};

fn found(workspace: &Workspace, word: u64) -> Vec<String> {
    let hits = workspace.search(&Query::new(marker(word)).mode(Mode::Lexical)).unwrap();
    hits.into_iter().map(|hit| hit.path).collect()
}

fn edit(old: &str, new: &str) -> Edit {
    Edit { old: old.into(), new: new.into(), replace_all: false }
}

/// The owner, and one who asks it.
fn both(room: &Room) -> [Workspace; 2] {
    let owner = Workspace::create(room.root()).unwrap();
    let client = Workspace::open(room.root()).unwrap();
    assert!(owner.is_owner() && !client.is_owner());
    [owner, client]
}

#[test]
fn a_folder_is_moved_copied_and_removed_with_all_that_is_indexed_below() {
    let room = Room::new();
    let [owner, client] = both(&room);
    for (i, path) in (0..).zip(["old/a.md", "old/deep/b.md", "old/deep/c.md"]) {
        owner.write(path, format!("The lock keeper wrote {}.\n", marker(i)).as_bytes()).unwrap();
    }
    client.rename("old", "new/place").unwrap();
    assert_eq!(found(&owner, 1), ["new/place/deep/b.md"]);
    assert_eq!(client.stat("old").unwrap_err().kind(), ErrorKind::NotFound);

    client.copy("new/place", "twin").unwrap();
    let mut both = found(&owner, 2);
    both.sort();
    assert_eq!(both, ["new/place/deep/c.md", "twin/deep/c.md"]);
    assert_eq!(client.copy("new/place", "twin").unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(client.copy("twin", "twin/in/itself").unwrap_err().kind(), ErrorKind::Invalid);
    client.copy("twin/a.md", "single.md").unwrap();
    assert_eq!(found(&client, 0).len(), 3);

    assert_eq!(client.remove_folder("twin", false).unwrap_err().kind(), ErrorKind::Conflict);
    client.remove_folder("twin", true).unwrap();
    assert_eq!(found(&client, 2), ["new/place/deep/c.md"]);
    assert!(client.make_folder("empty/one").unwrap() && !client.make_folder("empty/one").unwrap());
    client.remove_folder("empty/one", false).unwrap();
    let version = Condition::Version(owner.version("single.md").unwrap());
    assert_eq!(client.rename_if("new", "x", &version).unwrap_err().kind(), ErrorKind::Conflict);
    let left = std::fs::read_dir(room.at(".workroom/tmp")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of copies and of what was removed");
}

#[test]
fn a_part_of_a_file_is_changed() {
    let room = Room::new();
    for workspace in both(&room) {
        // The second one finds what the first one left, and writes over it.
        workspace.write("t.md", b"# Tides\n\nHigh water is at six.\nLow water is at noon.\n").unwrap();
        let before = workspace.version("t.md").unwrap();
        let dry = workspace.edit("t.md", &[edit("at six", "at seven")], &Condition::Any, true).unwrap();
        assert_eq!((dry.seq, workspace.version("t.md").unwrap()), (None, before.clone()));
        assert!(dry.diff.contains("-High water is at six.\n+High water is at seven.\n"), "{}", dry.diff);

        let condition = Condition::Version(before.clone());
        let edited = workspace.edit("t.md", &[edit("at six", "at seven")], &condition, false).unwrap();
        assert_eq!(edited.version, dry.version);
        assert_eq!(workspace.version("t.md").unwrap(), edited.version);
        let stale = workspace.edit("t.md", &[edit("noon", "one")], &condition, false).unwrap_err();
        assert_eq!(stale.kind(), ErrorKind::Conflict, "{stale}");

        for (edit, kind) in
            [(edit("water", "tide"), ErrorKind::Invalid), (edit("Hihg water", "x"), ErrorKind::Conflict)]
        {
            let error = workspace.edit("t.md", &[edit], &Condition::Any, false).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.hints().is_some());
        }
        assert_eq!(
            workspace.edit("none.md", &[edit("a", "b")], &Condition::Any, false).unwrap_err().kind(),
            ErrorKind::NotFound
        );
        workspace.write("bin", &[0xff, 0xfe, 0]).unwrap();
        assert_eq!(
            workspace.edit("bin", &[edit("a", "b")], &Condition::Any, false).unwrap_err().kind(),
            ErrorKind::Unsupported
        );

        let appended = workspace
            .append("t.md", format!("The {} came in.\n", marker(7)).as_bytes(), &Condition::Any)
            .unwrap();
        assert_eq!(appended.version, workspace.version("t.md").unwrap());
        assert_eq!(found(&workspace, 7), ["t.md"]);
        let refused = workspace.append("t.md", b"x", &Condition::Version(before)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert_eq!(
            workspace.append("t.md", b"x", &Condition::Absent).unwrap_err().kind(),
            ErrorKind::Conflict
        );
        workspace.append("made.md", b"one\n", &Condition::Absent).unwrap();
        workspace.remove("made.md").unwrap();
    }
}

#[test]
fn of_many_who_append_and_edit_none_is_lost() {
    let room = Room::new();
    let [owner, client] = both(&room);
    owner.write("log.md", b"total: 0\n").unwrap();
    let (owner, client) = (Arc::new(owner), Arc::new(client));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let workspace = if writer % 2 == 0 { Arc::clone(&owner) } else { Arc::clone(&client) };
            scope.spawn(move || {
                for i in 0..5 {
                    workspace
                        .append("log.md", format!("{writer}.{i}\n").as_bytes(), &Condition::Any)
                        .unwrap();
                    let mark = Edit {
                        old: format!("{writer}.{i}\n"),
                        new: format!("{writer}.{i} done\n"),
                        replace_all: false,
                    };
                    workspace.edit("log.md", &[mark], &Condition::Any, false).unwrap();
                }
            });
        }
    });
    let text = String::from_utf8(owner.read("log.md").unwrap()).unwrap();
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.sort_unstable();
    let expected: Vec<String> = (0..4).flat_map(|w| (0..5).map(move |i| format!("{w}.{i} done"))).collect();
    assert_eq!(lines, expected);
}

#[test]
fn bytes_come_and_go_as_streams() {
    let room = Room::new();
    let [_owner, client] = both(&room);
    let mut spool = client.spool().unwrap();
    for i in 0..1000 {
        writeln!(spool, "line {i}").unwrap();
    }
    let spooled = spool.finish().unwrap();
    let written = client.put("big/lines.txt", &spooled, &Condition::Absent).unwrap();
    assert_eq!((&written.version, spooled.bytes), (&spooled.version, 8890));
    let (mut file, entry) = client.open_file("big/lines.txt").unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("line 0\n") && text.ends_with("line 999\n") && entry.bytes == 8890);
    // What was put is used up, and what was not finished is gone.
    assert_eq!(client.put("again.txt", &spooled, &Condition::Any).unwrap_err().kind(), ErrorKind::NotFound);
    let mut dropped = client.spool().unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(std::fs::read_dir(room.at(".workroom/tmp")).unwrap().count(), 0);
}

#[test]
fn what_is_there_is_listed_and_found() {
    let room = Room::with(&[
        ("a.md", "a\n"),
        ("n/b.md", "b\n"),
        ("n/c.txt", "c\n"),
        ("n/d/e.md", "e\n"),
        (".hidden", "h\n"),
    ]);
    let workspace = Workspace::create(room.root()).unwrap();
    let all = PathSet::all();
    let names = |found: workroom::Result<workroom::Found>| -> Vec<String> {
        found.unwrap().entries.into_iter().map(|entry| entry.path).collect()
    };
    let page = Page::default();
    for root in ["", ".", "./"] {
        assert_eq!(names(workspace.list(root, &all, &page)), [".hidden", ".workroomignore", "a.md", "n"]);
    }
    assert_eq!(names(workspace.list("n/", &all, &page)), ["n/b.md", "n/c.txt", "n/d"]);
    assert_eq!(names(workspace.tree("n", 2, &all, &page)), ["n/b.md", "n/c.txt", "n/d", "n/d/e.md"]);
    assert_eq!(names(workspace.glob("", "**/*.md", &all, &page)), ["a.md", "n/b.md", "n/d/e.md"]);
    let some = PathSet::under(["n/d"]);
    assert_eq!(names(workspace.tree("", 9, &some, &page)), ["n", "n/d", "n/d/e.md"]);
    assert_eq!(workspace.stat("").unwrap().path, "");
    for bad in ["/", "/etc", "..", "n/..", ".workroom", ".WORKROOM", ".workroom/tmp"] {
        assert_eq!(workspace.list(bad, &all, &page).unwrap_err().kind(), ErrorKind::Invalid, "{bad}");
    }
    assert_eq!(workspace.list("a.md", &all, &page).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(workspace.list("none", &all, &page).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(workspace.glob("", "[", &all, &page).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_pipe_that_ends_early_changes_nothing() {
    let room = Room::with(&[("a.md", "one\n")]);
    for (came, code) in [("", 2), ("whol", 2), ("whole", 0), ("whole, and more", 2)] {
        let wrote = room.run_with_input(&["write", "part.txt", "--bytes", "5"], came.as_bytes());
        assert_eq!(wrote.code, Some(code), "{wrote:?}");
        assert_eq!(code == 0, !wrote.stderr.contains("nothing was written"), "{wrote:?}");
    }
    assert_eq!(room.ok(&["read", "part.txt"]).stdout, "whole");
}
