//! Copies of the samples with a byte changed, or broken off: each gives a document or a reason, in the time that the whole one takes.

use proptest::prelude::*;

use crate::samples::sample;

const SAMPLES: [&str; 20] = [
    "columns.pdf",
    "form.pdf",
    "handbook.pdf",
    "locked.pdf",
    "open.pdf",
    "scan.pdf",
    "scripts.pdf",
    "plain/columns.pdf",
    "plain/compact.pdf",
    "plain/composite.pdf",
    "plain/contents.pdf",
    "plain/drawn.pdf",
    "plain/encrypted.pdf",
    "plain/filters.pdf",
    "plain/marked.pdf",
    "plain/outline.pdf",
    "plain/packed-objects.pdf",
    "plain/table.pdf",
    "plain/tagged.pdf",
    "plain/unicode.pdf",
];

/// Reads it, whatever it is. A sample has less than this much text, damaged or not.
fn check(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    match workroom_pdf::read(bytes) {
        Ok(document) => prop_assert!(document.text.len() < 1 << 20),
        Err(reason) => prop_assert!(!reason.to_string().is_empty()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn one_byte_changed(which in 0..SAMPLES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = sample(SAMPLES[which]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check(bytes)?;
    }

    #[test]
    fn broken_off(which in 0..SAMPLES.len(), at in any::<prop::sample::Index>()) {
        let mut bytes = sample(SAMPLES[which]);
        bytes.truncate(at.index(bytes.len()));
        check(bytes)?;
    }

    #[test]
    fn any_operators(content in "([0-9]{1,3} |-?[0-9.]{1,6} |\\([a-z]{0,5}\\) |/[A-Z][0-9] |\\[ ?\\] |<< >> |[a-zA-Z'\"*]{1,3} ){0,60}") {
        check(crate::bombs::file(&[("", &content)], "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"))?;
    }
}

#[test]
fn a_page_survives_the_loss_of_the_cross_references() {
    let mut bytes = sample("columns.pdf");
    let at = bytes.windows(9).rposition(|window| window == b"startxref").unwrap();
    bytes.truncate(at);
    let document = workroom_pdf::read(bytes).unwrap();
    assert!(document.text.contains("The mill stands where the creek is narrow."));
}
