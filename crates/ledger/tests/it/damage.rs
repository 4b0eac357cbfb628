//! Files that a kill, a bad disk or a wrong hand changed.

use std::path::{Path, PathBuf};

use corpus::Seq;
use proptest::prelude::*;
use workroom_ledger::{Commit, Error, Ledger, Options, Outcome};

use crate::{copy, doc, open, vector};

const DOCS: u64 = 40;

fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    for id in 0..DOCS {
        let chunks = id * 10..id * 10 + 10;
        let commit = Commit {
            seq: Seq(id + 1),
            vectors: chunks.clone().map(|chunk| vector(chunk, id)).collect(),
            puts: vec![doc(id, id, chunks)],
            next_doc: DOCS,
            next_chunk: DOCS * 10,
            ..Commit::default()
        };
        ledger.commit(commit).unwrap();
    }
    drop(ledger);
    // The second open writes the snapshot.
    drop(open(dir.path()));
    dir
}

fn snapshot(dir: &Path) -> PathBuf {
    let files = fs_err::read_dir(dir.join("sled")).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("snap.")).unwrap()
}

fn is_whole(ledger: &Ledger) -> bool {
    let report = ledger.verify().unwrap();
    ledger.seq() == Seq(DOCS)
        && report.is_sound()
        && report.docs == DOCS as usize
        && report.missing_vectors == 0
}

#[test]
fn a_snapshot_that_a_kill_left_half_written_is_removed() {
    let dir = filled();
    let torn = dir.path().join("sled/snap.7FFFFFFFFFFFFFFF.generating");
    let whole = fs_err::read(snapshot(dir.path())).unwrap();
    fs_err::write(&torn, &whole[..whole.len() / 2]).unwrap();
    assert!(
        sled::open(dir.path().join("sled")).is_err(),
        "sled has learned to clean up: the work-around can go"
    );
    let (ledger, report) = Ledger::open(dir.path(), &Options::default()).unwrap();
    assert_eq!((report.outcome, report.unfinished_snapshots), (Outcome::Clean, 1));
    assert_eq!(report.acknowledged, Some(Seq(DOCS)));
    assert!(!torn.exists() && is_whole(&ledger));
}

#[test]
fn without_a_good_snapshot_or_settings_the_log_is_replayed() {
    for name in ["snap", "conf"] {
        let dir = filled();
        let path = if name == "conf" { dir.path().join("sled/conf") } else { snapshot(dir.path()) };
        let mut bytes = fs_err::read(&path).unwrap();
        bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
        fs_err::write(&path, bytes).unwrap();
        let (ledger, report) = Ledger::open(dir.path(), &Options::default()).unwrap();
        let Outcome::Replayed { set_aside } = report.outcome else { panic!("{name}: {report:?}") };
        assert!(set_aside.join("db").exists() && is_whole(&ledger), "{name}");
    }
}

#[test]
fn what_is_beyond_repair_is_set_aside_and_a_new_store_begins() {
    let dir = filled();
    let id = open(dir.path()).store_id();
    fs_err::write(dir.path().join("sled/db"), vec![0xA5; 1 << 20]).unwrap();
    let (ledger, report) = Ledger::open(dir.path(), &Options::default()).unwrap();
    let Outcome::Reset { set_aside } = report.outcome else { panic!("{report:?}") };
    assert_eq!(fs_err::metadata(set_aside.join("db")).unwrap().len(), 1 << 20);
    assert_eq!(report.acknowledged, Some(Seq(DOCS)));
    assert_eq!(
        (ledger.seq(), ledger.next_chunk()),
        (Seq(0), DOCS * 10),
        "a chunk's number is never used twice"
    );
    assert_ne!(ledger.store_id(), id, "the other stores must see that this is another ledger");
    ledger.commit(Commit { seq: Seq(1), ..Commit::default() }).unwrap();
}

#[test]
fn set_aside_begins_anew() {
    let dir = filled();
    assert!(workroom_ledger::set_aside(dir.path()).unwrap().join("db").exists());
    let ledger = open(dir.path());
    assert_eq!((ledger.seq(), ledger.docs().count(), ledger.next_doc()), (Seq(0), 0, DOCS));
}

#[test]
fn an_older_copy_of_the_store_is_noticed() {
    let dir = filled();
    let older = tempfile::tempdir().unwrap();
    copy(dir.path(), older.path());
    let ledger = open(dir.path());
    ledger.commit(Commit { seq: Seq(DOCS + 1), next_chunk: 1000, ..Commit::default() }).unwrap();
    drop(ledger);
    fs_err::remove_dir_all(dir.path().join("sled")).unwrap();
    fs_err::rename(older.path().join("sled"), dir.path().join("sled")).unwrap();
    let (ledger, report) = Ledger::open(dir.path(), &Options::default()).unwrap();
    assert!(matches!(report.outcome, Outcome::Replayed { .. }), "{report:?}");
    assert_eq!(report.acknowledged, Some(Seq(DOCS + 1)));
    assert_eq!(ledger.next_chunk(), 1000);
    assert!(is_whole(&ledger));
}

/// Opens and reads everything; damage may be found, a panic or a wrong row may not.
fn read_all(dir: &Path) -> Result<(), Error> {
    let (ledger, report) = Ledger::open(dir, &Options::default())?;
    for row in ledger.vectors() {
        let row = row?;
        assert_eq!(row, vector(row.chunk.0, row.chunk.0 / 10));
    }
    for record in ledger.docs() {
        let record = record?;
        assert_eq!(record, doc(record.id.0, record.id.0, record.chunks()));
    }
    let found = ledger.verify()?;
    assert!(found.is_sound() && found.missing_vectors == 0 && found.orphan_vectors == 0, "{found:?}");
    // Each commit brought one document, so what is left is a beginning of the history. Numbers are never given out twice.
    assert_eq!(found.docs as u64, ledger.seq().0);
    assert_eq!((ledger.next_doc(), ledger.next_chunk()), (DOCS, DOCS * 10));
    let lost = report.acknowledged.unwrap() > ledger.seq();
    assert!(!lost || report.outcome != Outcome::Clean, "{report:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 0, ..ProptestConfig::default() })]
    #[test]
    fn flipped_bits_are_found_or_healed(
        file in prop::sample::select(vec!["db", "db", "db", "conf", "snap"]),
        flips in prop::collection::vec((0.0_f64..1.0, 0_u8..8), 1..6),
    ) {
        let dir = tempfile::tempdir().unwrap();
        copy(pristine(), dir.path());
        let path = if file == "snap" { snapshot(dir.path()) } else { dir.path().join("sled").join(file) };
        let mut bytes = fs_err::read(&path).unwrap();
        for (place, bit) in flips {
            let at = (place * bytes.len() as f64) as usize;
            bytes[at] ^= 1 << bit;
        }
        fs_err::write(&path, bytes).unwrap();
        if let Err(error) = read_all(dir.path()) {
            prop_assert!(error.is_damage(), "{error}");
        }
    }
}

/// One filled ledger for all cases.
fn pristine() -> &'static Path {
    static PRISTINE: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    PRISTINE.get_or_init(filled).path()
}
