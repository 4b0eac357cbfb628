//! The cells of one sheet that hold something, in little memory: a sheet may have a million.
//!
//! Invariant: a cell that is here has words. What is empty, however far out, costs nothing.

use std::ops::Range;

use extract::{MAX_TEXT_BYTES, Skip};

/// The widest sheet of any program.
pub(crate) const MAX_COLUMNS: u32 = 16_384;
/// More rows than any program has.
const MAX_ROWS: u32 = 1 << 24;
/// More cells than this give more text than one document may have, or hold a few letters each.
pub(crate) const MAX_CELLS: usize = 8 << 20;
/// More shapes on a sheet than this are a picture.
pub(crate) const MAX_SHAPES: usize = 20_000;
/// More remarks than this are no remarks.
const MAX_NOTES: usize = 100_000;
/// More merged ranges than this are not looked at.
const MAX_MERGED: usize = 200_000;

/// What a cell holds, as far as it tells a header from what it heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Date,
    Truth,
}

/// A sheet, read.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) notes: Vec<Note>,
    pub(crate) shapes: Vec<Shape>,
    /// Rows, from 0, that the file itself says are headers.
    pub(crate) headers: Vec<u32>,
    /// Whether a cell refers to a string that is not there.
    lacks_strings: bool,
    merged: Vec<Merged>,
    words: String,
    cells: Vec<Cell>,
    rows: Vec<Row>,
    /// What there was too much of.
    excess: Option<String>,
}

/// Rows and columns, from 0, of cells that are one.
pub(crate) type Merged = (Range<u32>, Range<u32>);

/// A remark on a cell.
#[derive(Debug)]
pub(crate) struct Note {
    /// From 0.
    pub(crate) row: u32,
    /// From 0.
    pub(crate) column: u32,
    pub(crate) words: String,
}

/// Words that lie over the cells: a text box, the titles of a chart.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// The row that it begins in, from 0.
    pub(crate) row: u32,
    /// Its first and last column, from 0.
    pub(crate) columns: (u32, u32),
    pub(crate) paragraphs: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
struct Cell {
    column: u16,
    kind: Kind,
    start: u32,
    end: u32,
}

/// A row with something in it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// From 0.
    pub(crate) number: u32,
    cells: Range<u32>,
}

/// A cell as it is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'a> {
    /// From 0.
    pub(crate) column: u16,
    pub(crate) kind: Kind,
    pub(crate) words: &'a str,
}

impl Sheet {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// A cell by its row and column, from 0. One without words, or outside any sheet, is left out.
    pub(crate) fn cell(&mut self, row: u32, column: u32, kind: Kind, words: &str) {
        let start = self.words.len();
        if start.saturating_add(words.len()) > MAX_TEXT_BYTES {
            self.excess = Some(format!("more than {} MiB of text", MAX_TEXT_BYTES >> 20));
        } else if self.cells.len() >= MAX_CELLS {
            self.excess = Some(format!("more than {MAX_CELLS} cells in a sheet"));
        }
        if !is_on_sheet(row, column) || self.is_full() {
            return;
        }
        let blank = |c: char| c.is_whitespace() || c.is_control();
        for word in words.split(blank).filter(|word| !word.is_empty()) {
            if self.words.len() > start {
                self.words.push(' ');
            }
            self.words.push_str(word);
        }
        if self.words.len() == start {
            return;
        }
        let at = self.cells.len() as u32;
        self.cells.push(Cell {
            column: column as u16,
            kind,
            start: start as u32,
            end: self.words.len() as u32,
        });
        match self.rows.last_mut().filter(|last| last.number == row) {
            Some(last) => last.cells.end = at + 1,
            None => self.rows.push(Row { number: row, cells: at..at + 1 }),
        }
    }

    /// Whether nothing more fits: what is read further is lost.
    pub(crate) fn is_full(&self) -> bool {
        self.excess.is_some()
    }

    /// A cell that refers to a string by its number may refer to none: it gives no words, and the sheet is not whole.
    pub(crate) fn referred<'a>(&mut self, words: Option<&'a str>) -> &'a str {
        self.lacks_strings |= words.is_none();
        words.unwrap_or_default()
    }

    /// A remark on a cell, by its row and column from 0. One outside any sheet is left out.
    pub(crate) fn note(&mut self, row: u32, column: u32, words: String) {
        if is_on_sheet(row, column) && self.notes.len() < MAX_NOTES {
            self.notes.push(Note { row, column, words });
        }
    }

    /// Words that lie over the cells. Paragraphs without any are left out, and shapes outside any sheet.
    pub(crate) fn shape(&mut self, mut shape: Shape) {
        shape.paragraphs.retain(|words| !words.trim().is_empty());
        let is_seen = is_on_sheet(shape.row, shape.columns.1) && !shape.paragraphs.is_empty();
        if is_seen && self.shapes.len() < MAX_SHAPES {
            self.shapes.push(shape);
        }
    }

    /// Cells that are merged; see [`Self::finish`].
    pub(crate) fn merge(&mut self, range: Merged) {
        if self.merged.len() < MAX_MERGED {
            self.merged.push(range);
        }
    }

    /// All has been read. Gives what is wrong with it.
    pub(crate) fn finish(&mut self) -> Option<Skip> {
        self.sort();
        if !self.merged.is_empty() {
            self.hide_merged();
        }
        let lacks_strings = || Skip::damaged("strings that its cells refer to are missing");
        self.excess.take().map(Skip::too_much).or_else(|| self.lacks_strings.then(lacks_strings))
    }

    /// Whether there is nothing to read on it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.notes.is_empty() && self.shapes.is_empty()
    }

    /// Brings rows and cells into their order, for writers that did not.
    fn sort(&mut self) {
        if !self.rows.is_sorted_by_key(|row| row.number) {
            self.rows.sort_by_key(|row| row.number);
        }
        for row in &self.rows {
            let cells = self.cells.get_mut(row.cells.start as usize..row.cells.end as usize);
            if let Some(cells) = cells.filter(|cells| !cells.is_sorted_by_key(|cell| cell.column)) {
                cells.sort_by_key(|cell| cell.column);
            }
        }
    }

    /// Takes out what lies hidden under merged cells: all but the first of each range.
    fn hide_merged(&mut self) {
        // Ranges do not overlap in a sound file, so that no row is gone through more often than it has cells.
        let mut effort = 4 * self.cells.len() + 1000;
        for (rows, columns) in &self.merged {
            let from = self.rows.partition_point(|row| row.number < rows.start);
            for row in self.rows.iter().skip(from).take_while(|row| row.number < rows.end) {
                let Some(left) = effort.checked_sub(row.cells.len()) else { return };
                effort = left;
                let span = row.cells.start as usize..row.cells.end as usize;
                for cell in self.cells.get_mut(span).unwrap_or_default() {
                    let column = u32::from(cell.column);
                    let is_first = row.number == rows.start && column == columns.start;
                    if columns.contains(&column) && !is_first {
                        cell.end = cell.start;
                    }
                }
            }
        }
        let (cells, rows) = (&self.cells, &mut self.rows);
        rows.retain(|row| shown(cells, row).next().is_some());
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The cells of a row, from left to right.
    pub(crate) fn cells(&self, row: &Row) -> impl Iterator<Item = Shown<'_>> + use<'_> {
        shown(&self.cells, row).map(|cell| Shown {
            column: cell.column,
            kind: cell.kind,
            words: self.words.get(cell.start as usize..cell.end as usize).unwrap_or_default(),
        })
    }
}

fn is_on_sheet(row: u32, column: u32) -> bool {
    row < MAX_ROWS && column < MAX_COLUMNS
}

fn shown<'a>(cells: &'a [Cell], row: &Row) -> impl Iterator<Item = &'a Cell> + use<'a> {
    let cells = cells.get(row.cells.start as usize..row.cells.end as usize).unwrap_or_default();
    cells.iter().filter(|cell| cell.start < cell.end)
}
