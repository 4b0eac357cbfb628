//! Which characters an embedded compact font gives its codes (Adobe Technical Note 5176, The Compact Font Format).
//!
//! Invariant: reads forward only, every offset checked; a font that breaks off gives nothing.
//! Not here: outlines, and fonts keyed by character identifier, whose codes have no names.

use super::{Encoding, glyphs};

/// Strings that every font knows without carrying them.
const STANDARD_STRINGS: usize = 391;
/// Names of the strings 150 to 228, after those of the standard encoding.
const LATIN: &str = concat!(
    "\u{b9}\u{ac}\u{b5}\u{2122}\u{d0}\u{bd}\u{b1}\u{de}\u{bc}\u{f7}\u{a6}\u{b0}\u{fe}\u{be}\u{b2}\u{ae}\u{2212}\u{f0}\u{d7}\u{b3}\u{a9}",
    "ÁÂÄÀÅÃÇÉÊËÈÍÎÏÌÑÓÔÖÒÕŠÚÛÜÙÝŸŽ",
    "áâäàåãçéêëèíîïìñóôöòõšúûüùýÿž"
);

/// The built-in encoding.
pub(crate) fn encoding_of_cff(font: &[u8]) -> Option<Vec<Option<String>>> {
    let mut at = Reader { bytes: font, at: usize::from(*font.get(2)?) };
    at.index()?;
    let tops = at.index()?;
    let strings = at.index()?;
    let top = Top::new(tops.first()?);
    if top.is_cid {
        return None;
    }
    let glyph_count = Reader { bytes: font, at: top.char_strings }.u16()?;
    let names = charset(font, top.charset, glyph_count)?;
    let text = |glyph: usize| name_text(*names.get(glyph)?, &strings);
    let mut codes = vec![None; 256];
    if top.encoding < 2 {
        // The standard encoding. That of expert sets has no letters.
        let known: Vec<Option<char>> = Encoding::Standard.chars().collect();
        for (slot, c) in codes.iter_mut().zip(known) {
            *slot = c.map(String::from);
        }
        return Some(codes);
    }
    for (code, glyph) in encoding(font, top.encoding)? {
        if let Some(slot) = codes.get_mut(usize::from(code)) {
            *slot = text(glyph);
        }
    }
    Some(codes)
}

/// What the top dictionary says of where things are.
#[derive(Default)]
struct Top {
    charset: usize,
    encoding: usize,
    char_strings: usize,
    is_cid: bool,
}

impl Top {
    fn new(dict: &[u8]) -> Self {
        let mut top = Self::default();
        let mut reader = Reader { bytes: dict, at: 0 };
        let mut last = 0_i32;
        while let Some(byte) = reader.u8() {
            let offset = usize::try_from(last).unwrap_or(0);
            match byte {
                12 => top.is_cid |= reader.u8() == Some(30),
                15 => top.charset = offset,
                16 => top.encoding = offset,
                17 => top.char_strings = offset,
                28 => last = reader.u16().map_or(0, |n| i32::from(n as i16)),
                29 => last = reader.u32().map_or(0, |n| n as i32),
                30 => while reader.u8().is_some_and(|pair| pair & 0xf != 0xf && pair >> 4 != 0xf) {},
                32..=246 => last = i32::from(byte) - 139,
                247..=250 => last = (i32::from(byte) - 247) * 256 + reader.u8().map_or(0, i32::from) + 108,
                251..=254 => last = -(i32::from(byte) - 251) * 256 - reader.u8().map_or(0, i32::from) - 108,
                _ => {}
            }
        }
        top
    }
}

/// The string numbers of the glyphs' names.
fn charset(font: &[u8], offset: usize, glyph_count: u16) -> Option<Vec<u16>> {
    let wanted = usize::from(glyph_count);
    if offset < 3 {
        return Some((0..glyph_count).collect());
    }
    let mut reader = Reader { bytes: font, at: offset };
    let format = reader.u8()?;
    let mut names = vec![0];
    while names.len() < wanted {
        let first = reader.u16()?;
        let more = match format {
            0 => 0,
            1 => u16::from(reader.u8()?),
            2 => reader.u16()?,
            _ => return None,
        };
        names.extend((first..=first.saturating_add(more)).take(wanted - names.len()));
    }
    Some(names)
}

/// Codes and their glyphs.
fn encoding(font: &[u8], offset: usize) -> Option<Vec<(u8, usize)>> {
    let mut reader = Reader { bytes: font, at: offset };
    let format = reader.u8()?;
    let count = reader.u8()?;
    let mut codes = Vec::new();
    let mut glyph = 1;
    for _ in 0..count {
        let first = reader.u8()?;
        let more = if format & 0x7f == 0 { 0 } else { reader.u8()? };
        for code in first..=first.saturating_add(more) {
            codes.push((code, glyph));
            glyph += 1;
        }
    }
    Some(codes)
}

fn name_text(string: u16, strings: &[&[u8]]) -> Option<String> {
    let string = usize::from(string);
    match string {
        1..=149 => Encoding::Standard.chars().flatten().nth(string - 1).map(String::from),
        150..=228 => LATIN.chars().nth(string - 150).map(String::from),
        266 => Some("ff".to_owned()),
        267 => Some("ffi".to_owned()),
        268 => Some("ffl".to_owned()),
        _ => {
            let own = strings.get(string.checked_sub(STANDARD_STRINGS)?)?;
            glyphs::text_of(std::str::from_utf8(own).ok()?)
        }
    }
}

/// Big-endian numbers, in order.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn u8(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// An INDEX: its items, and the reader behind it.
    fn index(&mut self) -> Option<Vec<&'a [u8]>> {
        let count = usize::from(self.u16()?);
        if count == 0 {
            return Some(Vec::new());
        }
        let width = self.u8()?;
        if !(1..=4).contains(&width) {
            return None;
        }
        let mut offsets = Vec::new();
        for _ in 0..=count {
            let mut offset = 0_usize;
            for _ in 0..width {
                offset = offset << 8 | usize::from(self.u8()?);
            }
            offsets.push(offset);
        }
        let base = self.at.checked_sub(1)?;
        let item = |pair: &[usize]| match *pair {
            [from, to] => self.bytes.get(base.checked_add(from)?..base.checked_add(to)?),
            _ => None,
        };
        let items = offsets.windows(2).map(item).collect::<Option<Vec<_>>>()?;
        self.at = base.checked_add(*offsets.last()?)?;
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_the_standard_strings() {
        let names =
            [1, 34, 109, 149, 150, 171, 228, 267, 391].map(|n| name_text(n, &[b"alpha"]).unwrap_or_default());
        assert_eq!(names, [" ", "A", "\u{fb01}", "ß", "\u{b9}", "Á", "ž", "ffi", "\u{3b1}"]);
        assert_eq!(name_text(300, &[]), None);
    }

    #[test]
    fn a_font_with_two_glyphs() {
        // Header, names [F], top dictionary (charset 38, encoding 43, char strings 33), strings [ff_i], no subroutines.
        let mut font = vec![1, 0, 4, 1, 0, 1, 1, 1, 2, b'F'];
        font.extend([0, 1, 1, 1, 7, 139 + 38, 15, 139 + 43, 16, 139 + 33, 17]);
        font.extend([0, 1, 1, 1, 5, b'f', b'_', b'f', b'x', 0, 0]);
        font.resize(33, 0);
        font.extend([0, 3, 1, 1, 1]);
        font.extend([0, 0, 34, 0, 35]);
        font.extend([0, 2, 65, 200]);
        let codes = encoding_of_cff(&font).unwrap();
        assert_eq!(
            (codes[65].as_deref(), codes[200].as_deref(), codes[66].as_deref()),
            (Some("A"), Some("B"), None)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_encoding_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut font = vec![1, 0, 4, 1];
            font.extend(bytes);
            if let Some(codes) = encoding_of_cff(&font) {
                prop_assert_eq!(codes.len(), 256);
            }
        }
    }
}
