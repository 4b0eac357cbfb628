//! The cells of one sheet.

use std::collections::HashMap;

use legacy::bytes::{f64_at, u16_at, u32_at};

use super::record::{self, Record, Records};
use super::{Globals, string};
use crate::sheet::{Kind, Merged, Sheet};

/// What is remembered between the records of a sheet.
#[derive(Debug, Default)]
struct State {
    /// The cell of the last formula, whose text follows in a record of its own.
    formula: Option<(u32, u32, u32)>,
    /// The number of the last drawn object, and the words in each.
    object: u16,
    words: HashMap<u16, String>,
    /// Where notes stand, and in which objects their words are.
    notes: Vec<(u32, u32, u16)>,
}

/// Reads the cells of a sheet, whose records are the first of `bytes`, and gives how many bytes that took: not much more than `limit`.
pub(super) fn read(bytes: &[u8], limit: usize, globals: &Globals, sheet: &mut Sheet) -> usize {
    let (mut records, mut state, mut depth) = (Records::new(bytes), State::default(), 0_usize);
    while let Some(record) = records.next() {
        match record.id {
            // A chart on the sheet has records of its own, between a beginning and an end of its own.
            record::BOF => depth += 1,
            record::EOF if depth <= 1 => break,
            record::EOF => depth -= 1,
            record::TEXT_OBJECT if depth == 1 => {
                let length = u16_at(record.data, 10).map_or(0, usize::from);
                let parts = records.continued(&[]);
                state
                    .words
                    .insert(state.object, string::continued(length, parts.get(1..).unwrap_or_default()));
            }
            _ if depth == 1 => state.take(&record, globals, sheet),
            _ => {}
        }
        if sheet.is_full() || records.passed() > limit {
            break;
        }
    }
    for (row, column, object) in state.notes {
        if let Some(words) = state.words.remove(&object) {
            sheet.note(row, column, words);
        }
    }
    records.passed()
}

impl State {
    fn take(&mut self, record: &Record<'_>, globals: &Globals, sheet: &mut Sheet) {
        let data = record.data;
        match record.id {
            record::MERGED => {
                let ranges = data.get(2..).unwrap_or_default().chunks_exact(8).filter_map(range);
                ranges.for_each(|range| sheet.merge(range));
            }
            record::OBJECT => self.object = u16_at(data, 6).unwrap_or(0),
            record::NOTE => self.notes.extend(note(data)),
            record::FORMULA_STRING => {
                if let (Some((row, column, style)), Some(length)) = (self.formula.take(), u16_at(data, 0)) {
                    let words = globals.string(length.into(), data.get(2..).unwrap_or_default());
                    sheet.cell(row, column, Kind::Text, &globals.styles.text(style, &words));
                }
            }
            _ => {
                if let Some(cell) = Cell::new(data, globals) {
                    cell.read(record, sheet, &mut self.formula);
                }
            }
        }
    }
}

/// A cell record: its place, its style, and what comes after.
struct Cell<'a> {
    row: u32,
    column: u32,
    style: u32,
    data: &'a [u8],
    globals: &'a Globals,
}

impl<'a> Cell<'a> {
    fn new(data: &'a [u8], globals: &'a Globals) -> Option<Self> {
        let (row, column) = (u16_at(data, 0)?.into(), u16_at(data, 2)?.into());
        Some(Self { row, column, style: u16_at(data, 4)?.into(), data: data.get(6..)?, globals })
    }

    fn read(&self, record: &Record<'_>, sheet: &mut Sheet, formula: &mut Option<(u32, u32, u32)>) {
        match record.id {
            record::SHARED_LABEL => {
                let words = u32_at(self.data, 0).and_then(|index| self.globals.strings.get(index));
                let words = sheet.referred(words);
                self.text(words, sheet);
            }
            record::LABEL | record::RICH_LABEL => {
                let length = u16_at(self.data, 0).map_or(0, usize::from);
                self.text(&self.globals.string(length, self.data.get(2..).unwrap_or_default()), sheet);
            }
            record::NUMBER => self.number(0, f64_at(self.data, 0), sheet),
            record::SHORT_NUMBER => self.number(0, u32_at(self.data, 0).map(short_number), sheet),
            record::SHORT_NUMBERS => {
                // The style of the first belongs to it, so that all are alike: six bytes each, the last column behind them.
                let all = record.data.get(4..record.data.len().saturating_sub(2)).unwrap_or_default();
                for (i, cell) in all.chunks_exact(6).enumerate() {
                    let style = u16_at(cell, 0).map_or(0, u32::from);
                    let cell_number = u32_at(cell, 2).map(short_number);
                    Self { style, ..*self }.number(i as u32, cell_number, sheet);
                }
            }
            record::TRUTH_OR_ERROR => self.truth_or_error(0, 1, sheet),
            record::FORMULA => match self.data.get(..8) {
                Some([kind, _, value, _, _, _, 0xff, 0xff]) => match kind {
                    0 => *formula = Some((self.row, self.column, self.style)),
                    1 => put_truth(self, *value, sheet),
                    2 => put_error(self, *value, sheet),
                    _ => {}
                },
                _ => self.number(0, f64_at(self.data, 0), sheet),
            },
            _ => {}
        }
    }

    fn text(&self, words: &str, sheet: &mut Sheet) {
        sheet.cell(self.row, self.column, Kind::Text, &self.globals.styles.text(self.style, words));
    }

    fn number(&self, right: u32, number: Option<f64>, sheet: &mut Sheet) {
        if let Some(number) = number {
            let (words, kind) = self.globals.styles.number(self.style, number);
            sheet.cell(self.row, self.column.saturating_add(right), kind, &words);
        }
    }

    fn truth_or_error(&self, value: usize, is_error: usize, sheet: &mut Sheet) {
        match (self.data.get(value), self.data.get(is_error)) {
            (Some(value), Some(0)) => put_truth(self, *value, sheet),
            (Some(value), Some(_)) => put_error(self, *value, sheet),
            _ => {}
        }
    }
}

fn put_truth(cell: &Cell<'_>, value: u8, sheet: &mut Sheet) {
    sheet.cell(cell.row, cell.column, Kind::Truth, if value == 0 { "FALSE" } else { "TRUE" });
}

fn put_error(cell: &Cell<'_>, value: u8, sheet: &mut Sheet) {
    sheet.cell(cell.row, cell.column, Kind::Text, error(value));
}

/// What a cell shows whose formula has no result.
pub(crate) fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        0x2a => "#N/A",
        _ => "#ERROR!",
    }
}

/// A number in four bytes: a whole one, or the upper half of a floating-point one, in both cases perhaps a hundred times too big.
pub(crate) fn short_number(bits: u32) -> f64 {
    let number = if bits & 2 == 0 {
        f64::from_bits(u64::from(bits & !3) << 32)
    } else {
        f64::from(bits.cast_signed() >> 2)
    };
    if bits & 1 == 0 { number } else { number / 100.0 }
}

fn range(data: &[u8]) -> Option<Merged> {
    let at = |at| u16_at(data, at).map(u32::from);
    Some((at(0)?..at(2)? + 1, at(4)?..at(6)? + 1))
}

fn note(data: &[u8]) -> Option<(u32, u32, u16)> {
    Some((u16_at(data, 0)?.into(), u16_at(data, 2)?.into(), u16_at(data, 6)?))
}
