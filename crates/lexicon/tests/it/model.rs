//! Random operations against a map, with reopening.

use std::collections::BTreeMap;
use std::path::Path;

use corpus::{ChunkId, DocId, Seq};
use proptest::prelude::*;
use workroom_lexicon::{Lexicon, Searcher};

use crate::{Doc, doc, open};

#[derive(Clone, Debug)]
enum Op {
    /// Replace a document by this many new chunks.
    Write(u64, u64),
    Delete(u64),
    Commit,
    Rollback,
    /// Drop without commit and open again.
    Crash,
    Close,
    Bulk(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0_u64..5, 1_u64..4).prop_map(|(doc, n)| Op::Write(doc, n)),
        3 => (0_u64..5).prop_map(Op::Delete),
        6 => Just(Op::Commit),
        1 => Just(Op::Rollback),
        1 => Just(Op::Crash),
        1 => Just(Op::Close),
        1 => any::<bool>().prop_map(Op::Bulk),
    ]
}

type Chunks = BTreeMap<u64, Doc>;

/// What the lexicon should hold.
#[derive(Default)]
struct Model {
    committed: Chunks,
    staged: Chunks,
    seq: Option<Seq>,
    next_chunk: u64,
}

impl Model {
    fn apply(&mut self, op: &Op, mut lexicon: Lexicon, dir: &Path) -> Lexicon {
        match *op {
            Op::Write(doc_id, n_chunks) => {
                lexicon.delete_document(DocId(doc_id)).unwrap();
                self.staged.retain(|_, doc| doc.stored.doc_id != DocId(doc_id));
                for _ in 0..n_chunks {
                    let id = self.next_chunk;
                    self.next_chunk += 1;
                    let new = doc(id, doc_id, &format!("every doc{doc_id} chunk{id}"));
                    new.add_to(&mut lexicon);
                    self.staged.insert(id, new);
                }
            }
            Op::Delete(doc_id) => {
                lexicon.delete_document(DocId(doc_id)).unwrap();
                self.staged.retain(|_, doc| doc.stored.doc_id != DocId(doc_id));
            }
            Op::Commit => {
                self.seq = Some(Seq(self.seq.map_or(1, |seq| seq.0 + 1)));
                lexicon.commit(self.seq.unwrap()).unwrap();
                self.committed = self.staged.clone();
            }
            Op::Rollback => {
                lexicon.rollback().unwrap();
                self.staged = self.committed.clone();
            }
            Op::Crash | Op::Close => {
                if matches!(op, Op::Close) {
                    lexicon.finish().unwrap();
                }
                drop(lexicon);
                lexicon = open(dir);
                self.staged = self.committed.clone();
            }
            // Refused while something is staged, which another test looks at.
            Op::Bulk(on) => drop(lexicon.set_bulk(on)),
        }
        lexicon
    }

    fn check(&self, searcher: &Searcher) {
        let mut hits = crate::found(searcher, "every");
        hits.sort_unstable();
        let ids: Vec<u64> = self.committed.keys().copied().collect();
        assert_eq!(hits, ids);
        assert_eq!(searcher.chunk_ids().unwrap().iter().collect::<Vec<_>>(), ids);
        assert_eq!(searcher.n_chunks(), ids.len() as u64);
        let asked: Vec<ChunkId> = (0..self.next_chunk).map(ChunkId).collect();
        for (id, stored) in asked.iter().zip(searcher.fetch(&asked).unwrap()) {
            assert_eq!(stored, self.committed.get(&id.0).map(|doc| doc.stored.clone()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn the_lexicon_is_a_map_with_commits(ops in prop::collection::vec(op(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let (mut model, mut lexicon) = (Model::default(), open(dir.path()));
        for op in &ops {
            lexicon = model.apply(op, lexicon, dir.path());
            prop_assert_eq!(lexicon.seq(), model.seq);
            model.check(&lexicon.searcher());
        }
    }
}
