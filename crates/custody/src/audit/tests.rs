//! Logs that are written, reopened, torn and tampered with.

use super::log::Audit;
use super::query::{each_since, last, query};
use super::segments::list;
use super::verify::{Report, verify};
use super::{Act, Doing, Filter, Outcome, Shown, pending};
use crate::{Actor, Kind, Principal, Via};
use corpus::PathSet;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const NOON: i64 = 1_795_000_000_000;

fn agent(name: &str) -> Actor {
    let principal = Principal { id: name.into(), name: name.into(), kind: Kind::Token, grants: Vec::new() };
    Actor::new(&principal, Via::Mcp)
}

fn write_of(name: &str, path: &str) -> Act {
    Act::new(Doing::FileWrite, agent(name)).on(path).versions(None, Some("77".into()))
}

struct Log {
    _home: TempDir,
    folder: PathBuf,
}

impl Log {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("audit");
        Self { _home: home, folder }
    }

    /// With so many records in small files, signed.
    fn with(records: u64) -> Self {
        let log = Self::new();
        let audit = log.open();
        for n in 1..records {
            audit.note(write_of("ann", &format!("notes/{n}.md")), NOON + n as i64).unwrap();
        }
        assert_eq!(audit.sign(NOON).unwrap().unwrap().seq, records - 1);
        log
    }

    fn open(&self) -> Audit {
        Audit::open_with(&self.folder, 1_000).unwrap()
    }

    fn verified(&self) -> Report {
        verify(&self.folder, None).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        list(&self.folder).unwrap().into_iter().map(|segment| segment.path).collect()
    }
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn put_lines(path: &Path, lines: &[String]) {
    std::fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

#[test]
fn a_log_that_nobody_touched_is_sound() {
    let log = Log::with(20);
    assert!(log.files().len() > 3, "one file shows little");
    let report = log.verified();
    assert_eq!((report.records, report.signed, report.findings), (20, Some(19), Vec::new()));
    assert_eq!((report.first_ms, report.last_ms), (Some(NOON + 1), Some(NOON + 19)));
    let audit = log.open();
    assert_eq!(audit.note_durably(write_of("bob", "b"), NOON).unwrap(), 20);
    let report = log.verified();
    assert_eq!((report.records, report.signed, report.findings), (21, Some(19), Vec::new()));
}

#[test]
fn every_byte_that_is_changed_is_found_at_its_record() {
    let log = Log::with(7);
    let mut first = 0;
    for path in log.files() {
        let (sound, here) = (std::fs::read(&path).unwrap(), lines(&path).len() as u64);
        for at in 0..sound.len() {
            let record = first + sound[..at].iter().filter(|&&byte| byte == b'\n').count() as u64;
            for with in [sound[at] ^ 1, sound[at] ^ 0x20, b'\n', b'0'] {
                if with == sound[at] {
                    continue;
                }
                let mut bytes = sound.clone();
                bytes[at] = with;
                std::fs::write(&path, &bytes).unwrap();
                let report = log.verified();
                let found: Vec<u64> = report.findings.iter().map(|finding| finding.record).collect();
                let is_last = at + 1 == sound.len();
                assert!(
                    found.contains(&record) || (is_last && !found.is_empty()),
                    "{record} {at} {with}: {report:?}"
                );
            }
        }
        std::fs::write(&path, &sound).unwrap();
        first += here;
    }
    assert_eq!(log.verified().findings, []);
}

#[test]
fn what_is_missing_moved_or_put_in_is_found() {
    let check = |name: &str, tamper: &dyn Fn(&Log), record: u64| {
        let log = Log::with(20);
        tamper(&log);
        let found = log.verified().findings;
        assert!(found.iter().any(|finding| finding.record == record), "{name}: {found:?}");
    };
    let second = |log: &Log| log.files()[1].clone();
    let first_there = list(&Log::with(20).folder).unwrap()[1].first;
    let edit = |log: &Log, change: &dyn Fn(&mut Vec<String>)| {
        let mut all = lines(&second(log));
        change(&mut all);
        put_lines(&second(log), &all);
    };
    check("removed", &|log| edit(log, &|all| drop(all.remove(1))), first_there + 1);
    check("swapped", &|log| edit(log, &|all| all.swap(0, 1)), first_there);
    check("given twice", &|log| edit(log, &|all| all.insert(1, all[0].clone())), first_there + 1);
    check("a file is gone", &|log| std::fs::remove_file(second(log)).unwrap(), first_there);
    check("the end is cut off", &|log| std::fs::remove_file(log.files().pop().unwrap()).unwrap(), 19);
    check(
        "the head is another's",
        &|log| {
            std::fs::copy(Log::with(20).folder.join("head.json"), log.folder.join("head.json")).unwrap();
        },
        19,
    );
    check(
        "the head is changed",
        &|log| {
            let path = log.folder.join("head.json");
            let text = std::fs::read_to_string(&path).unwrap().replace("\"seq\":19", "\"seq\":18");
            std::fs::write(&path, text).unwrap();
        },
        18,
    );
    check("the head cannot be read", &|log| std::fs::write(log.folder.join("head.json"), "{").unwrap(), 0);
}

#[test]
fn a_log_that_was_made_anew_is_told_by_a_head_that_was_kept() {
    let (log, other) = (Log::with(20), Log::with(30));
    let kept = log.open().sign(NOON).unwrap().unwrap();
    assert_eq!(verify(&log.folder, Some(&kept)).unwrap().findings, []);
    assert_eq!(other.verified().findings, []);
    let found = verify(&other.folder, Some(&kept)).unwrap().findings;
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_record_that_a_crash_tore_is_cut_off() {
    let log = Log::with(6);
    let audit = log.open();
    audit.note(write_of("bob", "torn"), NOON).unwrap();
    drop(audit);
    let path = log.files().pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    let begin = whole[..whole.len() - 1].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    for cut in begin..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let audit = log.open();
        assert_eq!(audit.note(write_of("bob", "again"), NOON).unwrap(), 6, "{cut}");
        assert_eq!(log.verified().findings, [], "{cut}");
    }
}

#[test]
fn what_a_power_cut_left_unwritten_is_cut_off_and_what_was_signed_never_is() {
    let log = Log::new();
    let audit = Audit::open(&log.folder).unwrap();
    let note = |n: usize| audit.note(write_of("bob", &format!("{n}")), NOON).unwrap();
    let _last = (0..3).map(note).last();
    audit.sign(NOON).unwrap();
    let path = log.files().pop().unwrap();
    let signed = std::fs::read(&path).unwrap().len();
    let _last = (3..6).map(note).last();
    let whole = std::fs::read(&path).unwrap();
    let wrong = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] = 0;
        std::fs::write(&path, bytes).unwrap();
        let next = Audit::open(&log.folder).unwrap().note(write_of("bob", "again"), NOON).unwrap();
        (next, log.verified().findings.len())
    };
    // The line that it is in, and all behind it.
    for at in (signed..whole.len()).step_by(7) {
        let lines = whole[signed..at].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(wrong(at), (4 + lines as u64, 0), "{at}");
    }
    assert!(wrong(signed / 2).1 > 0, "what was signed is damaged, and nobody is told");
}

#[test]
fn a_log_goes_on_behind_what_is_lost_and_says_so() {
    let check = |name: &str, harm: &dyn Fn(&Path)| {
        let log = Log::with(20);
        harm(&log.files().pop().unwrap());
        let before = log.verified().findings;
        assert_ne!(before, [], "{name}");
        let audit = log.open();
        audit.note(write_of("bob", "b"), NOON).unwrap();
        audit.sign(NOON).unwrap();
        drop(audit);
        // What was lost stays so; what comes behind it is as good as ever.
        let report = log.verified();
        assert!(
            !report.findings.is_empty() && report.findings.iter().all(|finding| finding.record < 20),
            "{name}: {report:?}"
        );
        let resumed = Filter { doing: Some("audit.resume".into()), ..Filter::default() };
        assert_eq!(query(&log.folder, &resumed, 0, 10).unwrap().records.len(), 1, "{name}");
        assert_eq!(report.signed, report.records.checked_sub(1).map(|_| log.open().next() - 1), "{name}");
    };
    check("its last file is gone", &|path| std::fs::remove_file(path).unwrap());
    check("its last record is damaged", &|path| {
        let mut bytes = std::fs::read(path).unwrap();
        let at = bytes.len() - 100;
        bytes[at] ^= 1;
        std::fs::write(path, bytes).unwrap();
    });
    check("its last record cannot be read", &|path| {
        let mut bytes = std::fs::read(path).unwrap();
        let at = bytes.len() - 2;
        bytes[at] = b'!';
        std::fs::write(path, bytes).unwrap();
    });
}

#[test]
fn many_who_write_at_once_get_a_number_each() {
    let log = Log::new();
    let audit = log.open();
    let mut seqs: Vec<u64> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let audit = &audit;
                scope.spawn(move || {
                    let one = |n: i64| {
                        audit.note_durably(write_of("ann", &format!("{writer}/{n}")), NOON + n).unwrap()
                    };
                    (0..50).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=400).collect::<Vec<_>>());
    audit.sign(NOON).unwrap();
    let report = log.verified();
    assert_eq!((report.records, report.signed, report.findings), (401, Some(400), Vec::new()));
}

#[test]
fn records_are_found_by_what_they_say() {
    let log = Log::new();
    let audit = log.open();
    let note = |act: Act, at| audit.note(act, NOON + at).unwrap();
    note(write_of("ann", "notes/a.md"), 1);
    note(write_of("bob", "notes/b.md").denied("no right to write"), 2);
    let mut moved = Act::new(Doing::FileMove, agent("ann")).on("notes/a.md");
    moved.to = Some("old/a.md".into());
    note(moved, 3);
    let mut search = Act::new(Doing::Search, agent("bob"));
    search.shown = vec![Shown { path: "old/a.md".into(), version: "77".into(), start_byte: 0, end_byte: 9 }];
    note(search, 4);
    note(write_of("cyd", "notes-2/c.md"), 5);
    let check = |filter: Filter, expected: &[u64]| {
        let found = query(&log.folder, &filter, 0, 100).unwrap();
        let seqs: Vec<u64> = found.records.iter().map(|record| record["seq"].as_u64().unwrap()).collect();
        assert_eq!((seqs.as_slice(), found.next), (expected, None), "{filter:?}");
    };
    let any = Filter::default;
    check(any(), &[0, 1, 2, 3, 4, 5]);
    // Who administers a part is told of what names no path outside it; what names none is not theirs.
    let within = |prefixes: &[&str]| Filter { within: Some(PathSet::under(prefixes)), ..any() };
    check(within(&["notes"]), &[1, 2]);
    check(within(&["notes", "old"]), &[1, 2, 3, 4]);
    check(within(&[]), &[]);
    check(within(&[""]), &[0, 1, 2, 3, 4, 5]);
    check(Filter { path: Some("notes".into()), ..any() }, &[1, 2, 3]);
    check(Filter { path: Some("old/a.md".into()), ..any() }, &[3, 4]);
    check(Filter { principal: Some("ann".into()), ..any() }, &[1, 3]);
    check(Filter { doing: Some("file".into()), ..any() }, &[1, 2, 3, 5]);
    check(Filter { doing: Some("file.write".into()), principal: Some("bob".into()), ..any() }, &[2]);
    check(Filter { doing: Some("fil".into()), ..any() }, &[]);
    check(Filter { outcome: Some("denied".into()), ..any() }, &[2]);
    check(Filter { since_ms: Some(NOON + 2), until_ms: Some(NOON + 4), ..any() }, &[2, 3]);

    let (mut from, mut seen) = (0, Vec::new());
    loop {
        let page = query(&log.folder, &any(), from, 2).unwrap();
        seen.extend(page.records.iter().map(|record| record["seq"].as_u64().unwrap()));
        let Some(next) = page.next else { break };
        from = next;
    }
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_last_ones_come_first_and_go_on_downwards() {
    let log = Log::with(20);
    let seqs = |page: &super::Page| -> Vec<u64> {
        page.records.iter().map(|record| record["seq"].as_u64().unwrap()).collect()
    };
    for limit in [1, 3, 7, 19, 20, 100] {
        let (mut before, mut seen) = (None, Vec::new());
        loop {
            let page = last(&log.folder, &Filter::default(), before, limit).unwrap();
            assert!(page.records.len() <= limit);
            seen.extend(seqs(&page));
            let Some(next) = page.next else { break };
            before = Some(next);
        }
        assert_eq!(seen, (0..20).rev().collect::<Vec<_>>(), "{limit}");
    }
    let one = Filter { path: Some("notes/7.md".into()), ..Filter::default() };
    assert_eq!(seqs(&last(&log.folder, &one, None, 5).unwrap()), [7]);
    let mut recalled = Vec::new();
    each_since(&log.folder, NOON + 12, |seq, at_ms, _| recalled.extend((at_ms >= NOON + 12).then_some(seq)))
        .unwrap();
    assert_eq!(recalled, (12..20).collect::<Vec<_>>());
}

#[test]
fn what_was_begun_and_has_no_end_is_found_in_whichever_file_it_lies() {
    let log = Log::new();
    let audit = log.open();
    let begun = |path: &str| Act { outcome: Outcome::Begun, ..write_of("ann", path) };
    // Whatever a text says, it is no outcome.
    let said = write_of("eve", "x").saying(r#""outcome":"begun","began":1"#);
    let first = audit.note(begun("a"), NOON).unwrap();
    let second = audit.note(begun("b"), NOON).unwrap();
    audit.note(said, NOON).unwrap();
    let third = audit.note(begun("c"), NOON).unwrap();
    audit.note(Act { began: Some(second), ..write_of("ann", "b") }, NOON).unwrap();
    assert!(log.files().len() >= 2, "one file shows little");
    let left: Vec<(u64, Option<String>)> =
        pending(&log.folder).unwrap().into_iter().map(|(seq, act)| (seq, act.path)).collect();
    assert_eq!(left, [(first, Some("a".to_owned())), (third, Some("c".to_owned()))]);
}

#[test]
fn a_key_that_is_damaged_is_put_aside_and_the_log_goes_on_with_another() {
    let log = Log::with(6);
    let before = log.verified().key;
    std::fs::write(log.folder.with_file_name("audit.key"), "no key").unwrap();
    let audit = log.open();
    audit.note(write_of("bob", "b"), NOON).unwrap();
    audit.sign(NOON).unwrap();
    drop(audit);
    let report = log.verified();
    assert_eq!((report.findings.as_slice(), report.signed), (&[][..], Some(7)));
    assert_ne!(report.key, before);
    // One that the log does not name is nobody's.
    let head = std::fs::read_to_string(log.folder.join("head.json")).unwrap();
    std::fs::write(log.folder.with_file_name("audit.key"), [7; 32]).unwrap();
    std::fs::remove_file(log.folder.join("head.json")).unwrap();
    log.open().sign(NOON).unwrap();
    let found = log.verified().findings;
    assert!(
        found.iter().any(|finding| finding.what.contains("a key that the log does not name")),
        "{found:?}"
    );
    std::fs::write(log.folder.join("head.json"), head).unwrap();
    assert_eq!(log.verified().findings, []);
}

#[test]
fn a_record_is_written_so() {
    let log = Log::new();
    let audit = log.open();
    audit.note(write_of("ann", "ü\n\"/a.md"), NOON).unwrap();
    let line = lines(&log.files()[0])[1].clone();
    let expected = concat!(
        r#"{"seq":1,"at_ms":1795000000000,"doing":"file.write","by":{"principal":"ann","name":"ann","via":"mcp"},"#,
        r#""outcome":"done","path":"ü\n\"/a.md","after":"77","hash":""#
    );
    assert!(line.starts_with(expected), "{line}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_a_log_or_told_as_none(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0_usize..2000) {
        let log = Log::with(7);
        let path = log.files()[0].clone();
        let mut all = std::fs::read(&path).unwrap();
        let at = at.min(all.len());
        all.splice(at..at, bytes.iter().copied());
        std::fs::write(&path, &all).unwrap();
        let report = log.verified();
        prop_assert_eq!(report.findings.is_empty(), bytes.is_empty());
        query(&log.folder, &Filter::default(), 0, 100).unwrap();
        log.open();
    }
}
