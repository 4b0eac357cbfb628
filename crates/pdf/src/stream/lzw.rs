//! LZW as PDF and TIFF have it: codes of 9 to 12 bits, the highest bit first (PDF 32000-1, 7.4.4).
//!
//! Invariant: no more than the limit comes out; a code that cannot be ends the data, and what came before it stays.
//! Not here: predictors, see [`super::predictor`].

const CLEAR: usize = 256;
const END: usize = 257;
const SHORTEST: u32 = 9;
const LONGEST: u32 = 12;

/// A string of the table: another one and one more byte.
#[derive(Clone, Copy)]
struct Entry {
    before: usize,
    last: u8,
    length: usize,
}

/// Unpacks `data`. With `early`, which is usual, codes grow one code before they must.
pub(crate) fn decode(data: &[u8], early: bool, limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut table = Vec::with_capacity(1 << LONGEST);
    clear(&mut table);
    let mut bits = Bits { data: data.iter(), held: 0, count: 0 };
    let mut before: Option<(usize, usize)> = None;
    while out.len() < limit {
        let width = usize::BITS - (table.len() + usize::from(early)).leading_zeros();
        let code = match bits.next(width.clamp(SHORTEST, LONGEST)) {
            None | Some(END) => break,
            Some(CLEAR) => {
                clear(&mut table);
                before = None;
                continue;
            }
            Some(code) => code,
        };
        // The string before this one, and this one's first byte, are the table's next. A code may already mean the very string that it
        // makes: that begins as the one before.
        if let Some((code_before, start)) = before
            && table.len() < 1 << LONGEST
        {
            let is_new = code == table.len();
            let last = if is_new { out.get(start).copied() } else { first(&table, code) };
            let length = table.get(code_before).map_or(0, |entry: &Entry| entry.length + 1);
            table.push(Entry { before: code_before, last: last.unwrap_or_default(), length });
        }
        if code >= table.len() {
            break;
        }
        before = Some((code, out.len()));
        write(&table, code, &mut out);
    }
    out.truncate(limit);
    out
}

fn clear(table: &mut Vec<Entry>) {
    table.clear();
    table.extend((0..=u8::MAX).map(|last| Entry { before: 0, last, length: 1 }));
    // The two codes that are no strings.
    table.extend([Entry { before: 0, last: 0, length: 0 }; 2]);
}

/// The first byte of a string.
fn first(table: &[Entry], code: usize) -> Option<u8> {
    let mut entry = table.get(code)?;
    while entry.length > 1 {
        entry = table.get(entry.before)?;
    }
    Some(entry.last)
}

/// Appends a string, from its end.
fn write(table: &[Entry], code: usize, out: &mut Vec<u8>) {
    let start = out.len();
    let mut at = table.get(code);
    out.resize(start + at.map_or(0, |entry| entry.length), 0);
    for byte in out.iter_mut().skip(start).rev() {
        if let Some(entry) = at {
            *byte = entry.last;
            at = table.get(entry.before);
        }
    }
}

struct Bits<'d> {
    data: std::slice::Iter<'d, u8>,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    /// The next so many bits, at most [`LONGEST`].
    fn next(&mut self, width: u32) -> Option<usize> {
        while self.count < width {
            self.held = self.held << 8 | u32::from(*self.data.next()?);
            self.count += 8;
        }
        self.count -= width;
        let code = self.held >> self.count;
        self.held &= (1 << self.count) - 1;
        Some(code as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Packs as an encoder would that clears its table before it is full.
    fn packed(data: &[u8], early: bool) -> Vec<u8> {
        let (mut out, mut held, mut count) = (Vec::new(), 0_u64, 0);
        let fresh = || (0..=255_u8).map(|b| (vec![b], usize::from(b))).collect::<HashMap<_, _>>();
        let mut table = fresh();
        // A reader knows one string less than the table, which has no entries for the two codes that are no strings.
        let mut put = |code: usize, strings: usize| {
            let known = (strings + 1).max(258) + usize::from(early);
            let width = (usize::BITS - known.leading_zeros()).clamp(9, 12);
            held = held << width | code as u64;
            count += width;
            while count >= 8 {
                count -= 8;
                out.push((held >> count) as u8);
            }
        };
        put(CLEAR, 256);
        let mut open: Vec<u8> = Vec::new();
        for &byte in data {
            let longer = [open.as_slice(), &[byte]].concat();
            if table.contains_key(&longer) {
                open = longer;
                continue;
            }
            put(table[&open], table.len());
            table.insert(longer, table.len() + 2);
            if table.len() == 4090 {
                put(CLEAR, table.len());
                table = fresh();
            }
            open = vec![byte];
        }
        if !open.is_empty() {
            put(table[&open], table.len());
        }
        put(END, table.len() + usize::from(!open.is_empty()));
        // Bits to fill the last byte.
        put(0, 256);
        out
    }

    #[test]
    fn the_example_of_the_specification() {
        let packed = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(decode(&packed, true, 100), [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
        assert_eq!(decode(&packed, true, 7), [45, 45, 45, 45, 45, 65, 45]);
        assert_eq!(decode(&packed[..4], true, 100), [45, 45, 45]);
    }

    #[test]
    fn tables_that_fill_up() {
        let data: Vec<u8> = (0..60_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8 % 23).collect();
        for early in [true, false] {
            assert!(decode(&packed(&data, early), early, 1 << 20) == data, "early: {early}");
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out(data in prop::collection::vec(0..4_u8, 0..2000), early in any::<bool>()) {
            prop_assert_eq!(decode(&packed(&data, early), early, 1 << 20), data);
        }

        #[test]
        fn any_bytes_end(data in prop::collection::vec(any::<u8>(), 0..2000), limit in 0..5000_usize) {
            prop_assert!(decode(&data, true, limit).len() <= limit);
        }
    }
}
