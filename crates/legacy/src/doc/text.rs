//! The text, from its characters to paragraphs.

use super::formatting::Formatting;
use super::header::Header;
use super::lists::{Counters, Lists};
use super::notes::Notes;
use super::pieces::Characters;
use super::styles::Styles;
use crate::flow::{Flow, Note, Role};

/// Fields in fields in fields: deeper ones are taken as text.
const MAX_FIELDS: usize = 100;

const NOTE: u16 = 2;
const COMMENT: u16 = 5;
const CELL: u16 = 7;
const PARAGRAPH: u16 = 0x0d;
const PAGE: u16 = 0x0c;
const FIELD_BEGIN: u16 = 0x13;
const FIELD_RESULT: u16 = 0x14;
const FIELD_END: u16 = 0x15;

/// All that the text is made of.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) formatting: Formatting,
    pub(super) styles: Styles,
    pub(super) lists: Lists,
    pub(super) notes: Notes,
    pub(super) characters: Characters,
}

/// Fields that are open: whether their result has begun. What is before it is the code that made it.
#[derive(Debug, Default)]
struct Fields(Vec<bool>);

impl Fields {
    /// Whether the unit is seen, and not what parts a field.
    fn shows(&mut self, unit: u16) -> bool {
        match unit {
            FIELD_BEGIN if self.0.len() < MAX_FIELDS => self.0.push(false),
            FIELD_RESULT => {
                if let Some(last) = self.0.last_mut() {
                    *last = true;
                }
            }
            FIELD_END => drop(self.0.pop()),
            _ => return !self.0.contains(&false),
        }
        false
    }
}

/// A paragraph, a cell or a row on its way.
#[derive(Debug, Default)]
struct Open {
    units: Vec<u16>,
    cell: String,
    row: Vec<String>,
    /// Notes are read with the paragraph that refers to them: each by how many units stand before its mark.
    marks: Vec<(usize, Note, (u32, u32))>,
}

impl Source {
    /// Writes the main text, and after it what stands in boxes.
    pub(super) fn write(&self, header: &Header, flow: &mut Flow) {
        let mut counters = Counters::default();
        for range in [header.main, header.boxes] {
            let (mut open, mut fields) = (Open::default(), Fields::default());
            for (i, &unit) in self.characters.range(range).iter().enumerate() {
                let at = range.0 + i as u32;
                match unit {
                    // A field may reach over the end of a paragraph: its code is not seen, its paragraphs are.
                    CELL | PARAGRAPH | PAGE => {
                        if fields.shows(unit) {
                            self.end(at, unit, &mut open, &mut counters, flow);
                        }
                    }
                    _ if !fields.shows(unit) || self.formatting.is_hidden(self.characters.place(at)) => {}
                    NOTE | COMMENT => {
                        let note = self.notes.at(at);
                        open.marks.extend(note.map(|(note, range)| (open.units.len(), note, range)));
                    }
                    _ => open.units.extend(seen(unit)),
                }
                if flow.build.is_full() {
                    return;
                }
            }
            let last = range.1.saturating_sub(1);
            self.end(last, PARAGRAPH, &mut open, &mut counters, flow);
            self.end_row(&mut open, false, flow);
        }
    }

    fn end(&self, at: u32, unit: u16, open: &mut Open, counters: &mut Counters, flow: &mut Flow) {
        let paragraph = self.formatting.paragraph(self.characters.place(at));
        let words = self.words(open, flow);
        if paragraph.ends_row && unit == CELL {
            self.end_row(open, paragraph.is_header_row, flow);
            return;
        }
        let by_style = || self.styles.heading(paragraph.style);
        let heading = match paragraph.outline {
            Some(level @ 0..9) => Some(level + 1),
            Some(_) => None,
            None => by_style(),
        };
        let (list, depth) = match paragraph.list {
            Some(list) => (list, paragraph.depth),
            None => self.styles.list(paragraph.style).unwrap_or_default(),
        };
        let marker = if words.trim().is_empty() { None } else { self.lists.marker(list, depth, counters) };
        if paragraph.in_table || unit == CELL {
            if let Some(marker) = marker {
                open.cell.push_str(&marker);
                open.cell.push(' ');
            }
            open.cell.push_str(&words);
            open.cell.push(' ');
            if unit == CELL {
                open.row.push(std::mem::take(&mut open.cell));
            }
            return;
        }
        self.end_row(open, false, flow);
        let item = marker.map(|marker| (usize::from(depth), marker));
        flow.paragraph(&Role { heading, item }, &words);
    }

    fn end_row(&self, open: &mut Open, is_header: bool, flow: &mut Flow) {
        if !open.cell.trim().is_empty() {
            open.row.push(std::mem::take(&mut open.cell));
        }
        open.cell.clear();
        let row = std::mem::take(&mut open.row);
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            flow.row(row, is_header);
        }
    }

    /// The words of a paragraph, with marks for its notes.
    fn words(&self, open: &mut Open, flow: &mut Flow) -> String {
        let (units, marks) = (std::mem::take(&mut open.units), std::mem::take(&mut open.marks));
        let (mut words, mut from) = (String::new(), 0);
        for (at, note, range) in marks {
            words.push_str(&string(units.get(from..at).unwrap_or_default()));
            from = at;
            let mut fields = Fields::default();
            let shown = self.characters.range(range).iter().filter(|&&unit| fields.shows(unit));
            let text: Vec<u16> =
                shown.filter_map(|&unit| if is_end(unit) { Some(0x20) } else { seen(unit) }).collect();
            words.push_str(&flow.note(note, &string(&text)));
        }
        words.push_str(&string(units.get(from..).unwrap_or_default()));
        words
    }
}

fn is_end(unit: u16) -> bool {
    matches!(unit, CELL | PARAGRAPH | PAGE)
}

/// What a unit looks like, if it is seen at all.
fn seen(unit: u16) -> Option<u16> {
    match unit {
        // A tab, and breaks of lines and columns.
        9 | 0x0b | 0x0e => Some(0x20),
        // A hyphen that does not break; one that only shows at the end of a line does not show.
        0x1e => Some(0x2011),
        0..0x20 => None,
        // Signs in the range for private use, where Word keeps those of its fonts of signs.
        0xf000..=0xf0ff => Some(0x2022),
        unit => Some(unit),
    }
}

fn string(units: &[u16]) -> String {
    char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The paragraphs and cells of a text without formatting, each with the character that ends it.
pub(super) fn visible(text: &str) -> impl Iterator<Item = (String, char)> {
    let (mut fields, mut chars) = (Fields::default(), text.chars());
    std::iter::from_fn(move || {
        let mut words = String::new();
        for c in chars.by_ref() {
            let unit = u16::try_from(u32::from(c)).unwrap_or(0xfffd);
            if !fields.shows(unit) {
                continue;
            }
            if is_end(unit) {
                return Some((words, c));
            }
            words.extend(seen(unit).map(|unit| char::from_u32(unit.into()).unwrap_or(c)));
        }
        (!words.is_empty()).then_some((words, '\r'))
    })
}
