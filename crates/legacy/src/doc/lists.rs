//! Lists: what stands before their items.

use std::collections::HashMap;

use extract::{letters, roman};

use crate::bytes::{u16_at, u32_at};

const LIST_BYTES: usize = 28;
const LEVEL_BYTES: usize = 28;
const OVERRIDE_BYTES: usize = 16;
const LEVELS: usize = 9;
/// More lists than this no document has.
const MAX_LISTS: usize = 10_000;
/// No marker is longer.
const MAX_MARKER_BYTES: usize = 64;

/// The lists of a document.
#[derive(Debug, Default)]
pub(super) struct Lists {
    levels: HashMap<u32, Vec<Level>>,
    /// The list that each number which paragraphs name stands for.
    named: Vec<u32>,
}

#[derive(Debug)]
struct Level {
    start: u32,
    /// How numbers are written; 23 is a dot.
    kind: u8,
    /// What is written: characters below 9 stand for the number of that level.
    text: Vec<u16>,
}

/// How far the numbers have come.
#[derive(Debug, Default)]
pub(super) struct Counters(HashMap<u32, [u32; LEVELS]>);

impl Lists {
    pub(super) fn new(lists: &[u8], overrides: &[u8]) -> Self {
        let count = u16_at(lists, 0).map_or(0, usize::from).min(MAX_LISTS);
        let mut at = 2 + LIST_BYTES * count;
        let mut levels = HashMap::new();
        for i in 0..count {
            let start = 2 + LIST_BYTES * i;
            let Some(id) = u32_at(lists, start) else { break };
            let is_simple = lists.get(start + 26).is_some_and(|flags| flags & 1 != 0);
            let mut all = Vec::new();
            for _ in 0..if is_simple { 1 } else { LEVELS } {
                let Some((level, length)) = lists.get(at..).and_then(Level::new) else { break };
                all.push(level);
                at += length;
            }
            levels.insert(id, all);
        }
        let count = u32_at(overrides, 0).map_or(0, |count| count as usize).min(MAX_LISTS);
        let named = (0..count).map_while(|i| u32_at(overrides, 4 + OVERRIDE_BYTES * i)).collect();
        Self { levels, named }
    }

    /// What stands before the next item.
    pub(super) fn marker(&self, list: u16, depth: u8, counters: &mut Counters) -> Option<String> {
        let id = *self.named.get(usize::from(list.checked_sub(1)?))?;
        let levels = self.levels.get(&id)?;
        let depth = usize::from(depth).min(LEVELS - 1);
        let level = levels.get(depth)?;
        let counts = counters.0.entry(id).or_default();
        for (i, count) in counts.iter_mut().enumerate() {
            // A level that was left out counts as one; those below begin anew.
            let first = || levels.get(i).map_or(1, |level| level.start);
            match i.cmp(&depth) {
                std::cmp::Ordering::Less if *count == 0 => *count = first(),
                std::cmp::Ordering::Equal if *count == 0 => *count = first().max(1),
                std::cmp::Ordering::Equal => *count = count.saturating_add(1),
                std::cmp::Ordering::Greater => *count = 0,
                std::cmp::Ordering::Less => {}
            }
        }
        if level.kind == 23 {
            return Some("-".to_owned());
        }
        let mut text = String::new();
        for c in char::decode_utf16(level.text.iter().copied()) {
            match c.unwrap_or(char::REPLACEMENT_CHARACTER) {
                c @ '\0'..'\u{9}' => {
                    let at = c as usize;
                    let kind = levels.get(at).map_or(0, |level| level.kind);
                    text.push_str(&number(counts.get(at).copied().unwrap_or(1), kind));
                }
                c => text.push(c),
            }
        }
        crate::flow::marker(&text)
    }
}

impl Level {
    /// A level, and how many bytes it takes.
    fn new(bytes: &[u8]) -> Option<(Self, usize)> {
        let changes = usize::from(*bytes.get(24)?) + usize::from(*bytes.get(25)?);
        let text = LEVEL_BYTES + changes;
        let length = usize::from(u16_at(bytes, text)?);
        let units = bytes.get(text + 2..text + 2 + 2 * length)?;
        let level = Self {
            start: u32_at(bytes, 0)?.min(0x7fff),
            kind: *bytes.get(4)?,
            text: units
                .get(..units.len().min(MAX_MARKER_BYTES))?
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect(),
        };
        Some((level, text + 2 + 2 * length))
    }
}

/// A number as a list writes it.
fn number(number: u32, kind: u8) -> String {
    match kind {
        1 => roman(number),
        2 => roman(number).to_lowercase(),
        3 => letters(number),
        4 => letters(number).to_lowercase(),
        22 => format!("{number:02}"),
        // No number at all.
        255 => String::new(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_lists_write_them() {
        let written =
            [(4, 0), (14, 1), (9, 2), (28, 3), (2, 4), (7, 22), (5, 255)].map(|(n, kind)| number(n, kind));
        assert_eq!(written, ["4", "XIV", "ix", "BB", "b", "07", ""]);
    }
}
