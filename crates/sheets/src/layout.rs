//! Sheets to text: a heading for each, then blocks of rows, each with the cells it stands in.
//!
//! A block is a run of rows without an empty one between them. Within a place one line is one row, since places in a sheet are counted by
//! lines: a heading, a blank line or a second header row begins another place.
//!
//! Invariant: columns that are empty in the whole block take no room, so that text grows with the cells that hold something.

use corpus::Place;
use extract::{Builder, Skip};

use crate::header::{header_of, is_header_of};
use crate::sheet::{MAX_COLUMNS, Note, Row, Shape, Sheet};

/// Each place takes memory of its own, so that a line for each would take more than its text.
const MAX_PLACES: usize = 1 << 20;

/// Writes sheets, one after the other.
#[derive(Debug)]
pub(crate) struct Writer {
    /// For each column the block that used it last, and where it stands in that block.
    seen: Vec<(u32, u16)>,
    block: u32,
    places: usize,
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
        Self { seen: vec![(0, 0); MAX_COLUMNS as usize], block: 0, places: 0 }
    }

    /// Writes a sheet, if there is anything on it.
    ///
    /// # Errors
    /// [`Skip::TooMuch`] when all sheets together have too many places.
    pub(crate) fn write(&mut self, build: &mut Builder, mut sheet: Sheet) -> Result<(), Skip> {
        if sheet.is_empty() {
            return Ok(());
        }
        build.end_place();
        build.heading(1, &sheet.name);
        let mut alone = None;
        for rows in sheet.rows().chunk_by(|a, b| a.number + 1 == b.number) {
            if build.is_full() {
                return Ok(());
            }
            self.block(build, &sheet, rows, alone)?;
            alone = Some(rows).filter(|rows| rows.len() == 1).and_then(|rows| rows.first());
        }
        self.shapes(build, &mut sheet)?;
        self.notes(build, &mut sheet)
    }

    fn place(&mut self, build: &mut Builder, place: Place) -> Result<(), Skip> {
        if self.places >= MAX_PLACES {
            let what = format!("blocks of cells, remarks and shapes in more than {MAX_PLACES} places");
            return Err(Skip::too_much(what));
        }
        self.places += 1;
        build.place(place);
        Ok(())
    }

    /// `alone` is the row before the block, if it is a block by itself.
    fn block(
        &mut self,
        build: &mut Builder,
        sheet: &Sheet,
        rows: &[Row],
        alone: Option<&Row>,
    ) -> Result<(), Skip> {
        let columns = self.columns(sheet, rows);
        let mut headers = said_headers(sheet, rows);
        let above = alone.filter(|alone| {
            let is_near = rows.first().is_some_and(|first| first.number == alone.number + 2);
            headers.is_empty() && is_near && is_header_of(sheet, alone, rows, &columns.used)
        });
        if headers.is_empty() && above.is_none() {
            headers.extend(header_of(sheet, rows, columns.used.len()));
        }
        let first = headers.first().copied().unwrap_or(rows.len());
        self.part(
            build,
            sheet,
            rows.get(..first).unwrap_or_default(),
            &columns,
            |build, cells| match above {
                Some(above) => {
                    build.begin_rows(&sheet.cells(above).map(|cell| cell.words).collect::<Vec<_>>());
                    build.row(cells);
                }
                None => build.row(cells),
            },
        )?;
        let ends = headers.iter().skip(1).copied().chain([rows.len()]);
        for (from, to) in headers.iter().copied().zip(ends) {
            let table = rows.get(from..to).unwrap_or_default();
            self.part(build, sheet, table, &columns, |build, cells| build.begin_table(cells))?;
        }
        Ok(())
    }

    /// Writes rows as one place; how to begin them is told apart.
    fn part(
        &mut self,
        build: &mut Builder,
        sheet: &Sheet,
        rows: &[Row],
        columns: &Columns,
        begin: impl FnOnce(&mut Builder, &[&str]),
    ) -> Result<(), Skip> {
        let Some(((first, rest), last)) = rows.split_first().zip(rows.last()) else { return Ok(()) };
        let ends = (columns.used.first(), columns.used.last());
        let across = (ends.0.copied().map_or(0, u32::from), ends.1.copied().map_or(0, u32::from));
        self.place(build, Place::rows(&*sheet.name, (first.number + 1, last.number + 1), across))?;
        begin(build, &self.cells(sheet, first, columns));
        for row in rest {
            if build.is_full() {
                return Ok(());
            }
            build.row(&self.cells(sheet, row, columns));
        }
        build.end_place();
        Ok(())
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

    /// Each shape is at the row where it begins: its lines are no rows.
    fn shapes(&mut self, build: &mut Builder, sheet: &mut Sheet) -> Result<(), Skip> {
        sheet.shapes.sort_by_key(|shape| (shape.row, shape.columns));
        for Shape { row, columns, paragraphs } in &sheet.shapes {
            self.place(build, Place::rows(&*sheet.name, (row + 1, row + 1), *columns))?;
            paragraphs.iter().for_each(|words| build.paragraph(words));
            build.end_place();
        }
        Ok(())
    }

    fn notes(&mut self, build: &mut Builder, sheet: &mut Sheet) -> Result<(), Skip> {
        sheet.notes.sort_by_key(|note| (note.row, note.column));
        let notes: Vec<&Note> = sheet.notes.iter().filter(|note| !note.words.trim().is_empty()).collect();
        if !notes.is_empty() {
            build.paragraph("Comments");
        }
        for note in notes {
            let place = Place::rows(&*sheet.name, (note.row + 1, note.row + 1), (note.column, note.column));
            let cell = place.cells().unwrap_or_default();
            self.place(build, place)?;
            let cell = cell.split(':').next().unwrap_or_default();
            build.paragraph(&format!("{cell}: {}", note.words));
            build.end_place();
        }
        Ok(())
    }
}

/// Places in the rows of those that the file says are headers.
fn said_headers(sheet: &Sheet, rows: &[Row]) -> Vec<usize> {
    let find = |&number: &u32| rows.binary_search_by_key(&number, |row| row.number).ok();
    let mut found: Vec<_> = sheet.headers.iter().filter_map(find).collect();
    found.sort_unstable();
    found.dedup();
    found
}
