//! Kinds of file that are known by their first bytes and have no reader yet.

/// What the bytes begin with, and the kind that begins so.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF-", "PDF"),
    (b"{\\rtf", "RTF"),
    (b"%!PS", "PostScript"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b\x08", "a compressed file"),
    (b"BZh", "a compressed file"),
    (b"\xfd7zXZ\0", "a compressed file"),
    (b"\x28\xb5\x2f\xfd", "a compressed file"),
    (b"\x04\x22\x4d\x18", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!\x1a\x07", "an archive"),
    (b"!<arch>\n", "an archive"),
    (b"\x89PNG\r\n\x1a\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF87a", "an image"),
    (b"GIF89a", "an image"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"8BPS", "an image"),
    (b"\0\0\x01\0", "an image"),
    (b"ID3", "a recording"),
    (b"fLaC", "a recording"),
    (b"OggS", "a recording"),
    (b"\x1a\x45\xdf\xa3", "a recording"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OTTO\0", "a font"),
    (b"\0\x01\0\0\0", "a font"),
    (b"SQLite format 3\0", "a database"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xce\xfa\xed\xfe", "a program"),
    (b"\0asm", "a program"),
];

/// The kind of file that begins with `head`, if it is one of those without a reader.
pub(crate) fn kind_of(head: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = SIGNATURES.iter().find(|(start, _)| head.starts_with(start)) {
        return (!begins_like_text(head)).then_some(*kind);
    }
    let at = |offset: usize, bytes: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(bytes));
    let inside: [(bool, &str); 4] = [
        (at(0, b"RIFF") && at(8, b"WEBP"), "an image"),
        (at(0, b"RIFF") && (at(8, b"WAVE") || at(8, b"AVI ")), "a recording"),
        (at(4, b"ftyp"), "a recording"),
        (at(257, b"ustar"), "an archive"),
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
        assert_eq!(kind_of(b"ID3\x04\0\0\0\0\0"), Some("a recording"));
        assert_eq!(kind_of(b"RIFF\x01\x02\x03\x04WEBPVP8 "), Some("an image"));
        assert_eq!(kind_of(b"plain"), None);
        assert_eq!(kind_of(b""), None);
    }
}
