//! A search within some chunks: as if the index held nothing else.

use corpus::{ChunkId, LanguageCode, Seq};
use proptest::prelude::*;
use roaring::RoaringTreemap;
use workroom_lexicon::{LexicalHits, Lexicon, Rows, SCORE_STEP, Searcher};

use crate::{Doc, doc, indexed, open};

const WORDS: [&str; 12] =
    ["tide", "tides", "mill", "Mühle", "Mühlen", "the", "die", "und", "e-mail", "parseGate", "wheel", "水門"];
const QUERIES: [&str; 8] = [
    "tide mill",
    "die Mühlen und die wheel",
    "\"tide mill\"",
    "e-mail parse_gate wheels",
    "the \"mill wheel\" \"die Mühle\" 水",
    "水門 tides",
    "\"tide tide mill\"",
    "zebra",
];

fn languages() -> impl Iterator<Item = LanguageCode> {
    ["de", "en"].into_iter().filter_map(LanguageCode::new)
}

fn rows(searcher: &Searcher, chunks: &[u64], before: Option<&Rows>) -> Rows {
    searcher.rows_of(&chunks.iter().copied().collect::<RoaringTreemap>(), before).unwrap()
}

/// What a search within some chunks answers, with their places in the list for ids and every bit of the numbers.
fn answer(searcher: &Searcher, query: &str, k: usize, chunks: &[u64], odd_only: bool) -> String {
    let place = |chunk: ChunkId| chunks.iter().position(|&it| it == chunk.0);
    let allowed = |chunk: ChunkId| !odd_only || place(chunk).is_some_and(|at| at % 2 == 1);
    let rows = rows(searcher, chunks, None);
    let LexicalHits { hits, bound, terms } =
        searcher.search_within(query, k, &rows, languages(), &allowed, place).unwrap();
    let hits: Vec<(usize, u32)> =
        hits.iter().map(|(chunk, score)| (place(*chunk).unwrap(), score.to_bits())).collect();
    format!("{hits:?} {} {terms:?}", bound.to_bits())
}

/// A text of some words, and whether it is German.
fn texts(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<(String, bool)>> {
    let text = prop::collection::vec(prop::sample::select(&WORDS), 1..60).prop_map(|words| words.join(" "));
    prop::collection::vec((text, any::<bool>()), n)
}

fn of(id: u64, (body, is_german): &(String, bool)) -> Doc {
    doc(id, id, body).in_language(if *is_german { "de" } else { "en" })
}

/// The visible texts among hidden ones, over several commits, with other versions of everything before. Returns the visible chunks in order.
fn among_others(
    lexicon: &mut Lexicon,
    visible: &[(String, bool)],
    hidden: &[(String, bool)],
    shuffle: &[prop::sample::Index],
) -> (Searcher, Vec<u64>) {
    let mut todo: Vec<(Option<usize>, &(String, bool))> =
        visible.iter().enumerate().map(|(at, text)| (Some(at), text)).collect();
    for (text, at) in hidden.iter().zip(shuffle) {
        todo.insert(at.index(todo.len() + 1), (None, text));
    }
    for at in shuffle.iter().take(todo.len()) {
        let (a, b) = (at.index(todo.len()), todo.len() / 2);
        todo.swap(a, b);
    }
    let (mut ids, mut id, mut seq) = (vec![0; visible.len()], 100, 0);
    for (place, text) in todo {
        // An older version, which is deleted in the same commit, a later one, or never if it is hidden.
        of(id, text).add_to(lexicon);
        if place.is_some() || id % 3 == 0 {
            lexicon.delete_chunk(ChunkId(id)).unwrap();
        }
        id += 1;
        of(id, text).add_to(lexicon);
        if let Some(place) = place {
            ids[place] = id;
        }
        id += 1 + id % 4;
        if id % 5 == 0 {
            seq += 1;
            lexicon.commit(Seq(seq)).unwrap();
        }
    }
    let searcher = lexicon.commit(Seq(seq + 1)).unwrap();
    (searcher, ids)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_is_hidden_changes_no_bit(
        visible in texts(1..14),
        hidden in texts(0..30),
        shuffle in prop::collection::vec(any::<prop::sample::Index>(), 30),
        k in 1_usize..8,
    ) {
        let docs: Vec<Doc> = (1..).zip(&visible).map(|(id, text)| of(id, text)).collect();
        let (_dir, alone) = indexed(&docs);
        let all: Vec<u64> = (1..=visible.len() as u64).collect();
        let dir = tempfile::tempdir().unwrap();
        let mut lexicon = open(dir.path());
        let (among, some) = among_others(&mut lexicon, &visible, &hidden, &shuffle);
        for query in QUERIES {
            for odd_only in [false, true] {
                let expected = answer(&alone, query, k, &all, odd_only);
                prop_assert_eq!(answer(&among, query, k, &some, odd_only), expected, "{}", query);
            }
        }
    }

    #[test]
    fn everything_within_everything_is_the_search_itself(texts in texts(1..30)) {
        // Lengths below 40 words are kept as they are, so that their average is the same too.
        let short = |text: &str| text.split(' ').take(12).collect::<Vec<_>>().join(" ");
        let docs: Vec<Doc> = (1..).zip(&texts).map(|(id, (text, de))| of(id, &(short(text), *de))).collect();
        let (_dir, searcher) = indexed(&docs);
        let chunks: Vec<u64> = (1..=texts.len() as u64).collect();
        let rows = rows(&searcher, &chunks, None);
        for query in QUERIES {
            let whole = searcher.search(query, 100, &|_| true, true).unwrap();
            let languages = docs.iter().filter_map(|doc| doc.language);
            let within = searcher.search_within(query, 100, &rows, languages, &|_| true, |chunk| chunk).unwrap();
            prop_assert_eq!((&within.terms, within.bound), (&whole.terms, whole.bound), "{}", query);
            prop_assert_eq!(within.hits.len(), whole.hits.len(), "{}", query);
            for (chunk, score) in within.hits {
                let (_, other) = whole.hits.iter().find(|hit| hit.0 == chunk).unwrap();
                prop_assert!((score - other).abs() <= 2.0 * SCORE_STEP * other, "{query}: {score} {other}");
            }
        }
    }

    #[test]
    fn the_best_are_those_that_all_begin_with(texts in texts(1..60), k in 0_usize..12, n_commits in 1_usize..4) {
        let dir = tempfile::tempdir().unwrap();
        let mut lexicon = open(dir.path());
        let docs: Vec<Doc> = (1..).zip(&texts).map(|(id, text)| of(id, text)).collect();
        for (docs, seq) in docs.chunks(docs.len().div_ceil(n_commits)).zip(1..) {
            docs.iter().for_each(|doc| doc.add_to(&mut lexicon));
            lexicon.commit(Seq(seq)).unwrap();
        }
        let searcher = lexicon.searcher();
        // Two of three are seen.
        let seen: Vec<u64> = (1..=texts.len() as u64).filter(|id| id % 3 > 0).collect();
        let rows = rows(&searcher, &seen, None);
        let best = |query: &str, k: usize, odd_only: bool| {
            let allowed = move |chunk: ChunkId| !odd_only || chunk.0 % 2 == 1;
            let hits = searcher.search_within(query, k, &rows, languages(), &allowed, |chunk| chunk).unwrap().hits;
            hits.into_iter().map(|(chunk, score)| (chunk, score.to_bits())).collect::<Vec<_>>()
        };
        for query in QUERIES {
            for odd_only in [false, true] {
                let all = best(query, 1000, odd_only);
                prop_assert_eq!(best(query, k, odd_only), &all[..k.min(all.len())], "{}", query);
            }
        }
    }

    #[test]
    fn rows_that_are_brought_up_to_date_are_those_that_are_found_anew(
        steps in prop::collection::vec((texts(1..5), any::<u64>(), any::<bool>()), 1..14),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut lexicon = open(dir.path());
        // Every other chunk is seen.
        let (mut live, mut next) = (Vec::new(), 0);
        let mut kept: Vec<(Searcher, Vec<u64>, Rows)> = Vec::new();
        for (seq, (texts, chosen, is_deleted)) in (1..).zip(&steps) {
            if *is_deleted && !live.is_empty() {
                let gone = live.swap_remove(*chosen as usize % live.len());
                lexicon.delete_chunk(ChunkId(gone)).unwrap();
            }
            for text in texts {
                next += 1;
                of(next, text).add_to(&mut lexicon);
                live.push(next);
            }
            let searcher = lexicon.commit(Seq(seq)).unwrap();
            let seen: Vec<u64> = live.iter().copied().filter(|id| id % 2 == 0).collect();
            let renewed = rows(&searcher, &seen, kept.last().map(|(_, _, rows)| rows));
            prop_assert_eq!(format!("{renewed:?}"), format!("{:?}", rows(&searcher, &seen, None)));
            // An older snapshot may be asked after a newer one.
            for (searcher, seen, rows_then) in &kept {
                prop_assert_eq!(format!("{:?}", rows(searcher, seen, Some(&renewed))), format!("{rows_then:?}"));
            }
            kept.push((searcher, seen, renewed));
        }
    }
}

#[test]
fn nothing_is_found_within_nothing() {
    let (_dir, searcher) = indexed(&[doc(1, 1, "tide"), doc(2, 2, "mill")]);
    let check = |chunks: &[u64], query: &str| {
        let rows = rows(&searcher, chunks, None);
        let found = searcher.search_within(query, 9, &rows, languages(), &|_| true, |chunk| chunk).unwrap();
        assert_eq!(found, LexicalHits::default(), "{query} in {chunks:?}");
    };
    check(&[], "tide");
    check(&[7, 8], "tide");
    check(&[2], "tide");
    check(&[2], "");
}

#[test]
fn blocks_without_a_row_that_is_seen_are_passed_over() {
    // Postings come in blocks of 128, the last one shorter.
    let docs: Vec<Doc> = (0..1000).map(|id| doc(id, id, "tide")).collect();
    let (_dir, searcher) = indexed(&docs);
    for seen in [vec![0], vec![999], vec![127, 128], vec![300, 301, 998], (0..1000).collect()] {
        let rows = rows(&searcher, &seen, None);
        let place = |chunk: ChunkId| chunk;
        let found = searcher.search_within("tide", 1000, &rows, languages(), &|_| true, place).unwrap();
        assert_eq!(crate::ids(&found.hits), seen);
        assert_eq!(found.terms[0].doc_freq, seen.len() as u64);
    }
}
