//! Strings outside of pages: titles, names, comments (PDF 32000-1, 7.9.2).
//!
//! Invariant: any bytes become some text.
//! Not here: the strings that pages show, whose bytes are codes of a font.

use crate::font::Encoding;

/// UTF-16 or UTF-8 behind a byte order mark, else the encoding for documents.
pub(crate) fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => {
            let table: Vec<Option<char>> = Encoding::PdfDoc.chars().collect();
            let char = |&byte: &u8| match byte {
                b'\t' | b'\n' | b'\r' => Some(char::from(byte)),
                _ => table.get(usize::from(byte)).copied().flatten(),
            };
            bytes.iter().filter_map(char).collect()
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()).map(unit);
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .filter(|&c| c != '\0')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_every_encoding() {
        assert_eq!(decode(b"\xfe\xff\x00M\x20\xac"), "M\u{20ac}");
        assert_eq!(decode(b"\xff\xfeM\x00"), "M");
        assert_eq!(decode(b"\xef\xbb\xbfM\xc3\xbc"), "Mü");
        assert_eq!(decode(b"M\xfc\x92"), "Mü\u{2122}");
        assert_eq!(decode(b"\xfe\xff\xd8"), "");
    }
}
