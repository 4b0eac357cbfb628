//! What is found, in which order, with which score.

use std::collections::HashMap;

use corpus::{ChunkId, DocId, Seq};
use proptest::prelude::*;
use workroom_lexicon::{SCORE_STEP, Searcher};

use crate::{Doc, doc, found, ids, indexed, open};

fn library() -> (tempfile::TempDir, Searcher) {
    indexed(&[
        doc(1, 1, "Refunds for invoices are paid within thirty days of the complaint."),
        doc(2, 2, "fn parseHTTPResponse(bytes: &[u8]) -> HttpResponse { todo }"),
        doc(3, 3, "def parse_http_response(raw): return HttpResponse(raw)"),
        doc(4, 4, "The response to an http request is parsed lazily."),
        doc(5, 5, "Die Größe der Fußgängerzone in Zürich überrascht viele Gäste."),
        doc(6, 6, "東京都の天気は晴れです。水を飲む。"),
        doc(7, 7, "한국어 검색 엔진"),
        doc(8, 8, "nothing to see").at("crates/lexicon/src/token_stream.rs"),
        doc(9, 9, "plain words only").titled("Deployment guide", &["Kubernetes", "Rolling back"]),
        doc(10, 10, "days of thirty complaints, and of the within"),
        doc(11, 11, "version 0.27.0 of the engine, see UTF-8 and SHA-256"),
        doc(12, 12, "IT policy of the company"),
    ])
}

#[test]
fn each_kind_of_word_is_found() {
    let (_dir, searcher) = library();
    let check = |query: &str, expected: &[u64]| assert_eq!(found(&searcher, query), expected, "{query}");
    check("refunding an invoice", &[1]);
    check("How are the REFUNDS paid?", &[1]);
    check("parseHTTPResponse", &[3, 2, 4]);
    check("parse_http_response", &[3, 2, 4]);
    check("HttpResponse", &[3, 2, 4]);
    check("große fussganger", &[5]);
    check("UBERRASCHT", &[5]);
    check("天気", &[6]);
    check("水", &[6]);
    check("京", &[6]);
    check("気天", &[]);
    check("검색", &[7]);
    check("token stream", &[8]);
    check("TokenStream", &[8]);
    check("lexicon/src", &[8]);
    check("deploy", &[9]);
    check("rolling kubernetes", &[9]);
    check("0.27.0", &[11]);
    check("utf8 sha256", &[11, 2]); // 2 has an 8
    check("what is IT", &[12]);
    check("zebra", &[]);
}

#[test]
fn a_whole_identifier_beats_its_parts() {
    let (_dir, searcher) = indexed(&[
        doc(1, 1, "response http parse and more of parse, http and response"),
        doc(2, 2, "the function parseHttpResponse is somewhere in this longer text about other things"),
        doc(3, 3, "unrelated"),
    ]);
    assert_eq!(found(&searcher, "parse_http_response"), [2, 1]);
}

#[test]
fn parts_weigh_half_when_the_whole_is_known() {
    let (_dir, searcher) = indexed(&[doc(1, 1, "one email"), doc(2, 2, "e mail"), doc(3, 3, "alpha beta")]);
    let bounds = |query: &str| -> Vec<(String, f32)> {
        let terms = searcher.search(query, 9, &|_| true, false).unwrap().terms;
        terms.into_iter().map(|term| (term.text, term.bound)).collect()
    };
    let single = bounds("mail")[0].1;
    let of = |name: &str, weight: f32| (name.to_owned(), weight * single);
    assert_eq!(bounds("e-mail"), [of("email", 1.0), of("e", 0.5), of("mail", 0.5)]);
    assert_eq!(bounds("email e-mail"), [of("email", 1.0), of("e", 0.5), of("mail", 0.5)]);
    assert_eq!(bounds("alpha-beta-gamma"), [of("alpha", 1.0), of("beta", 1.0)]);
}

#[test]
fn a_phrase_lifts_what_holds_it() {
    let (_dir, searcher) = library();
    assert_eq!(found(&searcher, "\"thirty days of the complaint\"")[0], 1);
    let of = |query: &str, id: u64| {
        let hits = searcher.search(query, 100, &|_| true, false).unwrap();
        hits.hits.iter().find(|hit| hit.0.0 == id).map(|hit| hit.1).unwrap()
    };
    assert!(of("\"thirty days\"", 1) > of("thirty days", 1) + 0.1, "in order");
    assert!((of("\"thirty days\"", 10) - of("thirty days", 10)).abs() < 1e-3, "not in order");
    assert!(
        of("\"parseHTTPResponse bytes\"", 2) > of("parseHTTPResponse bytes", 2) + 0.1,
        "identifiers have places"
    );
    assert!(of("\"天気は\"", 6) > of("天気は", 6) + 0.1, "so have characters");
}

#[test]
fn title_and_headings_count_more_than_the_body() {
    let (_dir, searcher) = indexed(&[
        doc(1, 1, "backup of one thing and another"),
        doc(2, 2, "a text on one thing and another").titled("Backup", &[]),
        doc(3, 3, "a text on one thing or another"),
    ]);
    assert_eq!(found(&searcher, "backup"), [2, 1]);
}

#[test]
fn scores_stay_below_the_bound_and_equal_ones_are_in_order() {
    let docs: Vec<_> = (0..50).rev().map(|id| doc(id, id, "same words here")).collect();
    let (_dir, searcher) = indexed(&docs);
    let all = searcher.search("same words", 7, &|_| true, false).unwrap();
    assert_eq!(ids(&all.hits), [0, 1, 2, 3, 4, 5, 6]);
    assert!(all.hits.iter().all(|hit| hit.1 > 0.0 && hit.1 <= all.bound));
    assert_eq!(
        all.terms.iter().map(|term| (term.text.as_str(), term.doc_freq)).collect::<Vec<_>>(),
        [("same", 50), ("word", 50)]
    );
    assert!((all.terms.iter().map(|term| term.bound).sum::<f32>() - all.bound).abs() < 1e-6);
    // idf of a term that all 50 chunks have, times k1 + 1, for two terms.
    assert!((all.bound - 2.0 * (1.0_f32 + 0.5 / 50.5).ln() * 2.2).abs() < 1e-6);
    let none = searcher.search("zebra", 7, &|_| true, false).unwrap();
    assert_eq!((none.bound, none.hits.len(), none.terms.len()), (0.0, 0, 0));
}

#[test]
fn long_queries_keep_their_rarest_terms() {
    let common: String = (0..100).map(|n| format!("common{n} ")).collect();
    let mut docs: Vec<_> = (0..20).map(|id| doc(id, id, &common)).collect();
    docs.push(doc(99, 99, "needle"));
    let (_dir, searcher) = indexed(&docs);
    let hits = searcher.search(&format!("{common} needle"), 3, &|_| true, false).unwrap();
    assert_eq!((hits.terms.len(), hits.terms[0].text.as_str()), (64, "needl"));
    let endless = format!("needle {}", "\"x y\" ".repeat(100_000));
    assert_eq!(found(&searcher, &endless), [99]);
}

fn letters(range: std::ops::RangeInclusive<char>) -> impl Strategy<Value = char> {
    prop::char::range(*range.start(), *range.end())
}

/// Words drawn so that some are frequent and some rare.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let word = prop_oneof![3 => letters('a'..='c'), 2 => letters('d'..='j'), 1 => letters('k'..='z')];
    let text = prop::collection::vec(word, 1..12)
        .prop_map(|words| words.iter().map(|word| format!("q{word}z ")).collect());
    prop::collection::vec(text, 1..60)
}

/// Three commits, so three segments of different size, with a deleted chunk in each.
fn indexed_in_parts(docs: &[Doc]) -> (tempfile::TempDir, Searcher) {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    let n = docs.len();
    for (at, part) in [&docs[..n / 6], &docs[n / 6..n / 2], &docs[n / 2..]].into_iter().enumerate() {
        let ghost = 1_000_000 + at as u64;
        doc(ghost, ghost, &"qaz qbz ".repeat(at + 1)).add_to(&mut lexicon);
        part.iter().for_each(|doc| doc.add_to(&mut lexicon));
        lexicon.delete_document(DocId(ghost)).unwrap();
        lexicon.commit(Seq(at as u64)).unwrap();
    }
    (dir, lexicon.searcher())
}

/// Whether two scores are the same but for the order of additions.
fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= a.abs().max(b.abs()) * SCORE_STEP
}

/// What is promised of both walks: the best `k` of every `keep`-th chunk, each with its score; which of several chunks of the same score
/// comes first, or in at all, is free.
fn check_walks(texts: &[String], query: &str, k: usize, keep: u64) {
    let docs: Vec<_> = texts.iter().enumerate().map(|(id, text)| doc(id as u64, id as u64, text)).collect();
    let (_dir, searcher) = indexed_in_parts(&docs);
    let everything = searcher.search(query, docs.len() + 1, &|_| true, true).unwrap();
    let score_of: HashMap<ChunkId, f32> = everything.hits.iter().copied().collect();
    let allowed = |id: ChunkId| id.0.is_multiple_of(keep);
    let mut expected = everything.hits.clone();
    expected.retain(|hit| allowed(hit.0));
    expected.truncate(k);
    for filtered in [true, false] {
        let hits = searcher.search(query, k, &allowed, filtered).unwrap();
        assert_eq!((hits.hits.len(), hits.bound), (expected.len(), everything.bound), "filtered: {filtered}");
        for (hit, best) in hits.hits.iter().zip(&expected) {
            let said = format!("{hit:?} instead of {best:?}, filtered: {filtered}");
            assert!(allowed(hit.0) && near(hit.1, score_of[&hit.0]) && near(hit.1, best.1), "{said}");
        }
        let in_order = |pair: &[(ChunkId, f32)]| {
            pair[0].1 > pair[1].1 || pair[0].1 == pair[1].1 && pair[0].0 < pair[1].0
        };
        assert!(hits.hits.windows(2).all(in_order), "{:?}", hits.hits);
    }
    let holds = |text: &str| query.split_whitespace().any(|word| text.contains(word));
    assert_eq!(everything.hits.len(), texts.iter().filter(|text| holds(text)).count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn filtered_hits_are_the_best_of_the_allowed(texts in texts(), query in "(q[a-m]z ){1,6}", k in 0_usize..12, keep in 1_u64..5) {
        check_walks(&texts, &query, k, keep);
    }
}

/// A linear congruential generator.
struct Random(u32);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % n
    }

    fn texts(&mut self, n: u32) -> Vec<String> {
        let mut text = || {
            let letter = |random: &mut Self| {
                let (from, n) =
                    [(b'a', 3), (b'd', 7), (b'k', 16)][[0, 0, 0, 1, 1, 2][random.below(6) as usize]];
                char::from(from + random.below(n) as u8)
            };
            (0..1 + self.below(11)).map(|_| format!("q{}z ", letter(self))).collect()
        };
        (0..n).map(|_| text()).collect()
    }
}

/// In each of these, noise straddles the middle between two settled scores: the two walks tell one chunk's score a step apart.
#[test]
fn walks_that_add_up_in_another_order_differ_by_no_more_than_a_step() {
    let query = "qez qbz qfz qhz qaz qcz qdz";
    for seed in [4, 48, 60, 92, 132, 138] {
        check_walks(&Random(seed).texts(25), query, 8, 3);
    }
}

#[test]
fn skipping_blocks_changes_nothing_within_a_segment() {
    // Word n occurs about once in n + 1 words, and texts differ in length.
    let mut random = Random(1);
    let mut text = |_| -> String {
        (0..5 + random.below(60))
            .map(|_| random.below(40))
            .map(|n| format!("q{}z ", char::from(b'a' + (n % (1 + n / 2)) as u8)))
            .collect()
    };
    let docs: Vec<_> = (0..3000).map(|id| doc(id, id, &text(id))).collect();
    let (_dir, searcher) = indexed(&docs);
    for query in ["qaz", "qaz qbz", "qcz qtz", "qaz qdz qez qsz qrz"] {
        let [pruned, exact] =
            [false, true].map(|filtered| searcher.search(query, 20, &|_| true, filtered).unwrap());
        assert_eq!(exact.hits.len(), 20, "{query}");
        assert_eq!(pruned, exact, "{query}");
    }
}

#[test]
fn every_string_is_a_query() {
    let (_dir, searcher) = library();
    proptest!(|(query in "(\\PC|[\"'()\\[\\]{}^~*?:+\\-/\\\\ \u{0}\u{7}a中\u{301}]){0,80}", k in 0_usize..4)| {
        let hits = searcher.search(&query, k, &|_| true, false).unwrap();
        prop_assert!(hits.hits.len() <= k && hits.bound.is_finite());
        prop_assert!(hits.hits.iter().all(|hit| hit.1 <= hits.bound * 1.0001));
    });
    for query in
        ["AND OR NOT", "*", "body:x", "((((((((", "[a TO b]", "\"", "-refund", "a^9999999999999999999", "\\"]
    {
        searcher.search(query, 5, &|_| true, false).unwrap();
    }
}
