//! Kind and size of an image, from its header.
//!
//! Invariant: a size is given only if it is stated; nothing is guessed.

use memchr::memmem;

use super::exif::Tiff;

/// A kind of image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Jpeg,
    Gif,
    WebP,
    Bmp,
    Tiff,
    Heif,
    Avif,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Heif => "HEIF",
            Self::Avif => "AVIF",
        }
    }
}

/// Width and height in pixels.
type Size = (u32, u32);

/// How far into a file of boxes the sizes of its items stand.
const BOX_BYTES: usize = 1 << 20;
/// The most segments of a JPEG file before its picture.
const MAX_SEGMENTS: usize = 4096;

/// What the bytes are an image of, and how large, if that can be read.
pub(super) fn of(bytes: &[u8]) -> Option<(Kind, Option<Size>)> {
    let at = |offset: usize, mark: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(mark));
    Some(if at(0, b"\x89PNG\r\n\x1a\n") {
        (Kind::Png, both(be32(bytes, 16), be32(bytes, 20)))
    } else if at(0, b"\xff\xd8\xff") {
        (Kind::Jpeg, jpeg(bytes))
    } else if at(0, b"GIF8") {
        (Kind::Gif, both(le16(bytes, 6), le16(bytes, 8)))
    } else if at(0, b"RIFF") && at(8, b"WEBP") {
        (Kind::WebP, webp(bytes))
    } else if at(0, b"BM") {
        (Kind::Bmp, bmp(bytes))
    } else if at(0, b"II*\0") || at(0, b"MM\0*") {
        (Kind::Tiff, Tiff::new(bytes).and_then(|tiff| tiff.size()))
    } else if at(4, b"ftyp") {
        (if at(8, b"avi") { Kind::Avif } else { Kind::Heif }, boxed(bytes))
    } else {
        return None;
    })
}

fn both(width: Option<u32>, height: Option<u32>) -> Option<Size> {
    Some((width?, height?)).filter(|&(width, height)| width > 0 && height > 0)
}

/// The first frame header of a JPEG file (ITU T.81, section B.2.2).
fn jpeg(bytes: &[u8]) -> Option<Size> {
    for (marker, content) in segments(bytes) {
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return both(be16(content, 3), be16(content, 1));
        }
    }
    None
}

/// Marker and content of each segment of a JPEG file before its picture (ITU T.81, section B.1.1).
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let next = move || {
        loop {
            let (&marker, after) = rest.strip_prefix(b"\xff")?.split_first()?;
            match marker {
                // The end, or the beginning of the picture.
                0xd9 | 0xda => return None,
                // Any number of these may fill the gap before a marker.
                0xff => rest = rest.get(1..)?,
                // Marks without content.
                0x01 | 0xd0..=0xd8 => rest = after,
                _ => {
                    let n = be16(after, 0)? as usize;
                    let content = after.get(2..n)?;
                    rest = after.get(n..)?;
                    return Some((marker, content));
                }
            }
        }
    };
    std::iter::from_fn(next).take(MAX_SEGMENTS)
}

/// The three forms of WebP (RFC 9649).
fn webp(bytes: &[u8]) -> Option<Size> {
    let content = bytes.get(20..)?;
    let le24 = |at: usize| Some(le16(content, at)? | u32::from(*content.get(at + 2)?) << 16);
    match bytes.get(12..16)? {
        b"VP8X" => both(le24(4).map(|n| n + 1), le24(7).map(|n| n + 1)),
        b"VP8L" => {
            let bits = le32(content, 1)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => both(le16(content, 6).map(|n| n & 0x3fff), le16(content, 8).map(|n| n & 0x3fff)),
        _ => None,
    }
}

fn bmp(bytes: &[u8]) -> Option<Size> {
    match le32(bytes, 14)? {
        12 => both(le16(bytes, 18), le16(bytes, 20)),
        // Upside down, the height is negative.
        _ => both(le32(bytes, 18), le32(bytes, 22).map(|height| height.cast_signed().unsigned_abs())),
    }
}

/// The largest of the sizes that the items of a file of boxes have (ISO/IEC 23008-12, section 6.5.3): the others are tiles and thumbnails.
fn boxed(bytes: &[u8]) -> Option<Size> {
    let head = &bytes[..bytes.len().min(BOX_BYTES)];
    let sizes =
        memmem::find_iter(head, b"ispe").filter_map(|at| both(be32(head, at + 8), be32(head, at + 12)));
    sizes.max_by_key(|&(width, height)| u64::from(width) * u64::from(height))
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(u32::from_be_bytes)
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(u32::from_le_bytes)
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(|two| u32::from(u16::from_be_bytes(two)))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    word(bytes, at).map(|two| u32::from(u16::from_le_bytes(two)))
}
