//! The journal of versions against a plain model, over reopenings; what is kept of it; manifests.

use super::*;
use crate::{Actor, Via};
use corpus::{ContentHash, DocPath};
use proptest::prelude::*;
use std::collections::BTreeMap;

const DAY: i64 = 86_400_000;

fn hash(n: u8) -> ContentHash {
    ContentHash::of(&[n])
}

fn version(n: u8, at_ms: i64) -> Version {
    Version { hash: hash(n), bytes: u64::from(n), at_ms, how: How::Seen, by: None }
}

fn seen(path: &str, n: u8, at_ms: i64) -> Record {
    Record::Version { path: path.to_owned(), is: version(n, at_ms) }
}

fn checkpoint(id: &str, tags: &[&str]) -> Checkpoint {
    Checkpoint {
        id: id.to_owned(),
        manifest: hash(0),
        files: 1,
        bytes: 2,
        seq: 3,
        at_ms: 4,
        by: Actor::owner(Via::Cli),
        note: String::new(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        attempt: None,
        automatic: false,
    }
}

#[test]
fn records_are_written_so_and_nothing_else_is_read() {
    let check = |text: &str| {
        let record = Record::decode(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(record.encode().unwrap()).unwrap(), text);
    };
    let digits = hash(1).to_string();
    let by = r#"{"principal":"owner","name":"owner","via":"cli"}"#;
    let version = format!(
        r#"{{"version":{{"path":"a.md","is":{{"version":"{digits}","bytes":1,"at_ms":2,"how":"written","by":{by}}}}}}}"#
    );
    check(&version);
    check(&version.replace(&format!(r#","by":{by}"#), ""));
    check(r#"{"moved":{"from":"a","to":"b"}}"#);
    check(r#"{"moved":{"from":"a","to":"b","at_ms":7}}"#);
    check(r#"{"gone":{"path":"a","at_ms":7}}"#);
    check(r#"{"timeline":{"path":"a","states":[{"at_ms":1,"is":"forgotten"},{"at_ms":7,"is":"nothing"}]}}"#);
    check(&format!(
        r#"{{"timeline":{{"path":"a","states":[{{"at_ms":1,"is":{{"content":{{"version":"{digits}","bytes":3}}}}}}]}}}}"#
    ));
    check(r#"{"forgotten_before":{"at_ms":7}}"#);
    check(&format!(r#"{{"trashed":{{"id":"x","path":"a","folder":true,"bytes":3,"at_ms":4,"by":{by}}}}}"#));
    check(r#"{"untrashed":{"id":"x"}}"#);
    check(&format!(
        r#"{{"checkpoint":{{"id":"x","manifest":"{digits}","files":1,"bytes":2,"seq":3,"at_ms":4,"by":{by},"note":"n","tags":["t"]}}}}"#
    ));
    check(r#"{"tagged":{"id":"x","tags":[]}}"#);
    check(r#"{"deleted":{"id":"x"}}"#);
    check(&format!(r#"{{"restoring":{{"checkpoint":"x","before":"y","path":"","at_ms":5,"by":{by}}}}}"#));
    check(r#"{"restored":{}}"#);
    check(r#"{"restored":{"unrestored":[{"path":"a","why":"b"}]}}"#);
    check(&format!(
        r#"{{"checkpoint":{{"id":"x","manifest":"{digits}","files":1,"bytes":2,"seq":3,"at_ms":4,"by":{by},"automatic":true}}}}"#
    ));
    for bad in
        ["", "{}", r#"{"burnt":{}}"#, r#"{"deleted":{"id":"x","why":"y"}}"#, &version.replace(&digits, "77")]
    {
        assert!(Record::decode(bad.as_bytes()).is_err(), "{bad} was taken");
    }
}

#[test]
fn versions_follow_their_file() {
    let dir = tempfile::tempdir().unwrap();
    let versions = Versions::open(dir.path()).unwrap();
    let moved = Record::Moved { from: "a".into(), to: "b".into(), at_ms: 5 };
    let records =
        [seen("a/x", 1, 1), seen("a/x", 1, 2), seen("a/x", 2, 3), seen("ab", 3, 4), seen("b/x", 9, 0), moved];
    versions.note(&records).unwrap();
    for versions in [versions, Versions::open(dir.path()).unwrap()] {
        let numbers = |path: &str| {
            versions.look(|table| table.versions(path).iter().map(|one| one.bytes).collect::<Vec<_>>())
        };
        assert_eq!(numbers("b/x"), [9, 1, 2], "met twice it is one version, and what was there comes first");
        assert_eq!(numbers("a/x"), [0_u64; 0]);
        assert_eq!(numbers("ab"), [3], "no part of the folder");
    }
}

#[test]
fn a_restore_under_way_is_known_until_it_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let restore = Restore {
        checkpoint: "c".into(),
        before: "b".into(),
        path: String::new(),
        at_ms: 1,
        by: Actor::owner(Via::Cli),
        attempt: Some("1-2".into()),
    };
    let open = || Versions::open(dir.path()).unwrap();
    open().note(&[Record::Restoring(restore.clone())]).unwrap();
    assert_eq!(open().look(|table| table.restoring().cloned()), Some(restore.clone()));
    let unrestored = vec![Unrestored { path: "a".into(), why: "a test".into() }];
    open().note(&[Record::Restored { unrestored: unrestored.clone() }]).unwrap();
    // Also in a journal that was made smaller.
    let retention = Retention { age_ms: DAY, count: 1, bytes: 0 };
    open().note(&[seen("old", 1, 1), seen("old", 2, 2)]).unwrap();
    assert_eq!(open().thin(&retention, 3, |_| true, |_| 0).unwrap(), 1);
    let known = open().look(|table| (table.restoring().cloned(), table.restored().cloned()));
    assert_eq!(known, (None, Some(restore.clone())));
    assert_eq!(open().look(|table| table.unrestored().to_vec()), unrestored);
    // Of the next one it is something else.
    open().note(&[Record::Restoring(restore), Record::Restored { unrestored: Vec::new() }]).unwrap();
    assert_eq!(open().look(|table| table.unrestored().to_vec()), []);
}

#[test]
fn of_the_checkpoints_that_restores_made_the_oldest_go_and_none_that_has_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let versions = Versions::open(dir.path()).unwrap();
    let undo = |n: i64, tags: &[&str]| {
        let made = Checkpoint { at_ms: n * DAY, automatic: true, ..checkpoint(&format!("undo{n}"), tags) };
        Record::Checkpoint(made)
    };
    let made =
        |n: i64| Record::Checkpoint(Checkpoint { at_ms: n * DAY, ..checkpoint(&format!("made{n}"), &[]) });
    versions.note(&[made(1), undo(2, &["keep"]), undo(3, &[]), undo(4, &[]), undo(5, &[])]).unwrap();
    let check = |days: i64, count: usize, now: i64, expected: &[&str]| {
        let retention = UndoRetention { age_ms: days * DAY, count };
        assert_eq!(versions.look(|table| table.old_undos(&retention, now * DAY)), expected, "{days} {count}");
    };
    check(90, 20, 5, &[]);
    check(90, 2, 5, &["undo3"]);
    check(1, 20, 5, &["undo3"]);
    check(1, 1, 5, &["undo4", "undo3"]);
    check(0, 0, 9, &["undo5", "undo4", "undo3"]);
    // One that a restore under way may need.
    let restore = Restore {
        checkpoint: "undo3".into(),
        before: "undo5".into(),
        path: String::new(),
        at_ms: 1,
        by: Actor::owner(Via::Cli),
        attempt: None,
    };
    versions.note(&[Record::Restoring(restore)]).unwrap();
    check(0, 0, 9, &["undo4"]);
}

#[test]
fn checkpoints_are_found_by_id_and_tag() {
    let dir = tempfile::tempdir().unwrap();
    let versions = Versions::open(dir.path()).unwrap();
    versions
        .note(&[Record::Checkpoint(checkpoint("one", &["v1"])), Record::Checkpoint(checkpoint("two", &[]))])
        .unwrap();
    let found = |name: &str| versions.look(|table| table.checkpoint(name).map(|found| found.id.clone()));
    assert_eq!(found("v1").as_deref(), Some("one"));
    versions.note(&[Record::Tagged { id: "two".into(), tags: vec!["v2".into()] }]).unwrap();
    assert_eq!(found("v2").as_deref(), Some("two"));
    versions.note(&[Record::Deleted { id: "one".into() }]).unwrap();
    assert_eq!((found("one"), found("v1")), (None, None));
}

#[test]
fn what_is_kept_of_old_versions() {
    let check = |retention: Retention, expected: &[(&str, &[u64])]| {
        let dir = tempfile::tempdir().unwrap();
        let versions = Versions::open(dir.path()).unwrap();
        let all = [
            seen("there", 1, 0),
            seen("there", 2, 50 * DAY),
            seen("there", 3, 99 * DAY),
            seen("old", 4, 0),
            seen("gone", 5, 0),
            seen("gone", 6, 98 * DAY),
            seen("gone and old", 7, 0),
        ];
        versions.note(&all).unwrap();
        versions.thin(&retention, 100 * DAY, |path| !path.starts_with("gone"), |_| 100).unwrap();
        for versions in [versions, Versions::open(dir.path()).unwrap()] {
            let mut found = BTreeMap::new();
            for path in ["there", "old", "gone", "gone and old"] {
                let kept: Vec<u64> =
                    versions.look(|table| table.versions(path).iter().map(|one| one.bytes).collect());
                found.insert(path, kept);
            }
            let expected: BTreeMap<&str, Vec<u64>> =
                expected.iter().map(|(path, kept)| (*path, kept.to_vec())).collect();
            assert_eq!(found, expected, "{retention:?}");
        }
    };
    let all = Retention { age_ms: 1000 * DAY, count: 100, bytes: u64::MAX };
    check(all, &[("there", &[1, 2, 3]), ("old", &[4]), ("gone", &[5, 6]), ("gone and old", &[7])]);
    let young = Retention { age_ms: 60 * DAY, ..all };
    check(young, &[("there", &[2, 3]), ("old", &[4]), ("gone", &[6]), ("gone and old", &[])]);
    let few = Retention { count: 1, ..all };
    check(few, &[("there", &[3]), ("old", &[4]), ("gone", &[6]), ("gone and old", &[7])]);
    // Seven contents of a hundred bytes: the two oldest that are not the newest of their file go.
    let small = Retention { bytes: 500, ..all };
    check(small, &[("there", &[2, 3]), ("old", &[4]), ("gone", &[6]), ("gone and old", &[7])]);
}

#[derive(Clone, Debug)]
enum Op {
    See(u8, u8),
    Move(u8, u8),
    Go(u8),
    Reopen,
    Thin(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (0..5_u8, 0..4_u8).prop_map(|(path, n)| Op::See(path, n)),
        1 => (0..5_u8, 0..5_u8).prop_map(|(from, to)| Op::Move(from, to)),
        1 => (0..5_u8).prop_map(Op::Go),
        1 => Just(Op::Reopen),
        1 => (1..4_usize).prop_map(Op::Thin),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_journal_holds_what_a_map_holds(ops in prop::collection::vec(op(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut versions = Versions::open(dir.path()).unwrap();
        let mut model: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        let name = |n: u8| format!("f{n}");
        for (op, at_ms) in ops.into_iter().zip(1..) {
            match op {
                Op::See(path, n) => {
                    versions.note_unsynced(&[seen(&name(path), n, at_ms)]).unwrap();
                    let all = model.entry(name(path)).or_default();
                    if all.last().is_none_or(|last| last.hash != hash(n)) {
                        all.push(version(n, at_ms));
                    }
                }
                Op::Move(from, to) => {
                    versions.note(&[Record::Moved { from: name(from), to: name(to), at_ms }]).unwrap();
                    if let Some(moved) = model.remove(&name(from)) {
                        let all = model.entry(name(to)).or_default();
                        all.extend(moved);
                        all.sort_by_key(|one| one.at_ms);
                        all.dedup_by(|a, b| a.hash == b.hash);
                    }
                }
                Op::Go(path) => versions.note(&[Record::Gone { path: name(path), at_ms }]).unwrap(),
                Op::Reopen => {
                    let known = versions.look(|table| table.timelines().clone());
                    versions = Versions::open(dir.path()).unwrap();
                    prop_assert_eq!(versions.look(|table| table.timelines().clone()), known);
                }
                Op::Thin(count) => {
                    let retention = Retention { age_ms: DAY, count, bytes: u64::MAX };
                    versions.thin(&retention, at_ms, |_| true, |_| 1).unwrap();
                    for all in model.values_mut() {
                        all.drain(..all.len().saturating_sub(count));
                    }
                }
            }
            for n in 0..5 {
                let known = versions.look(|table| table.versions(&name(n)).to_vec());
                prop_assert_eq!(known, model.get(&name(n)).cloned().unwrap_or_default());
            }
        }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written_and_its_changes_make_the_other(
        a in prop::collection::btree_map("[a-c](/[a-c]){0,2}", (0..3_u8, 0..2_u32), 0..8),
        b in prop::collection::btree_map("[a-c](/[a-c]){0,2}", (0..3_u8, 0..2_u32), 0..8),
        path in prop_oneof![Just(String::new()), "[a-c]"],
    ) {
        let manifest = |files: &BTreeMap<String, (u8, u32)>| Manifest {
            files: files.iter().map(|(path, (n, mode))| {
                let file = FileAt { hash: hash(*n), bytes: u64::from(*n), mode: mode * 0o755 };
                (DocPath::new(path).unwrap(), file)
            }).collect(),
        };
        let (a, b) = (manifest(&a), manifest(&b));
        let written = a.encode().unwrap();
        let read = Manifest::decode(&written);
        prop_assert_eq!(read.as_ref(), Some(&a));
        let mut made = a.clone();
        for (file, change) in a.changes_to(&b, &path) {
            match change {
                Changed::Created(new) | Changed::Modified(_, new) => drop(made.files.insert(file, new)),
                Changed::Removed(_) => drop(made.files.remove(&file)),
            }
        }
        let mut expected = a.clone();
        expected.files.retain(|file, _| !file.is_under(&path));
        expected.files.extend(b.under(&path).map(|(file, at)| (file.clone(), *at)));
        prop_assert_eq!(made, expected);
    }
}
