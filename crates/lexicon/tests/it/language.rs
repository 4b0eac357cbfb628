//! Several languages in one index.

use corpus::{DocId, Seq};
use proptest::prelude::*;
use workroom_lexicon::Searcher;

use crate::{doc, found, indexed, open};

fn mills() -> (tempfile::TempDir, Searcher) {
    indexed(&[
        doc(1, 1, "The gates of the mill are closed when the tide turns."),
        doc(2, 2, "Die Tore der Mühlen werden geschlossen, wenn die Flut kommt. Notiz 4711 zu Invoice.")
            .in_language("de"),
        doc(3, 3, "Les portes des moulins sont fermées à marée haute, voir Berlin.").in_language("fr"),
        doc(4, 4, "Ворота мельницы закрывают, когда приходит вода. Docker images").in_language("ru"),
        doc(5, 5, "潮が満ちると水車の門を閉じます。").in_language("ja"),
        doc(6, 6, "Ein Müller in Berlin mahlt, sooft er kann.").in_language("de").at("Lieferungen/plan.txt"),
        doc(7, 7, "The miller of Berlin grinds twice a day.").about("Flora Macrae tides"),
        doc(8, 8, "Kvernene stenges om natten.").in_language("nb"),
    ])
}

#[test]
fn words_are_found_by_the_rules_of_their_language() {
    let (_dir, searcher) = mills();
    let check = |query: &str, expected: &[u64]| assert_eq!(found(&searcher, query), expected, "{query}");
    check("geschlossene Tore", &[2]);
    check("mühle", &[2]);
    check("MÜHLEN", &[2]);
    check("fermer la porte du moulin", &[3]);
    check("мельницам", &[4]);
    check("image for docker", &[4]);
    check("水車", &[5]);
    check("4711", &[2]);
    check("kvern", &[8]);
    check("Lieferung", &[6]);
    check("macrae tide", &[7, 1]);
    check("gate", &[1]);
}

#[test]
fn a_name_weighs_the_same_in_every_language() {
    let (_dir, searcher) = mills();
    let berlin = searcher.search("berlin", 10, &|_| true, false).unwrap();
    assert_eq!(
        berlin.terms.iter().map(|term| (term.text.as_str(), term.doc_freq)).collect::<Vec<_>>(),
        [("berlin", 3)]
    );
    let scores: Vec<f32> = berlin.hits.iter().map(|hit| hit.1).collect();
    // They differ by the length of their texts alone.
    assert!(scores.len() == 3 && scores[0] < 1.5 * scores[2] && scores[0] <= berlin.bound, "{scores:?}");
}

#[test]
fn phrases_are_found_in_each_language() {
    let (_dir, searcher) = mills();
    let lift = |phrase: &str, id: u64| {
        let of = |query: &str| {
            let found = searcher.search(query, 10, &|_| true, false).unwrap();
            assert!(found.hits.iter().all(|hit| hit.1 <= found.bound * 1.0001), "{query}");
            found.hits.into_iter().find(|hit| hit.0.0 == id).map_or(0.0, |hit| hit.1)
        };
        of(&format!("\"{phrase}\"")) - of(phrase)
    };
    for (phrase, id) in [
        ("die Tore der Mühle", 2),
        ("porte des moulins", 3),
        ("ворота мельницы", 4),
        ("gates of the mill", 1),
    ] {
        assert!(lift(phrase, id) > 0.1, "{phrase}");
    }
    assert!(lift("Mühle der Tore", 2).abs() < 1e-3, "not in order");
}

#[test]
fn stop_words_of_a_question_find_nothing() {
    let (_dir, searcher) = indexed(&[
        doc(1, 1, "The die is cast, and was ist is no word."),
        doc(2, 2, "Die Rückgabe ist binnen vierzehn Tagen möglich.").in_language("de"),
    ]);
    assert_eq!(found(&searcher, "Wie ist die Rückgabe geregelt?"), [2]);
    assert_eq!(found(&searcher, "why is the die cast"), [1]);
}

#[test]
fn languages_come_and_go_with_their_documents() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    doc(1, 1, "gates").add_to(&mut lexicon);
    assert_eq!(found(&lexicon.commit(Seq(1)).unwrap(), "Mühle"), [0_u64; 0]);
    doc(2, 2, "Mühlen").in_language("de").add_to(&mut lexicon);
    assert_eq!(found(&lexicon.commit(Seq(2)).unwrap(), "Mühle"), [2]);
    drop(lexicon);
    let mut lexicon = open(dir.path());
    assert_eq!(found(&lexicon.searcher(), "Mühle"), [2]);
    lexicon.delete_document(DocId(2)).unwrap();
    assert_eq!(found(&lexicon.commit(Seq(3)).unwrap(), "Mühle"), [0_u64; 0]);
}

#[test]
fn a_mark_in_a_text_is_not_believed() {
    let (_dir, searcher) =
        indexed(&[doc(1, 1, "\u{f51f}degates of the mills"), doc(2, 2, "mills").in_language("zz")]);
    assert_eq!(found(&searcher, "mill"), [2, 1]);
}

const CODES: [&str; 33] = [
    "en", "ar", "ca", "cs", "da", "de", "el", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "hi", "hu",
    "hy", "id", "it", "lt", "ne", "nl", "nb", "pl", "pt", "ro", "ru", "sv", "ta", "tr", "yi", "zh",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_in_any_language_is_found_as_it_is_written(
        docs in prop::collection::vec(
            (prop::sample::select(&CODES), prop::collection::vec("[a-zäéñßşıİA-Z]{2,14}|[а-яё]{2,12}|[α-ω]{2,10}|[ء-ي]{2,9}|[अ-ह]{2,6}|[a-z]{2,5}[0-9-][a-z]{2,5}", 1..6)),
            1..8,
        ),
    ) {
        let chunks = docs.iter().zip(1..).map(|((code, words), id)| doc(id, id, &words.join(" ")).in_language(code));
        let (_dir, searcher) = indexed(&chunks.collect::<Vec<_>>());
        for ((code, words), id) in docs.iter().zip(1..) {
            for word in words {
                for query in [word.clone(), word.to_lowercase()] {
                    // A capital I has a dot or none, depending on who reads it.
                    let hits = searcher.search(&query, 100, &|_| true, false).unwrap();
                    let found = hits.hits.iter().any(|hit| hit.0.0 == id);
                    prop_assert!(found || query != *word && word.contains(['I', 'İ']), "{query} in {code}");
                    prop_assert!(hits.hits.iter().all(|hit| hit.1 <= hits.bound * 1.0001), "{query}");
                }
            }
        }
    }
}
