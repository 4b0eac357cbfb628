//! Histories under crashes, damage and full disks.

use super::record::{Record, Source};
use super::table::Table;
use super::{History, Known, Origin};
use crate::{Actor, Kind, Principal, Trust, Via};
use corpus::{ContentHash, DocPath};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("custody")
    }

    fn file(&self) -> PathBuf {
        self.folder().join("history.journal")
    }

    fn open(&self) -> History {
        History::open(&self.folder(), |_| true).unwrap()
    }
}

fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

fn version(n: u8) -> ContentHash {
    ContentHash::of(&[n])
}

fn actor(name: &str) -> Actor {
    let principal = Principal { id: name.into(), name: name.into(), kind: Kind::Token, grants: Vec::new() };
    Actor::new(&principal, Via::Http)
}

fn origin(name: &str, trust: Trust) -> Origin {
    let by = if name == "owner" { Actor::owner(Via::Cli) } else { actor(name) };
    Origin { by: Arc::new(by), at_ms: 7, source: Source::Written, source_url: None, trust }
}

/// Who wrote a version, and how far it is to be believed.
fn told(history: &History, at: &str, n: u8) -> (Option<String>, Trust) {
    let Known { origin, trust } = history.known(&path(at), &version(n));
    (origin.map(|origin| origin.by.name.clone()), trust)
}

fn by(name: &str) -> Option<String> {
    Some(name.to_owned())
}

#[test]
fn each_version_is_its_writers() {
    let place = Place::new();
    let history = place.open();
    assert!(!place.folder().exists(), "reading makes nothing");
    history.written(&path("a"), &version(1), &origin("ann", Trust::Unknown)).unwrap();
    history.written(&path("a"), &version(2), &origin("ben", Trust::Untrusted)).unwrap();
    for history in [history, place.open()] {
        assert_eq!(told(&history, "a", 1), (by("ann"), Trust::Unknown));
        assert_eq!(told(&history, "a", 2), (by("ben"), Trust::Untrusted));
        assert_eq!(told(&history, "a", 3), (None, Trust::Unknown), "nobody wrote it through us");
        assert_eq!(told(&history, "b", 1), (None, Trust::Unknown));
    }
}

#[test]
fn of_a_path_the_newest_versions_are_kept() {
    let place = Place::new();
    let history = place.open();
    for n in 0..20 {
        history.written(&path("a"), &version(n), &origin("ann", Trust::Unknown)).unwrap();
    }
    for history in [history, place.open()] {
        let kept: Vec<u8> = (0..20).filter(|n| told(&history, "a", *n).0.is_some()).collect();
        assert_eq!(kept, (12..20).collect::<Vec<_>>());
    }
}

#[test]
fn what_moves_takes_its_writer_along() {
    let place = Place::new();
    let history = place.open();
    let writes = [("d/a", "ann"), ("d/e/b", "ben"), ("d-2/a", "cid"), ("d", "dan"), ("d0", "eve")];
    for (at, name) in writes {
        history.written(&path(at), &version(1), &origin(name, Trust::Unknown)).unwrap();
    }
    history.moved((&path("d"), &path("x/y")), &actor("mover"), 8, &[]).unwrap();
    // It may not have come about yet.
    assert_eq!(told(&history, "d/a", 1).0, by("ann"));
    history.removed(&path("d"), &actor("mover"), 8);
    for history in [history, place.open()] {
        for (at, name) in [
            ("x/y", by("dan")),
            ("x/y/a", by("ann")),
            ("x/y/e/b", by("ben")),
            ("d", None),
            ("d/a", None),
            ("d-2/a", by("cid")),
            ("d0", by("eve")),
        ] {
            assert_eq!(told(&history, at, 1).0, name, "{at}");
        }
    }
}

#[test]
fn what_is_untrusted_stays_so() {
    use Trust::{Trusted, Unknown, Untrusted};
    let place = Place::new();
    let history = place.open();
    let write = |at: &str, n, name: &str, trust| {
        history.written(&path(at), &version(n), &origin(name, trust)).unwrap();
    };
    // The same bytes again.
    write("a", 1, "ann", Untrusted);
    write("a", 1, "ben", Unknown);
    write("a", 2, "ben", Unknown);
    write("b", 1, "ann", Untrusted);
    write("b", 1, "owner", Trusted);
    // Out of a place that is not trusted.
    write("inbox/c", 1, "ann", Unknown);
    history.moved((&path("inbox"), &path("notes")), &actor("ben"), 8, &[path("notes")]).unwrap();
    history.removed(&path("inbox"), &actor("ben"), 8);
    write("notes/new", 1, "ann", Unknown);
    // And on from there, with what was written since.
    history.moved((&path("notes"), &path("deep/notes")), &actor("ben"), 9, &[]).unwrap();
    history.moved((&path("deep/notes/c"), &path("c")), &actor("ben"), 9, &[]).unwrap();
    for history in [&history, &place.open()] {
        for (at, n, expected) in [
            ("a", 1, (by("ben"), Untrusted)),
            ("a", 2, (by("ben"), Unknown)),
            ("b", 1, (by("owner"), Trusted)),
            ("notes/c", 1, (by("ann"), Untrusted)),
            ("notes/dropped", 5, (None, Untrusted)),
            ("notes/new", 1, (by("ann"), Unknown)),
            ("deep/notes/new", 1, (by("ann"), Unknown)),
            ("deep/notes/c", 1, (by("ann"), Untrusted)),
            ("c", 1, (by("ann"), Untrusted)),
            ("c", 2, (None, Untrusted)),
            ("inbox/c", 1, (None, Unknown)),
            ("deep/other", 1, (None, Unknown)),
        ] {
            assert_eq!(told(history, at, n), expected, "{at} {n}");
        }
    }
}

#[test]
fn what_could_not_take_its_place_is_taken_back() {
    let place = Place::new();
    let history = place.open();
    history.written(&path("a"), &version(1), &origin("ann", Trust::Unknown)).unwrap();
    for n in 2..30 {
        history.written(&path("a"), &version(n), &origin("ben", Trust::Unknown)).unwrap();
        history.withdrawn(&path("a"), &version(n));
    }
    for history in [history, place.open()] {
        assert_eq!(told(&history, "a", 1).0, by("ann"));
        assert!((2..30).all(|n| told(&history, "a", n).0.is_none()));
        assert_eq!(history.len(), 1);
    }
}

#[test]
fn a_damaged_journal_says_nothing_and_keeps_nobody_from_writing() {
    let place = Place::new();
    let history = place.open();
    for n in 0..3 {
        history.written(&path("a"), &version(n), &origin("ann", Trust::Unknown)).unwrap();
    }
    drop(history);
    let whole = fs::read(place.file()).unwrap();
    let mut bytes = whole.clone();
    bytes[200] ^= 1;
    fs::write(place.file(), &bytes).unwrap();
    let history = place.open();
    assert!(
        history.problem().is_some_and(|problem| problem.contains("damaged") && problem.contains("doctor"))
    );
    assert_eq!(told(&history, "a", 2).0, None);
    history.written(&path("b"), &version(1), &origin("ann", Trust::Unknown)).unwrap();
    history.removed(&path("b"), &actor("ann"), 1);
    assert_eq!(fs::read(place.file()).unwrap(), bytes, "it is left as it is, to be looked at");

    fs::write(place.file(), &whole).unwrap();
    assert_eq!(told(&place.open(), "a", 2).0, by("ann"));
    // It goes bad while it is in use: the next record is the first to notice.
    let history = place.open();
    fs::write(place.file(), &bytes[..150]).unwrap();
    history.written(&path("b"), &version(1), &origin("ann", Trust::Unknown)).unwrap();
    assert!(history.problem().is_some());
    assert_eq!(told(&history, "a", 2).0, None);
}

#[cfg(unix)]
#[test]
fn a_disk_that_refuses_fails_the_write_and_the_next_one_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let history = place.open();
    history.written(&path("a"), &version(1), &origin("ann", Trust::Unknown)).unwrap();
    // A folder where the file should be: whoever runs this may be allowed everything, and then permissions refuse nothing.
    let aside = place.folder().join("aside");
    fs::rename(place.file(), &aside).unwrap();
    fs::create_dir(place.file()).unwrap();
    let refused = history.written(&path("a"), &version(2), &origin("ben", Trust::Unknown));
    assert_eq!(refused.unwrap_err().kind(), crate::ErrorKind::Io);
    assert_eq!(history.problem(), None);
    fs::remove_dir(place.file()).unwrap();
    fs::rename(&aside, place.file()).unwrap();
    history.written(&path("a"), &version(3), &origin("cid", Trust::Unknown)).unwrap();
    for history in [history, place.open()] {
        assert_eq!([1, 2, 3].map(|n| told(&history, "a", n).0), [by("ann"), None, by("cid")]);
    }
    let mode = fs::metadata(place.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn many_at_once_are_all_kept() {
    let place = Place::new();
    let history = place.open();
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let history = &history;
            scope.spawn(move || {
                for n in 0..25 {
                    let at = path(&format!("{thread}/{n}"));
                    history.written(&at, &version(n), &origin("ann", Trust::Unknown)).unwrap();
                    assert!(history.known(&at, &version(n)).origin.is_some(), "known once it returned");
                }
            });
        }
    });
    assert_eq!((history.len(), place.open().len()), (200, 200));
}

fn batch(history: &History, folder: &str, n: usize) {
    let file = |n| (path(&format!("{folder}/{n}")), version(1), origin("ann", Trust::Unknown));
    history.all_written((0..n).map(file)).unwrap();
}

#[test]
fn what_is_gone_is_forgotten_in_time_and_what_is_on_its_way_is_not() {
    let place = Place::new();
    let history = History::open(&place.folder(), |path| path.starts_with("there/")).unwrap();
    batch(&history, "gone", 10);
    batch(&history, "there", 5_000);
    batch(&history, "lately", 10);
    history.compact_now();
    for history in [&history, &place.open()] {
        assert_eq!(history.len(), 5_010);
        for (at, name) in [("gone/0", None), ("there/0", by("ann")), ("lately/0", by("ann"))] {
            assert_eq!(told(history, at, 1).0, name, "{at}");
        }
    }
}

#[test]
fn the_journal_grows_with_what_is_known_and_not_with_what_was() {
    let place = Place::new();
    let history = place.open();
    let mut largest = 0;
    for _ in 0..40 {
        batch(&history, "a", 500);
        largest = largest.max(fs::metadata(place.file()).unwrap().len());
    }
    // 500 files with 8 versions each, of less than 200 bytes.
    assert!(largest < 4 * 500 * 8 * 200, "{largest} bytes");
    assert_eq!((history.len(), place.open().len()), (500, 500));
}

#[derive(Clone, Debug)]
enum Op {
    Write(u8, u8, u8, Trust),
    Withdraw(u8, u8),
    Move(u8, u8, bool),
    Remove(u8),
    Compact,
    Reopen,
    /// The process ends in the middle of an append, which left so many bytes.
    Crash(usize),
}

/// Folders, files in them, and names that begin alike.
const PATHS: [&str; 8] = ["a", "a/b", "a/b/c", "a/d", "a.md", "a0", "e", "e/b"];

fn op() -> impl Strategy<Value = Op> {
    let at = || 0..PATHS.len() as u8;
    let trust = prop::sample::select(vec![Trust::Untrusted, Trust::Unknown, Trust::Trusted]);
    prop_oneof![
        8 => (at(), 0..4_u8, 0..3_u8, trust).prop_map(|(at, n, who, trust)| Op::Write(at, n, who, trust)),
        1 => (at(), 0..4_u8).prop_map(|(at, n)| Op::Withdraw(at, n)),
        3 => (at(), at(), any::<bool>()).prop_map(|(from, to, untrusted)| Op::Move(from, to, untrusted)),
        1 => at().prop_map(Op::Remove),
        1 => Just(Op::Compact),
        1 => Just(Op::Reopen),
        2 => (1..400_usize).prop_map(Op::Crash),
    ]
}

/// What the records say, in the plainest way: of each path every version that was written, from the oldest.
#[derive(Default)]
struct Model {
    files: BTreeMap<String, Vec<(u8, String)>>,
}

impl Model {
    fn at(&self, path: &str) -> Vec<String> {
        let below = format!("{path}/");
        self.files.keys().filter(|key| *key == path || key.starts_with(&below)).cloned().collect()
    }

    fn writer(&self, path: &str, n: u8) -> Option<String> {
        let versions = self.files.get(path)?;
        let kept = &versions[versions.len().saturating_sub(8)..];
        kept.iter().rev().find(|(version, _)| *version == n).map(|(_, name)| name.clone())
    }
}

const NAMES: [&str; 3] = ["ann", "ben", "owner"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_history_holds_what_a_list_holds(ops in prop::collection::vec(op(), 1..60)) {
        let place = Place::new();
        let mut history = place.open();
        let mut model = Model::default();
        let at = |n: u8| PATHS[usize::from(n)];
        for op in ops {
            match op {
                Op::Write(to, n, who, trust) => {
                    let name = NAMES[usize::from(who)];
                    history.written(&path(at(to)), &version(n), &origin(name, trust)).unwrap();
                    model.files.entry(at(to).into()).or_default().push((n, name.into()));
                }
                Op::Withdraw(to, n) => {
                    history.withdrawn(&path(at(to)), &version(n));
                    if let Some(versions) = model.files.get_mut(at(to)) {
                        let from = versions.len().saturating_sub(8);
                        if let Some(found) = versions[from..].iter().rposition(|(version, _)| *version == n) {
                            // What was dropped to make room does not come back.
                            versions.drain(..from);
                            versions.remove(found);
                        }
                    }
                }
                Op::Move(from, to, untrusted) => {
                    let places: Vec<DocPath> = untrusted.then(|| path(at(to))).into_iter().collect();
                    history.moved((&path(at(from)), &path(at(to))), &actor("mover"), 1, &places).unwrap();
                    for key in model.at(at(from)) {
                        let versions = model.files[&key].clone();
                        let target = format!("{}{}", at(to), &key[at(from).len()..]);
                        let kept = versions.len().saturating_sub(8);
                        model.files.entry(target).or_default().extend(versions[kept..].iter().cloned());
                    }
                }
                Op::Remove(from) => {
                    history.removed(&path(at(from)), &actor("remover"), 1);
                    for key in model.at(at(from)) {
                        model.files.remove(&key);
                    }
                }
                Op::Compact => history.compact_now(),
                Op::Reopen => history = place.open(),
                Op::Crash(left) => {
                    drop(history);
                    if let Ok(before) = fs::read(place.file()) {
                        place.open().written(&path("zz"), &version(9), &origin("nobody", Trust::Unknown)).unwrap();
                        let after = fs::read(place.file()).unwrap();
                        let end = (before.len() + left).min(after.len() - 1);
                        // The marks are those of before: it was not acknowledged.
                        fs::write(place.file(), [&before[..128], &after[128..end]].concat()).unwrap();
                    }
                    history = place.open();
                }
            }
            prop_assert_eq!(history.problem(), None);
            for path in PATHS {
                for n in 0..4 {
                    prop_assert_eq!(told(&history, path, n).0, model.writer(path, n), "{} {}", path, n);
                }
            }
        }
        let all = |history: &History| {
            let told = |at: &'static str| (0..4).map(move |n| (at, n));
            PATHS.into_iter().flat_map(told).map(|(at, n)| self::told(history, at, n)).collect::<Vec<_>>()
        };
        let before = all(&history);
        history.compact_now();
        for history in [history, place.open()] {
            prop_assert_eq!(&all(&history), &before, "compaction changes nothing");
        }
    }

    #[test]
    fn nothing_untrusted_becomes_more_by_moving(
        moves in prop::collection::vec((0..PATHS.len(), 0..PATHS.len()), 0..6), trust_of_others in 0..3_usize,
    ) {
        let others = [Trust::Untrusted, Trust::Unknown, Trust::Trusted][trust_of_others];
        let mut table = Table::default();
        let mut number = 0;
        let mut apply = |record: Record| {
            table.apply(number, record).unwrap();
            number += 1;
        };
        let written = |at: &str, n, trust| Record::Written {
            path: at.into(), version: version(n), by: actor("ann"), at_ms: 0, source: Source::Written, source_url: None, trust,
        };
        for at in PATHS {
            apply(written(at, 1, if at == "a/b/c" { Trust::Untrusted } else { others }));
        }
        for (from, to) in moves {
            let moved = Record::Moved { from: PATHS[from].into(), to: PATHS[to].into(), by: actor("ben"), at_ms: 0 };
            apply(moved);
        }
        prop_assert_eq!(table.known("a/b/c", &version(1)).trust, Trust::Untrusted);
    }
}
