//! The check alone, over any words.

use crate::mill::turning;
use proptest::prelude::*;
use workroom::Hit;
use workroom_generate::{Sentence, Why, checked};

/// Passages with these texts, at some place of some file.
fn passages(texts: &[String]) -> Vec<Hit> {
    let hit = turning().passages.remove(0);
    let at = |text: &String| Hit {
        quote: text.clone(),
        start_byte: 100,
        end_byte: 100 + text.len() as u32,
        start_char: 90,
        end_char: 90 + text.chars().count() as u32,
        start_line: 7,
        end_line: 7 + text.matches('\n').count() as u32,
        ..hit.clone()
    };
    texts.iter().map(at).collect()
}

/// Every citation is a part of its passage, byte for byte, where it says; a sentence is supported by such citations and nothing else.
fn hold(sentences: &[Sentence], passages: &[Hit]) {
    for sentence in sentences {
        assert_eq!(sentence.supported, !sentence.citations.is_empty());
        for cited in &sentence.citations {
            let (citation, hit) = (&cited.citation, &passages[cited.citation.passage]);
            let start = (citation.start_byte - hit.start_byte) as usize;
            let end = (citation.end_byte - hit.start_byte) as usize;
            assert_eq!(hit.quote.get(start..end), Some(citation.quote.as_str()));
            assert_eq!(citation.end_char - citation.start_char, citation.quote.chars().count() as u32);
            assert_eq!(citation.start_char - hit.start_char, hit.quote[..start].chars().count() as u32);
            assert_eq!(citation.start_line - hit.start_line, hit.quote[..start].matches('\n').count() as u32);
            assert_eq!(citation.end_line - hit.start_line, hit.quote[..end].matches('\n').count() as u32);
            assert_eq!((&citation.path, &citation.version), (&hit.path, &hit.version));
        }
    }
}

#[test]
fn a_quote_ends_where_words_and_numbers_do() {
    let check = |passage: &str, quote: &str, stands: bool| {
        let passages = passages(&[passage.to_owned()]);
        let sentences = checked(&format!("So it is. [1: \"{quote}\"]"), &passages);
        hold(&sentences, &passages);
        assert_eq!(sentences[0].supported, stands, "{quote} in {passage}");
    };
    check("it costs 100 crowns", "it costs 10", false);
    check("it costs 10.5 crowns", "it costs 10", false);
    check("it costs 10. The rest", "it costs 10", true);
    check("it costs 10", "it costs 10", true);
    check("it costs 1,000 crowns", "costs 1,000 crowns", true);
    check("it costs 1,000 crowns", "000 crowns", false);
    check("the unfinished wheel", "finished wheel", false);
    // The first place will not do, the second does.
    check("unfinished wheel, finished wheel", "finished wheel", true);
    check("他说水車在退潮时转动。", "水車在退潮", true);
    check("Straße und Mühle", "Straße und", true);
    check("a wheel\u{a0}of oak", "a wheel of oak", true);
}

#[test]
fn an_answer_of_nothing_but_citations_is_bounded() {
    let passages = passages(&["the mill turns at ebb ".repeat(5_000)]);
    let sentences = checked(&"So. [1: \"the mill turns at night\"] ".repeat(8_000), &passages);
    let of = |why: Why| {
        sentences
            .iter()
            .flat_map(|sentence| &sentence.rejected)
            .filter(|rejected| rejected.why == why)
            .count()
    };
    assert_eq!((of(Why::NotThere), of(Why::TooMany)), (256, 8_000 - 256));
}

/// Texts with words in common, whose white space differs.
fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("((the|mill|wheel|turns|at|ebb|Mühle|水車|10|100)[ \n\t.,]{1,2}){0,12}", 0..4)
}

/// Answers with quotes from anywhere, whole and cut, and with noise.
fn answer(texts: Vec<String>) -> impl Strategy<Value = (Vec<String>, String)> {
    let all = texts.concat();
    let chars: Vec<char> = all.chars().collect();
    let length = chars.len();
    let quote = (0..=length, 0..=length, any::<bool>()).prop_map(move |(a, b, fold)| {
        let quote: String = chars[a.min(b)..a.max(b)].iter().collect();
        if fold { quote.split_whitespace().collect::<Vec<_>>().join(" ") } else { quote }
    });
    let cited = (0..6_usize, quote).prop_map(|(number, quote)| format!("[{number}: \"{quote}\"]"));
    let piece = prop_oneof![3 => cited, 3 => "( ?(The|mill|is|10)){1,4}[.?]?", 1 => "[\\[\\]\":;0-9“ \n]{0,6}", 1 => "\\PC{0,6}"];
    prop::collection::vec(piece, 0..12).prop_map(move |pieces| (texts.clone(), pieces.concat()))
}

proptest! {
    #[test]
    fn whatever_a_model_says_its_citations_stand((texts, answer) in texts().prop_flat_map(answer)) {
        let passages = passages(&texts);
        hold(&checked(&answer, &passages), &passages);
    }

    #[test]
    fn what_is_quoted_whole_is_found(words in prop::collection::vec("[a-zé]{3,8}", 3..9), before in "[a-z ]{0,9}", n in 1..4_usize) {
        let quote = words.join(" ");
        let passages = passages(&[format!("{before} {}.", words.join("\n ")), String::new()]);
        let sentences = checked(&format!("It says so. [{n}: \"{quote}\"]"), &passages);
        hold(&sentences, &passages);
        let cited = &sentences[0].citations[0];
        prop_assert!(cited.folded);
        prop_assert_eq!(cited.citation.quote.split_whitespace().collect::<Vec<_>>(), words);
        prop_assert_eq!(cited.claimed, (n != 1).then_some(n));
    }
}
