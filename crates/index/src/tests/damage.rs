//! Every file of an index, damaged in every way: never a wrong answer, and once the files are read again, the right one.

use super::{copy_folder, doc, found, open, path, put, remove};
use crate::{Error, Index, OpenReport, PutDoc, ScrubCursor};
use corpus::{ChunkId, DocPath, ModelId, TextHash, Tier};
use ledger::{SkipRecord, VectorRow};
use std::path::{Path, PathBuf};

/// What the files say.
fn library() -> Vec<PutDoc> {
    vec![
        doc("a", &["anchor", "buoy"]),
        doc("b", &["crane"]),
        doc("c/d", &["dock", "anchor", "eel"]),
        doc("e", &["ferry"]),
    ]
}

const EXPECTED: [(&str, &[&str]); 7] = [
    ("anchor", &["a", "c/d"]),
    ("buoy", &["a"]),
    ("crane", &["b"]),
    ("dock", &["c/d"]),
    ("eel", &["c/d"]),
    ("ferry", &["e"]),
    ("gone", &[]),
];

/// The chunk with a teacher's vector.
fn taught(index: &Index) -> ChunkId {
    index.documents().doc(&path("b")).unwrap().first_chunk
}

/// An index of the library with a history: replaced and removed documents, a skipped file, a teacher's vector; closed.
fn pristine() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["gone"]), doc("x", &["gone", "ferry"])]);
    put(&index, &library());
    remove(&index, "x");
    let mut transaction = index.begin().unwrap();
    transaction
        .skip(SkipRecord {
            path: path("s"),
            size: 1,
            mtime_ns: 1,
            inode: 1,
            code: "binary".into(),
            reason: "x".into(),
            at_ms: 0,
            hash: None,
            parser: None,
            container: None,
        })
        .unwrap();
    transaction.replace_vector(VectorRow {
        chunk: taught(&index),
        model: ModelId(5),
        tier: Tier::Teacher,
        text_hash: TextHash::of("crane"),
        vector: super::vector("crane"),
    });
    transaction.commit().unwrap();
    index.finish().unwrap();
    drop(index);
    let (index, report) = open(dir.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(index.health().unwrap().damage, [""; 0]);
    dir
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// What may happen to a file: a bit flipped (f), a block zeroed (z), the end cut off (c).
fn damages(good: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let n = good.len();
    let mut all = vec![("deleted".to_owned(), None), ("emptied".to_owned(), Some(Vec::new()))];
    for (at, kinds) in [
        (0, "fz"),
        (n / 5, "f"),
        (n / 3, "z"),
        (n / 2, "fc"),
        (n.saturating_sub(9), "fz"),
        (n.saturating_sub(1), "fc"),
    ] {
        if at >= n {
            continue;
        }
        for kind in kinds.chars() {
            let mut bad = good.to_vec();
            match kind {
                'f' => bad[at] ^= 1 << (at % 8),
                'z' => bad[at..n.min(at + 64)].fill(0),
                _ => bad.truncate(at),
            }
            all.push((format!("{kind} at {at} of {n}"), Some(bad)));
        }
    }
    all.push(("grown".to_owned(), Some([good, &[0xFF; 700]].concat())));
    all.retain(|(_, bad)| bad.as_deref() != Some(good));
    all
}

/// Nothing is found that the files do not say.
fn check_no_phantom(index: &Index, what: &str) {
    for (word, expected) in EXPECTED {
        let found = found(index, word);
        assert!(found.iter().all(|path| expected.contains(&path.as_str())), "{what}: {word} in {found:?}");
    }
}

/// Does what the owner of the index does: reads again what the report names.
fn reread(index: &Index, report: &OpenReport) {
    let named = |doc: &PutDoc| report.rebuild || report.reingest.contains(&doc.path);
    let docs: Vec<PutDoc> = library().into_iter().filter(named).collect();
    if report.rebuild {
        let of_files: Vec<DocPath> = library().into_iter().map(|doc| doc.path).collect();
        let known: Vec<DocPath> = index.documents().docs().iter().map(|doc| doc.path.clone()).collect();
        known.iter().filter(|path| !of_files.contains(path)).for_each(|path| remove(index, path.as_str()));
    }
    put(index, &docs);
    index.rebuilt().unwrap();
}

/// Opens, damaged as it is, and heals.
fn check(dir: &Path, what: &str) {
    let (index, report) = match Index::open(dir) {
        Err(Error::Incompatible { .. }) if what.contains("FORMAT") => return,
        opened => opened.unwrap_or_else(|error| panic!("{what}: {error}")),
    };
    check_no_phantom(&index, what);
    if what.contains("lexicon") {
        assert!(!report.rebuild, "{what}: {report:?}");
        let kept = index.vector(taught(&index)).unwrap().unwrap();
        assert_eq!(kept.tier, Tier::Teacher, "{what}: the ledger keeps what was expensive");
    }
    reread(&index, &report);
    for (word, expected) in EXPECTED {
        assert_eq!(found(&index, word), expected, "{what}: {word}, {report:?}");
    }
    assert_eq!(index.health().unwrap().damage, [""; 0], "{what}");
    drop(index);
    let (index, report) = open(dir);
    assert_eq!(report, OpenReport::default(), "{what}");
    check_no_phantom(&index, what);
}

#[test]
fn every_file_damaged_in_every_way_heals() {
    let pristine = pristine();
    let all = files(pristine.path());
    assert!(all.len() > 15, "{all:?}");
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (all, pristine) = (&all, pristine.path());
            scope.spawn(move || all.iter().skip(half).step_by(2).for_each(|file| check_file(pristine, file)));
        }
    });
}

fn check_file(pristine: &Path, file: &Path) {
    let name = file.strip_prefix(pristine).unwrap();
    let good = std::fs::read(file).unwrap();
    for (how, bad) in damages(&good) {
        let dir = tempfile::tempdir().unwrap();
        copy_folder(pristine, dir.path());
        match bad {
            Some(bad) => std::fs::write(dir.path().join(name), bad).unwrap(),
            None => std::fs::remove_file(dir.path().join(name)).unwrap(),
        }
        check(dir.path(), &format!("{} {how}", name.display()));
    }
}

#[test]
fn stores_of_another_index_are_not_believed() {
    for store in ["ledger", "lexicon"] {
        let (dir, other) = (pristine(), tempfile::tempdir().unwrap());
        let (index, _) = open(other.path());
        put(&index, &[doc("b", &["gone"]), doc("y", &["gone", "ferry", "eel"])]);
        drop(index);
        std::fs::remove_dir_all(dir.path().join(store)).unwrap();
        copy_folder(&other.path().join(store), &dir.path().join(store));
        let (index, report) = open(dir.path());
        // A whole ledger of another index cannot be told from ours; with its text not at hand, it shows nothing.
        assert!(!report.repaired.is_empty(), "{store}");
        for (word, _) in EXPECTED {
            assert!(found(&index, word).is_empty(), "{store}: {word}");
        }
    }
}

#[test]
fn what_breaks_while_serving_is_noted_and_healed_by_opening_again() {
    let dir = pristine();
    let (index, _) = open(dir.path());
    for file in files(&dir.path().join("lexicon")) {
        if file.extension().is_some_and(|extension| extension == "store") {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[0] ^= 1;
            // Another file of that name: the one that is open stays as it is.
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, bytes).unwrap();
        }
    }
    let (mut cursor, mut damage, mut steps) = (ScrubCursor::default(), Vec::new(), 0);
    loop {
        let step = index.scrub(&mut cursor).unwrap();
        damage.extend(step.damage);
        steps += 1;
        if step.done {
            break;
        }
    }
    let named = |line: &String| line.contains(".store: its checksum");
    assert!(!damage.is_empty() && damage.iter().all(named) && steps > 10, "{damage:?} in {steps} steps");
    drop(index);
    check(dir.path(), "lexicon rot");
}

#[test]
fn a_sound_store_that_fails_again_is_rebuilt() {
    let dir = pristine();
    let failure =
        || Error::Lexicon(lexicon::Error::Corrupt { dir: "x".into(), op: "search", source: "panic".into() });
    assert!(failure().is_damage());
    let (index, _) = open(dir.path());
    index.distrust(&failure()).unwrap();
    drop(index);
    let (index, report) = open(dir.path());
    assert_eq!(report, OpenReport::default(), "it is sound");
    index.distrust(&failure()).unwrap();
    drop(index);
    check(dir.path(), "lexicon failing though sound");
}
