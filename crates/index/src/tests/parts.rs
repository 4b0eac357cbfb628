//! Documents inside others: they come and go with their file.

use super::{doc, found, open, path, put};
use crate::{Index, PutDoc};
use corpus::Format;
use ledger::SkipRecord;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn mail(at: &str, words: &[&str]) -> PutDoc {
    PutDoc { format: Format::Email, ..doc(at, words) }
}

fn part(at: &str, of: &str, words: &[&str]) -> PutDoc {
    PutDoc { container: Some(path(of)), ..doc(at, words) }
}

fn bad_part(at: &str, of: &str) -> SkipRecord {
    SkipRecord {
        path: path(at),
        size: 1,
        mtime_ns: 1,
        inode: 1,
        code: "binary".into(),
        reason: "x".into(),
        at_ms: 0,
        hash: None,
        parser: None,
        container: Some(path(of)),
    }
}

/// Every path the index knows, as a document or as a problem.
fn known(index: &Index) -> Vec<String> {
    let snapshot = index.snapshot().unwrap();
    let docs = snapshot.docs().iter().map(|doc| doc.path.to_string());
    let mut all: Vec<String> = docs.chain(snapshot.skips().keys().map(|path| format!("!{path}"))).collect();
    all.sort();
    all
}

fn with_parts(index: &Index) {
    put(
        index,
        &[
            mail("m", &["hull"]),
            part("m/a", "m", &["anchor"]),
            part("m/b", "m", &["buoy"]),
            doc("n", &["net"]),
        ],
    );
    let mut transaction = index.begin().unwrap();
    transaction.skip(bad_part("m/c", "m")).unwrap();
    transaction.commit().unwrap();
    assert_eq!(known(index), ["!m/c", "m", "m/a", "m/b", "n"]);
}

#[test]
fn a_new_version_brings_its_own_parts() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    with_parts(&index);
    put(&index, &[mail("m", &["hull"]), part("m/b", "m", &["bow"])]);
    assert_eq!(known(&index), ["m", "m/b", "n"]);
    assert_eq!([found(&index, "anchor"), found(&index, "buoy"), found(&index, "bow")].concat(), ["m/b"]);
    // Two versions in one batch: the last counts.
    put(
        &index,
        &[mail("m", &["x"]), part("m/q", "m", &["quay"]), mail("m", &["y"]), part("m/r", "m", &["rope"])],
    );
    assert_eq!(known(&index), ["m", "m/r", "n"]);
    drop(index);
    let (index, report) = open(dir.path());
    assert_eq!((known(&index), report.repaired), (vec!["m".into(), "m/r".into(), "n".into()], vec![]));
}

#[test]
fn parts_go_with_their_file() {
    for removed in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (index, _) = open(dir.path());
        with_parts(&index);
        let mut transaction = index.begin().unwrap();
        if removed {
            transaction.remove(&path("m")).unwrap();
        } else {
            transaction.skip(SkipRecord { container: None, ..bad_part("m", "m") }).unwrap();
        }
        transaction.commit().unwrap();
        let left: &[&str] = if removed { &["n"] } else { &["!m", "n"] };
        assert_eq!(known(&index), left);
        assert_eq!(found(&index, "anchor"), Vec::<String>::new());
    }
}

#[test]
fn a_file_may_take_the_place_of_a_part() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    with_parts(&index);
    let mut transaction = index.begin().unwrap();
    transaction.put(doc("m/a", &["own"]), 0).unwrap();
    transaction.remove(&path("m")).unwrap();
    transaction.commit().unwrap();
    assert_eq!((known(&index), found(&index, "own")), (vec!["m/a".into(), "n".into()], vec!["m/a".into()]));
}

#[test]
fn parts_learn_of_their_files_time() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    with_parts(&index);
    let mut transaction = index.begin().unwrap();
    transaction.touch(&path("m"), 1, 77, 5, false);
    transaction.commit().unwrap();
    let snapshot = index.snapshot().unwrap();
    let times = ["m", "m/a", "m/b", "n"].map(|at| snapshot.doc(&path(at)).unwrap().mtime_ns);
    assert_eq!((times, found(&index, "anchor")), ([77, 77, 77, 1], vec!["m/a".to_owned()]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever is done, the parts that are known are those of the last version of a container that is there.
    #[test]
    fn no_part_outlives_its_version(steps in prop::collection::vec((0..3_usize, 0..3_usize, 0..4_usize), 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        let (index, _) = open(dir.path());
        let mut model = BTreeSet::new();
        for (which, action, n) in steps {
            let at = ["m", "m.x", "k"][which];
            model.retain(|known: &String| known != at && !known.starts_with(&format!("{at}/")));
            let mut transaction = index.begin().unwrap();
            match action {
                0 => transaction.remove(&path(at)).unwrap(),
                1 => {
                    transaction.put(doc(at, &["plain"]), 0).unwrap();
                    model.insert(at.to_owned());
                }
                _ => {
                    transaction.put(mail(at, &["mail"]), 0).unwrap();
                    model.insert(at.to_owned());
                    for name in ["a", "b", "c", "d"].iter().take(n) {
                        let name = format!("{at}/{name}");
                        transaction.put(part(&name, at, &["part"]), 0).unwrap();
                        model.insert(name);
                    }
                }
            }
            transaction.commit().unwrap();
            prop_assert_eq!(known(&index), model.iter().cloned().collect::<Vec<_>>());
        }
    }
}
