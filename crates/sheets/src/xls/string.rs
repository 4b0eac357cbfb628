//! Strings of BIFF8: characters of one byte or of two, in pieces that continue from record to record.

use extract::Skip;
use legacy::bytes::utf16;

use crate::strings::Strings;

/// Whether characters have two bytes.
const WIDE: u8 = 1;
const HAS_PHONETICS: u8 = 4;
const HAS_RUNS: u8 = 8;

/// A string of so many characters, behind a byte that says how wide they are.
pub(super) fn plain(length: usize, data: &[u8]) -> String {
    let flags = data.first().copied().unwrap_or(0);
    let mut bytes = Vec::new();
    let width = if flags & WIDE == 0 { 1 } else { 2 };
    let data = data.get(1..).unwrap_or_default();
    widen(data.get(..(length * width).min(data.len())).unwrap_or_default(), width, &mut bytes);
    utf16(&bytes)
}

/// The strings that the cells share.
pub(super) fn shared(parts: &[&[u8]], strings: &mut Strings) -> Result<(), Skip> {
    let mut cursor = Cursor { parts, part: 0, at: 8 };
    let mut units = Vec::new();
    while let Some(length) = cursor.u16() {
        let Some(flags) = cursor.u8() else { break };
        let runs = if flags & HAS_RUNS == 0 { 0 } else { usize::from(cursor.u16().unwrap_or(0)) };
        let phonetics = if flags & HAS_PHONETICS == 0 { 0 } else { cursor.u32().unwrap_or(0) as usize };
        units.clear();
        cursor.characters(usize::from(length), flags, &mut units);
        cursor.skip(runs.saturating_mul(4).saturating_add(phonetics));
        strings.push(&utf16(&units))?;
    }
    Ok(())
}

/// The characters of a text object, which lie in the records that continue it.
pub(super) fn continued(length: usize, parts: &[&[u8]]) -> String {
    let mut cursor = Cursor { parts, part: 0, at: 0 };
    let mut units = Vec::new();
    let flags = cursor.u8().unwrap_or(0);
    cursor.characters(length, flags, &mut units);
    utf16(&units)
}

/// A place in the bytes of records that continue each other.
struct Cursor<'a> {
    parts: &'a [&'a [u8]],
    part: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// What is left of the record at hand; of the next when nothing is.
    fn rest(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.parts.get(self.part)?.get(self.at..).unwrap_or_default();
            if !rest.is_empty() {
                return Some(rest);
            }
            (self.part, self.at) = (self.part + 1, 0);
        }
    }

    fn u8(&mut self) -> Option<u8> {
        let byte = self.rest()?.first().copied();
        self.at += 1;
        byte
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes([self.u8()?, self.u8()?, self.u8()?, self.u8()?]))
    }

    fn skip(&mut self, mut bytes: usize) {
        while bytes > 0
            && let Some(rest) = self.rest()
        {
            let step = rest.len().min(bytes);
            self.at += step;
            bytes -= step;
        }
    }

    /// So many characters, in UTF-16. Where they continue in another record, that says anew how wide they are.
    fn characters(&mut self, mut length: usize, mut flags: u8, units: &mut Vec<u8>) {
        let mut part = self.part;
        while length > 0 {
            if self.rest().is_none() {
                return;
            }
            if self.part != part {
                part = self.part;
                flags = self.u8().unwrap_or(0);
            }
            let width = if flags & WIDE == 0 { 1 } else { 2 };
            let Some(rest) = self.rest().filter(|_| self.part == part) else { continue };
            let count = (rest.len() / width).min(length);
            widen(rest.get(..count * width).unwrap_or_default(), width, units);
            self.at += if count == 0 { rest.len() } else { count * width };
            length -= count;
        }
    }
}

fn widen(bytes: &[u8], width: usize, units: &mut Vec<u8>) {
    if width == 2 {
        units.extend_from_slice(bytes);
    } else {
        units.extend(bytes.iter().flat_map(|&byte| [byte, 0]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_go_on_in_another_width() {
        let mut strings = Strings::default();
        let first = [&[0; 8][..], &[5, 0, 0], b"ab"].concat();
        let second =
            [&[1][..], &[0x3b, 4, b'c', 0], &[b'd', 0], &[1, 0, 8, 1, 0, b'x', 9, 9, 9, 9], &[1, 0, 0, b'y']]
                .concat();
        shared(&[&first, &second], &mut strings).unwrap();
        assert_eq!([0, 1, 2, 3].map(|i| strings.get(i)), [Some("ab\u{43b}cd"), Some("x"), Some("y"), None]);
    }
}
