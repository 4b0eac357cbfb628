//! Journals under crashes and damage.

use super::layout::{self, START};
use super::turn::Turn;
use super::{Format, Journal, MAX_RECORD, Replay, Unfit};
use crate::{Error, ErrorKind};
use proptest::prelude::*;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

const FORMAT: Format = Format { kind: "test", version: 3 };
/// Where the marks lie.
const MARKS: Range<usize> = 64..128;

/// A state that is all records with their numbers. It does not know what begins with a question mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Records(Vec<(u64, Vec<u8>)>);

impl Replay for Records {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn apply(&mut self, number: u64, record: &[u8]) -> Result<(), Unfit> {
        if record.starts_with(b"?") {
            return Err(Unfit("a question".into()));
        }
        self.0.push((number, record.to_vec()));
        Ok(())
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A journal with records of various sizes, and where each of them lies.
    fn filled() -> (Self, Vec<Range<usize>>) {
        let place = Self::new();
        let mut journal = place.open();
        let mut ranges = Vec::new();
        for size in [5, 0, 1, 40, 3] {
            let mut writer = journal.writer().unwrap();
            let from = writer.size().max(START) as usize;
            writer.append(&vec![b'a'; size]).unwrap();
            ranges.push(from..writer.size() as usize);
        }
        (place, ranges)
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("custody/test.journal")
    }

    fn open(&self) -> Journal<Records> {
        Journal::at(&self.file(), FORMAT, Records::default())
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    fn put(&self, bytes: &[u8]) {
        std::fs::write(self.file(), bytes).unwrap();
    }

    /// All records, by a handle of its own.
    fn records(&self) -> Vec<(u64, Vec<u8>)> {
        let mut journal = self.open();
        journal.refresh().unwrap();
        journal.state().0.clone()
    }
}

fn append(journal: &mut Journal<Records>, record: &[u8]) {
    journal.writer().unwrap().append(record).unwrap();
}

/// Expects that all before the damaged record is read, and that the damage is told with its place, again and again, and to writers too.
fn check_damage(place: &Place, ranges: &[Range<usize>], at: usize, what: &str) {
    let broken = ranges.iter().position(|range| at < range.end);
    let (record, offset) = match broken {
        Some(n) if at >= START as usize => (n, ranges[n].start),
        _ => (0, 0),
    };
    let mut journal = place.open();
    for _ in 0..2 {
        let error = journal.refresh().unwrap_err();
        let Error::Damaged { offset: told, record: number, .. } = error else { panic!("{what}: {error}") };
        assert_eq!((told, number), (offset as u64, record as u64), "{what}");
        assert_eq!(journal.state().0.len(), record, "{what}");
        assert_eq!(journal.writer().unwrap_err().kind(), ErrorKind::Damaged, "{what}");
    }
}

#[test]
fn a_journal_that_was_cut_anywhere_is_told() {
    let (place, ranges) = Place::filled();
    let whole = place.bytes();
    for length in 0..whole.len() {
        place.put(&whole[..length]);
        check_damage(&place, &ranges, length, &format!("cut at {length}"));
    }
    place.put(&whole);
    assert_eq!(place.records().len(), ranges.len());
}

#[test]
fn a_changed_byte_anywhere_is_told() {
    let (place, ranges) = Place::filled();
    let whole = place.bytes();
    for at in 0..whole.len() {
        for change in [1, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            place.put(&bytes);
            if MARKS.contains(&at) {
                // There are two marks, and no record is lost with one.
                assert_eq!(place.records().len(), ranges.len(), "a mark changed at {at}");
            } else {
                check_damage(&place, &ranges, at, &format!("byte {at} ^ {change}"));
            }
        }
    }
}

#[test]
fn without_marks_nothing_is_believed() {
    let (place, _) = Place::filled();
    let mut bytes = place.bytes();
    bytes[MARKS].fill(0);
    place.put(&bytes);
    assert_eq!(place.open().refresh().unwrap_err().kind(), ErrorKind::Damaged);
}

#[test]
fn records_that_change_places_are_told() {
    let (place, ranges) = Place::filled();
    let whole = place.bytes();
    let part = |n: usize| &whole[ranges[n].clone()];
    let head = &whole[..START as usize];
    let without_the_third = [head, part(0), part(1), part(3), part(4), part(4)].concat();
    let the_first_twice = [head, part(0), part(0), part(1), part(2), part(3), part(4)].concat();
    let (other, _) = Place::filled();
    let from_another = [&other.bytes()[..START as usize], &whole[START as usize..]].concat();
    for (bytes, record) in [(without_the_third, 2), (the_first_twice, 1), (from_another, 0)] {
        place.put(&bytes);
        let error = place.open().refresh().unwrap_err();
        assert!(matches!(error, Error::Damaged { record: found, .. } if found == record), "{error}");
    }
}

/// What a crash during an append may leave: any part of the record, with wrong bytes in it, and the mark not yet written or half.
#[test]
fn an_append_that_was_cut_off_is_no_record_and_no_damage() {
    let (place, _) = Place::filled();
    let before = place.bytes();
    append(&mut place.open(), b"the last one");
    let after = place.bytes();
    let unmarked = [&before[..MARKS.end], &after[MARKS.end..]].concat();

    let mut left: Vec<Vec<u8>> = (before.len()..after.len()).map(|end| unmarked[..end].to_vec()).collect();
    left.extend((before.len()..after.len()).map(|at| {
        let mut bytes = unmarked.clone();
        bytes[at] ^= 0x41;
        bytes
    }));
    left.push([&before[..], &[0; 4096]].concat());
    for bytes in left {
        place.put(&bytes);
        let what = format!("{} bytes", bytes.len());
        assert_eq!(place.records().len(), 5, "{what}");
        append(&mut place.open(), b"another");
        assert_eq!(place.records().last().unwrap(), &(5, b"another".to_vec()), "{what}");
    }
}

#[test]
fn a_mark_that_was_cut_off_loses_nothing() {
    let (place, _) = Place::filled();
    let before = place.bytes();
    append(&mut place.open(), b"the last one");
    let after = place.bytes();
    assert_ne!(before[MARKS], after[MARKS]);
    for end in MARKS {
        place.put(&[&after[..end], &before[end..MARKS.end], &after[MARKS.end..]].concat());
        assert_eq!(place.records().len(), 6, "the marks are new up to {end}");
        append(&mut place.open(), b"another");
        assert_eq!(place.records().len(), 7, "the marks were new up to {end}");
    }
}

#[test]
fn a_journal_that_was_cut_off_while_it_was_made_is_made_again() {
    let (place, _) = Place::filled();
    let whole = place.bytes();
    let unfinished = place.file().with_extension("new");
    for end in [0, 10, whole.len()] {
        // While it is compacted, the old one is still there.
        std::fs::write(&unfinished, &whole[..end]).unwrap();
        assert_eq!(place.records().len(), 5);
        let mut journal = place.open();
        journal.writer().unwrap().compact([b"kept".to_vec()]).unwrap();
        assert_eq!(place.records(), [(5, b"kept".to_vec())]);
        assert!(!unfinished.exists());
        place.put(&whole);
        // While the first one is made, there is none.
        std::fs::remove_file(place.file()).unwrap();
        std::fs::write(&unfinished, &whole[..end]).unwrap();
        assert_eq!(place.records(), []);
        append(&mut place.open(), b"first");
        assert_eq!(place.records(), [(0, b"first".to_vec())]);
        place.put(&whole);
    }
}

#[test]
fn handles_see_each_others_records() {
    let place = Place::new();
    let (mut one, mut two) = (place.open(), place.open());
    two.refresh().unwrap();
    assert!(!place.file().parent().unwrap().exists(), "reading makes nothing");
    assert!(two.try_writer().unwrap().is_none());
    append(&mut one, b"a");
    two.refresh().unwrap();
    assert_eq!(two.state(), one.state());
    append(&mut two, b"b");
    append(&mut one, b"c");
    two.refresh().unwrap();
    assert_eq!(two.state().0, [(0, b"a".to_vec()), (1, b"b".to_vec()), (2, b"c".to_vec())]);

    two.writer().unwrap().compact([b"abc".to_vec()]).unwrap();
    one.refresh().unwrap();
    assert_eq!(one.state().0, [(3, b"abc".to_vec())]);
    append(&mut one, b"d");
    two.refresh().unwrap();
    assert_eq!((two.state(), two.next()), (one.state(), 5));

    std::fs::remove_file(place.file()).unwrap();
    two.refresh().unwrap();
    assert_eq!((two.state().0.len(), two.next()), (0, 0));
}

/// A reader may see an append that then fails and is undone. What it makes of it must not outlive that.
#[test]
fn an_append_that_was_seen_and_undone_is_forgotten() {
    let check = |instead: Option<&[u8]>| {
        let (place, _) = Place::filled();
        let before = place.bytes();
        append(&mut place.open(), b"phantom");
        let unmarked = [&before[..MARKS.end], &place.bytes()[MARKS.end..]].concat();
        place.put(&unmarked);
        let mut seen = place.open();
        seen.refresh().unwrap();
        assert_eq!(seen.state().0.len(), 6);

        let file = std::fs::OpenOptions::new().write(true).open(place.file()).unwrap();
        file.set_len(before.len() as u64).unwrap();
        if let Some(record) = instead {
            append(&mut place.open(), record);
        }
        append(&mut seen, b"next");
        assert_eq!(seen.state().0, place.records(), "{instead:?}");
        assert!(seen.state().0.iter().all(|(_, record)| record != b"phantom"), "{instead:?}");
    };
    for instead in [None, Some(&b"of size"[..]), Some(b"x"), Some(b"a longer one")] {
        check(instead);
    }
}

#[test]
fn one_writes_at_a_time() {
    let place = Place::new();
    append(&mut place.open(), b"a");
    let mut other = place.open();
    other.refresh().unwrap();
    let turn = Turn::wait(&place.file(), Duration::ZERO).unwrap();
    assert_eq!(Turn::wait(&place.file(), Duration::ZERO).unwrap_err().kind(), ErrorKind::Locked);
    assert!(other.try_writer().unwrap().is_none());
    other.refresh().unwrap();
    drop(turn);
    assert!(other.try_writer().unwrap().is_some());

    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let mut journal = place.open();
            scope.spawn(move || (0..25).for_each(|n| append(&mut journal, &[thread, n])));
        }
    });
    let records = place.records();
    assert_eq!(records.len(), 101);
    assert!(records.iter().zip(0..).all(|((number, _), expected)| *number == expected));
    for thread in 0..4_u8 {
        let theirs = records.iter().skip(1).filter(|(_, record)| record[0] == thread);
        assert!(theirs.map(|(_, record)| record[1]).eq(0..25), "in the order in which they were appended");
    }
}

#[test]
fn what_is_not_ours_is_refused() {
    let place = Place::new();
    append(&mut place.open(), b"a");
    let kind = |format: Format| {
        let mut journal = Journal::at(&place.file(), format, Records::default());
        journal.refresh().unwrap_err().kind()
    };
    assert_eq!(kind(Format { kind: "test", version: 4 }), ErrorKind::Incompatible);
    assert_eq!(kind(Format { kind: "text", version: 3 }), ErrorKind::Damaged);

    let too_large = place.open().writer().unwrap().append(&vec![0; MAX_RECORD + 1]).unwrap_err();
    assert_eq!(too_large.kind(), ErrorKind::Invalid);
    append(&mut place.open(), &vec![0; MAX_RECORD]);
    assert_eq!(place.records().len(), 2);

    // What only a newer program knows stays the next record, for as long as it is there.
    let mut journal = place.open();
    assert_eq!(journal.writer().unwrap().append(b"?").unwrap_err().kind(), ErrorKind::Incompatible);
    for _ in 0..2 {
        assert_eq!(journal.refresh().unwrap_err().kind(), ErrorKind::Incompatible);
        assert_eq!(journal.state().0.len(), 2);
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let (place, _) = Place::filled();
    place.open().writer().unwrap().compact([b"a".to_vec()]).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.file()), 0o600);
    assert_eq!(mode(&place.file().with_extension("lock")), 0o600);
    assert_eq!(mode(place.file().parent().unwrap()), 0o700);
}

#[derive(Clone, Debug)]
enum Op {
    Append(Vec<u8>),
    Unsynced(Vec<u8>),
    Refresh,
    /// Keeps the records whose number is not divisible by this.
    Compact(u64),
    Reopen,
    /// The process ends in the middle of an append, which left so many bytes and then others.
    Crash(usize, Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    let record = || prop::collection::vec(any::<u8>().prop_filter("known", |byte| *byte != b'?'), 0..40);
    prop_oneof![
        4 => record().prop_map(Op::Append),
        2 => record().prop_map(Op::Unsynced),
        2 => Just(Op::Refresh),
        1 => (1..5_u64).prop_map(Op::Compact),
        1 => Just(Op::Reopen),
        2 => (0..60_usize, record()).prop_map(|(left, rubbish)| Op::Crash(left, rubbish)),
    ]
}

/// What a crash in the middle of an append leaves.
fn tear(place: &Place, journal: &Journal<Records>, left: usize, rubbish: &[u8]) {
    let Ok(before) = std::fs::read(place.file()) else { return };
    let beginning = layout::read_header(&before, FORMAT).unwrap();
    let mut position = beginning.start;
    for (_, record) in &journal.state().0 {
        position = layout::record(record, &position).1;
    }
    let (whole, _) = layout::record(b"this one was never acknowledged", &position);
    let left = left.min(whole.len() - 1);
    let mut rubbish = rubbish.to_vec();
    // Not by chance the byte that belongs there: with the last one it would be a record.
    if let Some(first) = rubbish.first_mut().filter(|first| **first == whole[left]) {
        *first = !*first;
    }
    place.put(&[&before[..position.offset as usize], &whole[..left], &rubbish].concat());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn two_handles_hold_what_a_list_holds(ops in prop::collection::vec((any::<bool>(), op()), 1..30)) {
        let place = Place::new();
        let mut handles = [place.open(), place.open()];
        let mut model = Records::default();
        let mut next = 0;
        for (which, op) in ops {
            let journal = &mut handles[usize::from(which)];
            match op {
                Op::Append(record) => {
                    append(journal, &record);
                    model.0.push((next, record));
                    next += 1;
                }
                Op::Unsynced(record) => {
                    journal.writer().unwrap().append_unsynced(&record).unwrap();
                    model.0.push((next, record));
                    next += 1;
                }
                Op::Refresh => journal.refresh().unwrap(),
                Op::Compact(divisor) => {
                    model.0.retain(|(number, _)| number % divisor != 0);
                    for (number, _) in &mut model.0 {
                        *number = next;
                        next += 1;
                    }
                    let kept = model.0.iter().map(|(_, record)| record.clone());
                    journal.writer().unwrap().compact(kept).unwrap();
                }
                Op::Reopen => *journal = place.open(),
                Op::Crash(left, rubbish) => {
                    journal.refresh().unwrap();
                    tear(&place, journal, left, &rubbish);
                    *journal = place.open();
                }
            }
            journal.refresh().unwrap();
            prop_assert_eq!(journal.state(), &model);
            prop_assert_eq!(journal.next(), if place.file().exists() { next } else { 0 });
        }
    }

    #[test]
    fn any_bytes_are_a_journal_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), headed in any::<bool>()) {
        let (place, _) = Place::filled();
        let head = if headed { place.bytes()[..START as usize].to_vec() } else { Vec::new() };
        place.put(&[head, bytes].concat());
        let error = place.open().refresh().unwrap_err();
        prop_assert!(matches!(error.kind(), ErrorKind::Damaged | ErrorKind::Incompatible), "{error}");
    }
}
