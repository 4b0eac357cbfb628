//! The index against a map: whatever is done to it, it holds what the map holds, also after reopening and after crashes between the stores.

use crate::{Filter, Index, OpenReport, PutChunk, PutDoc};
use corpus::{
    Chunk, ChunkId, ContentHash, DIM, DocPath, Format, ModelId, QuantizedVector, Span, TextHash, Tier,
};
use ledger::{SkipRecord, VectorRow};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

mod damage;
mod joined;
mod parts;
mod view;

fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

/// A vector of its own for each text.
fn vector(text: &str) -> QuantizedVector {
    let bytes = ContentHash::of(text.as_bytes());
    let component = |i: usize| f32::from(bytes.as_bytes()[i % 32]) - 127.5 + i as f32 * 0.01;
    QuantizedVector::from_f32(&(0..DIM).map(component).collect::<Vec<_>>()).unwrap()
}

/// A document of one chunk a word.
fn doc(at: &str, words: &[&str]) -> PutDoc {
    let chunk = |word: &&str| PutChunk {
        chunk: Chunk { span: Span::new(0, word.len()), ..Chunk::default() },
        body: (*word).to_owned(),
        text_hash: TextHash::of(word),
        vector: Some((ModelId::BUILTIN, Tier::Student, vector(word))),
    };
    PutDoc {
        path: path(at),
        hash: ContentHash::of(words.join(" ").as_bytes()),
        size: 1,
        mtime_ns: 1,
        inode: 1,
        racy: false,
        format: Format::Text,
        encoding: "UTF-8".into(),
        title: None,
        metadata: corpus::Metadata::default(),
        parser: "text 1".into(),
        container: None,
        chunks: words.iter().map(chunk).collect(),
    }
}

fn put(index: &Index, docs: &[PutDoc]) {
    let mut transaction = index.begin().unwrap();
    for doc in docs {
        transaction.put(doc.clone(), 0).unwrap();
    }
    transaction.commit().unwrap();
}

fn remove(index: &Index, at: &str) {
    let mut transaction = index.begin().unwrap();
    transaction.remove(&path(at)).unwrap();
    transaction.commit().unwrap();
}

/// Paths of the chunks that a word finds, by words and by vector; both must agree.
fn found(index: &Index, word: &str) -> Vec<String> {
    let snapshot = index.snapshot().unwrap();
    let allowed = snapshot.allowed(&Filter::default());
    let path_of = |chunk: ChunkId| snapshot.docs().of_chunk(chunk).unwrap().path.to_string();
    let mut by_words: Vec<String> = snapshot
        .search_text(word, 100, &allowed)
        .unwrap()
        .hits
        .iter()
        .map(|(chunk, _)| path_of(*chunk))
        .collect();
    let near = snapshot.search_vectors(&vector(word), 100, &allowed);
    let mut by_vector: Vec<String> =
        near.iter().filter(|n| n.cosine > 0.999).map(|n| path_of(n.chunk)).collect();
    by_words.sort();
    by_vector.sort();
    assert_eq!(by_words, by_vector, "{word}");
    for stored in snapshot.fetch(&near.iter().map(|n| n.chunk).collect::<Vec<_>>()).unwrap() {
        assert!(stored.is_some(), "a chunk that is found has no text");
    }
    by_words
}

fn open(dir: &Path) -> (Index, OpenReport) {
    Index::open(dir).unwrap()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_uncommitted_transaction_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["anchor"])]);
    let mut transaction = index.begin().unwrap();
    transaction.put(doc("a", &["buoy"]), 0).unwrap();
    transaction.put(doc("b", &["crane"]), 0).unwrap();
    drop(transaction);
    put(&index, &[doc("c", &["dock"])]);
    assert_eq!([found(&index, "anchor"), found(&index, "buoy"), found(&index, "crane")].concat(), ["a"]);
    assert_eq!(found(&index, "dock"), ["c"]);
}

#[test]
fn a_snapshot_keeps_what_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["anchor"])]);
    let before = index.snapshot().unwrap();
    remove(&index, "a");
    let allowed = before.allowed(&Filter::default());
    let hits = before.search_text("anchor", 1, &allowed).unwrap().hits;
    assert_eq!(before.fetch(&[hits[0].0]).unwrap()[0].as_ref().unwrap().body, "anchor");
    assert!(found(&index, "anchor").is_empty());
}

#[test]
fn a_put_twice_in_one_batch_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["anchor", "buoy"]), doc("a", &["crane"])]);
    assert_eq!([found(&index, "anchor"), found(&index, "crane")].concat(), ["a"]);
    assert_eq!(index.snapshot().unwrap().counts().chunks, 1);
}

#[test]
fn skips_and_documents_take_each_others_place() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let skip = |at: &str| SkipRecord {
        path: path(at),
        size: 1,
        mtime_ns: 1,
        inode: 1,
        code: "binary".into(),
        reason: "x".into(),
        at_ms: 0,
        hash: None,
        parser: None,
        container: None,
    };
    let counts = |index: &Index| {
        (index.snapshot().unwrap().counts().documents, index.snapshot().unwrap().counts().skipped)
    };
    put(&index, &[doc("a", &["anchor"])]);
    let mut transaction = index.begin().unwrap();
    transaction.skip(skip("a")).unwrap();
    transaction.skip(skip("b")).unwrap();
    transaction.commit().unwrap();
    assert_eq!((counts(&index), found(&index, "anchor")), ((0, 2), vec![]));
    put(&index, &[doc("a", &["anchor"])]);
    assert_eq!(counts(&index), (1, 1));
    remove(&index, "b");
    assert_eq!(counts(&index), (1, 0));
    drop(index);
    assert_eq!(counts(&open(dir.path()).0), (1, 0));
}

#[test]
fn a_teacher_vector_replaces_and_survives() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["anchor", "buoy"])]);
    let model = index.model_id("m").unwrap();
    let mut transaction = index.begin().unwrap();
    let chunk = ChunkId(transaction.base().live().min().unwrap());
    let row = VectorRow {
        chunk,
        model,
        tier: Tier::Teacher,
        text_hash: TextHash::of("anchor"),
        vector: vector("x"),
    };
    transaction.replace_vector(row.clone());
    transaction.replace_vector(VectorRow { chunk: ChunkId(999), ..row });
    transaction.commit().unwrap();
    let check = |index: &Index| {
        let snapshot = index.snapshot().unwrap();
        assert_eq!(snapshot.vector(chunk), Some((Tier::Teacher, vector("x"))));
        assert_eq!(snapshot.counts().teacher_vectors, 1);
    };
    check(&index);
    drop(index);
    let (index, _) = open(dir.path());
    check(&index);
    assert_eq!(index.model_id("m").unwrap(), model);
    assert_ne!(index.model_id("n").unwrap(), model);
    remove(&index, "a");
    assert_eq!(index.snapshot().unwrap().counts().teacher_vectors, 0);
}

/// A crash after the lexicon's commit and before the ledger's: the ledger is one commit behind.
#[test]
fn a_ledger_that_is_behind_wins() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("kept", &["anchor"]), doc("replaced", &["buoy"]), doc("removed", &["crane"])]);
    drop(index);
    let saved = tempfile::tempdir().unwrap();
    copy_folder(&dir.path().join("ledger"), saved.path());
    let (index, _) = open(dir.path());
    put(&index, &[doc("replaced", &["dock"]), doc("new", &["eel"])]);
    remove(&index, "removed");
    drop(index);
    std::fs::remove_dir_all(dir.path().join("ledger")).unwrap();
    copy_folder(saved.path(), &dir.path().join("ledger"));

    let (index, report) = open(dir.path());
    let reingest: Vec<&str> = report.reingest.iter().map(DocPath::as_str).collect();
    assert_eq!(reingest, ["removed", "replaced"], "their old text is gone from the lexicon");
    assert_eq!(found(&index, "anchor"), ["kept"]);
    for gone in ["buoy", "crane", "dock", "eel"] {
        assert!(found(&index, gone).is_empty(), "{gone}");
    }
    // The files are read again, as the report asks.
    assert!(report.rebuild, "a ledger that is older than what it acknowledged says so");
    index.rebuilt().unwrap();
    put(&index, &[doc("replaced", &["dock"]), doc("new", &["eel"])]);
    remove(&index, "removed");
    assert_eq!(
        [found(&index, "dock"), found(&index, "eel"), found(&index, "anchor")].concat(),
        ["replaced", "new", "kept"]
    );
    drop(index);
    let (index, report) = open(dir.path());
    assert_eq!(report, OpenReport::default());
    assert_eq!(
        [found(&index, "dock"), found(&index, "eel"), found(&index, "anchor")].concat(),
        ["replaced", "new", "kept"]
    );
}

#[test]
fn a_lost_store_is_rebuilt_not_believed() {
    for lost in ["lexicon", "ledger"] {
        let dir = tempfile::tempdir().unwrap();
        let (index, _) = open(dir.path());
        put(&index, &[doc("a", &["anchor"]), doc("b", &["buoy"])]);
        drop(index);
        std::fs::remove_dir_all(dir.path().join(lost)).unwrap();
        let (index, report) = open(dir.path());
        assert!(found(&index, "anchor").is_empty(), "{lost}");
        assert!(!report.repaired.is_empty(), "{lost}: {report:?}");
        assert_eq!(
            (report.rebuild, report.reingest.len()),
            if lost == "lexicon" { (false, 2) } else { (true, 0) },
            "{report:?}"
        );
        put(&index, &[doc("a", &["anchor"]), doc("b", &["buoy"])]);
        assert_eq!([found(&index, "anchor"), found(&index, "buoy")].concat(), ["a", "b"], "{lost}");
        drop(index);
        let (index, report) = open(dir.path());
        assert_eq!(report, OpenReport { rebuild: lost == "ledger", ..OpenReport::default() }, "{lost}");
        index.rebuilt().unwrap();
        drop(index);
        assert_eq!(open(dir.path()).1, OpenReport::default(), "{lost}");
    }
}

#[test]
fn student_vectors_are_replaced_all_at_once_and_the_teachers_never() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    put(&index, &[doc("a", &["anchor", "buoy"]), doc("b", &["crane"]), doc("c", &["dock"])]);
    let chunk = |at: &str| index.documents().doc(&path(at)).unwrap().first_chunk;
    let (anchor, crane, dock) = (chunk("a"), chunk("b"), chunk("c"));
    let row = |chunk, model, tier, text: &str| VectorRow {
        chunk,
        model,
        tier,
        text_hash: TextHash::of(text),
        vector: vector(text),
    };
    let mut transaction = index.begin().unwrap();
    transaction.replace_vector(row(crane, ModelId(7), Tier::Teacher, "taught"));
    transaction.commit().unwrap();

    let own = ModelId(3);
    let buoy = ChunkId(anchor.0 + 1);
    assert_eq!(index.outdated(own).unwrap(), [anchor, buoy, dock]);
    let rows: Vec<VectorRow> =
        [anchor, buoy, crane, dock].map(|chunk| row(chunk, own, Tier::Student, "eel")).into();
    index.stage_vectors(rows.clone()).unwrap();
    let seen = |chunk| index.snapshot().unwrap().vector(chunk).unwrap().1;
    assert_eq!(seen(anchor), vector("anchor"), "staged is not shown");
    remove(&index, "c");
    assert_eq!(index.show_vectors(&rows).unwrap(), 2, "not the teacher's, not the dead one's");
    assert_eq!([seen(anchor), seen(buoy), seen(crane)], [vector("eel"), vector("eel"), vector("taught")]);
    assert!(index.outdated(own).unwrap().is_empty());
    drop(index);

    let (index, report) = open(dir.path());
    assert_eq!(report, OpenReport::default());
    let snapshot = index.snapshot().unwrap();
    assert_eq!(snapshot.vector(anchor), Some((Tier::Student, vector("eel"))));
    assert_eq!(snapshot.vector(crane), Some((Tier::Teacher, vector("taught"))));
    assert_eq!(snapshot.vector(dock), None);
}

#[derive(Clone, Debug)]
enum Op {
    Put(Vec<(usize, Vec<usize>)>),
    Remove(usize),
    Abandon(usize),
    Bulk(bool),
    Reopen,
}

const PATHS: [&str; 4] = ["a", "a/b", "c.md", "d"];
const WORDS: [&str; 6] = ["anchor", "buoy", "crane", "dock", "eel", "ferry"];

fn op() -> impl Strategy<Value = Op> {
    let docs = prop::collection::vec((0..PATHS.len(), prop::collection::vec(0..WORDS.len(), 0..4)), 1..4);
    prop_oneof![
        4 => docs.prop_map(Op::Put),
        2 => (0..PATHS.len()).prop_map(Op::Remove),
        1 => (0..PATHS.len()).prop_map(Op::Abandon),
        1 => any::<bool>().prop_map(Op::Bulk),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn the_index_holds_what_the_map_holds(ops in prop::collection::vec(op(), 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        let mut index = open(dir.path()).0;
        let mut model: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put(docs) => {
                    let named: Vec<(&str, Vec<&str>)> =
                        docs.into_iter().map(|(p, words)| (PATHS[p], words.into_iter().map(|w| WORDS[w]).collect())).collect();
                    put(&index, &named.iter().map(|(p, words)| doc(p, words)).collect::<Vec<_>>());
                    model.extend(named);
                }
                Op::Remove(p) => {
                    remove(&index, PATHS[p]);
                    model.remove(PATHS[p]);
                }
                Op::Abandon(p) => {
                    let mut transaction = index.begin().unwrap();
                    transaction.put(doc(PATHS[p], &WORDS), 0).unwrap();
                    transaction.remove(&path(PATHS[0])).unwrap();
                }
                Op::Bulk(on) => index.set_bulk(on).unwrap(),
                Op::Reopen => {
                    drop(index);
                    let (again, report) = open(dir.path());
                    prop_assert_eq!(report, OpenReport::default());
                    index = again;
                }
            }
            for word in WORDS {
                let mut expected: Vec<String> = Vec::new();
                for (p, words) in &model {
                    expected.extend(words.iter().filter(|w| **w == word).map(|_| (*p).to_owned()));
                }
                expected.sort();
                prop_assert_eq!(found(&index, word), expected, "{}", word);
            }
        }
    }
}
