//! What is promised of a document, whatever the bytes were.

use corpus::{Document, Place, Span};
use extract::{MAX_TEXT_BYTES, Skip};
use fence::Parsed;

/// A document that breaks no promise, or a reason in words.
///
/// # Panics
/// When a promise is broken.
pub fn check_outcome(outcome: &Result<Document, Skip>) {
    match outcome {
        Ok(document) => check_document(document),
        Err(reason) => {
            let said = reason.to_string();
            assert!(!said.is_empty() && !said.contains("panicked"), "{said}");
        }
    }
}

/// Checks the spans, headings, places and tables of a document, and that it passes the wire between the processes.
///
/// # Panics
/// When a promise is broken.
pub fn check_document(document: &Document) {
    let text = document.text.as_str();
    assert!(text.len() <= MAX_TEXT_BYTES, "{} bytes of text", text.len());
    check_spans(text, "headings", document.headings.iter().map(|heading| heading.span));
    check_spans(text, "places", document.anchors.iter().map(|anchor| anchor.span));
    check_spans(text, "tables", document.tables.iter().map(|table| table.span));
    for heading in &document.headings {
        assert!(heading.level > 0 && !heading.text.contains('\n'), "{heading:?}");
        let line = heading.span.of(text);
        assert!(!document.format.is_fenced() || line == Some(&*heading.text), "{heading:?} is {line:?}");
    }
    document.anchors.iter().for_each(|anchor| check_place(&anchor.place));
    assert!(document.tables.iter().all(|table| !table.header.contains('\n')), "a header of two lines");
    assert!(
        document.title.as_ref().is_none_or(|title| !title.trim().is_empty()),
        "a title without words: {:?}",
        document.title
    );
    if document.format.is_fenced() {
        let odd = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        assert_eq!(odd, None, "a control character in the text");
        check_wire(document);
    }
}

fn check_spans(text: &str, what: &str, spans: impl Iterator<Item = Span>) {
    let mut last = 0;
    for span in spans {
        let in_order = last <= span.start && span.start <= span.end;
        assert!(in_order && span.of(text).is_some(), "{what}: {span:?} after {last} of {}", text.len());
        last = span.end;
    }
}

fn check_place(place: &Place) {
    let columns_in_order = place.columns.is_none_or(|(first, last)| first <= last);
    assert!(0 < place.first && place.first <= place.last && columns_in_order, "{place:?}");
    assert!(!place.label().is_empty(), "{place:?}");
}

/// What a parser makes must be valid in the eyes of the process that asked for it, or be refused with a reason.
fn check_wire(document: &Document) {
    let sent = fence::wire_bytes(Ok(Parsed::without_parts(document.clone())));
    let received = sent.map(|bytes| fence::outcome_of_wire_bytes(&bytes));
    match received {
        Some(Ok(Ok(parsed))) => assert_eq!(parsed.document.text, document.text, "another text"),
        Some(Ok(Err(Skip::TooMuch { .. }))) => {}
        other => panic!("the wire refuses it: {:?}", other.map(|outcome| outcome.map(|_| ()))),
    }
}
