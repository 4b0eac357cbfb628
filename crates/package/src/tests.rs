//! Packages that are whole, cut off, changed or made to explode.

use std::io::{Cursor, Write};

use extract::Skip;
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{Limits, Package};

fn zipped(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sample() -> Vec<u8> {
    let words = "The wheel turns at ebb. ".repeat(40);
    zipped(&[("word/a.xml", words.as_bytes()), ("B.xml", b"<b/>")], CompressionMethod::Deflated)
}

const SMALL: Limits = Limits { entries: 3, entry_bytes: 8 << 20, total_bytes: 12 << 20, ratio: 100 };

#[test]
fn entries_are_read_by_name() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let bytes = zipped(&[("a/B.xml", b"one"), ("a/b.xml", b"two"), ("\\c\\d", b"three")], method);
        let mut package = Package::open(&bytes, SMALL).unwrap();
        assert_eq!(package.names().collect::<Vec<_>>(), ["a/B.xml", "a/b.xml", "c/d"]);
        let mut read = |name: &str| package.read_text(name).unwrap();
        assert_eq!(
            [read("a/B.xml"), read("a/b.xml"), read("/C/D")].map(Option::unwrap),
            ["one", "two", "three"]
        );
        assert_eq!(read("a"), None);
        assert!(!package.is_rescued() && package.contains("A/b.XML") && !package.contains("b.xml"));
    }
}

#[test]
fn what_unfolds_to_too_much_is_refused() {
    let zeros = |mebibytes: usize| vec![0_u8; mebibytes << 20];
    let noise = |mebibytes: usize| -> Vec<u8> {
        let mut state = 7_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(mebibytes << 20).collect()
    };
    let check = |bytes: &[u8], names: &[&str], expected: &str| {
        let mut package = Package::open(bytes, SMALL).unwrap();
        let reason = names.iter().find_map(|name| package.read(name).err()).unwrap();
        assert!(matches!(reason, Skip::TooMuch { .. }) && reason.to_string().contains(expected), "{reason}");
    };
    let deflated = |entries: &[(&str, &[u8])]| zipped(entries, CompressionMethod::Deflated);
    let stored = |entries: &[(&str, &[u8])]| zipped(entries, CompressionMethod::Stored);
    check(&deflated(&[("bomb", &zeros(5))]), &["bomb"], "bomb unfolds to more than 4 MiB");
    check(&stored(&[("big", &noise(9))]), &["big"], "big unfolds to more than 8 MiB");
    check(&stored(&[("a", &noise(7)), ("b", &noise(7))]), &["a", "b"], "b unfolds to more than 5 MiB");
    // What was refused counts against the total.
    let bytes = stored(&[("a", &noise(9)), ("b", &noise(7))]);
    let mut package = Package::open(&bytes, SMALL).unwrap();
    let reasons = ["a", "b", "b"].map(|name| package.read(name).unwrap_err().to_string());
    assert!(reasons[1].contains("b unfolds to more than 3 MiB"), "{reasons:?}");
    assert!(reasons[2].contains("more than 12 MiB in all"), "{reasons:?}");
    let many = deflated(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]);
    assert!(matches!(Package::open(&many, SMALL), Err(Skip::TooMuch { .. })));
}

#[test]
fn a_lost_directory_is_made_up_for() {
    let whole = sample();
    let end = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
    let mut package = Package::open(&whole[..end], SMALL).unwrap();
    assert!(package.is_rescued());
    assert_eq!(package.names().collect::<Vec<_>>(), ["word/a.xml", "B.xml"]);
    assert_eq!(package.read_text("B.xml").unwrap().unwrap(), "<b/>");
    // Cut in the middle of an entry: what came before the cut is kept.
    let noise: String = (0..4000_u32).map(|i| char::from(b'a' + (i * i % 26) as u8)).collect();
    let cut = zipped(&[("a", noise.as_bytes())], CompressionMethod::Stored);
    let mut package = Package::open(&cut[..2000], SMALL).unwrap();
    let part = package.read_text("a").unwrap().unwrap();
    assert!(part.len() > 1000 && noise.starts_with(&part));
}

#[test]
fn what_cannot_be_read_says_why() {
    let compound = |rest: &[u8]| [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), rest].concat();
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reason = |bytes: &[u8]| Package::open(bytes, SMALL).err().map(|reason| reason.code());
    assert_eq!(reason(&compound(&encrypted)), Some("encrypted"));
    assert_eq!(reason(&compound(b"old")), Some("damaged"));
    assert_eq!([reason(b""), reason(b"hello")], [Some("damaged"); 2]);
    // Of an empty package there is nothing but its end. One that only says that it is empty is read all the same.
    let mut empty = zipped(&[], CompressionMethod::Stored);
    assert_eq!(reason(&empty), Some("no-text"));
    empty.splice(0..0, zipped(&[("a", b"words")], CompressionMethod::Stored));
    assert_eq!(Package::open(&empty, SMALL).unwrap().read_text("a").unwrap().as_deref(), Some("words"));
    // Bit 0 of the flags, in both headers of the entry, says that it has a password.
    let mut locked = zipped(&[("a", b"words")], CompressionMethod::Stored);
    let central = memchr::memmem::find(&locked, b"PK\x01\x02").unwrap();
    locked[6] |= 1;
    locked[central + 8] |= 1;
    let read = Package::open(&locked, SMALL).unwrap().read("a");
    assert_eq!(read, Err(Skip::Encrypted));
    // The method stands before the time in both headers of the entry.
    for (method, expected) in
        [(14, "a packed with LZMA is not read yet"), (77, "a packed by method 77 is not read yet")]
    {
        let mut packed = zipped(&[("a", b"words")], CompressionMethod::Stored);
        (packed[8], packed[central + 10]) = (method, method);
        let told = |bytes: &[u8]| Package::open(bytes, SMALL).unwrap().read("a").unwrap_err().to_string();
        assert_eq!([told(&packed), told(&packed[..central])], [expected; 2]);
    }
    // A byte of the data that changed is found out by the checksum.
    let mut changed = zipped(&[("a", b"words")], CompressionMethod::Stored);
    let at = memchr::memmem::find(&changed, b"words").unwrap();
    changed[at] = b'W';
    assert!(matches!(Package::open(&changed, SMALL).unwrap().read("a"), Err(Skip::Damaged { .. })));
}

/// Opens and reads everything; what matters is that it ends.
fn read_all(bytes: &[u8]) {
    if let Ok(mut package) = Package::open(bytes, SMALL) {
        let names: Vec<String> = package.names().map(str::to_owned).collect();
        for name in names {
            let unfolded = package.read(&name);
            assert!(
                unfolded.is_err() || unfolded.is_ok_and(|bytes| bytes.is_some_and(|b| b.len() <= 12 << 20))
            );
        }
    }
}

#[test]
fn every_truncation_ends() {
    let whole = sample();
    for end in 0..whole.len() {
        read_all(&whole[..end]);
    }
}

proptest! {
    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
        read_all(&[b"PK\x03\x04".as_slice(), &bytes].concat());
    }

    #[test]
    fn any_changed_bytes_end(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = sample();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_all(&bytes);
    }
}
