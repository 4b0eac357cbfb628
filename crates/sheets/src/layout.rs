//! Sheets to text: a heading for each, then blocks of rows, each with the cells it stands in.
//!
//! A block is a run of rows without an empty one between them. Within a place one line is one row, since places in a sheet are counted by
//! lines: a heading, a blank line or a second header row begins another place.
//!
//! Invariant: columns that are empty in the whole block take no room, so that text grows with the cells that hold something.

use corpus::Place;
use extract::Builder;

use crate::header::header_of;
use crate::sheet::{MAX_COLUMNS, Note, Row, Sheet};

/// Writes sheets, one after the other.
#[derive(Debug)]
pub(crate) struct Writer {
    /// For each column the block that used it last, and where it stands in that block.
    seen: Vec<(u32, u16)>,
    block: u32,
}

/// The columns that a block uses.
#[derive(Debug)]
struct Columns {
    used: Vec<u16>,
    /// So few cells are filled that a line with a place for each would be mostly bars.
    sparse: bool,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { seen: vec![(0, 0); MAX_COLUMNS as usize], block: 0 }
    }

    /// Writes a sheet, if there is anything on it.
    pub(crate) fn write(&mut self, build: &mut Builder, mut sheet: Sheet) {
        if sheet.is_empty() {
            return;
        }
        sheet.sort();
        build.end_place();
        build.heading(1, &sheet.name);
        for rows in sheet.rows().chunk_by(|a, b| a.number + 1 == b.number) {
            if build.is_full() {
                return;
            }
            self.block(build, &sheet, rows);
        }
        notes(build, &mut sheet);
    }

    fn block(&mut self, build: &mut Builder, sheet: &Sheet, rows: &[Row]) {
        let columns = self.columns(sheet, rows);
        let (above, table) = match header_of(sheet, rows, columns.used.len()) {
            Some(header) => rows.split_at(header),
            None => (rows, [].as_slice()),
        };
        for (part, headed) in [(above, false), (table, true)] {
            if let (Some(first), Some(last)) = (part.first(), part.last()) {
                let ends = (columns.used.first(), columns.used.last());
                let across = (ends.0.copied().map_or(0, u32::from), ends.1.copied().map_or(0, u32::from));
                build.place(Place::rows(&*sheet.name, (first.number + 1, last.number + 1), across));
                for (i, row) in part.iter().enumerate() {
                    if build.is_full() {
                        return;
                    }
                    let cells = self.cells(sheet, row, &columns);
                    if headed && i == 0 {
                        build.begin_table(&cells);
                    } else {
                        build.row(&cells);
                    }
                }
            }
        }
        build.end_place();
    }

    fn columns(&mut self, sheet: &Sheet, rows: &[Row]) -> Columns {
        self.block += 1;
        let (mut used, mut filled) = (Vec::new(), 0);
        for cell in rows.iter().flat_map(|row| sheet.cells(row)) {
            filled += 1;
            if let Some(seen) =
                self.seen.get_mut(usize::from(cell.column)).filter(|seen| seen.0 != self.block)
            {
                seen.0 = self.block;
                used.push(cell.column);
            }
        }
        used.sort_unstable();
        for (i, &column) in used.iter().enumerate() {
            if let Some(seen) = self.seen.get_mut(usize::from(column)) {
                seen.1 = i as u16;
            }
        }
        let sparse = used.len() * rows.len() > 64 * filled + 100_000;
        Columns { used, sparse }
    }

    fn cells<'a>(&self, sheet: &'a Sheet, row: &Row, columns: &Columns) -> Vec<&'a str> {
        let mut cells = Vec::new();
        for cell in sheet.cells(row) {
            let at = self.seen.get(usize::from(cell.column)).map_or(0, |seen| usize::from(seen.1));
            if !columns.sparse && cells.len() < at {
                cells.resize(at, "");
            }
            cells.push(cell.words);
        }
        cells
    }
}

fn notes(build: &mut Builder, sheet: &mut Sheet) {
    sheet.notes.sort_by_key(|note| (note.row, note.column));
    let notes: Vec<&Note> = sheet.notes.iter().filter(|note| !note.words.trim().is_empty()).collect();
    if !notes.is_empty() {
        build.paragraph("Comments");
    }
    for note in notes {
        let place = Place::rows(&*sheet.name, (note.row + 1, note.row + 1), (note.column, note.column));
        let cell = place.cells().unwrap_or_default();
        build.place(place);
        let cell = cell.split(':').next().unwrap_or_default();
        build.paragraph(&format!("{cell}: {}", note.words));
        build.end_place();
    }
}
