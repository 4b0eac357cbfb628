//! Leases as the engine asks them, and what is noted and told of them.

use crate::room::open;
use std::path::Path;
use std::time::Duration;
use workroom_engine::audit::{Filter, query};
use workroom_engine::{
    Act, Actor, After, Claim, Condition, Engine, Error, ErrorKind, EventFilter, Lease, LeaseMode,
    LeaseRequest, PathSet, Spooled, Via, new_lease_id,
};

fn actor(name: &str) -> Actor {
    Actor { principal: name.into(), name: name.into(), via: Via::Mcp, client: None }
}

fn lease(engine: &Engine, name: &str, path: &str) -> Result<Lease, Error> {
    let request = LeaseRequest {
        paths: vec![path.to_owned()],
        mode: LeaseMode::Exclusive,
        seconds: 600,
        purpose: String::new(),
    };
    let id = new_lease_id()?;
    let taken = engine.leases().take(&actor(name), &id, &request, Duration::ZERO, &|| true);
    let taken = taken.map(|lease| lease.unwrap());
    engine.note_lease_taken(&request, &actor(name), taken.as_ref());
    taken
}

fn write(engine: &Engine, folder: &Path, path: &str, act: &Act) -> Result<(), Error> {
    let spooled = Spooled::write(folder, b"The heron waits.\n").unwrap();
    engine.put(path, &spooled, &Condition::Any, &Claim::default(), act).map(drop)
}

/// The kinds and paths of what was told of leases.
fn told(engine: &Engine) -> Vec<(String, String)> {
    let page = engine.events().read(&After::Start, &EventFilter::default(), &PathSet::all(), 1000).unwrap();
    let events = page.events.into_iter().map(|listed| listed.event);
    let of_leases = events.filter(|event| event.kind.starts_with("lease."));
    of_leases.map(|event| (event.kind, event.path.unwrap_or_default())).collect()
}

#[test]
fn what_is_changed_past_a_lease_is_noted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    Engine::init(folder.path()).unwrap();
    let engine = open(folder.path());
    let by_hand = |path: &str, text: &str| {
        let at = folder.path().join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
        engine.refresh(&[path]).unwrap();
    };
    by_hand("a/old.md", "Before.\n");
    let held = lease(&engine, "ann", "a").unwrap();
    let act = Act { lease: Some(held.id.clone()), ..Act::of(actor("ann")) };
    write(&engine, folder.path(), "a/own.md", &act).unwrap();
    write(&engine, folder.path(), "b/free.md", &Act::of(actor("ben"))).unwrap();
    by_hand("b/free.md", "By an editor, where nobody holds anything.\n");
    assert_eq!(told(&engine), [("lease.given".to_owned(), "a".to_owned())]);

    by_hand("a/own.md", "By an editor, under her lease.\n");
    std::fs::remove_file(folder.path().join("a/old.md")).unwrap();
    engine.refresh(&["a/old.md"]).unwrap();
    engine.release_lease(&held.id, &act).unwrap();
    by_hand("a/own.md", "By an editor, when nobody holds it any more.\n");
    let expected = [
        ("lease.given", "a"),
        ("lease.breached", "a/own.md"),
        ("lease.breached", "a/old.md"),
        ("lease.ended", "a"),
    ];
    assert_eq!(told(&engine), expected.map(|(kind, path)| (kind.to_owned(), path.to_owned())));

    drop(engine);
    let log = folder.path().join(".workroom").join(workroom_engine::audit::FOLDER);
    let filter = Filter { doing: Some("lease".to_owned()), ..Filter::default() };
    let records = query(&log, &filter, 0, 100).unwrap().records;
    let noted: Vec<&str> = records.iter().map(|record| record["doing"].as_str().unwrap()).collect();
    assert_eq!(noted, ["lease.take", "lease.breach", "lease.breach", "lease.release"]);
    assert!(records.iter().all(|record| record["fencing_token"] == held.held.fencing_token), "{records:?}");
}

#[test]
fn a_stale_holder_is_told_who_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    Engine::init(folder.path()).unwrap();
    let engine = open(folder.path());
    let first = lease(&engine, "ann", "a").unwrap();
    engine.take_lease_away(first.held.fencing_token, &Act::default()).unwrap();
    let act = Act { lease: Some(first.id.clone()), ..Act::of(actor("ann")) };
    let ended = write(&engine, folder.path(), "a/x.md", &act).unwrap_err();
    assert_eq!(ended.kind(), ErrorKind::LeaseEnded);
    let second = lease(&engine, "ben", "a/x.md").unwrap();
    let late = write(&engine, folder.path(), "a/x.md", &act).unwrap_err();
    assert_eq!((late.kind(), late.held()), (ErrorKind::Held, Some(&second.held)));
    assert!(!folder.path().join("a/x.md").exists());

    // The next engine knows the same.
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(engine.held_leases().unwrap(), [second.held]);
    assert_eq!(write(&engine, folder.path(), "a/x.md", &act).unwrap_err().kind(), ErrorKind::Held);
    assert_eq!(lease(&engine, "ann", "").unwrap_err().kind(), ErrorKind::Held);
}
