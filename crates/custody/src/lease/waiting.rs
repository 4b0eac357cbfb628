//! Leases as threads ask for them: who waits is woken, and what an owner before has given the next one knows.

use super::tests::{AGENTS, Hands};
use super::{Held, Lease, LeaseRequest, Leases, Mode, new_id};
use crate::{Actor, Error, Result, Via};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn agent(name: &str) -> Actor {
    Actor { principal: name.into(), name: name.into(), via: Via::Library, client: None }
}

fn take(leases: &Leases, who: &Actor, request: LeaseRequest, patience: Duration) -> Result<Lease> {
    leases.take(who, &new_id().unwrap(), request, patience, &|| true)
}

fn wish(paths: &[&str], mode: Mode, seconds: u64) -> LeaseRequest {
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    LeaseRequest { paths, mode, seconds, purpose: "a test".into() }
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn threads_wait_for_each_other_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let leases = Leases::open(folder.path(), Arc::new(Hands::new())).unwrap();
    let (inside, given) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for name in AGENTS {
            let (leases, inside, given) = (&leases, &inside, &given);
            scope.spawn(move || {
                let agent = agent(name);
                for _ in 0..20 {
                    let lease = take(leases, &agent, wish(&["a"], Mode::Exclusive, 3600), LONG).unwrap();
                    let permit = leases.permit(&agent, &["a/x"], Some(&lease.id)).unwrap();
                    assert_eq!(inside.fetch_add(1, SeqCst), 0, "two at once");
                    given.lock().unwrap().push(lease.held.fencing_token);
                    inside.fetch_sub(1, SeqCst);
                    drop(permit);
                    leases.release(&agent, &lease.id).unwrap();
                }
            });
        }
    });
    assert_eq!(*given.lock().unwrap(), (1..=160).collect::<Vec<_>>());
}

#[test]
fn who_waits_is_woken_by_what_frees_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hands::new();
    let leases = Leases::open(folder.path(), Arc::new(clock.clone())).unwrap();
    let (ann, bob) = (agent("ann"), agent("bob"));
    let taken = |who: &Actor| take(&leases, who, wish(&["a"], Mode::Exclusive, 10), LONG);
    let no_wait = |who: &Actor| take(&leases, who, wish(&["a"], Mode::Exclusive, 10), Duration::ZERO);
    let gives_up = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // A write that is under way.
        let permit = leases.permit(&bob, &["a/x"], None).unwrap();
        let waits = scope.spawn(|| taken(&ann));
        until(|| matches!(leases.permit(&bob, &["a/y"], None), Err(Error::Busy { .. })));
        drop(permit);
        let lease = waits.join().unwrap().unwrap();
        assert!(matches!(no_wait(&bob), Err(Error::Held { by, .. }) if by.name == "ann"));

        // A lease that ends by itself, without anybody doing anything.
        let waits = scope.spawn(|| taken(&bob));
        clock.pass(9_999);
        assert!(leases.permit(&ann, &["a"], Some(&lease.id)).is_ok());
        clock.pass(1);
        let second = waits.join().unwrap().unwrap();
        assert!(matches!(leases.permit(&ann, &["a"], Some(&lease.id)), Err(Error::Held { .. })));
        assert!(matches!(leases.release(&ann, &lease.id), Err(Error::LeaseEnded)));

        // One that is taken away; and who gives up is not given anything any more.
        let gone = scope.spawn(|| {
            let request = wish(&["a"], Mode::Exclusive, 10);
            leases.take(&ann, &new_id().unwrap(), request, LONG, &|| !gives_up.load(SeqCst))
        });
        gives_up.store(true, SeqCst);
        assert!(matches!(gone.join().unwrap(), Err(Error::Held { .. } | Error::Busy { .. })));
        assert_eq!(leases.take_away(second.held.fencing_token).unwrap().name, "bob");
        assert!(leases.take_away(second.held.fencing_token).is_err());
        assert!(matches!(leases.extend(&bob, &second.id, 10), Err(Error::LeaseEnded)));
        assert!(no_wait(&ann).is_ok());
    });
}

/// Looks again and again, and far longer than anything takes.
fn until(holds: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONG, "it does not come to that");
        std::thread::yield_now();
    }
}

#[test]
fn who_waits_for_ends_hears_of_each_once_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hands::new();
    let open = || Leases::open(folder.path(), Arc::new(clock.clone())).unwrap();
    let (leases, ann) = (open(), agent("ann"));
    let taken = |leases: &Leases, path: &str| {
        take(leases, &ann, wish(&[path], Mode::Exclusive, 10), Duration::ZERO).unwrap()
    };
    let ended = |leases: &Leases| -> Vec<(Held, bool)> {
        leases.wait_expired().unwrap().into_iter().map(|one| (one.held, one.perhaps_told)).collect()
    };
    let (first, kept) = (taken(&leases, "a"), taken(&leases, "b"));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| ended(&leases));
        clock.pass(9_000);
        leases.extend(&ann, &kept.id, 10).unwrap();
        clock.pass(1_000);
        // Whatever is done next wakes it, at the latest.
        let given_back = taken(&leases, "c");
        assert_eq!(waits.join().unwrap(), [(first.held.clone(), false)]);
        leases.release(&ann, &given_back.id).unwrap();
    });
    assert_eq!(ended(&leases), [(first.held.clone(), false)], "until it is told");
    leases.close();
    assert_eq!(leases.wait_expired(), None);

    // One perhaps told by the one before, and one that ended while nobody was there.
    clock.pass(10_000);
    let leases = open();
    assert!(leases.holding().is_empty());
    let both = ended(&leases);
    assert_eq!(
        both.iter().map(|(held, perhaps)| (held.fencing_token, *perhaps)).collect::<Vec<_>>(),
        [(first.held.fencing_token, true), (kept.held.fencing_token, false),]
    );
    leases.told(&[first.held.fencing_token]).unwrap();
    assert_eq!(ended(&leases).len(), 1);
    leases.told(&[kept.held.fencing_token]).unwrap();
    drop(leases);
    let leases = open();
    taken(&leases, "d");
    clock.pass(10_000);
    assert_eq!(ended(&leases).len(), 1, "the one that was taken last");
}

#[test]
fn whoever_did_not_hear_the_answer_is_given_the_same_lease() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hands::new();
    let open = || Leases::open(folder.path(), Arc::new(clock.clone())).unwrap();
    let (leases, ann, bob, id) = (open(), agent("ann"), agent("bob"), new_id().unwrap());
    let ask = |leases: &Leases, who: &Actor| {
        leases.take(who, &id, wish(&["a"], Mode::Exclusive, 10), Duration::ZERO, &|| true)
    };
    let lease = ask(&leases, &ann).unwrap();
    assert_eq!(ask(&leases, &ann).unwrap(), lease);
    leases.close();
    let leases = open();
    assert_eq!(ask(&leases, &ann).unwrap(), lease);
    assert!(matches!(ask(&leases, &bob), Err(Error::Invalid { .. })));
    clock.pass(10_000);
    assert!(ask(&leases, &ann).unwrap().held.fencing_token > lease.held.fencing_token);
    for bad in ["", "lease_", "lease_a/../../../../../../bc", "LEASE_0123456789012345678901"] {
        let asked = leases.take(&ann, bad, wish(&["b"], Mode::Shared, 1), Duration::ZERO, &|| true);
        assert!(matches!(asked, Err(Error::Invalid { .. })), "{bad}");
    }
}

#[test]
fn what_is_closed_lets_nobody_wait_and_nobody_write() {
    let folder = tempfile::tempdir().unwrap();
    let leases = Leases::open(folder.path(), Arc::new(Hands::new())).unwrap();
    let (ann, bob) = (agent("ann"), agent("bob"));
    let lease = take(&leases, &ann, wish(&["a"], Mode::Exclusive, 10), LONG).unwrap();
    let asked = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let wanted = || {
                asked.store(true, SeqCst);
                true
            };
            leases.take(&bob, &new_id().unwrap(), wish(&["a"], Mode::Exclusive, 10), LONG, &wanted)
        });
        until(|| asked.load(SeqCst));
        leases.close();
        assert!(matches!(waits.join().unwrap(), Err(Error::Closed)));
    });
    assert!(matches!(leases.permit(&ann, &["a"], Some(&lease.id)), Err(Error::Closed)));
    assert!(matches!(leases.release(&ann, &lease.id), Err(Error::Closed)));
    // What it knew is known to the next one.
    let next = Leases::open(folder.path(), Arc::new(Hands::new())).unwrap();
    assert!(next.permit(&ann, &["a"], Some(&lease.id)).is_ok());
}

#[test]
fn a_damaged_journal_is_put_aside_and_tokens_go_on_rising() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hands::new();
    let path = folder.path().join("leases.journal");
    assert!(!Leases::begin_anew(folder.path(), &clock).unwrap(), "there is none");
    let leases = Leases::open(folder.path(), Arc::new(clock.clone())).unwrap();
    for _ in 0..3 {
        let lease = take(&leases, &agent("ann"), wish(&["a"], Mode::Exclusive, 10), LONG).unwrap();
        leases.release(&agent("ann"), &lease.id).unwrap();
    }
    let last = take(&leases, &agent("ann"), wish(&["a"], Mode::Exclusive, 10), LONG).unwrap();
    drop(leases);
    assert!(!Leases::begin_anew(folder.path(), &clock).unwrap(), "it is sound");

    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let refused = Leases::open(folder.path(), Arc::new(clock.clone())).err();
    assert!(matches!(refused, Some(Error::Damaged { .. })), "{refused:?}");
    assert!(Leases::begin_anew(folder.path(), &clock).unwrap());
    assert!(!Leases::begin_anew(folder.path(), &clock).unwrap(), "once is enough");
    let leases = Leases::open(folder.path(), Arc::new(clock.clone())).unwrap();
    assert!(leases.holding().is_empty());
    let next = take(&leases, &agent("bob"), wish(&["a"], Mode::Exclusive, 10), LONG).unwrap();
    assert!(next.held.fencing_token > last.held.fencing_token);
    let aside = std::fs::read_dir(folder.path()).unwrap().flatten();
    let aside: Vec<_> =
        aside.filter(|entry| entry.file_name().to_string_lossy().contains("damaged")).collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(std::fs::read(aside[0].path()).unwrap(), bytes);
}
