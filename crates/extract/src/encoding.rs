//! Bytes to characters.
//!
//! Invariant: valid UTF-8 is kept byte for byte (a byte order mark stays, as U+FEFF), so that text offsets are file offsets.
//! Not here: declared encodings of formats; the caller passes what the file says about itself.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use crate::Skip;

/// How much of a text the guess of its encoding is based on.
const GUESS_BYTES: usize = 256 * 1024;
/// How much of the head shows whether every second byte is zero.
const WIDE_SAMPLE: usize = 512;

/// An encoding of two or four bytes a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

/// The wide encoding that the first bytes show, and the length of its mark: by byte order mark, or UTF-16 by its zeros (western text has
/// one in every second byte).
pub(crate) fn wide(head: &[u8]) -> Option<(Wide, usize)> {
    const MARKS: [(&[u8], Wide); 4] = [
        (b"\xff\xfe\0\0", Wide::Utf32Le),
        (b"\0\0\xfe\xff", Wide::Utf32Be),
        (b"\xff\xfe", Wide::Utf16Le),
        (b"\xfe\xff", Wide::Utf16Be),
    ];
    if let Some((mark, wide)) = MARKS.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Some((*wide, mark.len()));
    }
    let sample = &head[..head.len().min(WIDE_SAMPLE) & !1];
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    let mostly = |many: usize, few: usize| pairs >= 2 && many * 10 >= pairs * 7 && few * 20 <= pairs;
    if mostly(odd, even) {
        return Some((Wide::Utf16Le, 0));
    }
    mostly(even, odd).then_some((Wide::Utf16Be, 0))
}

/// The text of `bytes` and the WHATWG name of its encoding. `declared` is the name the file gives itself; valid UTF-8 overrules it.
///
/// # Errors
/// [`Skip::Binary`] or [`Skip::Undecodable`] for what is not words in any encoding.
pub fn decode(bytes: Vec<u8>, declared: Option<&str>) -> Result<(String, &'static str), Skip> {
    if let Some((wide, mark)) = wide(&bytes) {
        return decode_wide(&bytes[mark..], wide);
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, UTF_8.name())),
        Err(error) => error.into_bytes(),
    };
    if is_damaged_utf8(&bytes) {
        return Ok((String::from_utf8_lossy(&bytes).into_owned(), UTF_8.name()));
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = declared
        .filter(|&encoding| encoding != UTF_8 && encoding != REPLACEMENT)
        .unwrap_or_else(|| guess(&bytes));
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    readable(text.into_owned(), encoding.name())
}

fn decode_wide(bytes: &[u8], wide: Wide) -> Result<(String, &'static str), Skip> {
    let utf16 = |encoding: &'static Encoding| {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        readable(text.into_owned(), encoding.name())
    };
    match wide {
        Wide::Utf16Le => utf16(UTF_16LE),
        Wide::Utf16Be => utf16(UTF_16BE),
        Wide::Utf32Le => readable(decode_utf32(bytes, u32::from_le_bytes), "UTF-32LE"),
        Wide::Utf32Be => readable(decode_utf32(bytes, u32::from_be_bytes), "UTF-32BE"),
    }
}

fn decode_utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let units = bytes.chunks(4).map(|bytes| <[u8; 4]>::try_from(bytes).map_or(u32::MAX, unit));
    units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-8 with a few bad bytes, such as a log cut in the middle of a character: other encodings do not look like it by chance.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for piece in bytes.utf8_chunks() {
        good += piece.valid().bytes().filter(|&byte| byte >= 0xc0).count();
        bad += usize::from(!piece.invalid().is_empty());
    }
    good > 4 * bad
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    // Skipping the plain beginning brings the sample to where the evidence is.
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0).saturating_sub(64);
    let sample = &bytes[from..bytes.len().min(from + GUESS_BYTES)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, from + sample.len() == bytes.len());
    detector.guess(None, Utf8Detection::Deny)
}

/// Refuses what decodes to something other than words.
fn readable(text: String, encoding: &'static str) -> Result<(String, &'static str), Skip> {
    let (mut all, mut replaced, mut controls) = (0_usize, 0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        replaced += usize::from(c == char::REPLACEMENT_CHARACTER);
        controls += usize::from(c.is_control() && !c.is_whitespace() && c != '\x1b');
    }
    if controls * 50 > all {
        return Err(Skip::Binary);
    }
    if replaced * 50 > all { Err(Skip::Undecodable) } else { Ok((text, encoding)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], declared: Option<&str>, text: &str, encoding: &str) {
        assert_eq!(
            decode(bytes.to_vec(), declared).unwrap(),
            (text.to_owned(), Box::leak(encoding.to_owned().into_boxed_str()) as &str)
        );
    }

    #[test]
    fn marks_decide() {
        check(b"\xef\xbb\xbfa", None, "\u{feff}a", "UTF-8");
        check(b"\xff\xfea\0\xe9\0", None, "a\u{e9}", "UTF-16LE");
        check(b"\xfe\xff\0a\0\xe9", None, "a\u{e9}", "UTF-16BE");
        check(b"\xff\xfe\0\0a\0\0\0", None, "a", "UTF-32LE");
        check(b"\0\0\xfe\xff\0\0\0a", None, "a", "UTF-32BE");
    }

    #[test]
    fn without_a_mark_the_bytes_decide() {
        check("naïve 中文".as_bytes(), None, "naïve 中文", "UTF-8");
        check(b"h\0e\0l\0l\0o\0", None, "hello", "UTF-16LE");
        check(b"\0h\0e\0l\0l\0o", None, "hello", "UTF-16BE");
        check(
            b"Le caf\xe9 est tr\xe8s bon \xe0 c\xf4t\xe9",
            None,
            "Le café est très bon à côté",
            "windows-1252",
        );
        check(
            b"\x93\xfa\x96{\x8c\xea\x82\xcc\x83e\x83L\x83X\x83g\x82\xc5\x82\xb7",
            None,
            "日本語のテキストです",
            "Shift_JIS",
        );
    }

    #[test]
    fn what_the_file_says_comes_after_utf8() {
        check(b"\xe1\xe2", Some("windows-1251"), "бв", "windows-1251");
        check("é".as_bytes(), Some("windows-1251"), "é", "UTF-8");
        check(
            b"\xe9t\xe9 pass\xe9 \xe0 la plage",
            Some("no such thing"),
            "été passé à la plage",
            "windows-1252",
        );
    }

    #[test]
    fn a_few_bad_bytes_do_not_spoil_utf8() {
        check("ééééé中文\u{e9}".as_bytes().split_last().unwrap().1, None, "ééééé中文\u{fffd}", "UTF-8");
    }

    #[test]
    fn what_is_not_words_is_refused() {
        assert_eq!(decode(vec![0x81, 1, 2, 3, 4, 0x9d, 5, 6], None), Err(Skip::Binary));
        assert_eq!(decode(b"\xff\xfe\x00\xd8\x00\xd8\x00\xd8".to_vec(), None), Err(Skip::Undecodable));
    }

    proptest! {
        #[test]
        fn utf8_is_kept_byte_for_byte(text in "[a-z\u{feff}é中\n ]{0,40}") {
            prop_assert_eq!(decode(text.clone().into_bytes(), Some("windows-1251")), Ok((text, "UTF-8")));
        }
    }
}
