//! The simple filters: deflate, run lengths, and bytes as letters.
//!
//! Invariant: no more than the limit comes out; nothing depends on what the data says of its own length.
//! Not here: LZW, see [`super::lzw`].

use std::io::Read;

/// Zlib data, with or without its header, up to `limit` bytes.
pub(crate) fn inflate(data: &[u8], limit: usize) -> Vec<u8> {
    let limit = limit as u64;
    let mut out = Vec::new();
    // What came out before an error stays.
    let _whole = flate2::read::ZlibDecoder::new(data).take(limit).read_to_end(&mut out);
    if out.is_empty() {
        let _whole = flate2::read::DeflateDecoder::new(data).take(limit).read_to_end(&mut out);
    }
    if out.is_empty() && data.len() > 2 {
        // A header that is wrong.
        let _whole = flate2::read::DeflateDecoder::new(data.get(2..).unwrap_or_default())
            .take(limit)
            .read_to_end(&mut out);
    }
    out
}

/// Pairs of hexadecimal digits.
pub(crate) fn ascii_hex(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 2);
    let mut high = None;
    for digit in data.iter().take_while(|&&b| b != b'>').filter_map(|&b| char::from(b).to_digit(16)) {
        let digit = digit as u8;
        match high.take() {
            None => high = Some(digit),
            Some(high) => out.push(high << 4 | digit),
        }
    }
    out.extend(high.map(|high| high << 4));
    out
}

/// Four bytes in five digits of base 85.
pub(crate) fn ascii_85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 5 * 4);
    let (mut group, mut digits) = (0_u32, 0_usize);
    for &byte in data {
        match byte {
            b'z' if digits == 0 => out.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                digits += 1;
                if digits == 5 {
                    out.extend(group.to_be_bytes());
                    (group, digits) = (0, 0);
                }
            }
            b'~' => break,
            _ => {}
        }
    }
    if digits > 1 {
        // The group is filled up with the highest digit, and as many bytes as it lacks are left out.
        let full = (digits..5).fold(group, |group, _| group.wrapping_mul(85).wrapping_add(84));
        out.extend(full.to_be_bytes().iter().take(digits - 1));
    }
    out
}

/// Runs of one byte, and stretches as they are.
pub(crate) fn run_length(data: &[u8], limit: usize) -> Vec<u8> {
    const END: u8 = 128;
    let mut out = Vec::new();
    let mut rest = data;
    while let Some((&length, after)) = rest.split_first() {
        let room = limit.saturating_sub(out.len());
        if length == END || room == 0 {
            break;
        }
        if length < END {
            let (plain, after) = after.split_at(after.len().min(usize::from(length) + 1));
            out.extend(plain.iter().take(room));
            rest = after;
        } else {
            let Some((&byte, after)) = after.split_first() else {
                break;
            };
            out.extend(std::iter::repeat_n(byte, (257 - usize::from(length)).min(room)));
            rest = after;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn ascii_filters() {
        assert_eq!(ascii_hex(b"48 65 6c6C 6f2>"), b"Hello ");
        assert_eq!(ascii_85(b"87cURD]i,\"Ebo7~>"), b"Hello World");
        assert_eq!(ascii_85(b"z!!~>"), [0; 5]);
    }

    #[test]
    fn runs() {
        assert_eq!(run_length(b"\x02abc\xfed\x80zz", 100), b"abcddd");
        assert_eq!(run_length(b"\x81x\x81y", 5), b"xxxxx");
        assert_eq!(run_length(b"\x05ab", 100), b"ab");
    }

    #[test]
    fn inflating_is_bounded_and_keeps_what_came_before_a_break() {
        let text: Vec<u8> = (0..5000_u32).flat_map(u32::to_be_bytes).collect();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&text).unwrap();
        let packed = zlib.finish().unwrap();
        assert_eq!(inflate(&packed, 1 << 20), text);
        assert_eq!(inflate(&packed, 100), text[..100]);
        let part = inflate(&packed[..packed.len() / 2], 1 << 20);
        assert!(!part.is_empty() && text.starts_with(&part));
        assert_eq!(inflate(b"nothing of the kind", 100), b"");
    }
}
