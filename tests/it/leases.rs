//! Leases through the real program and the library: held, waited for, given back, taken away; by the owner and by others alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use workroom::{Condition, Edit, Error, ErrorKind, LeaseMode, LeaseRequest, Result, Workspace};
use workroom_tests::Room;

const LONG: Duration = Duration::from_secs(60);

fn wish(paths: &[&str], mode: LeaseMode) -> LeaseRequest {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    LeaseRequest { paths, mode, seconds: 600, purpose: "a test".to_owned() }
}

/// The owner, and one who asks it.
fn both(room: &Room) -> [Workspace; 2] {
    let owner = Workspace::create(room.root()).unwrap();
    let client = Workspace::open(room.root()).unwrap();
    assert!(owner.is_owner() && !client.is_owner());
    [owner, client]
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// Every change there is, each tried at `a` or below it.
fn changes(workspace: &Workspace) -> Vec<(&'static str, Result<()>)> {
    let any = Condition::Any;
    let edit = Edit { old: "x".into(), new: "y".into(), replace_all: false };
    vec![
        ("write", workspace.write("a/1.md", b"x").map(drop)),
        ("append", workspace.append("a/1.md", b"z", &any).map(drop)),
        ("edit", workspace.edit("a/1.md", &[edit], &any, false).map(drop)),
        ("move from", workspace.rename("a/2.md", "b/2.md").map(drop)),
        ("copy to", workspace.copy("b/1.md", "a/4.md").map(drop)),
        ("move to", workspace.rename("b/1.md", "a/3.md").map(drop)),
        ("remove", workspace.remove("a/1.md").map(drop)),
        ("make a folder", workspace.make_folder("a/new/deep").map(drop)),
        ("remove a folder", workspace.remove_folder("a", true).map(drop)),
    ]
}

#[test]
fn every_change_of_what_another_holds_is_refused_and_changes_nothing() {
    let room = Room::with(&[("a/1.md", "one x\n"), ("a/2.md", "two\n"), ("b/1.md", "bee\n")]);
    let [owner, client] = both(&room);
    for (holder, other) in [(&owner, &client), (&client, &owner)] {
        for mode in [LeaseMode::Exclusive, LeaseMode::Shared] {
            let lease = holder.lease(&wish(&["a"], mode), Duration::ZERO).unwrap();
            for (what, result) in changes(other) {
                let error = result.expect_err(what);
                assert_eq!(error.kind(), ErrorKind::Held, "{what}: {error}");
                let held = error.held().expect(what);
                assert_eq!((held.fencing_token, &*held.purpose), (lease.held.fencing_token, "a test"));
                assert!(error.to_string().contains("is held by `owner` until 2"), "{error}");
            }
            assert_eq!(other.read("a/1.md").unwrap(), b"one x\n");
            assert!(!room.at("a/new").exists() && room.at("a/2.md").exists());
            // Whoever reads is kept from nothing, and what is elsewhere is nobody's.
            other.write("b/2.md", b"free").unwrap();
            other.copy("a/1.md", "b/3.md").unwrap();
            for path in ["b/2.md", "b/3.md"] {
                other.remove(path).unwrap();
            }
            holder.release_lease(&lease.id).unwrap();
        }
    }
    for (what, result) in changes(&client) {
        result.expect(what);
    }
}

#[test]
fn a_lease_lets_its_holder_write_as_long_as_it_holds() {
    let room = Room::with(&[("a/1.md", "one x\n"), ("a/2.md", "two\n"), ("b/1.md", "bee\n")]);
    let [owner, client] = both(&room);
    let lease = client.lease(&wish(&["a"], LeaseMode::Exclusive), Duration::ZERO).unwrap();
    assert_eq!(kind(client.write("a/1.md", b"x")), Some(ErrorKind::Held), "without its id");
    let holder = client.under_lease(&lease.id);
    for (what, result) in changes(&holder) {
        result.expect(what);
    }
    assert_eq!(kind(holder.write("b/9.md", b"x")), Some(ErrorKind::Invalid), "it is on other paths");

    assert_eq!(owner.leases().unwrap(), std::slice::from_ref(&lease.held));
    assert_eq!(owner.take_lease_away(lease.held.fencing_token).unwrap(), lease.held);
    assert_eq!(kind(holder.write("a/1.md", b"late")), Some(ErrorKind::LeaseEnded));
    assert_eq!(kind(client.release_lease(&lease.id)), Some(ErrorKind::LeaseEnded));
    let next = owner.lease(&wish(&["a/1.md"], LeaseMode::Exclusive), Duration::ZERO).unwrap();
    assert!(next.held.fencing_token > lease.held.fencing_token);
    let late: Error = holder.write("a/1.md", b"late").unwrap_err();
    assert_eq!(late.held().map(|held| held.fencing_token), Some(next.held.fencing_token));
    assert!(!room.at("a/1.md").exists());
}

#[test]
fn who_waits_is_given_it_when_it_is_given_back() {
    let room = Room::with(&[("a.md", "one\n")]);
    let [owner, client] = both(&room);
    let exclusive = wish(&["a.md"], LeaseMode::Exclusive);
    for (holder, waiter) in [(&owner, &client), (&client, &owner)] {
        // Whoever gave up a moment ago may be given it yet, and it is taken back at once.
        let lease = holder.lease(&exclusive, LONG).unwrap();
        assert_eq!(kind(waiter.lease(&exclusive, Duration::ZERO)), Some(ErrorKind::Held));
        let cancel = Arc::new(AtomicBool::new(false));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| waiter.lease(&exclusive, LONG));
            let gives_up = scope.spawn(|| waiter.lease_until(&exclusive, LONG, &cancel));
            cancel.store(true, Ordering::Relaxed);
            assert!(gives_up.join().unwrap().is_err());
            // Others are served meanwhile.
            assert!(
                waiter.write("b.md", b"x").is_ok()
                    && holder.under_lease(&lease.id).write("a.md", b"x").is_ok()
            );
            holder.release_lease(&lease.id).unwrap();
            let given = waits.join().unwrap().unwrap();
            assert!(given.held.fencing_token > lease.held.fencing_token);
            waiter.release_lease(&given.id).unwrap();
        });
    }
    owner.lease(&exclusive, LONG).expect("whoever gave up holds nothing");
}

#[test]
fn leases_outlive_their_owner_and_who_waits_goes_on_with_the_next_one() {
    let room = Room::with(&[("a.md", "one\n")]);
    let [owner, client] = both(&room);
    let third = Workspace::open(room.root()).unwrap();
    let exclusive = wish(&["a.md"], LeaseMode::Exclusive);
    let lease = client.lease(&exclusive, Duration::ZERO).unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| third.lease(&exclusive, LONG));
        // The engine is opened again under those who wait, then its owner goes.
        owner.reopen().unwrap();
        drop(owner);
        client.under_lease(&lease.id).write("a.md", b"still mine").unwrap();
        client.release_lease(&lease.id).unwrap();
        let given = waits.join().unwrap().unwrap();
        assert!(given.held.fencing_token > lease.held.fencing_token);
        assert_eq!(kind(client.under_lease(&lease.id).write("a.md", b"late")), Some(ErrorKind::Held));
        third.under_lease(&given.id).write("a.md", b"now mine").unwrap();
    });
}

#[test]
fn a_kept_lease_outlasts_its_time_and_ends_with_its_handle() {
    let room = Room::with(&[("a.md", "one\n")]);
    let [owner, client] = both(&room);
    let short = LeaseRequest { seconds: 1, ..wish(&["a.md"], LeaseMode::Exclusive) };
    let kept = client.keep_lease(client.lease(&short, Duration::ZERO).unwrap(), 1).unwrap();
    let first = kept.lease().held.until_ms;
    let began = Instant::now();
    // It goes on as long as somebody keeps it, beyond the time that it was given for.
    while owner.leases().unwrap().first().is_none_or(|held| held.until_ms < first + 1_500) {
        assert!(began.elapsed() < LONG && !kept.is_lost());
        std::thread::yield_now();
    }
    assert_eq!(kind(owner.write("a.md", b"x")), Some(ErrorKind::Held));
    drop(kept);
    owner.write("a.md", b"x").unwrap();
}

#[test]
fn past_leases_that_cannot_be_read_nobody_writes_and_everybody_reads() {
    let room = Room::with(&[("a.md", "one\n")]);
    let [owner, client] = both(&room);
    let lease = client.lease(&wish(&["a.md"], LeaseMode::Exclusive), Duration::ZERO).unwrap();
    drop((owner, client));
    let journal = room.at(".workroom/custody/leases.journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    let middle = bytes.len() / 2 + 40;
    bytes[middle] ^= 1;
    std::fs::write(&journal, &bytes).unwrap();

    let workspace = Workspace::open(room.root()).unwrap();
    let refused = workspace.write("b.md", b"x").unwrap_err();
    assert!(refused.to_string().contains("leases.journal is damaged at byte"), "{refused}");
    assert!(refused.hints().is_some_and(|hint| hint.contains("doctor --fix")), "{refused:?}");
    assert!(!room.at("b.md").exists());
    assert_eq!(workspace.read("a.md").unwrap(), b"one\n");
    workspace.index(&workroom::NoProgress).unwrap();
    let ailing = workspace.doctor().unwrap();
    assert!(ailing.checks.iter().any(|check| check.check == "leases" && !check.ok), "{ailing:?}");

    let mended = workspace.repair(&workroom::NoProgress, &AtomicBool::new(false)).unwrap();
    assert!(mended.checks.iter().all(|check| check.check != "leases" || check.ok), "{mended:?}");
    workspace.write("b.md", b"x").unwrap();
    assert_eq!(kind(workspace.under_lease(&lease.id).write("a.md", b"x")), Some(ErrorKind::LeaseEnded));
    let next = workspace.lease(&wish(&["a.md"], LeaseMode::Exclusive), Duration::ZERO).unwrap();
    assert!(next.held.fencing_token > lease.held.fencing_token);
}

#[cfg(unix)]
#[test]
fn the_command_line_holds_files_for_itself_and_for_what_it_runs() {
    let room = Room::with_daemon();
    room.ok(&["init"]);
    let taken = room.ok(&["lease", "take", "notes", "--purpose", "a test", "--json"]).json();
    let id = taken["id"].as_str().unwrap();
    assert_eq!((&taken["paths"], &taken["mode"]), (&serde_json::json!(["notes"]), &"exclusive".into()));
    let write = |arguments: &[&str]| {
        room.run_with_input(&[&["write", "notes/a.md"], arguments].concat(), b"text\n").code
    };
    assert_eq!((write(&[]), write(&["--lease", id])), (Some(13), Some(0)));
    let refused = room.run(&["rm", "notes/a.md"]);
    assert_eq!(refused.code, Some(13));
    assert!(refused.stderr.contains("error: `notes/a.md` is held by `owner` until 2"), "{refused:?}");
    assert!(refused.stderr.contains("hint: ") && refused.stderr.contains("lease take"), "{refused:?}");
    assert_eq!(room.run(&["lease", "take", "notes/a.md", "--shared"]).code, Some(13));
    let listed = room.ok(&["lease", "list", "--json"]).json();
    assert_eq!(
        (&listed[0]["fencing_token"], &listed[0]["id"]),
        (&taken["fencing_token"], &serde_json::Value::Null)
    );
    assert!(room.ok(&["lease", "list"]).stdout.contains("held by `owner` until 2"));
    room.ok(&["lease", "extend", id, "--for", "1h"]);
    room.ok(&["lease", "release", id]);
    assert_eq!(room.run(&["lease", "release", id]).code, Some(14));
    assert_eq!((write(&["--lease", id]), write(&[])), (Some(14), Some(0)));

    // What runs under a lease finds it in its environment, and elsewhere it counts as none.
    let (program, root) = (workroom_tests::program(), room.root());
    let workroom = format!("{} -w {}", program.display(), root.display());
    let script =
        format!("echo x | {workroom} write notes/b.md && echo y | {workroom} write free.md && exit 7");
    let ran = room.run(&["lease", "take", "notes", "--wait", "30s", "--", "sh", "-c", &script]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert_eq!(std::fs::read(room.at("notes/b.md")).unwrap(), b"x\n");
    assert_eq!(room.ok(&["lease", "list", "--json"]).json(), serde_json::json!([]));
    assert_eq!(room.run(&["lease", "break", "7777"]).code, Some(14));
    assert_eq!(room.run(&["lease", "take", "notes", "--for", "2h"]).code, Some(2));
    assert_eq!(room.run(&["lease", "take", "notes", "--", "no-such-program"]).code, Some(2));
}
