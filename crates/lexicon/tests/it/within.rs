//! A search within some chunks: as if the index held nothing else.

use std::iter::once;

use corpus::{ChunkId, LanguageCode, Seq};
use proptest::prelude::*;
use workroom_lexicon::{ChunkOrder, LexicalHits, Lexicon, SCORE_STEP, Searcher};

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

/// What a search answers, with positions for ids and every bit of the numbers.
fn answer(searcher: &Searcher, query: &str, k: usize, order: &ChunkOrder, odd_only: bool) -> String {
    let languages = ["de", "en"].map(|code| LanguageCode::new(code).unwrap());
    let allowed = |chunk: ChunkId| !odd_only || order.position(chunk).is_some_and(|at| at % 2 == 1);
    let LexicalHits { hits, bound, terms } =
        searcher.search_within(query, k, order, &languages, &allowed).unwrap();
    let hits: Vec<(u64, u32)> =
        hits.iter().map(|(chunk, score)| (order.position(*chunk).unwrap(), score.to_bits())).collect();
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
) -> (Searcher, ChunkOrder) {
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
    (searcher, ChunkOrder::new(ids.into_iter().map(|id| id..id + 1)))
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
        let all = ChunkOrder::new(once(1..visible.len() as u64 + 1));
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
        let order = ChunkOrder::new(once(1..texts.len() as u64 + 1));
        let languages: Vec<LanguageCode> = docs.iter().filter_map(|doc| doc.language).collect();
        for query in QUERIES {
            let whole = searcher.search(query, 100, &|_| true, true).unwrap();
            let within = searcher.search_within(query, 100, &order, &languages, &|_| true).unwrap();
            prop_assert_eq!((&within.terms, within.bound), (&whole.terms, whole.bound), "{}", query);
            prop_assert_eq!(within.hits.len(), whole.hits.len(), "{}", query);
            for (chunk, score) in within.hits {
                let (_, other) = whole.hits.iter().find(|hit| hit.0 == chunk).unwrap();
                prop_assert!((score - other).abs() <= 2.0 * SCORE_STEP * other, "{query}: {score} {other}");
            }
        }
    }
}

#[test]
fn nothing_is_found_within_nothing() {
    let (_dir, searcher) = indexed(&[doc(1, 1, "tide"), doc(2, 2, "mill")]);
    let check = |order: ChunkOrder, query: &str, expected: LexicalHits| {
        let found = searcher.search_within(query, 9, &order, &[], &|_| true).unwrap();
        assert_eq!(found, expected, "{query} in {order:?}");
    };
    check(ChunkOrder::default(), "tide", LexicalHits::default());
    check(ChunkOrder::new(once(7..9)), "tide", LexicalHits::default());
    check(ChunkOrder::new(once(2..3)), "tide", LexicalHits::default());
    check(ChunkOrder::new(once(2..3)), "", LexicalHits::default());
}
