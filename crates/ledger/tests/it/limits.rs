//! Rows at their largest, numbers out of order, two owners.

use corpus::Seq;
use workroom_ledger::{Commit, Error, Ledger, Options};

use crate::{doc, open, vector};

const ROW_LIMIT: usize = 7 * 1024;

fn titled(seq: u64, len: usize) -> Commit {
    let mut doc = doc(0, seq, 0..0);
    doc.title = Some("t".repeat(len));
    Commit { seq: Seq(seq), puts: vec![doc], next_doc: 1, ..Commit::default() }
}

#[test]
fn a_row_is_taken_up_to_the_limit_and_refused_above() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let refused = (6000..8000).find(|&len| ledger.commit(titled(len as u64, len)).is_err()).unwrap();
    let error = ledger.commit(titled(9000, refused)).unwrap_err();
    let Error::TooLarge { bytes, limit, .. } = &error else { panic!("{error}") };
    assert_eq!((*bytes, *limit), (ROW_LIMIT + 1, ROW_LIMIT));
    assert!(error.to_string().contains("7169 bytes"), "{error}");
    let largest = doc(0, 0, 0..0).id;
    drop(ledger);
    assert_eq!(open(dir.path()).doc(largest).unwrap().unwrap().title.unwrap().len(), refused - 1);
}

#[test]
fn many_rows_at_the_limit_make_no_blob() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    for n in 0..60 {
        ledger.put_meta(&n.to_string(), &vec![n; ROW_LIMIT - 16]).unwrap();
    }
    drop(ledger);
    let ledger = open(dir.path());
    assert!((0..60).all(|n| ledger.meta(&n.to_string()).unwrap() == Some(vec![n; ROW_LIMIT - 16])));
    assert_eq!(fs_err::read_dir(dir.path().join("sled/blobs")).unwrap().count(), 0);
}

#[test]
fn a_second_owner_is_told_that_it_is_locked() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    for _ in 0..2 {
        let second = Ledger::open(dir.path(), &Options::default());
        assert!(matches!(second, Err(Error::Locked { dir: d }) if d == dir.path()));
        assert!(matches!(workroom_ledger::set_aside(dir.path()), Err(Error::Locked { .. })));
    }
    drop(first);
    drop(open(dir.path()));
}

#[test]
fn a_commit_that_does_not_follow_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path());
    let commit = |seq| Commit { seq: Seq(seq), next_doc: 5, next_chunk: 9, ..Commit::default() };
    ledger.commit(commit(4)).unwrap();
    let error = ledger.commit(commit(4)).unwrap_err();
    assert!(matches!(error, Error::OutOfOrder { have: Seq(4), got: Seq(4) }));
    let back = ledger.commit(Commit { next_chunk: 8, ..commit(5) }).unwrap_err();
    assert!(matches!(back, Error::Inconsistent { .. }));
    let mut broken = vector(0, 0);
    broken.vector.q[0] = i8::MIN;
    let error = ledger.commit(Commit { vectors: vec![broken], ..commit(5) }).unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }));
    ledger.commit(commit(5)).unwrap();
    assert_eq!((ledger.seq(), ledger.next_doc(), ledger.next_chunk()), (Seq(5), 5, 9));
}
