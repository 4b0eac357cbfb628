//! Workbooks of Excel 5 to 2003 ([MS-XLS], BIFF5 and BIFF8): a stream of records, first for the workbook, then for each sheet.
//!
//! Invariant: every byte of the stream is gone through once for the workbook and at most [`MAX_PASSES`] times for sheets, however their
//! beginnings lie to each other.

mod cells;
mod record;
mod string;

use corpus::{Document, Format};
use extract::Skip;
use legacy::bytes::{u16_at, u32_at};
use legacy::{Compound, summary};
use package::Properties;

use crate::sheet::Sheet;
use crate::strings::Strings;
use crate::styles::Styles;
use crate::workbook::{MAX_SHEETS, Workbook};
pub(crate) use cells::{error, short_number};
use record::{Record, Records};

/// Sheets lie one after the other; those that lie in each other are not real.
const MAX_PASSES: usize = 4;

/// What the records of the workbook say about those of its sheets.
#[derive(Debug, Default)]
struct Globals {
    /// BIFF5 has bytes where BIFF8 has UTF-16.
    is_biff5: bool,
    page: u32,
    styles: Styles,
    strings: Strings,
    /// Names of the sheets, and where their records begin.
    sheets: Vec<(String, usize)>,
}

/// Reads a workbook out of its compound file.
pub(crate) fn read(file: &Compound<'_>) -> Result<Document, Skip> {
    let stream = file.stream("Workbook").or_else(|| file.stream("Book"));
    let stream = stream.ok_or_else(|| Skip::damaged("there is no workbook in it"))?;
    let globals = globals(&stream)?;
    let mut book = Workbook::new();
    let mut effort = stream.len().saturating_mul(MAX_PASSES);
    for (name, start) in &globals.sheets {
        let mut sheet = Sheet::new(name.clone());
        match stream.get(*start..) {
            Some(records) => {
                effort = effort.saturating_sub(cells::read(records, effort, &globals, &mut sheet))
            }
            None => book.problem(Skip::damaged(format!("its sheet {name} lies beyond its end"))),
        }
        book.push(sheet);
    }
    if globals.sheets.is_empty() {
        book.problem(Skip::damaged("it names no sheets"));
    }
    let (title, metadata) = summary(file);
    book.finish(Format::Xls, Properties { title, metadata })
}

fn globals(stream: &[u8]) -> Result<Globals, Skip> {
    let mut globals = Globals { page: 1252, ..Globals::default() };
    let mut records = Records::new(stream);
    let first = records.next().filter(|record| record.id == record::BOF);
    let first = first.ok_or_else(|| Skip::damaged("its stream does not begin as a workbook does"))?;
    globals.is_biff5 = u16_at(first.data, 0) != Some(0x600);
    while let Some(record) = records.next() {
        match record.id {
            record::EOF => break,
            record::FILEPASS => return Err(Skip::Encrypted),
            record::CODEPAGE => globals.page = u16_at(record.data, 0).map_or(1252, u32::from),
            record::DATE_MODE => globals.styles.from_1904 = u16_at(record.data, 0) == Some(1),
            record::SHARED_STRINGS => {
                let parts = records.continued(record.data);
                string::shared(&parts, &mut globals.strings)?;
            }
            _ => globals.take(&record),
        }
    }
    globals.styles.finish();
    Ok(globals)
}

impl Globals {
    fn take(&mut self, record: &Record<'_>) {
        let data = record.data;
        match record.id {
            record::FORMAT => {
                if let (Some(id), Some(code)) = (u16_at(data, 0), data.get(2..)) {
                    self.styles.define(id.into(), self.words(code, !self.is_biff5));
                }
            }
            record::STYLE => self.styles.push(u16_at(data, 2).unwrap_or(0).into()),
            record::SHEET if self.sheets.len() < MAX_SHEETS => {
                // Worksheets only: charts and modules have no cells.
                let is_sheet = data.get(5).is_some_and(|kind| *kind == 0);
                if let (Some(start), Some(name), true) = (u32_at(data, 0), data.get(6..), is_sheet) {
                    self.sheets.push((self.words(name, false), start as usize));
                }
            }
            _ => {}
        }
    }

    /// A string with its length in front, in two bytes or in one.
    fn words(&self, data: &[u8], is_long: bool) -> String {
        let (length, rest) = if is_long {
            (u16_at(data, 0).map(usize::from), data.get(2..))
        } else {
            (data.first().copied().map(usize::from), data.get(1..))
        };
        self.string(length.unwrap_or(0), rest.unwrap_or_default())
    }

    /// A string of so many characters.
    fn string(&self, length: usize, data: &[u8]) -> String {
        if self.is_biff5 {
            return legacy::codepage::decode(
                data.get(..length.min(data.len())).unwrap_or_default(),
                self.page,
            );
        }
        string::plain(length, data)
    }
}
