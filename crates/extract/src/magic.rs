//! Kinds of file that are known by their first bytes.
//!
//! Invariant: looks at the head only. A signature that is also the beginning of a word counts only where no words follow.

use corpus::Format;

/// What a file's first bytes show it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This format, whatever the file is called.
    Is(Format),
    /// A zip archive or a format that is one underneath.
    Zip,
    /// A compound file: an Office document of before 2007, an Outlook message, an encrypted newer one.
    Compound,
    /// Compressed by gzip; a tar archive may be inside.
    Gzip,
    /// A kind without a reader, as [`crate::Skip::Unsupported`] names it.
    Unread(&'static str),
}

use Kind::{Compound, Gzip, Is, Unread, Zip};

/// What the bytes begin with, and the kind that begins so.
const SIGNATURES: &[(&[u8], Kind)] = &[
    (b"%PDF-", Is(Format::Pdf)),
    (b"{\\rtf", Is(Format::Rtf)),
    (b"%!PS", Unread("PostScript")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Compound),
    (b"PK\x03\x04", Zip),
    (b"PK\x05\x06", Zip),
    (b"\x1f\x8b\x08", Gzip),
    (b"BZh", Unread("a compressed file")),
    (b"\xfd7zXZ\0", Unread("a compressed file")),
    (b"\x28\xb5\x2f\xfd", Unread("a compressed file")),
    (b"\x04\x22\x4d\x18", Unread("a compressed file")),
    (b"7z\xbc\xaf\x27\x1c", Unread("an archive")),
    (b"Rar!\x1a\x07", Unread("an archive")),
    (b"!<arch>\n", Unread("an archive")),
    (b"\x89PNG\r\n\x1a\n", Is(Format::Image)),
    (b"\xff\xd8\xff", Is(Format::Image)),
    (b"GIF87a", Is(Format::Image)),
    (b"GIF89a", Is(Format::Image)),
    (b"II*\0", Is(Format::Image)),
    (b"MM\0*", Is(Format::Image)),
    (b"8BPS", Unread("an image of this kind")),
    (b"\0\0\x01\0", Unread("an image of this kind")),
    (b"ID3", Unread("a recording")),
    (b"fLaC", Unread("a recording")),
    (b"OggS", Unread("a recording")),
    (b"\x1a\x45\xdf\xa3", Unread("a recording")),
    (b"wOFF", Unread("a font")),
    (b"wOF2", Unread("a font")),
    (b"OTTO\0", Unread("a font")),
    (b"\0\x01\0\0\0", Unread("a font")),
    (b"SQLite format 3\0", Unread("a database")),
    (b"\x7fELF", Unread("a program")),
    (b"\xca\xfe\xba\xbe", Unread("a program")),
    (b"\xcf\xfa\xed\xfe", Unread("a program")),
    (b"\xce\xfa\xed\xfe", Unread("a program")),
    (b"\0asm", Unread("a program")),
];

/// Brands of the ISO container (ISO/IEC 14496-12) that hold still images.
const IMAGE_BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1", b"avif", b"avis"];

/// The kind of file that begins with `head`, if its first bytes tell.
pub(crate) fn kind_of(head: &[u8]) -> Option<Kind> {
    if let Some((_, kind)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        return (!begins_like_text(head)).then_some(*kind);
    }
    let at = |offset: usize, bytes: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    let is_image = IMAGE_BRANDS.iter().any(|brand| at(8, brand));
    let inside = [
        (at(0, b"RIFF") && at(8, b"WEBP"), Is(Format::Image)),
        (at(0, b"RIFF") && (at(8, b"WAVE") || at(8, b"AVI ")), Unread("a recording")),
        (at(4, b"ftyp") && is_image, Is(Format::Image)),
        (at(4, b"ftyp"), Unread("a recording")),
        (at(0, b"BM") && at(6, b"\0\0\0\0"), Is(Format::Image)),
        (at(257, b"ustar"), Is(Format::Tar)),
    ];
    inside.iter().find(|(found, _)| *found).map(|(_, kind)| *kind)
}

/// The shortest signatures are also ordinary words ("ID3 tags explained"): what follows tells them apart.
fn begins_like_text(head: &[u8]) -> bool {
    let word = head.starts_with(b"ID3")
        || head.starts_with(b"BZh")
        || head.starts_with(b"8BPS")
        || head.starts_with(b"wOF");
    word && head.iter().take(16).all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_signatures() {
        assert_eq!(kind_of(b"ID3 tags, explained"), None);
        assert_eq!(kind_of(b"ID3\x04\0\0\0\0\0"), Some(Unread("a recording")));
        assert_eq!(kind_of(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some(Is(Format::Image)));
        assert_eq!(kind_of(b"\0\0\0\x18ftypheic\0\0\0\0"), Some(Is(Format::Image)));
        assert_eq!(kind_of(b"\0\0\0\x18ftypisom\0\0\0\0"), Some(Unread("a recording")));
        assert_eq!(kind_of(b"BMW cars"), None);
        assert_eq!(kind_of(b"plain"), None);
        assert_eq!(kind_of(b""), None);
    }
}
