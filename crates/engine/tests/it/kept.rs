//! Every content that was acknowledged is a version, however soon something else takes its place.

use crate::room::Room;
use workroom_engine::{Act, Claim, Condition, How, Spooled, version_of};

fn write(room: &Room, path: &str, text: &str) -> String {
    let spooled = Spooled::write(room.folder.path(), text.as_bytes()).unwrap();
    let act = Act::default();
    room.engine().put(path, &spooled, &Condition::Any, &Claim::default(), &act).unwrap().version
}

/// What each version of a file held that can still be read, the oldest first.
fn held(room: &Room, path: &str) -> Vec<String> {
    let mut held = Vec::new();
    for version in room.engine().versions(path).unwrap().into_iter().rev().filter(|version| version.kept) {
        let spooled = room.engine().spool_version(path, &version.version).unwrap();
        held.push(String::from_utf8(spooled.read(room.folder.path()).unwrap()).unwrap());
        spooled.discard(room.folder.path());
    }
    held
}

#[test]
fn of_many_writes_in_a_row_each_is_a_version() {
    let mut room = Room::new("");
    let texts: Vec<String> = (0..30).map(|n| format!("{n}\n")).collect();
    for text in &texts {
        write(&room, "a.md", text);
    }
    assert_eq!(held(&room, "a.md"), texts);
    room.reopen();
    assert_eq!(held(&room, "a.md"), texts);
}

#[test]
fn what_was_written_is_a_version_though_an_editor_or_a_removal_follows_at_once() {
    let mut room = Room::new("[versions]\ntrash_days = 0\n");
    write(&room, "a.md", "by an agent\n");
    std::fs::write(room.at("a.md"), "by an editor\n").unwrap();
    assert_eq!(held(&room, "a.md"), ["by an agent\n", "by an editor\n"]);
    let versions = room.engine().versions("a.md").unwrap();
    let told: Vec<_> = versions.iter().map(|version| (version.version.as_str(), version.how)).collect();
    let (new, old) = (version_of(b"by an editor\n"), version_of(b"by an agent\n"));
    assert_eq!(told, [(new.as_str(), How::Seen), (old.as_str(), How::Written)]);

    // One that is too large to be kept at once is kept before the program itself takes it away.
    let large = "heron ".repeat(300_000);
    write(&room, "d/large.md", &large);
    write(&room, "d/e/small.md", "a gull\n");
    room.engine().remove_folder("d", true, &Act::default()).unwrap();
    room.reopen();
    assert_eq!(held(&room, "d/e/small.md"), ["a gull\n"]);
    assert_eq!(held(&room, "d/large.md"), [large]);
}
