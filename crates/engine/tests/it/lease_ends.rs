//! Leases that end by themselves, with somebody there and without, and changes that an owner left which was killed: what is noted and told of them.

use crate::room::Room;
use custody::audit::{Act as Noted, Doing, Outcome};
use custody::lease::{Clock, Now};
use custody::versions::{Record, Restore, Versions};
use custody::{Audit, Leases};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workroom_engine::audit::{Filter, now_ms, query};
use workroom_engine::{
    Act, Actor, After, Claim, Condition, EventFilter, Lease, LeaseMode, LeaseRequest, NoProgress, PathSet,
    Spooled, Via, new_lease_id, version_of,
};

fn ann() -> Actor {
    Actor { principal: "ann".into(), name: "ann".into(), via: Via::Mcp, client: None }
}

fn lease(room: &Room, paths: &[&str], seconds: u64) -> Lease {
    let request = LeaseRequest {
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        mode: LeaseMode::Exclusive,
        seconds,
        purpose: String::new(),
    };
    let leases = room.engine().leases();
    leases.take(&ann(), &new_lease_id().unwrap(), &request, Duration::ZERO, &|| true).unwrap().unwrap()
}

fn custody_of(room: &Room) -> std::path::PathBuf {
    room.at(".workroom/custody")
}

fn noted(room: &Room, doing: &str) -> Vec<serde_json::Value> {
    let filter = Filter { doing: Some(doing.to_owned()), ..Filter::default() };
    query(&room.at(".workroom/custody/audit"), &filter, 0, 1000).unwrap().records
}

/// Paths and reasons of the events of a kind.
fn told(room: &Room, kind: &str) -> Vec<(String, String)> {
    let filter = EventFilter { types: vec![kind.to_owned()], paths: Vec::new() };
    let page = room.engine().events().read(&After::Start, &filter, &PathSet::all(), 1000).unwrap();
    let events = page.events.into_iter().map(|listed| listed.event);
    let reason = |event: &custody::Event| {
        event.data.get("reason").and_then(|reason| reason.as_str()).unwrap_or("-").to_owned()
    };
    events.map(|event| (event.path.clone().unwrap_or_default(), reason(&event))).collect()
}

fn expired(paths: &[&str]) -> Vec<(String, String)> {
    paths.iter().map(|&path| (path.to_owned(), "expired".to_owned())).collect()
}

fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not come to that");
        std::thread::yield_now();
    }
}

#[test]
fn a_lease_that_runs_out_is_noted_and_told_once_whoever_is_there() {
    let mut room = Room::new("");
    let first = lease(&room, &["a", "b"], 1);
    let kept = lease(&room, &["c"], 600);
    until(|| told(&room, "lease.ended").len() == 2);
    assert_eq!(told(&room, "lease.ended"), expired(&["a", "b"]));
    let records = noted(&room, "lease.expire");
    assert_eq!(records.len(), 1);
    assert_eq!(records[0]["fencing_token"], first.held.fencing_token);
    assert_eq!(records[0]["path"], "a");

    // One that ends while nobody is there.
    let alone = lease(&room, &["d"], 1);
    room.close();
    until(|| now_ms() > alone.held.until_ms + 10);
    for _ in 0..3 {
        room.reopen();
        until(|| told(&room, "lease.ended").len() == 3);
        assert_eq!(told(&room, "lease.ended"), expired(&["a", "b", "d"]));
        assert_eq!(noted(&room, "lease.expire").len(), 2);
    }
    room.engine().release_lease(&kept.id, &Act::of(ann())).unwrap();
    assert_eq!(told(&room, "lease.ended").last().unwrap(), &("c".to_owned(), "released".to_owned()));
    assert_eq!(noted(&room, "lease.expire").len(), 2);
}

/// A clock by which every lease has ended.
struct Late;

impl Clock for Late {
    fn now(&self) -> Now {
        Now { wall_ms: i64::MAX, steady_ms: u64::MAX, boot: "another".into() }
    }
}

#[test]
fn what_an_owner_that_was_killed_has_told_already_is_not_told_again() {
    for (was_noted, was_told) in [(false, false), (true, false), (true, true)] {
        let mut room = Room::new("");
        let held = lease(&room, &["a"], 600).held;
        if was_told {
            let event = custody::NewEvent::new("lease.ended").at("a").with("reason", "expired");
            room.engine().tell(event.with("fencing_token", held.fencing_token));
        }
        room.close();
        // It is in the journal that it has ended, and not that this was told.
        let leases = Leases::open(&custody_of(&room), Arc::new(Late)).unwrap();
        assert_eq!(leases.wait_expired().unwrap().len(), 1);
        drop(leases);
        if was_noted {
            let act = Noted::new(Doing::LeaseExpire, Actor::owner(Via::Library)).on("a");
            let audit = Audit::open(&custody_of(&room).join("audit")).unwrap();
            audit.note(Noted { fencing_token: Some(held.fencing_token), ..act }, 1).unwrap();
        }
        room.reopen();
        until(|| told(&room, "lease.ended").len() == 1 && noted(&room, "lease.expire").len() == 1);
        room.reopen();
        // A lease that ends later is told after all that was left.
        lease(&room, &["b"], 1);
        until(|| told(&room, "lease.ended").len() == 2);
        assert_eq!(told(&room, "lease.ended"), expired(&["a", "b"]));
        assert_eq!(noted(&room, "lease.expire").len(), 2, "{was_noted} {was_told}");
    }
}

fn write(room: &Room, path: &str, text: &str, lease: &Lease) {
    let spooled = Spooled::write(room.folder.path(), text.as_bytes()).unwrap();
    let act = Act { lease: Some(lease.id.clone()), ..Act::of(ann()) };
    room.engine().put(path, &spooled, &Condition::Any, &Claim::default(), &act).unwrap();
}

/// What an owner noted that was killed in the middle of a change, or right after it.
fn note_begun(room: &Room, act: &Noted, outcome: Option<Outcome>) {
    let audit = Audit::open(&custody_of(room).join("audit")).unwrap();
    let began = audit.note(Noted { outcome: Outcome::Begun, ..act.clone() }, 1).unwrap();
    if let Some(outcome) = outcome {
        audit.note(Noted { outcome, began: Some(began), ..act.clone() }, 2).unwrap();
    }
}

#[test]
fn nobody_is_accused_of_what_the_program_did_before_it_was_killed() {
    type Change = fn(&Path);
    let check = |settings: &str, act: Option<(Noted, Option<Outcome>)>, change: Change, breached: &[&str]| {
        let mut room = Room::new(settings);
        let held = lease(&room, &["d"], 600);
        write(&room, "d/x.md", "The heron waits.\n", &held);
        write(&room, "d/e/y.md", "The gull waits.\n", &held);
        room.close();
        if let Some((act, outcome)) = &act {
            note_begun(&room, act, *outcome);
        }
        change(room.folder.path());
        room.reopen();
        room.engine().index(&NoProgress).unwrap();
        let paths: Vec<String> = told(&room, "lease.breached").into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, breached, "{settings} {act:?}");
        let n_noted = noted(&room, "lease.breach").len();
        assert_eq!(n_noted, if settings.is_empty() { breached.len() } else { 0 });

        // From then on it is seen again.
        let text = "By an editor, later.\n";
        std::fs::write(room.at("d/later.md"), text).unwrap();
        room.engine().index(&NoProgress).unwrap();
        std::fs::remove_file(room.at("d/later.md")).unwrap();
        room.engine().index(&NoProgress).unwrap();
        let later = told(&room, "lease.breached").into_iter().filter(|(path, _)| path == "d/later.md");
        assert_eq!(later.count(), 2);
    };
    let act = |doing, path: &str| Noted::new(doing, ann()).on(path);
    let remove: Change = |folder| std::fs::remove_file(folder.join("d/x.md")).unwrap();
    let removed = act(Doing::FileRemove, "d/x.md");
    check("", None, remove, &["d/x.md"]);
    check("", Some((removed.clone(), None)), remove, &[]);
    check("", Some((removed.clone(), Some(Outcome::Done))), remove, &[]);
    check("", Some((removed.clone(), Some(Outcome::Failed))), remove, &["d/x.md"]);
    check("", Some((act(Doing::FileRemove, "d/z.md"), None)), remove, &["d/x.md"]);
    let remove_folder: Change = |folder| std::fs::remove_dir_all(folder.join("d/e")).unwrap();
    check("", Some((act(Doing::FolderRemove, "d/e"), None)), remove_folder, &[]);
    check("", Some((removed, None)), remove_folder, &["d/e/y.md"]);
    let moved = act(Doing::FileMove, "d/e").to("d/f");
    check(
        "",
        Some((moved, None)),
        |folder| std::fs::rename(folder.join("d/e"), folder.join("d/f")).unwrap(),
        &[],
    );
    let written = act(Doing::FileWrite, "d/x.md").versions(None, Some(version_of(b"By her.\n")));
    let rewrite: Change = |folder| std::fs::write(folder.join("d/x.md"), "By an editor.\n").unwrap();
    check("", Some((written.clone(), None)), rewrite, &["d/x.md"]);
    check(
        "",
        Some((written, None)),
        |folder| std::fs::write(folder.join("d/x.md"), "By her.\n").unwrap(),
        &[],
    );
    // Where changes are not noted nobody can say, and of what is gone nobody is accused.
    check("[audit]\nenabled = false\n", None, remove, &[]);
    check("[audit]\nenabled = false\n", None, rewrite, &["d/x.md"]);
}

#[test]
fn a_restore_that_the_next_owner_brings_to_its_end_is_nobodys_breach() {
    let mut room = Room::new("");
    let held = lease(&room, &["d"], 600);
    write(&room, "d/x.md", "The heron waits.\n", &held);
    let act = Act { lease: Some(held.id.clone()), ..Act::of(ann()) };
    let checkpoint = room.engine().create_checkpoint("", &[], &act).unwrap().id;
    write(&room, "d/x.md", "The heron has gone.\n", &held);
    write(&room, "d/y.md", "The gull waits.\n", &held);
    let before = room.engine().create_checkpoint("", &[], &act).unwrap().id;
    room.close();
    let doing = Noted::new(Doing::CheckpointRestore, ann()).on("");
    note_begun(&room, &doing.versions(Some(before.clone()), Some(checkpoint.clone())), None);
    let restore =
        Restore { checkpoint, before, path: String::new(), at_ms: now_ms(), by: ann(), attempt: None };
    Versions::open(&custody_of(&room)).unwrap().note(&[Record::Restoring(restore)]).unwrap();
    room.reopen();
    assert_eq!(std::fs::read_to_string(room.at("d/x.md")).unwrap(), "The heron waits.\n");
    assert!(!room.at("d/y.md").exists());
    assert_eq!(told(&room, "lease.breached"), []);
    let records = noted(&room, "checkpoint.restore");
    assert_eq!((records.len(), records[1]["outcome"].as_str()), (2, Some("done")));
    assert_eq!(records[1]["began"], records[0]["seq"]);
    room.reopen();
    assert_eq!(noted(&room, "checkpoint.restore").len(), 2);
}
