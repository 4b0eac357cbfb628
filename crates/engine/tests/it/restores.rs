//! Restores that were cut short and cannot be made as a whole any more, and the checkpoints by which restores are undone.

use crate::room::Room;
use custody::versions::{Record, Restore, Versions};
use workroom_engine::audit::{Filter, now_ms, query};
use workroom_engine::{Act, Actor, CheckpointInfo, Claim, Condition, Spooled, Via, version_of};

fn write(room: &Room, path: &str, text: &str) {
    let spooled = Spooled::write(room.folder.path(), text.as_bytes()).unwrap();
    room.engine().put(path, &spooled, &Condition::Any, &Claim::default(), &Act::default()).unwrap();
}

fn read(room: &Room, path: &str) -> String {
    std::fs::read_to_string(room.at(path)).unwrap()
}

fn checkpoint(room: &Room) -> CheckpointInfo {
    room.engine().create_checkpoint("", &[], &Act::default()).unwrap()
}

/// Turns a bit of the only place in the packs where these bytes lie.
fn damage(room: &Room, bytes: &[u8]) {
    let packs = std::fs::read_dir(room.at(".workroom/custody/content")).unwrap();
    let mut damaged = 0;
    for pack in packs.map(|entry| entry.unwrap().path()) {
        let mut all = std::fs::read(&pack).unwrap();
        let places: Vec<usize> =
            all.windows(bytes.len()).enumerate().filter(|(_, at)| *at == bytes).map(|(at, _)| at).collect();
        for at in places {
            all[at] ^= 1;
            damaged += 1;
        }
        std::fs::write(pack, all).unwrap();
    }
    assert_eq!(damaged, 1);
}

/// Two files that were others at the first of two checkpoints, closed.
fn two(what: &str) -> (Room, CheckpointInfo, CheckpointInfo) {
    let mut room = Room::new("");
    write(&room, "a.md", "a heron at first\n");
    write(&room, "b.md", "a gull at first\n");
    let first = checkpoint(&room);
    write(&room, "a.md", "a heron at last\n");
    write(&room, "b.md", "a gull at last\n");
    let last = checkpoint(&room);
    room.close();
    damage(&room, what.as_bytes());
    (room, first, last)
}

fn begin(room: &Room, to: &CheckpointInfo, before: &CheckpointInfo) {
    let restore = Restore {
        checkpoint: to.id.clone(),
        before: before.id.clone(),
        path: String::new(),
        at_ms: now_ms(),
        by: Actor::owner(Via::Cli),
        attempt: None,
    };
    let versions = Versions::open(&room.at(".workroom/custody")).unwrap();
    versions.note(&[Record::Restoring(restore)]).unwrap();
}

fn is_well(room: &Room) -> bool {
    let doctor = room.engine().doctor().unwrap();
    doctor.checks.iter().find(|finding| finding.check == "restores").unwrap().ok
}

#[test]
fn what_cannot_be_restored_keeps_nobody_out_and_is_told_until_the_next_restore() {
    let (mut room, first, last) = two("a heron at first\n");
    begin(&room, &first, &last);
    for _ in 0..2 {
        room.reopen();
        assert_eq!(
            (read(&room, "a.md"), read(&room, "b.md")),
            ("a heron at last\n".into(), "a gull at first\n".into())
        );
        let problem = room.engine().status(&corpus::PathSet::all()).unwrap().restore_problem.unwrap();
        assert!(problem.contains("`a.md`") && problem.contains(&last.id), "{problem}");
        assert!(!is_well(&room));
    }
    // It is not tried again.
    write(&room, "b.md", "a gull by somebody\n");
    room.reopen();
    assert_eq!(read(&room, "b.md"), "a gull by somebody\n");
    assert_eq!(room.engine().restore_checkpoint(&last.id, "", &Act::default()).unwrap().written, 1);
    assert!(is_well(&room));
    assert_eq!(room.engine().status(&corpus::PathSet::all()).unwrap().restore_problem, None);
}

#[test]
fn a_restore_whose_checkpoint_is_no_more_keeps_nobody_out() {
    let list = |checkpoint: &CheckpointInfo| checkpoint.id.clone();
    for is_damaged in [true, false] {
        let (mut room, first, last) = two("a gull at first\n");
        begin(&room, &first, &last);
        let versions = Versions::open(&room.at(".workroom/custody")).unwrap();
        if is_damaged {
            // Of the list itself: it names the version of each file.
            let path = version_of(b"a heron at first\n");
            let manifest = versions.look(|table| table.checkpoint(&first.id).unwrap().manifest);
            assert_ne!(manifest.to_string(), path);
            std::fs::remove_dir_all(room.at(".workroom/custody/content")).unwrap();
        } else {
            versions.note(&[Record::Deleted { id: list(&first) }]).unwrap();
        }
        drop(versions);
        room.reopen();
        assert_eq!(read(&room, "a.md"), "a heron at last\n");
        assert!(room.engine().status(&corpus::PathSet::all()).unwrap().restore_problem.is_some());
        room.reopen();
        let filter = Filter { doing: Some("file.write".into()), ..Filter::default() };
        write(&room, "a.md", "and it goes on\n");
        assert!(!query(&room.at(".workroom/custody/audit"), &filter, 0, 10).unwrap().records.is_empty());
    }
}

#[test]
fn what_restores_made_to_be_undone_by_is_dropped_in_time_and_what_has_a_name_is_not() {
    let mut room = Room::new("[versions]\nundo_count = 3\n");
    let act = Act::default();
    write(&room, "a.md", "one\n");
    let named = room.engine().create_checkpoint("", &["v1".into()], &act).unwrap();
    let plain = checkpoint(&room);
    let mut undos = Vec::new();
    for n in 0..6 {
        write(&room, "a.md", &format!("{n}\n"));
        undos.push(room.engine().restore_checkpoint("v1", "", &act).unwrap().before);
        if n == 0 {
            room.engine().tag_checkpoint(&undos[0], &["keep".into()]).unwrap();
        }
    }
    for _ in 0..2 {
        let mut there: Vec<String> = room.engine().checkpoints().into_iter().map(|one| one.id).collect();
        let mut expected = vec![named.id.clone(), plain.id.clone(), undos[0].clone()];
        expected.extend_from_slice(&undos[3..]);
        there.sort();
        expected.sort();
        assert_eq!(there, expected);
        room.reopen();
    }
    // The last one undoes the last restore.
    room.engine().restore_checkpoint(&undos[5], "", &act).unwrap();
    assert_eq!(read(&room, "a.md"), "5\n");
}
