//! Broken files: cut off, meddled with, made to explode. Each ends, within bounds, in a document or a reason.

use super::*;
use crate::tell::tell;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;

fn any_sample() -> impl Strategy<Value = (&'static str, Format, &'static [u8])> {
    prop::sample::select(&SAMPLES[..])
}

proptest! {
    #[test]
    fn what_is_cut_off_gives_a_document_or_a_reason((_, format, bytes) in any_sample(), at in any::<prop::sample::Index>()) {
        let bytes = bytes[..at.index(bytes.len())].to_vec();
        prop_assert!(!tell(&parse(format, bytes, opened())).is_empty());
    }

    #[test]
    fn what_was_meddled_with_gives_a_document_or_a_reason(
        (_, format, bytes) in any_sample(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = bytes.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _told = tell(&parse(format, bytes, opened()));
    }

    #[test]
    fn any_bytes_of_any_format_give_a_document_or_a_reason(
        format in prop::sample::select(Format::all().collect::<Vec<_>>()), bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        if let Err(reason) = parse(format, bytes, opened()) {
            prop_assert!(!reason.to_string().contains("panicked"), "{reason}");
        }
    }
}

/// A header of a tar archive.
fn header(name: &str, size: u64, kind: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[148..156].fill(b' ');
    block[156] = kind;
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn check(bytes: Vec<u8>, expected: &str) {
    assert_eq!(tell(&parse(Format::Tar, bytes, opened())), expected);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn tar_archives_that_break_off_keep_what_came_before() {
    let good = [header("a.txt", 4, b'0'), b"ebb\n".to_vec(), vec![0; 508]].concat();
    let told = "== a.txt, 4 bytes\nebb\n";
    check(
        [good.clone(), header("b.txt", 9, b'0'), b"fl".to_vec()].concat(),
        &format!("a.txt\nb.txt\n{told}== b.txt, 0 bytes\n! damaged: the tar archive breaks off\n"),
    );
    check([good.clone(), vec![1; 512]].concat(), &format!("a.txt\n{told}"));
    check([good.clone(), vec![1; 5]].concat(), &format!("a.txt\n{told}"));
    check(good[..516].to_vec(), &format!("a.txt\n{told}"));
    check(vec![1; 512], "! damaged: a header of the tar archive is wrong\n");
    check(Vec::new(), "! it holds no text: it is an archive without files\n");
    check(b"BZh91AY".to_vec(), "! a tar archive compressed with bzip2 is not read yet\n");
    check(header("a.txt", 1 << 32, b'0'), "a.txt\n== a.txt, 0 bytes\n! too much inside: more than 64 MiB\n");
}

#[test]
fn names_that_lead_out_stay_inside() {
    let body =
        |name: &str, text: &str| [header(name, 4, b'0'), text.as_bytes().to_vec(), vec![0; 508]].concat();
    let bytes =
        [body("../../etc/x.txt", "one\n"), body("/etc/x.txt", "two\n"), body("._x.txt", "not\n")].concat();
    check(bytes, "etc/x.txt\netc/x.txt\n== etc/x.txt, 4 bytes\none\n== etc/x (2).txt, 4 bytes\ntwo\n");
}

#[test]
fn what_unfolds_without_end_is_bounded() {
    let mebibyte = vec![0; 1 << 20];
    let mut bomb = header("a.png.bin", (8 << 30) - 1, b'0');
    bomb.extend(&mebibyte);
    let mut packed_bomb = packed(&bomb);
    let more = packed(&mebibyte);
    (0..300).for_each(|_| packed_bomb.extend(&more));
    let told = tell(&parse(Format::Tar, packed_bomb, opened()));
    assert!(told.contains("too much inside"), "{told}");
    let headers = (0..100_001).flat_map(|_| header("d/", 0, b'5')).collect();
    check(headers, "! damaged: nothing but headers in the tar archive\n");
}
