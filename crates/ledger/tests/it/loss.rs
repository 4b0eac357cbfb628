//! Rows that sled leaves out or brings back without a word, and what lies about after a repair.

use corpus::{DocId, Seq};
use workroom_ledger::{Commit, Error, Ledger, Options, Outcome, ScrubPlace};

use crate::{copy, doc, open, vector};

/// Three documents with four chunks each, one of them in its second version, and a skipped file.
fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    for (seq, (id, first)) in [(0, 0), (1, 4), (2, 8), (1, 12)].into_iter().enumerate() {
        let chunks = first..first + 4;
        let vectors: Vec<_> = chunks.clone().map(|chunk| vector(chunk, 2)).collect();
        ledger.stage(&vectors).unwrap();
        let commit = Commit {
            seq: Seq(seq as u64 + 1),
            puts: vec![doc(id, seq as u64, chunks)],
            dead_chunks: if seq == 3 { vec![4..8] } else { vec![] },
            text: seq != 2,
            next_doc: 3,
            next_chunk: first + 4,
            ..Commit::default()
        };
        ledger.commit(commit).unwrap();
    }
    dir
}

/// The store of a closed ledger. Sled's threads may hold its file a moment longer than its owner.
fn store(dir: &std::path::Path) -> sled::Db {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        match sled::open(dir.join("sled")) {
            Err(sled::Error::Io(_)) if std::time::Instant::now() < end => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// Changes a row of a closed ledger behind its back.
fn tamper(dir: &std::path::Path, tree: &str, change: impl FnOnce(&sled::Tree)) {
    let db = store(dir);
    change(&db.open_tree(tree).unwrap());
    db.flush().unwrap();
}

type Change = Box<dyn Fn(&sled::Tree)>;

fn load(ledger: &Ledger) -> Result<(), Error> {
    ledger.load(drop, drop)?;
    ledger.load_vectors(drop)
}

#[test]
fn rows_that_are_gone_or_old_are_noticed_and_can_be_counted_anew() {
    let key = |n: u64| n.to_be_bytes();
    let cases: [(&str, Change); 3] = [
        ("docs", Box::new(move |tree| drop(tree.remove(key(2)).unwrap()))),
        ("vectors", Box::new(move |tree| drop(tree.remove(key(13)).unwrap()))),
        // The row of the version before, whole and with a checksum that is right.
        ("docs", {
            let old = filled();
            let rows = store(old.path()).open_tree("docs").unwrap();
            let stale = rows.get(key(0)).unwrap().unwrap();
            Box::new(move |tree| drop(tree.insert(key(0), stale.clone()).unwrap()))
        }),
    ];
    for (i, (tree, change)) in cases.into_iter().enumerate() {
        let dir = filled();
        if i == 2 {
            let ledger = open(dir.path());
            ledger.commit(Commit { seq: Seq(9), puts: vec![doc(0, 7, 0..4)], ..Commit::default() }).unwrap();
        }
        tamper(dir.path(), tree, change);
        let ledger = open(dir.path());
        let error = load(&ledger).unwrap_err();
        assert!(matches!(error, Error::Incomplete { .. }) && error.is_damage(), "{i}: {error:?}");
        let report = ledger.verify().unwrap();
        assert!(
            report.is_readable() && !report.is_sound() && report.incomplete.len() == 1,
            "{i}: {report:?}"
        );
        ledger.recount().unwrap();
        load(&ledger).unwrap();
        drop(ledger);
        load(&open(dir.path())).unwrap();
    }
}

#[test]
fn a_sound_ledger_is_complete_whatever_was_staged() {
    let dir = filled();
    let ledger = open(dir.path());
    load(&ledger).unwrap();
    assert_eq!(ledger.text_seq(), Seq(4));
    // Twice the same, then given up: nothing stays.
    ledger.stage(&[vector(16, 1), vector(17, 1)]).unwrap();
    ledger.stage(&[vector(16, 2)]).unwrap();
    ledger.unstage().unwrap();
    assert_eq!(ledger.verify().unwrap().orphan_vectors, 0);
    // Staged, replaced and deleted in one commit.
    ledger.stage(&[vector(16, 1), vector(17, 1)]).unwrap();
    ledger.restage(&[vector(12, 3)]).unwrap();
    ledger.put_meta("name", b"value").unwrap();
    let vectors = vec![vector(13, 3), vector(16, 3)];
    let dead_chunks = vec![17..18, 8..12];
    let (removed, puts) = (vec![DocId(2)], vec![doc(0, 9, 16..17)]);
    let commit =
        Commit { seq: Seq(5), puts, removed, vectors, dead_chunks, next_chunk: 18, ..Commit::default() };
    ledger.commit(commit).unwrap();
    load(&ledger).unwrap();
    drop(ledger);
    let ledger = open(dir.path());
    load(&ledger).unwrap();
    let report = ledger.verify().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.docs, report.vectors, report.teacher_vectors), (2, 9, 3));
}

#[test]
fn scrubbing_reads_every_row_once_and_names_the_damaged() {
    let dir = filled();
    tamper(dir.path(), "vectors", |tree| drop(tree.insert(13_u64.to_be_bytes(), vec![1; 30]).unwrap()));
    let ledger = open(dir.path());
    let (mut place, mut rows, mut damaged) = (ScrubPlace::default(), 0, Vec::new());
    loop {
        let step = ledger.scrub(&mut place, 5).unwrap();
        assert!(step.rows <= 5);
        rows += step.rows;
        damaged.extend(step.damaged);
        if step.done {
            break;
        }
    }
    assert_eq!((rows, damaged.len(), damaged[0].tree), (3 + 12, 1, "vectors"));
    assert_eq!(place, ScrubPlace::default());
}

#[test]
fn no_more_than_two_damaged_stores_are_kept() {
    let dir = filled();
    let mut aside: Vec<_> = (0..4)
        .map(|_| {
            drop(open(dir.path()));
            workroom_ledger::set_aside(dir.path()).unwrap()
        })
        .collect();
    aside.retain(|path| path.exists());
    assert_eq!(aside.len(), 2, "{aside:?}");
}

/// What stays of a folder that somebody began to delete, and of small files that hold anything.
#[test]
fn halves_and_rubbish_never_pass_for_a_ledger() {
    let check = |what: &str, break_it: &dyn Fn(&std::path::Path), lost: bool| {
        let dir = filled();
        let pristine = tempfile::tempdir().unwrap();
        copy(dir.path(), pristine.path());
        break_it(pristine.path());
        let (ledger, report) = Ledger::open(pristine.path(), &Options::default()).unwrap();
        load(&ledger).unwrap();
        assert_eq!(ledger.seq(), Seq(if lost { 0 } else { 4 }), "{what}: {report:?}");
        assert_eq!(report.outcome == Outcome::Created, lost, "{what}: {report:?}");
    };
    let delete =
        |name: &'static str| move |dir: &std::path::Path| fs_err::remove_file(dir.join(name)).unwrap();
    let fill =
        |name: &'static str| move |dir: &std::path::Path| fs_err::write(dir.join(name), [0xEE; 300]).unwrap();
    check("log deleted", &delete("sled/db"), true);
    check("settings deleted", &delete("sled/conf"), false);
    check("blobs deleted", &|dir| fs_err::remove_dir_all(dir.join("sled/blobs")).unwrap(), false);
    check("watermark deleted", &delete("watermark"), false);
    check("watermark overwritten", &fill("watermark"), false);
    check("lock overwritten", &fill("lock"), false);
    check("lock deleted", &delete("lock"), false);
}
