//! Whatever is wrong in the bytes: a document or a reason.

use proptest::prelude::*;

use super::{SAMPLES, read};

#[test]
fn cut_off_anywhere_is_a_document_or_a_reason() {
    for (_, bytes) in SAMPLES {
        for step in 0..60 {
            drop(read(&bytes[..bytes.len() * step / 60]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_a_document_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..400), head in 0..3_usize) {
        let heads: [&[u8]; 3] = [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"];
        drop(read(&[heads[head], &bytes].concat()));
    }

    #[test]
    fn a_wrong_byte_anywhere_is_a_document_or_a_reason(which in 0..SAMPLES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = SAMPLES[which].1.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(document) = read(&bytes) {
            prop_assert!(document.text.len() < 1 << 20);
        }
    }

    /// The workbook of an old file is not compressed: wrong numbers get to every reader of records.
    #[test]
    fn wrong_records_of_old_workbooks(which in 0..2_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let names = ["libreoffice.xls", "tides.xls"];
        let mut bytes = super::sample(names[which]).to_vec();
        for (at, byte) in changes {
            let at = 512 + at.index(bytes.len() - 512);
            bytes[at] = byte;
        }
        drop(read(&bytes));
    }
}
