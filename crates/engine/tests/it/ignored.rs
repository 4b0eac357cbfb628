//! Files that rules leave out, whatever the program does to them: what is indexed after each change is what a look at the whole folder would make of it.

use crate::room::Room;
use workroom_engine::{Act, Claim, Condition, NoProgress, PathSet, Spooled, version_of};

const RULES: &str = ".workroomignore\n/private/\n*.log\n";

fn room(settings: &str) -> Room {
    let room = Room::new(settings);
    std::fs::write(room.at(".workroomignore"), RULES).unwrap();
    std::fs::write(room.at(".gitignore"), "build/\n").unwrap();
    room.engine().index(&NoProgress).unwrap();
    room
}

fn write(room: &Room, path: &str, text: &str) {
    let spooled = Spooled::write(room.folder.path(), text.as_bytes()).unwrap();
    room.engine().put(path, &spooled, &Condition::Any, &Claim::default(), &Act::default()).unwrap();
}

/// What is indexed is this, and nothing changes when the whole folder is compared.
fn check(room: &Room, expected: &[&str]) {
    let indexed = || {
        let mut indexed = room.engine().documents(&PathSet::all());
        indexed.extend(room.engine().problems(&PathSet::all()).into_iter().map(|problem| problem.path));
        indexed.retain(|path| path != ".gitignore");
        indexed.sort();
        indexed
    };
    let at_once = indexed();
    assert_eq!(at_once, expected);
    room.engine().index(&NoProgress).unwrap();
    assert_eq!(indexed(), at_once, "after a look at the whole folder");
}

#[test]
fn what_is_written_where_rules_leave_it_out_is_never_indexed() {
    let room = room("");
    for path in ["private/key.md", "private/deep/er.md", "notes/day.log", "build/out.md", ".git/config"] {
        write(&room, path, "The heron waits.\n");
        check(&room, &[]);
        write(&room, path, "The heron waits no more.\n");
        check(&room, &[]);
    }
    write(&room, "notes/day.md", "The heron waits.\n");
    check(&room, &["notes/day.md"]);
    // Its rules come with the file that it is written beside.
    write(&room, "notes/.gitignore", "*.md\n");
    write(&room, "notes/day.md", "The heron has gone.\n");
    check(&room, &["notes/.gitignore"]);
}

#[test]
fn what_is_hidden_is_never_indexed_where_that_is_so() {
    let room = room("hidden = false\n");
    write(&room, ".notes/day.md", "The heron waits.\n");
    write(&room, "a/.day.md", "The heron waits.\n");
    check(&room, &[]);
    room.engine().rename("a/.day.md", "a/day.md", &Condition::Any, &Act::default()).unwrap();
    check(&room, &["a/day.md"]);
}

#[test]
fn what_is_moved_copied_or_put_back_is_indexed_by_where_it_is_then() {
    let room = room("");
    let (engine, act) = (room.engine(), Act::default());
    write(&room, "private/a.md", "The heron waits.\n");
    write(&room, "private/d/b.md", "The gull waits.\n");
    engine.rename("private/a.md", "a.md", &Condition::Any, &act).unwrap();
    check(&room, &["a.md"]);
    engine.rename("private/d", "d", &Condition::Any, &act).unwrap();
    check(&room, &["a.md", "d/b.md"]);
    engine.copy("d", "private/e", &act).unwrap();
    engine.copy("a.md", "a.log", &act).unwrap();
    check(&room, &["a.md", "d/b.md"]);
    engine.copy("private/e/b.md", "f/b.md", &act).unwrap();
    check(&room, &["a.md", "d/b.md", "f/b.md"]);
    engine.rename("d", "private/d", &Condition::Any, &act).unwrap();
    engine.rename("a.md", "b.log", &Condition::Any, &act).unwrap();
    check(&room, &["f/b.md"]);

    write(&room, "private/a.md", "One.\n");
    write(&room, "private/a.md", "Two.\n");
    engine.restore_version("private/a.md", &version_of(b"One.\n"), &Condition::Any, &act).unwrap();
    check(&room, &["f/b.md"]);
    engine.remove("private/a.md", &Condition::Any, &act).unwrap();
    engine.remove("f/b.md", &Condition::Any, &act).unwrap();
    check(&room, &[]);
    let trash = engine.trash(&PathSet::all());
    let id = |path: &str| trash.iter().find(|one| one.path == path).unwrap().id.clone();
    engine.restore_from_trash(&id("private/a.md"), None, &act).unwrap();
    engine.restore_from_trash(&id("f/b.md"), Some("private/f.md"), &act).unwrap();
    check(&room, &[]);
    engine.remove("private/a.md", &Condition::Any, &act).unwrap();
    let removed = engine.trash(&PathSet::all()).into_iter().next().unwrap();
    engine.restore_from_trash(&removed.id, Some("g.md"), &act).unwrap();
    check(&room, &["g.md"]);
}
