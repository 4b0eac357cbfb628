//! Where each kind of image keeps what it says about itself: segments, chunks, boxes.

use memchr::memmem;

use super::exif::Tiff;
use super::size::{Kind, be32, segments};
use super::{Facts, xmp};
use crate::{add_authors, add_subject, date};

/// The most chunks of a PNG or WebP file that are looked at.
const MAX_CHUNKS: usize = 65_536;
/// How Exif begins in a JPEG segment, and in the boxes of HEIF.
const EXIF_MARK: &[u8] = b"Exif\0\0";
/// How IPTC facts begin in a Photoshop segment: the resource 0x0404.
const IPTC_MARK: &[u8] = b"8BIM\x04\x04";

/// Adds the facts that the image states. XMP goes first: it is what people edit.
pub(super) fn read(bytes: &[u8], kind: Kind, facts: &mut Facts) {
    xmp::read(bytes, facts);
    match kind {
        Kind::Png => png(bytes, facts),
        Kind::Jpeg => jpeg(bytes, facts),
        Kind::WebP => webp(bytes, facts),
        Kind::Tiff => exif(bytes, facts),
        Kind::Heif | Kind::Avif => boxed(bytes, facts),
        Kind::Gif | Kind::Bmp => {}
    }
}

fn exif(tiff: &[u8], facts: &mut Facts) {
    if let Some(tiff) = Tiff::new(tiff) {
        tiff.tell(facts);
    }
}

fn jpeg(bytes: &[u8], facts: &mut Facts) {
    for (marker, content) in segments(bytes) {
        match marker {
            0xe1 => content.strip_prefix(EXIF_MARK).into_iter().for_each(|tiff| exif(tiff, facts)),
            0xed => iptc(content, facts),
            0xfe => facts.describe(&String::from_utf8_lossy(content)),
            _ => {}
        }
    }
}

/// The application records of IPTC (IIM 4.2): title 5, keyword 25, author 80, headline 105, caption 120.
fn iptc(content: &[u8], facts: &mut Facts) {
    let Some(start) = memmem::find(content, IPTC_MARK) else { return };
    let mut rest = content.get(start..).unwrap_or_default();
    while let Some(at) = memmem::find(rest, b"\x1c\x02") {
        let record = rest.get(at + 2..).unwrap_or_default();
        let [number, high, low, value @ ..] = record else { return };
        let n = usize::from(u16::from_be_bytes([*high, *low]));
        let Some(value) = value.get(..n) else { return };
        let words = String::from_utf8_lossy(value);
        match number {
            5 => facts.set_title(&words),
            25 => add_subject(&mut facts.metadata, &words),
            80 => add_authors(&mut facts.metadata, &words),
            105 | 120 => facts.describe(&words),
            _ => {}
        }
        rest = record.get(3 + n..).unwrap_or_default();
    }
}

/// Chunks of PNG: text by keyword, and Exif (PNG third edition, sections 11.3.3 and 11.3.4.1).
fn png(bytes: &[u8], facts: &mut Facts) {
    let mut at = 8_usize;
    for _ in 0..MAX_CHUNKS {
        let Some(n) = be32(bytes, at) else { return };
        let Some(header) = bytes.get(at + 4..at + 8) else { return };
        let Some(content) = bytes.get(at + 8..).and_then(|rest| rest.get(..n as usize)) else { return };
        match header {
            b"tEXt" => png_text(content, facts),
            b"iTXt" => png_international(content, facts),
            b"eXIf" => exif(content, facts),
            b"IEND" => return,
            _ => {}
        }
        at = at.saturating_add(12 + n as usize);
    }
}

fn png_text(content: &[u8], facts: &mut Facts) {
    let Some(end) = memchr::memchr(0, content) else { return };
    let (keyword, text) = content.split_at(end);
    // The standard says Latin-1, programs write UTF-8.
    let text = text.get(1..).unwrap_or_default();
    let latin = || text.iter().map(|&byte| char::from(byte)).collect();
    let text = std::str::from_utf8(text).map_or_else(|_| latin(), str::to_owned);
    named(&String::from_utf8_lossy(keyword), &text, facts);
}

/// Keyword, two bytes of compression, language, the keyword translated, the text. Compressed text is passed over.
fn png_international(content: &[u8], facts: &mut Facts) {
    let Some(end) = memchr::memchr(0, content) else { return };
    let (keyword, rest) = content.split_at(end);
    let [0, 0, _, rest @ ..] = rest else { return };
    let text = rest.splitn(3, |&byte| byte == 0).nth(2).unwrap_or_default();
    named(&String::from_utf8_lossy(keyword), &String::from_utf8_lossy(text), facts);
}

fn named(keyword: &str, text: &str, facts: &mut Facts) {
    match keyword {
        "Title" => facts.set_title(text),
        "Author" => add_authors(&mut facts.metadata, text),
        "Description" | "Comment" => facts.describe(text),
        "Creation Time" if facts.metadata.created_ms.is_none() => {
            facts.metadata.created_ms = date::of_text(text)
        }
        _ => {}
    }
}

/// Chunks of WebP (RFC 9649, section 2.7).
fn webp(bytes: &[u8], facts: &mut Facts) {
    let mut rest = bytes.get(12..).unwrap_or_default();
    for _ in 0..MAX_CHUNKS {
        let Some((header, content)) = rest.split_at_checked(8) else { return };
        let n = header
            .get(4..)
            .and_then(|four| four.try_into().ok())
            .map_or(0, |four| u32::from_le_bytes(four) as usize);
        if header.starts_with(b"EXIF") {
            let tiff = content.get(..n).unwrap_or(content);
            exif(tiff.strip_prefix(EXIF_MARK).unwrap_or(tiff), facts);
        }
        // Chunks begin at even places.
        rest = content.get(n.saturating_add(n % 2)..).unwrap_or_default();
    }
}

/// In HEIF and AVIF, Exif is an item anywhere in the file; it shows by its mark.
fn boxed(bytes: &[u8], facts: &mut Facts) {
    for at in memmem::find_iter(bytes, EXIF_MARK).take(4) {
        exif(bytes.get(at + EXIF_MARK.len()..).unwrap_or_default(), facts);
    }
}
