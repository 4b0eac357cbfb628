//! What paragraphs and characters are, by where they stand in the file: pages of 512 bytes with runs and their properties.

use super::header::{CHARACTER_PAGES, Header, PARAGRAPH_PAGES};
use crate::bytes::{u16_at, u32_at};

const PAGE_BYTES: usize = 512;

/// What a paragraph is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub(super) style: u16,
    /// From 0; 9 is none.
    pub(super) outline: Option<u8>,
    pub(super) in_table: bool,
    /// Whether its end is the end of a row.
    pub(super) ends_row: bool,
    pub(super) is_header_row: bool,
    /// The list it is an item of, from 1, and how deep.
    pub(super) list: Option<u16>,
    pub(super) depth: u8,
}

/// A run and what it is, in the order of their places.
#[derive(Debug, Default)]
pub(super) struct Formatting {
    paragraphs: Vec<(u32, u32, Paragraph)>,
    /// Runs of characters that are not seen.
    hidden: Vec<(u32, u32)>,
}

impl Formatting {
    pub(super) fn new(main: &[u8], table: &[u8], header: &Header) -> Self {
        let mut formatting = Self::default();
        for page in pages(main, header.part(table, PARAGRAPH_PAGES)) {
            runs(page, 13, |from, to, offset| {
                if let Some(paragraph) = paragraph(page, offset) {
                    formatting.paragraphs.push((from, to, paragraph));
                }
            });
        }
        for page in pages(main, header.part(table, CHARACTER_PAGES)) {
            runs(page, 1, |from, to, offset| {
                let length = page.get(offset).copied().map_or(0, usize::from);
                let changes = page.get(offset + 1..(offset + 1 + length).min(page.len()));
                if offset > 0 && is_hidden(changes.unwrap_or_default()) {
                    formatting.hidden.push((from, to));
                }
            });
        }
        formatting.paragraphs.sort_by_key(|run| run.0);
        formatting.hidden.sort_unstable();
        formatting
    }

    /// The paragraph whose end stands at `place`.
    pub(super) fn paragraph(&self, place: u32) -> Paragraph {
        let at = self.paragraphs.partition_point(|run| run.0 <= place);
        let run = at.checked_sub(1).and_then(|at| self.paragraphs.get(at)).filter(|run| place < run.1);
        run.map_or_else(Paragraph::default, |run| run.2)
    }

    pub(super) fn is_hidden(&self, place: u32) -> bool {
        let at = self.hidden.partition_point(|run| run.0 <= place);
        at.checked_sub(1).and_then(|at| self.hidden.get(at)).is_some_and(|run| place < run.1)
    }
}

/// The pages that a list of them names, each once.
fn pages<'a>(main: &'a [u8], list: &[u8]) -> Vec<&'a [u8]> {
    let count = list.len().saturating_sub(4) / 8;
    let mut numbers: Vec<_> = (0..count).filter_map(|i| u32_at(list, 4 * (count + 1) + 4 * i)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let page = |number: u32| {
        let start = (number & 0x3f_ffff) as usize * PAGE_BYTES;
        main.get(start..start + PAGE_BYTES)
    };
    numbers.into_iter().filter_map(page).collect()
}

/// Calls for each run of a page with its beginning, its end, and where its properties are in the page. What is kept for each takes `width`
/// bytes, the first of which says where they are.
fn runs(page: &[u8], width: usize, mut each: impl FnMut(u32, u32, usize)) {
    let count = page.last().copied().map_or(0, usize::from);
    for i in 0..count {
        let (from, to) = (u32_at(page, 4 * i), u32_at(page, 4 * i + 4));
        let offset = page.get(4 * (count + 1) + width * i).copied();
        if let (Some(from), Some(to), Some(offset)) = (from, to, offset) {
            each(from, to, 2 * usize::from(offset));
        }
    }
}

fn paragraph(page: &[u8], offset: usize) -> Option<Paragraph> {
    if offset == 0 {
        return Some(Paragraph::default());
    }
    let half = usize::from(*page.get(offset)?);
    let (start, length) = if half == 0 {
        (offset + 2, 2 * usize::from(*page.get(offset + 1)?))
    } else {
        (offset + 1, 2 * half - 1)
    };
    let bytes = page.get(start..(start + length).min(page.len()))?;
    let mut paragraph = Paragraph { style: u16_at(bytes, 0)?, ..Paragraph::default() };
    apply(bytes.get(2..)?, &mut paragraph);
    Some(paragraph)
}

/// Applies changes to a paragraph.
pub(super) fn apply(changes: &[u8], paragraph: &mut Paragraph) {
    for (code, operand) in Changes(changes) {
        let first = operand.first().copied().unwrap_or(0);
        match code {
            0x4600 => paragraph.style = u16_at(operand, 0).unwrap_or(paragraph.style),
            0x2640 => paragraph.outline = Some(first),
            0x2416 => paragraph.in_table = first != 0,
            0x2417 => paragraph.ends_row = first != 0,
            0x3404 => paragraph.is_header_row = first != 0,
            0x6649 => paragraph.in_table |= u32_at(operand, 0).is_some_and(|depth| depth > 0),
            0x260a => paragraph.depth = first.min(8),
            0x460b => paragraph.list = u16_at(operand, 0).filter(|&list| list < 0x800),
            _ => {}
        }
    }
}

/// Whether characters with these changes are hidden, or were deleted by whoever tracks changes.
fn is_hidden(changes: &[u8]) -> bool {
    Changes(changes).any(|(code, operand)| matches!(code, 0x083c | 0x0800) && operand.first() == Some(&1))
}

/// Changes, one after the other: a code that also says how long the operand is.
struct Changes<'a>(&'a [u8]);

impl<'a> Iterator for Changes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = u16_at(self.0, 0)?;
        let rest = self.0.get(2..)?;
        let (skip, length) = match code >> 13 {
            0 | 1 => (0, 1),
            2 | 4 | 5 => (0, 2),
            3 => (0, 4),
            7 => (0, 3),
            // The definition of a table is longer than a byte can say.
            _ if code == 0xd608 => (2, usize::from(u16_at(rest, 0)?).saturating_sub(1)),
            _ => (1, usize::from(*rest.first()?)),
        };
        let end = (skip + length).min(rest.len());
        self.0 = rest.get(end..)?;
        Some((code, rest.get(skip.min(end)..end)?))
    }
}
