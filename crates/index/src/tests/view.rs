//! Views: what a set of paths shows of a snapshot.

use super::{doc, open, path, put, vector};
use crate::{Filter, Index, PutDoc};
use corpus::{Format, PathSet};

fn part(at: &str, of: &str, words: &[&str]) -> PutDoc {
    PutDoc { container: Some(path(of)), ..doc(at, words) }
}

/// Paths of the documents of a view.
fn shown(index: &Index, prefixes: &[&str]) -> Vec<String> {
    let (snapshot, set) = (index.snapshot().unwrap(), PathSet::under(prefixes));
    let view = snapshot.view(&set);
    let paths: Vec<String> = view.docs().map(|doc| doc.path.to_string()).collect();
    for doc in snapshot.docs().iter() {
        assert_eq!(view.doc(&doc.path).is_some(), paths.contains(&doc.path.to_string()), "{}", doc.path);
    }
    let n_chunks: u64 = view.docs().map(|doc| u64::from(doc.n_chunks)).sum();
    assert_eq!(
        (view.n_chunks(), view.counts().chunks, view.counts().vectors),
        (n_chunks, n_chunks, n_chunks)
    );
    paths
}

#[test]
fn a_part_is_seen_when_its_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let mail = PutDoc { format: Format::Email, ..doc("in/m", &["hull"]) };
    put(
        &index,
        &[mail, part("in/m/a", "in/m", &["anchor", "buoy"]), doc("in/m2", &["net"]), doc("o", &["oar"])],
    );
    let check =
        |prefixes: &[&str], expected: &[&str]| assert_eq!(shown(&index, prefixes), expected, "{prefixes:?}");
    check(&[""], &["in/m", "in/m/a", "in/m2", "o"]);
    check(&["in/m"], &["in/m", "in/m/a"]);
    check(&["in/m/a"], &[]);
    check(&["in/m/a", "o"], &["o"]);
    check(&["in"], &["in/m", "in/m/a", "in/m2"]);
    check(&[], &[]);
}

#[test]
fn equal_ones_are_in_the_order_of_their_paths() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    // Ids fall along the paths, and more of them are equal than one look at the nearest brings.
    let docs: Vec<PutDoc> = (0..200).rev().map(|n| doc(&format!("d/{n:03}"), &["anchor"])).collect();
    put(&index, &docs);
    put(&index, &[doc("e", &["anchor"])]);
    let (snapshot, set) = (index.snapshot().unwrap(), PathSet::under(["d"]));
    let view = snapshot.view(&set);
    let check = |filter: &Filter, expected: &[&str]| {
        let allowed = view.allowed(filter);
        let by_words = view.search_text("anchor", 3, &allowed).unwrap().hits.into_iter().map(|hit| hit.0);
        let by_vector = view.search_vectors(&vector("anchor"), 3, &allowed).into_iter().map(|hit| hit.chunk);
        let path_of = |chunk| snapshot.docs().of_chunk(chunk).unwrap().path.to_string();
        assert_eq!(by_words.map(path_of).collect::<Vec<_>>(), expected);
        assert_eq!(by_vector.map(path_of).collect::<Vec<_>>(), expected);
    };
    check(&Filter::default(), &["d/000", "d/001", "d/002"]);
    check(&Filter { path: Some("d/117".into()), ..Filter::default() }, &["d/117"]);
    check(&Filter { path: Some("e".into()), ..Filter::default() }, &[]);
    assert_eq!(
        view.search_text("anchor", 3, &view.allowed(&Filter::default())).unwrap().terms[0].doc_freq,
        200
    );
}
