//! Headers as each kind of image has them, made by hand: a few bytes each.

use super::*;
use proptest::prelude::*;

fn chunk(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut bytes = (content.len() as u32).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(content);
    bytes.extend([0; 4]);
    bytes
}

/// A TIFF file of little-endian entries: tag, kind, count and value; longer values stand behind the directory.
fn tiff(entries: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    let mut behind: Vec<u8> = Vec::new();
    let base = 8 + 2 + 12 * entries.len();
    for (tag, kind, value) in entries {
        let count = value.len() / if *kind == 3 { 2 } else { 1 };
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend((count as u32).to_le_bytes());
        if value.len() <= 4 {
            let mut four = value.to_vec();
            four.resize(4, 0);
            bytes.extend(four);
        } else {
            bytes.extend(((base + behind.len()) as u32).to_le_bytes());
            behind.extend(*value);
        }
    }
    bytes.extend(behind);
    bytes
}

fn samples() -> Vec<(Vec<u8>, &'static str)> {
    let exif = tiff(&[
        (0x10e, 2, b"The sluice\0"),
        (0x10f, 2, b"Canon\0"),
        (0x110, 2, b"Canon EOS\0"),
        (0x132, 2, b"2024:03:05 14:22:01\0"),
    ]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(chunk(b"IHDR", b"\0\0\x03\x20\0\0\x02\x58\x08\x06\0\0\0"));
    png.extend(chunk(b"tEXt", b"Title\0Tide mill"));
    png.extend(chunk(b"iTXt", "Description\0\0\0en\0\0At the ébb".as_bytes()));
    png.extend(chunk(b"IEND", b""));
    let mut jpeg = b"\xff\xd8\xff\xe1".to_vec();
    jpeg.extend(((exif.len() + 8) as u16).to_be_bytes());
    jpeg.extend(b"Exif\0\0");
    jpeg.extend(&exif);
    jpeg.extend(b"\xff\xff\xc0\0\x0b\x08\0\x0a\0\x14\x01\x01\x11\0\xff\xda");
    let xmp = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description xmp:CreateDate='2024-03-05T14:22:01Z'>\
        <dc:title><rdf:Alt><rdf:li>Wheel &amp; sluice</rdf:li></rdf:Alt></dc:title><dc:subject><rdf:Bag><rdf:li>mill</rdf:li><rdf:li>tide</rdf:li></rdf:Bag></dc:subject>\
        <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>";
    let mut gif = b"GIF89a\x14\0\x0a\0\0\0\0".to_vec();
    gif.extend(xmp.as_bytes());
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x14\0\0\0".to_vec();
    bmp.extend((-10_i32).to_le_bytes());
    let webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x13\0\0\x09\0\0".to_vec();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x14ispe\0\0\0\0\0\0\0\x14\0\0\0\x0a".to_vec();
    let svg = "<svg xmlns='x'><title>Plan</title><g><text>Sluice <tspan>gate</tspan></text><path d='M0'/><text>Wheel</text></g></svg>";
    vec![
        (png, "PNG image, 800 × 600 pixels\nTide mill\nAt the ébb\n"),
        (jpeg, "JPEG image, 20 × 10 pixels\nThe sluice\nCanon EOS\n"),
        (gif, "GIF image, 20 × 10 pixels\nWheel & sluice\nmill, tide\n"),
        (bmp, "BMP image, 20 × 10 pixels\n"),
        (webp, "WebP image, 20 × 10 pixels\n"),
        (heic, "HEIF image, 20 × 10 pixels\n"),
        (
            tiff(&[(0x100, 3, b"\x14\0"), (0x101, 3, b"\x0a\0"), (0x13b, 2, b"Ada\0")]),
            "TIFF image, 20 × 10 pixels\n",
        ),
        (svg.as_bytes().to_vec(), "SVG image\n\nPlan\n\nSluice gate\nWheel\n"),
    ]
}

#[test]
fn each_kind_says_what_it_is() {
    for (bytes, expected) in samples() {
        assert_eq!(read_image(&bytes).unwrap().text, expected);
    }
}

#[test]
fn facts_are_metadata_too() {
    let documents: Vec<Document> = samples().iter().map(|(bytes, _)| read_image(bytes).unwrap()).collect();
    assert_eq!(documents[0].title.as_deref(), Some("Tide mill"));
    assert_eq!(documents[1].metadata.created_ms, Some(1_709_648_521_000));
    let gif = &documents[2].metadata;
    assert_eq!((gif.authors.as_slice(), gif.created_ms), (&["Ada".to_owned()][..], Some(1_709_648_521_000)));
    assert_eq!(gif.keywords, ["mill", "tide"]);
    assert_eq!(documents[6].metadata.authors, ["Ada"]);
    assert_eq!(documents[7].title.as_deref(), Some("Plan"));
}

#[test]
fn what_is_no_image_says_so() {
    for bytes in [&b""[..], b"words", b"<p>", b"\0\x01\x02"] {
        assert!(matches!(read_image(bytes), Err(Skip::Damaged { .. })));
    }
}

proptest! {
    #[test]
    fn cut_and_changed_images_are_read_or_refused(sample in 0..8_usize, cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (mut bytes, _) = samples().swap_remove(sample);
        let place = at.index(bytes.len());
        bytes[place] = byte;
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Ok(document) = read_image(&bytes) {
            prop_assert!(document.text.len() < 4096);
        }
    }
}
