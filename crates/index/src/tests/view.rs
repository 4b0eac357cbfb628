//! Views: what a set of paths shows of a snapshot.

use super::{doc, open, path, put, vector};
use crate::{Filter, Index, PutDoc, Snapshot};
use corpus::{Format, LanguageCode, Metadata, PathSet};
use proptest::prelude::*;
use std::sync::Arc;

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

/// What a view has of the chunks that it shows, which may be kept from a query before, and what it should have.
fn kept_and_found(snapshot: &Snapshot, set: &PathSet) -> [(Vec<u64>, Vec<LanguageCode>, String); 2] {
    let view = snapshot.view(set);
    let allowed = view.allowed(&Filter::default());
    let kept = snapshot.kept.of(set).chunks(snapshot, set);
    let rows =
        |before: Option<&lexicon::Rows>| format!("{:?}", snapshot.text.rows_of(&kept.live, before).unwrap());
    let up_to_date = snapshot.kept.of(set).rows(snapshot, &kept).unwrap();
    let mut chunks: Vec<u64> = view.docs().flat_map(|doc| doc.chunks()).collect();
    chunks.sort_unstable();
    let mut languages: Vec<LanguageCode> = view.docs().filter_map(|doc| doc.metadata.language).collect();
    languages.sort_unstable();
    languages.dedup();
    [
        (
            allowed.iter().map(|chunk| chunk.0).collect(),
            kept.languages().collect(),
            format!("{up_to_date:?}"),
        ),
        (chunks, languages, rows(None)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn what_is_kept_of_a_set_is_what_is_found_anew(
        steps in prop::collection::vec((prop::collection::vec((0_usize..6, 1_usize..4, 0_usize..3), 0..4), 0_usize..6), 1..12),
    ) {
        const PATHS: [&str; 6] = ["a/1", "a/2", "a.b", "in/m", "b/1", "c"];
        let dir = tempfile::tempdir().unwrap();
        let (index, _) = open(dir.path());
        let sets = [PathSet::under(["a", "c"]), PathSet::under(["in", "b"]), PathSet::under(["in/m/part"]), PathSet::none()];
        let mut before: Vec<Arc<Snapshot>> = Vec::new();
        for (puts, gone) in steps {
            let mut transaction = index.begin().unwrap();
            transaction.remove(&path(PATHS[gone])).unwrap();
            for (at, n_chunks, language) in puts {
                let language = ["de", "fr", "?"].map(LanguageCode::new)[language];
                let metadata = Metadata { language, ..Metadata::default() };
                let format = if PATHS[at] == "in/m" { Format::Email } else { Format::Text };
                let words = vec!["anchor"; n_chunks];
                transaction.put(PutDoc { metadata: metadata.clone(), format, ..doc(PATHS[at], &words) }, 1).unwrap();
                if format == Format::Email {
                    transaction.put(PutDoc { metadata, ..part("in/m/part", "in/m", &words) }, 1).unwrap();
                }
            }
            transaction.commit().unwrap();
            let snapshot = index.snapshot().unwrap();
            // And an older one again, which another query may still be at.
            for snapshot in before.iter().rev().take(1).chain([&snapshot]) {
                for set in &sets {
                    let [kept, found] = kept_and_found(snapshot, set);
                    prop_assert_eq!(kept, found, "{:?} at {}", set, snapshot.seq());
                }
            }
            before.push(snapshot);
        }
    }
}
