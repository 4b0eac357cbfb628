//! Two indexes joined to one, against an index that has all of it.

use super::{doc, open, path, put, vector};
use crate::{Filter, Index, PutDoc, Snapshot};
use corpus::{Format, PathSet};
use ledger::DocRecord;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const WORDS: [&str; 6] = ["anchor", "buoy", "hull", "keel", "mast", "oar"];
const PATHS: [&str; 5] = ["a", "d/b", "d/c", "e", "f/g/h"];

fn words(numbers: &[usize]) -> Vec<&'static str> {
    numbers.iter().map(|n| WORDS[n % WORDS.len()]).collect()
}

/// What is found, by path and number of the chunk, with its score.
type Found = Vec<(String, u64, u32)>;

/// What each query finds in a part, its scores bit for bit.
fn found(snapshot: &Snapshot, set: &PathSet) -> Vec<(Found, Found)> {
    let view = snapshot.view(set);
    let allowed = view.allowed(&Filter::default());
    let at = |chunk: corpus::ChunkId, score: f32| {
        let doc = snapshot.docs().of_chunk(chunk).unwrap();
        let stored = snapshot.fetch(&[chunk]).unwrap().remove(0).unwrap();
        assert_eq!(stored.doc_id, doc.id);
        (doc.path.to_string(), chunk.0 - doc.first_chunk.0, score.to_bits())
    };
    let each = |word: &&str| {
        let text = view.search_text(word, 4, &allowed).unwrap().hits;
        let near = view.search_vectors(&vector(word), 4, &allowed);
        (
            text.into_iter().map(|(chunk, score)| at(chunk, score)).collect(),
            near.into_iter().map(|near| at(near.chunk, near.cosine)).collect(),
        )
    };
    WORDS.iter().chain(&["anchor keel"]).map(each).collect()
}

fn beside(dir: &std::path::Path) -> Index {
    Index::open_beside(dir).unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn joined_they_tell_what_one_would(
        now in prop::collection::btree_map(0..PATHS.len(), prop::collection::vec(0..WORDS.len(), 0..5), 0..5),
        then in prop::collection::btree_map(0..PATHS.len(), prop::collection::vec(0..WORDS.len(), 0..5), 0..5),
        others in prop::collection::btree_map(0..PATHS.len(), prop::collection::vec(0..WORDS.len(), 1..5), 0..5),
    ) {
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let (here, whole) = (open(dirs[0].path()).0, open(dirs[1].path()).0);
        let there = beside(dirs[2].path());
        let docs = |files: &BTreeMap<usize, Vec<usize>>| -> Vec<PutDoc> {
            files.iter().map(|(&at, numbers)| doc(PATHS[at], &words(numbers))).collect()
        };
        put(&here, &docs(&now));
        put(&whole, &docs(&then));
        // What is as it was is not beside; what was of another time is.
        let changed: BTreeMap<usize, Vec<usize>> =
            then.iter().filter(|(at, numbers)| now.get(at) != Some(numbers)).map(|(at, n)| (*at, n.clone())).collect();
        put(&there, &docs(&others).into_iter().filter(|doc| !changed.keys().any(|&at| path(PATHS[at]) == doc.path)).collect::<Vec<_>>());
        put(&there, &docs(&changed));
        let wanted: BTreeMap<_, _> = docs(&then).into_iter().map(|doc| (doc.path, doc.hash)).collect();
        let beside: BTreeSet<_> = changed.keys().map(|&at| path(PATHS[at])).collect();
        let is_wanted = |doc: &DocRecord| wanted.get(&doc.path) == Some(&doc.hash);
        let joined = here.snapshot().unwrap().joined(&there.snapshot().unwrap(), is_wanted, |doc| {
            is_wanted(doc) && beside.contains(&doc.path)
        });
        let whole = whole.snapshot().unwrap();
        let paths = |snapshot: &Snapshot| snapshot.docs().iter().map(|doc| doc.path.to_string()).collect::<Vec<_>>();
        prop_assert_eq!(paths(&joined), paths(&whole));
        for set in [PathSet::under(["a", "d", "e", "f"]), PathSet::under(["d", "f/g"]), PathSet::none()] {
            prop_assert_eq!(found(&joined, &set), found(&whole, &set));
        }
        prop_assert_eq!(found(&joined, &PathSet::all()), found(&whole, &PathSet::under(["a", "d", "e", "f"])));
        prop_assert!(!joined.view(&PathSet::all()).is_whole());
    }
}

#[test]
fn a_part_goes_with_its_file() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let (here, there) = (open(dirs[0].path()).0, beside(dirs[1].path()));
    let part = |at: &str, of: &str, word| PutDoc { container: Some(path(of)), ..doc(at, &[word]) };
    let mail = |at: &str, word| PutDoc { format: Format::Email, ..doc(at, &[word]) };
    put(&here, &[mail("m", "hull"), part("m/x", "m", "mast"), mail("n", "keel"), part("n/x", "n", "oar")]);
    put(&there, &[mail("m", "buoy"), part("m/y", "m", "anchor")]);
    let joined = here.snapshot().unwrap().joined(
        &there.snapshot().unwrap(),
        |doc| doc.path == path("n"),
        |doc| doc.path == path("m"),
    );
    let paths: Vec<String> = joined.docs().iter().map(|doc| doc.path.to_string()).collect();
    assert_eq!(paths, ["m", "m/y", "n", "n/x"]);
    assert_eq!(joined.counts().chunks, 4);
}
