//! Random commits against ordered maps, with reopening and with copies taken from under an open ledger.

use std::collections::BTreeMap;
use std::path::Path;

use corpus::{DocId, DocPath, Seq};
use proptest::prelude::*;
use workroom_ledger::{Commit, DocRecord, Ledger, SkipRecord, VectorRow};

use crate::{copy, doc, open, vector};

#[derive(Clone, Debug)]
enum Op {
    /// A new version of some documents, each with some chunks.
    Write(Vec<(u64, u64)>),
    Remove(u64),
    /// Better vectors for every third chunk.
    Improve(u64),
    Skip(u8),
    Unskip(u8),
    PutMeta(u8, Vec<u8>),
    Refused,
    Reopen,
    /// Opens a copy of the files of the running ledger.
    Crash,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => prop::collection::vec((0_u64..8, 0_u64..30), 1..4).prop_map(Op::Write),
        2 => (0_u64..8).prop_map(Op::Remove),
        2 => (1_u64..9).prop_map(Op::Improve),
        1 => (0_u8..4).prop_map(Op::Skip),
        1 => (0_u8..4).prop_map(Op::Unskip),
        1 => (0_u8..3, prop::collection::vec(any::<u8>(), 0..9)).prop_map(|(name, value)| Op::PutMeta(name, value)),
        1 => Just(Op::Refused),
        1 => Just(Op::Reopen),
        1 => Just(Op::Crash),
    ]
}

#[derive(Default)]
struct Model {
    seq: u64,
    next_chunk: u64,
    docs: BTreeMap<u64, DocRecord>,
    skips: BTreeMap<String, SkipRecord>,
    vectors: BTreeMap<u64, VectorRow>,
    meta: BTreeMap<String, Vec<u8>>,
}

impl Model {
    /// Does the same to the model and to the commit that is returned.
    fn apply(&mut self, op: &Op) -> Commit {
        self.seq += 1;
        let mut commit = Commit { seq: Seq(self.seq), next_doc: 8, ..Commit::default() };
        match op {
            Op::Write(docs) => docs.iter().for_each(|&(id, n)| self.write(&mut commit, id, n)),
            Op::Remove(id) => {
                if let Some(old) = self.docs.remove(id) {
                    self.kill(&mut commit, &old);
                }
                commit.removed.push(DocId(*id));
            }
            Op::Improve(salt) => {
                commit.vectors = self.vectors.keys().step_by(3).map(|&chunk| vector(chunk, *salt)).collect();
                self.vectors.extend(commit.vectors.iter().map(|row| (row.chunk.0, row.clone())));
            }
            Op::Skip(n) => {
                let skip = skip(*n, self.seq);
                self.skips.insert(skip.path.to_string(), skip.clone());
                commit.skips.push(skip);
            }
            Op::Unskip(n) => {
                let path = skip(*n, 0).path;
                self.skips.remove(path.as_str());
                commit.unskips.push(path);
            }
            Op::PutMeta(..) | Op::Refused | Op::Reopen | Op::Crash => {}
        }
        commit.next_chunk = self.next_chunk;
        commit
    }

    fn write(&mut self, commit: &mut Commit, id: u64, n: u64) {
        // A document comes once in a commit, as the index does it.
        if commit.puts.iter().any(|doc| doc.id.0 == id) {
            return;
        }
        if let Some(old) = self.docs.remove(&id) {
            self.kill(commit, &old);
        }
        let chunks = self.next_chunk..self.next_chunk + n;
        self.next_chunk += n;
        let record = doc(id, self.seq, chunks.clone());
        let rows: Vec<_> = chunks.map(|chunk| vector(chunk, 0)).collect();
        self.vectors.extend(rows.iter().map(|row| (row.chunk.0, row.clone())));
        commit.vectors.extend(rows);
        self.docs.insert(id, record.clone());
        commit.puts.push(record);
    }

    fn kill(&mut self, commit: &mut Commit, old: &DocRecord) {
        self.vectors.retain(|chunk, _| !old.chunks().contains(chunk));
        commit.dead_chunks.push(old.chunks());
    }

    fn check(&self, ledger: &Ledger) {
        assert_eq!(ledger.seq(), Seq(self.seq));
        assert_eq!(ledger.next_chunk(), self.next_chunk);
        assert!(ledger.docs().map(Result::unwrap).eq(self.docs.values().cloned()));
        assert!(ledger.skips().map(Result::unwrap).eq(self.skips.values().cloned()));
        assert!(ledger.vectors().map(Result::unwrap).eq(self.vectors.values().cloned()));
        for name in ["0", "1", "2"] {
            assert_eq!(ledger.meta(name).unwrap().as_ref(), self.meta.get(name));
        }
        if let Some((id, record)) = self.docs.first_key_value() {
            assert_eq!(ledger.doc(DocId(*id)).unwrap().as_ref(), Some(record));
        }
        let report = ledger.verify().unwrap();
        assert!(report.is_sound() && report.missing_vectors == 0 && report.orphan_vectors == 0, "{report:?}");
    }
}

fn skip(n: u8, at_ms: u64) -> SkipRecord {
    SkipRecord {
        path: DocPath::new(&format!("skipped/{n}.bin")).unwrap(),
        size: 1 << 40,
        mtime_ns: 3,
        inode: 4,
        code: "binary".to_owned(),
        reason: "the file is not text".to_owned(),
        at_ms: at_ms as i64,
        hash: None,
        parser: None,
        container: None,
    }
}

/// A commit that contradicts itself changes nothing, and the next one is taken.
fn refuse(ledger: &Ledger, model: &Model) {
    let late = Commit { seq: Seq(model.seq), ..Commit::default() };
    assert!(ledger.commit(late).is_err());
    let beyond = model.next_chunk..model.next_chunk + 1;
    let next = Seq(model.seq + 1);
    let put = Commit { seq: next, puts: vec![doc(0, 0, beyond.clone())], next_doc: 8, ..Commit::default() };
    assert!(ledger.commit(put).is_err());
    let row = Commit { seq: next, vectors: vec![vector(beyond.start, 0)], ..Commit::default() };
    assert!(ledger.commit(row).is_err());
}

fn run(dir: &Path, ops: &[Op]) {
    let mut model = Model::default();
    let mut ledger = open(dir);
    let id = ledger.store_id();
    for op in ops {
        match op {
            Op::PutMeta(name, value) => {
                ledger.put_meta(&name.to_string(), value).unwrap();
                model.meta.insert(name.to_string(), value.clone());
            }
            Op::Refused => refuse(&ledger, &model),
            Op::Reopen => {
                drop(ledger);
                ledger = open(dir);
            }
            Op::Crash => {
                let left = tempfile::tempdir().unwrap();
                copy(dir, left.path());
                model.check(&open(left.path()));
            }
            _ => ledger.commit(model.apply(op)).unwrap(),
        }
        model.check(&ledger);
    }
    assert_eq!(ledger.store_id(), id);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn agrees_with_the_model(ops in prop::collection::vec(op(), 1..25)) {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &ops);
    }
}
