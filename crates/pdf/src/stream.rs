//! Streams unfolded within a bound.
//!
//! Invariant: no more than the budget's bytes come out of a stream, however little went in; a stream that breaks off gives what came
//! before the break.
//! Not here: images, which are never unfolded.

use std::borrow::Cow;
use std::io::Read;

use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Stream};

use crate::budget::Budget;

/// Rare filters (LZW, run length, predictors) have no bound of their own and multiply by up to 1400: this much of them at most.
const UNBOUNDED_INPUT: usize = 128 << 10;

/// The content of a stream, or nothing if it is an image or cannot be read.
pub(crate) fn decode<'a>(stream: &Stream<'a>, budget: &mut Budget) -> Option<Cow<'a, [u8]>> {
    let filters = stream.filters();
    let data = if filters.iter().any(|&filter| is_image(filter)) {
        return None;
    } else if has_predictor(stream.dict()) || filters.iter().any(|&filter| is_unbounded(filter)) {
        let expanding =
            filters.iter().filter(|&&filter| filter == Filter::FlateDecode || is_unbounded(filter));
        let raw = stream.raw_data();
        if expanding.count() > 1 || raw.len() > UNBOUNDED_INPUT {
            return None;
        }
        stream.decoded_data().ok()?
    } else {
        let mut data = stream.raw_data();
        for filter in filters {
            data = match filter {
                Filter::FlateDecode => Cow::Owned(inflate(&data, budget.stream_bytes())),
                Filter::AsciiHexDecode => Cow::Owned(ascii_hex(&data)),
                Filter::Ascii85Decode => Cow::Owned(ascii_85(&data)),
                _ => data,
            };
        }
        data
    };
    budget.took_stream(data.len());
    Some(data)
}

fn is_image(filter: Filter) -> bool {
    matches!(filter, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
}

fn is_unbounded(filter: Filter) -> bool {
    matches!(filter, Filter::LzwDecode | Filter::RunLengthDecode)
}

fn has_predictor(dict: &Dict<'_>) -> bool {
    let predicts = |parms: Dict<'_>| parms.get::<i32>("Predictor").is_some_and(|predictor| predictor > 1);
    ["DecodeParms", "DP"].iter().any(|key| {
        dict.get::<Dict<'_>>(key).is_some_and(predicts)
            || dict.get::<Array<'_>>(key).is_some_and(|all| all.iter::<Dict<'_>>().any(predicts))
    })
}

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

fn ascii_hex(data: &[u8]) -> Vec<u8> {
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

fn ascii_85(data: &[u8]) -> Vec<u8> {
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
