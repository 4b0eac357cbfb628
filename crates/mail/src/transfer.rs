//! Content transfer encodings (RFC 2045, section 6) and character sets, read leniently.
//!
//! Invariant: never fails: what is not of the encoding is passed over (base64) or kept as it is (quoted-printable).

use encoding_rs::{Encoding, ISO_2022_JP, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;

/// The bytes that `encoded` stands for by the encoding that a part names.
pub(crate) fn decode(encoded: &[u8], encoding: Option<&str>) -> Vec<u8> {
    let named = |name: &str| encoding.is_some_and(|encoding| encoding.trim().eq_ignore_ascii_case(name));
    if named("base64") {
        base64(encoded)
    } else if named("quoted-printable") {
        quoted_printable(encoded)
    } else {
        encoded.to_vec()
    }
}

/// Bytes to text. What is declared is often wrong, so that UTF-8 and, where nothing fits, a guess come first.
pub(crate) fn text(bytes: Vec<u8>, charset: Option<&str>) -> String {
    let declared = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    // Its escapes are valid UTF-8 by chance.
    if declared == Some(ISO_2022_JP) {
        return ISO_2022_JP.decode_without_bom_handling(&bytes).0.into_owned();
    }
    // Those that the web has given up: UTF-7, code pages of DOS.
    if let (None, Some(decode)) =
        (declared, charset.and_then(|label| charset_decoder(label.trim().as_bytes())))
    {
        return decode(&bytes);
    }
    match extract::decode(bytes.clone(), charset) {
        Ok((text, _)) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(&bytes).0.into_owned(),
    }
}

fn base64(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut bits, mut n_bits) = (0_u32, 0_u32);
    for &byte in encoded {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                // Mailing lists append their lines to the last group; what follows padding begins a new one.
                (bits, n_bits) = (0, 0);
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push((bits >> n_bits) as u8);
        }
    }
    out
}

fn quoted_printable(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = memchr::memchr(b'=', rest) {
        let (before, after) = rest.split_at(at);
        out.extend(before);
        rest = match after {
            [b'=', b'\r', b'\n', rest @ ..] | [b'=', b'\n', rest @ ..] => rest,
            [b'=', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(hex(*high) << 4 | hex(*low));
                rest
            }
            [_, blank @ ..] if ends_in_blanks(blank) => after_line(blank),
            [sign, rest @ ..] => {
                out.push(*sign);
                rest
            }
            [] => &[],
        };
    }
    out.extend(rest);
    out
}

/// A soft line break behind which some relay left blanks; RFC 2045 says that they do not count.
fn ends_in_blanks(line: &[u8]) -> bool {
    const FEW: usize = 80;
    let line = &line[..line.len().min(FEW)];
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')).is_none_or(|&byte| byte == b'\n')
}

fn after_line(line: &[u8]) -> &[u8] {
    memchr::memchr(b'\n', line).and_then(|at| line.get(at + 1..)).unwrap_or_default()
}

fn hex(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_leniently() {
        for (encoding, encoded, expected) in [
            ("BASE64", "VGlkZSBt\r\naWxs", "Tide mill"),
            ("base64", "VGlkZQ==\nIGFu ZCBl*YmI", "Tide and ebb"),
            ("base64", "VGlkZQ", "Tide"),
            ("quoted-printable", "a=C3=A9=\r\nb=\nc=  \r\nd =zz=\n", "aébcd =zz"),
            ("quoted-printable", "", ""),
            ("8bit", "a=41", "a=41"),
        ] {
            assert_eq!(
                String::from_utf8(decode(encoded.as_bytes(), Some(encoding))).unwrap(),
                expected,
                "{encoded}"
            );
        }
    }

    #[test]
    fn character_sets() {
        assert_eq!(text(b"\xe9t\xe9".to_vec(), Some("iso-8859-1")), "été");
        assert_eq!(text("été".as_bytes().to_vec(), Some("iso-8859-1")), "été");
        assert_eq!(text(b"\x1b$B%F%9%H\x1b(B".to_vec(), Some("ISO-2022-JP")), "テスト");
        assert_eq!(text(b"\xcd\xf0\xe0\xe2\xb3\xf2\xf1\xff".to_vec(), Some("windows-1251")), "Нравітся");
        assert_eq!(text(b"Hi Mom -+Jjo--!".to_vec(), Some("UTF-7")), "Hi Mom -☺-!");
        assert_eq!(text(b"\x82t\x82".to_vec(), Some("no such set")), "‚t‚");
        assert_eq!(text(b"\x01\x02\x81\x9d".to_vec(), None).chars().count(), 4);
    }
}
