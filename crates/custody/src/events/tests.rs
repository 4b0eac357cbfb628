//! The log as its users see it: readers at any place, crashes, cuts of power.

use super::*;
use corpus::PathSet;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SMALL: Retention =
    Retention { events: 1_000_000, bytes: 1 << 40, age: Duration::from_secs(1 << 30), segment: 2048 };

fn new(path: &str) -> NewEvent {
    NewEvent::new("file.created").at(path)
}

/// Everything behind a place, by portions.
fn rest(log: &EventLog, mut after: After, portion: usize) -> (Vec<Event>, After, bool) {
    let (mut events, mut missed) = (Vec::new(), false);
    loop {
        let page = log.read(&after, &EventFilter::default(), &PathSet::all(), portion).unwrap();
        missed |= page.missed;
        after = page.next.into();
        events.extend(page.events.into_iter().map(|listed| listed.event));
        if page.at_end {
            return (events, after, missed);
        }
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    files.sort();
    files
}

#[test]
fn events_are_read_from_any_place_across_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    assert!(log.is_empty());
    let begun = log.read(&After::Now, &EventFilter::default(), &PathSet::all(), 1).unwrap();
    for n in 0..100 {
        log.tell([new(&format!("{n:03}"))], n).unwrap();
    }
    assert!(segments(folder.path()).len() > 3);
    let (all, _, missed) = rest(&log, begun.next.into(), 7);
    assert!(!missed);
    let expected: Vec<(u64, Option<String>, i64)> =
        (0..100_i64).map(|n| (n as u64 + 1, Some(format!("{n:03}")), n)).collect();
    assert_eq!(all.into_iter().map(|e| (e.seq, e.path, e.at_ms)).collect::<Vec<_>>(), expected);
    let page = log.read(&After::Start, &EventFilter::default(), &PathSet::all(), 100).unwrap();
    for (n, listed) in page.events.iter().enumerate() {
        let (behind, ..) = rest(&log, listed.cursor.clone().into(), 1000);
        assert_eq!(behind.len(), 99 - n);
    }
}

#[test]
fn what_is_hidden_is_not_found_by_any_filter() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    let moved = |from: &str, to: &str| NewEvent::new("file.moved").at(from).to(to);
    log.tell(
        [new("notes/a"), new("secret/b"), moved("notes/a", "secret/c"), moved("secret/c", "notes/d")],
        1,
    )
    .unwrap();
    log.tell([NewEvent::new("alert.raised").with("who", "x"), moved("notes/d", "notes/e")], 2).unwrap();
    let check = |set: &[&str], types: &[&str], paths: &[&str], expected: &[&str]| {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let filter = EventFilter { types: owned(types), paths: owned(paths) };
        let page = log.read(&After::Start, &filter, &PathSet::under(set), 100).unwrap();
        let said = |event: &Event| {
            let to = event.to.as_ref().map(|to| format!(" > {to}")).unwrap_or_default();
            format!("{} {}{to}", event.kind, event.path.as_deref().unwrap_or("-"))
        };
        let found: Vec<String> = page.events.iter().map(|listed| said(&listed.event)).collect();
        assert_eq!(found, expected, "{set:?} {types:?} {paths:?}");
    };
    let seen = [
        "file.created notes/a",
        "file.deleted notes/a",
        "file.created notes/d",
        "file.moved notes/d > notes/e",
    ];
    check(&["notes"], &[], &[], &seen);
    check(&["notes"], &["file.moved"], &[], &seen[3..]);
    check(&["notes"], &[], &["secret"], &[]);
    check(&["notes"], &["alert.*"], &[], &[]);
    check(&[""], &["alert.*"], &[], &["alert.raised -"]);
    check(
        &[""],
        &["file.*"],
        &["secret/c"],
        &["file.moved notes/a > secret/c", "file.moved secret/c > notes/d"],
    );
    check(&[], &[], &[], &[]);
}

#[test]
fn the_oldest_go_and_whoever_was_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(folder.path(), Retention { events: 40, ..SMALL }).unwrap();
    log.tell([new("first")], 0).unwrap();
    let page = log.read(&After::Start, &EventFilter::default(), &PathSet::all(), 1).unwrap();
    for n in 0..200 {
        log.tell([new(&format!("{n}"))], n).unwrap();
    }
    let (left, _, missed) = rest(&log, page.next.into(), 50);
    assert!(missed);
    assert!((40..90).contains(&left.len()), "{}", left.len());
    assert_eq!(left.last().unwrap().seq, 201);
    let (from_start, _, missed) = rest(&log, After::Start, 50);
    assert!(!missed, "what is kept is all there is");
    assert_eq!(from_start, left);
    let bytes = Retention { bytes: 5000, ..SMALL };
    drop(log);
    let log = EventLog::open(folder.path(), bytes).unwrap();
    (0..100).for_each(|n| log.tell([new(&format!("{n}"))], n).unwrap());
    let size: u64 = segments(folder.path()).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(size < 5000 + 2 * 2048, "{size}");
}

#[test]
fn what_is_too_large_is_told_without_its_details() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    log.tell([new("a").with("text", "x".repeat(MAX_DATA))], 1).unwrap();
    let (events, ..) = rest(&log, After::Start, 1);
    assert_eq!(serde_json::to_string(&events[0].data).unwrap(), r#"{"left_out":true}"#);
}

#[test]
fn a_damaged_event_is_left_out_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    (0..30).for_each(|n| log.tell([new(&format!("{n}"))], n).unwrap());
    drop(log);
    let first = &segments(folder.path())[0];
    let mut bytes = std::fs::read(first).unwrap();
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 10;
    bytes[at] ^= 1;
    std::fs::write(first, bytes).unwrap();
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    let (events, ..) = rest(&log, After::Start, 3);
    assert_eq!(
        events.iter().map(|event| event.seq).collect::<Vec<_>>(),
        [1].into_iter().chain(3..=30).collect::<Vec<_>>()
    );
}

#[test]
fn what_stands_in_a_files_place_keeps_nobody_from_opening() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cursor.key", "000000000001.jsonl"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let log = EventLog::open(folder.path(), SMALL).unwrap();
    log.tell([new("a")], 1).unwrap();
    let (events, after, missed) = rest(&log, After::Start, 10);
    assert_eq!((events.len(), missed), (1, false));
    assert_eq!(rest(&log, after, 10).0, []);
}

#[test]
fn who_waits_is_woken() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(EventLog::open(folder.path(), SMALL).unwrap());
    assert!(!log.wait(0, Instant::now()));
    let waiting = Arc::clone(&log);
    let far = Instant::now() + Duration::from_secs(60);
    let waiter = std::thread::spawn(move || waiting.wait(0, far));
    log.tell([new("a")], 1).unwrap();
    assert!(waiter.join().unwrap());
    assert!(!log.wait(1, Instant::now()));
}

/// What happens to a log.
#[derive(Clone, Debug)]
enum Op {
    Tell(usize),
    Read,
    /// The process ends and another one opens it.
    Reopen,
    /// The power goes: the last bytes of the last file are lost, and then it is opened.
    Cut(prop::sample::Index),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (1..6_usize).prop_map(Op::Tell),
        3 => Just(Op::Read),
        1 => Just(Op::Reopen),
        1 => any::<prop::sample::Index>().prop_map(Op::Cut),
    ];
    prop::collection::vec(op, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A reader hears every event that is there once, in order, or is told that it may have missed some.
    #[test]
    fn a_reader_hears_all_or_is_told(ops in ops()) {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EventLog::open(folder.path(), SMALL).unwrap();
        let (mut after, mut heard): (After, Vec<String>) = (After::Start, Vec::new());
        for op in ops {
            match op {
                Op::Tell(n) => log.tell((0..n).map(|n| new(&n.to_string())), 1).unwrap(),
                Op::Reopen => {
                    drop(log);
                    log = EventLog::open(folder.path(), SMALL).unwrap();
                }
                Op::Cut(at) => {
                    drop(log);
                    if let Some(last) = segments(folder.path()).last() {
                        let bytes = std::fs::read(last).unwrap();
                        std::fs::write(last, &bytes[..at.index(bytes.len() + 1)]).unwrap();
                    }
                    log = EventLog::open(folder.path(), SMALL).unwrap();
                }
                Op::Read => {
                    let (there, ..) = rest(&log, After::Start, 100);
                    prop_assert!(there.windows(2).all(|two| two[0].seq + 1 == two[1].seq));
                    let (new, next, missed) = rest(&log, after, 3);
                    after = next;
                    if missed {
                        heard = there.into_iter().map(|event| event.id).collect();
                        continue;
                    }
                    for event in new {
                        prop_assert!(!heard.contains(&event.id), "{} was told twice", event.seq);
                        heard.push(event.id);
                    }
                    for event in there {
                        prop_assert!(heard.contains(&event.id), "{} was left out", event.seq);
                    }
                }
            }
        }
    }
}
