//! Whatever is wrong in the bytes: a document or a reason.

use proptest::prelude::*;
use proptest::sample::Index;

use super::{SAMPLES, read};

#[test]
fn cut_off_anywhere_is_a_document_or_a_reason() {
    for (_, format, bytes) in SAMPLES {
        for step in 0..100 {
            drop(read(format, &bytes[..bytes.len() * step / 100]));
        }
    }
}

#[test]
fn half_a_document_is_worth_having() {
    let (format, bytes) = super::sample("handbook.rtf");
    let document = read(format, &bytes[..bytes.len() * 9 / 10]).unwrap();
    assert!(document.text.contains("Open the north gate"), "{:?}", document.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_a_document_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..2000), which in 0..SAMPLES.len()) {
        let heads: [&[u8]; 2] = [b"{\\rtf1 ", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
        for head in heads {
            drop(read(SAMPLES[which].1, &[head, &bytes].concat()));
        }
    }

    #[test]
    fn wrong_bytes_anywhere_are_a_document_or_a_reason(which in 0..SAMPLES.len(), changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..12)) {
        let (_, format, bytes) = SAMPLES[which];
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(document) = read(format, &bytes) {
            prop_assert!(document.text.len() < 4 << 20);
        }
    }
}
