//! Replies there and back, and replies that somebody meddled with.

use super::*;
use corpus::{Anchor, Format, Heading, LanguageCode, Metadata, Place, Span, Table, Unit};
use proptest::prelude::*;

const LONGEST: u64 = 1 << 20;

/// Spans in order inside a text, on its character boundaries.
fn spans(text: &str, cuts: &[prop::sample::Index]) -> Vec<Span> {
    let mut at: Vec<usize> =
        cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
    at.sort_unstable();
    at.chunks_exact(2).map(|ends| Span::new(ends[0], ends[1])).collect()
}

fn place() -> impl Strategy<Value = Place> {
    let units = vec![Unit::Page, Unit::Slide, Unit::Row, Unit::Chapter, Unit::Message];
    let columns = prop::option::of((0..9_u32, 9..99_u32));
    (prop::sample::select(units), 1..9_u32, 9..99_u32, prop::option::of("[a-zé]{0,5}"), columns)
        .prop_map(|(unit, first, last, name, columns)| Place { unit, first, last, name, columns })
}

fn document() -> impl Strategy<Value = Document> {
    let cuts = || prop::collection::vec(any::<prop::sample::Index>(), 0..9);
    let names = prop::collection::vec("[a-z]{1,4}", 0..3);
    let times = (any::<Option<i64>>(), any::<Option<u32>>());
    let encodings = prop::sample::select(vec!["UTF-8", "windows-1252", "UTF-16LE", "UTF-32BE"]);
    ("[a-zé中\n]{0,60}", [cuts(), cuts(), cuts()], prop::collection::vec(place(), 5), names, times, encodings)
        .prop_map(|(text, [headings, anchors, tables], places, names, (created_ms, pages), encoding)| {
            let heading = |span: Span| Heading { span, level: 2, text: "h".to_owned() };
            let table = |span: Span| Table { span, header: "a | b".to_owned() };
            let anchor = |(span, place): (Span, &Place)| Anchor { span, place: place.clone() };
            Document {
                title: names.first().cloned(),
                headings: spans(&text, &headings).into_iter().map(heading).collect(),
                anchors: spans(&text, &anchors).into_iter().zip(&places).map(anchor).collect(),
                tables: spans(&text, &tables).into_iter().map(table).collect(),
                metadata: Metadata {
                    authors: names,
                    keywords: vec!["tide".to_owned()],
                    created_ms,
                    modified_ms: None,
                    pages,
                    language: pages.and(LanguageCode::new("de")),
                },
                encoding,
                ..Document::plain(text, Format::Docx)
            }
        })
}

fn skip() -> impl Strategy<Value = Skip> {
    let why = "[a-zé ]{0,12}";
    prop_oneof![
        Just(Skip::Binary),
        Just(Skip::Undecodable),
        Just(Skip::Encrypted),
        Just(Skip::NoParser),
        Just(Skip::Archive),
        Just(Skip::TooLarge { bytes: 9, limit: 4 }),
        why.prop_map(|what| Skip::Unsupported { what }),
        why.prop_map(|why| Skip::NoText { why }),
        why.prop_map(|why| Skip::Damaged { why }),
        why.prop_map(|what| Skip::TooMuch { what }),
        why.prop_map(|why| Skip::Failed { why }),
    ]
}

fn outcome() -> impl Strategy<Value = Result<Document, Skip>> {
    prop_oneof![3 => document().prop_map(Ok), 1 => skip().prop_map(Err)]
}

fn reply() -> impl Strategy<Value = Reply> {
    let part = ("[a-z]{1,3}(/[a-zé]{1,3})?", any::<u64>(), outcome()).prop_map(|(name, size, outcome)| {
        Part { hash: ContentHash::of(name.as_bytes()), name, size, outcome }
    });
    (any::<bool>(), outcome(), prop::collection::vec(part, 0..4)).prop_map(|(leaves, outcome, parts)| Reply {
        leaves,
        outcome: outcome.map(|document| Parsed { document, parts }),
    })
}

fn is_valid(document: &Document) -> bool {
    let text = &document.text;
    let in_order = |spans: Vec<Span>| {
        spans.is_sorted_by(|a, b| a.end <= b.start) && spans.iter().all(|span| span.of(text).is_some())
    };
    // Asking for a place must not overflow either.
    let _place = document.place_of(Span::new(0, text.len()));
    in_order(document.headings.iter().map(|heading| heading.span).collect())
        && in_order(document.anchors.iter().map(|anchor| anchor.span).collect())
        && in_order(document.tables.iter().map(|table| table.span).collect())
}

fn is_sound(reply: &Reply) -> bool {
    let Ok(parsed) = &reply.outcome else { return true };
    let parts = parsed.parts.iter().filter_map(|part| part.outcome.as_ref().ok());
    parts.chain([&parsed.document]).all(is_valid)
}

proptest! {
    #[test]
    fn replies_come_as_they_went(reply in reply()) {
        let bytes = encode_reply(&reply, LONGEST).unwrap();
        prop_assert_eq!(decode_reply(&bytes), Ok(reply));
    }

    #[test]
    fn replies_that_were_meddled_with_are_sound_or_refused(
        reply in reply(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()
    ) {
        let mut bytes = encode_reply(&reply, LONGEST).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(reply) = decode_reply(bytes) {
                prop_assert!(is_sound(&reply));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_sound_reply_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(reply) = decode_reply(&bytes) {
            prop_assert!(is_sound(&reply));
        }
    }
}

fn parsed(text: &str, parts: &[(&str, &str)]) -> Reply {
    let document = |text: &str| Document::plain(text.to_owned(), Format::Text);
    let part = |(name, text): &(&str, &str)| Part {
        name: (*name).to_owned(),
        size: 1,
        hash: ContentHash::of(b""),
        outcome: Ok(document(text)),
    };
    let parts = parts.iter().map(part).collect();
    Reply { leaves: false, outcome: Ok(Parsed { document: document(text), parts }) }
}

/// What is left of a reply when little may be sent: the text, or the reason, of the document and its parts.
fn check(reply: &Reply, longest: u64, expected: &[&str]) {
    let bytes = encode_reply(reply, longest).unwrap();
    assert!(bytes.len() as u64 <= longest_message(longest));
    let told = |outcome: Result<&Document, &Skip>| match outcome {
        Ok(document) => document.text.clone(),
        Err(reason) => reason.to_string(),
    };
    let outcome = decode_reply(&bytes).unwrap().outcome;
    let parts = outcome.as_ref().map_or(&[][..], |parsed| &parsed.parts);
    let mut found = vec![told(outcome.as_ref().map(|parsed| &parsed.document))];
    found.extend(parts.iter().map(|part| told(part.outcome.as_ref())));
    assert_eq!(found, expected);
}

#[test]
fn what_is_too_much_is_told() {
    let long = "x".repeat(1000);
    let much = "too much inside: more than 0 MiB of text and places";
    check(&parsed("a", &[("b", "c")]), 300, &["a", "c"]);
    check(&parsed("a", &[("b", &long), ("c", "d")]), 300, &["a", much, "d"]);
    check(&parsed(&long, &[("b", "c")]), 300, &[much]);
    let names: Vec<String> = (0..=MAX_PARTS).map(|n| n.to_string()).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    check(&parsed("a", &parts), LONGEST, &["too much inside: more than 2000 documents"]);
}

#[test]
fn a_document_with_too_many_places_is_told() {
    let mut reply = parsed("a", &[]);
    if let Ok(parsed) = &mut reply.outcome {
        let table = Table { span: Span::new(0, 0), header: String::new() };
        parsed.document.tables = vec![table; MAX_ITEMS + 1];
    }
    check(&reply, 64 << 20, &["too much inside: more than 1048576 headings, places and tables"]);
}

#[test]
fn parts_have_plain_names() {
    for name in ["../up", "/etc/x", "", "a//b"] {
        let bytes = encode_reply(&parsed("a", &[(name, "c")]), LONGEST).unwrap();
        assert_eq!(decode_reply(&bytes), Err("a part without a proper name".to_owned()), "{name}");
    }
}
