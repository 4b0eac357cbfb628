//! Workbooks of Excel since 2007 in binary parts ([MS-XLSB]): the package of an `.xlsx` with records in place of XML.

use corpus::{Document, Format};
use extract::Skip;
use legacy::bytes::{f64_at, u16_at, u32_at, utf16};
use package::{Package, Properties, Relationships, main_part};

use crate::sheet::{Kind, Merged, Sheet};
use crate::strings::Strings;
use crate::styles::Styles;
use crate::workbook::{MAX_SHEETS, Workbook};
use crate::xls::{error, short_number};
use crate::xlsx::drawing;

const ROW: u32 = 0;
const SHORT_NUMBER: u32 = 2;
const ERROR: u32 = 3;
const TRUTH: u32 = 4;
const NUMBER: u32 = 5;
const TEXT: u32 = 6;
const SHARED_TEXT: u32 = 7;
const FORMULA_TEXT: u32 = 8;
const FORMULA_NUMBER: u32 = 9;
const FORMULA_TRUTH: u32 = 10;
const FORMULA_ERROR: u32 = 11;
const SHARED_ITEM: u32 = 19;
const FORMAT: u32 = 44;
const STYLE: u32 = 47;
const RICH_TEXT: u32 = 62;
const WORKBOOK: u32 = 153;
const SHEET: u32 = 156;
const MERGED: u32 = 176;
const STYLES_BEGIN: u32 = 617;
const STYLES_END: u32 = 618;
const COMMENT: u32 = 635;
const COMMENT_TEXT: u32 = 637;

/// Reads a workbook out of its package.
pub(crate) fn read(mut package: Package<'_>) -> Result<Document, Skip> {
    let main = main_part(&mut package, "xl/workbook.bin")?;
    let Some(bytes) = package.read(&main)? else {
        return Err(Skip::damaged("it has no workbook inside"));
    };
    let relations = Relationships::of(&mut package, &main)?;
    let (sheets, from_1904) = listed_sheets(&bytes);
    let (mut book, mut styles, mut strings) = (Workbook::new(), Styles::new(from_1904), Strings::default());
    let mut part = |kind: &str| relations.first(kind).map_or(Ok(None), |name| package.read(name));
    match part("styles") {
        Ok(Some(bytes)) => read_styles(&bytes, &mut styles),
        Ok(None) => {}
        Err(problem) => book.problem(problem),
    }
    match part("sharedStrings") {
        Ok(Some(bytes)) => read_strings(&bytes, &mut strings)?,
        Ok(None) => {}
        Err(problem) => book.problem(problem),
    }
    for (name, id) in sheets {
        let part = relations.part(&id).map_or("", |sheet| sheet.part.as_str());
        let mut sheet = Sheet::new(name);
        match package.read(part) {
            Ok(Some(bytes)) => read_sheet(&bytes, &styles, &strings, &mut sheet),
            Ok(None) => book.problem(Skip::damaged(format!("its part {part} is missing"))),
            Err(problem) => book.problem(problem),
        }
        let comments = Relationships::of(&mut package, part)?;
        if let Some(name) = comments.first("comments")
            && let Ok(Some(bytes)) = package.read(name)
        {
            read_comments(&bytes, &mut sheet);
        }
        if let Err(problem) = drawing(&mut package, part, &mut sheet) {
            book.problem(problem);
        }
        book.push(sheet);
    }
    book.finish(Format::Xlsx, Properties::of_ooxml(&mut package)?)
}

/// A record.
struct Record<'a> {
    id: u32,
    data: &'a [u8],
}

/// Records, one after the other: number and length are written in groups of seven bits.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        // The number keeps the bit that says whether it has a second byte.
        let (&first, mut rest) = self.0.split_first()?;
        let mut id = u32::from(first);
        if first & 0x80 != 0 {
            let (&second, after) = rest.split_first()?;
            (id, rest) = (u32::from(first & 0x7f) | u32::from(second & 0x7f) << 7, after);
        }
        let mut length = 0_usize;
        for shift in [0, 7, 14, 21] {
            let (&byte, after) = rest.split_first()?;
            rest = after;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (data, rest) = rest.split_at(length.min(rest.len()));
        self.0 = rest;
        Some(Record { id, data })
    }
}

/// A string with its length in four bytes.
fn string(data: &[u8], at: usize) -> Option<String> {
    let length = (u32_at(data, at)? as usize).saturating_mul(2);
    let text = data.get(at + 4..)?;
    Some(utf16(text.get(..length.min(text.len()))?))
}

fn listed_sheets(bytes: &[u8]) -> (Vec<(String, String)>, bool) {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    for record in Records(bytes) {
        match record.id {
            WORKBOOK => from_1904 |= record.data.first().is_some_and(|flags| flags & 1 != 0),
            SHEET if sheets.len() < MAX_SHEETS => {
                let id = string(record.data, 8).unwrap_or_default();
                let name = string(record.data, 12 + 2 * id.encode_utf16().count()).unwrap_or_default();
                sheets.push((name, id));
            }
            _ => {}
        }
    }
    (sheets, from_1904)
}

fn read_styles(bytes: &[u8], styles: &mut Styles) {
    let mut in_cells = false;
    for record in Records(bytes) {
        match record.id {
            STYLES_BEGIN => in_cells = true,
            STYLES_END => in_cells = false,
            FORMAT => {
                if let (Some(id), Some(code)) = (u16_at(record.data, 0), string(record.data, 2)) {
                    styles.define(id.into(), code);
                }
            }
            STYLE if in_cells => styles.push(u16_at(record.data, 2).unwrap_or(0).into()),
            _ => {}
        }
    }
    styles.finish();
}

fn read_strings(bytes: &[u8], strings: &mut Strings) -> Result<(), Skip> {
    for record in Records(bytes).filter(|record| record.id == SHARED_ITEM) {
        strings.push(&string(record.data, 1).unwrap_or_default())?;
    }
    Ok(())
}

fn read_sheet(bytes: &[u8], styles: &Styles, strings: &Strings, sheet: &mut Sheet) {
    let mut row = 0;
    for record in Records(bytes) {
        match record.id {
            ROW => row = u32_at(record.data, 0).unwrap_or(row),
            MERGED => range(record.data, 0).into_iter().for_each(|range| sheet.merge(range)),
            _ => {
                if let Some(cell) = Cell::new(row, &record) {
                    cell.read(record.id, styles, strings, sheet);
                }
            }
        }
        if sheet.is_full() {
            break;
        }
    }
}

struct Cell<'a> {
    row: u32,
    column: u32,
    style: u32,
    data: &'a [u8],
}

impl<'a> Cell<'a> {
    fn new(row: u32, record: &Record<'a>) -> Option<Self> {
        let style = u32_at(record.data, 4)? & 0xff_ffff;
        Some(Self { row, column: u32_at(record.data, 0)?, style, data: record.data.get(8..)? })
    }

    fn read(&self, id: u32, styles: &Styles, strings: &Strings, sheet: &mut Sheet) {
        let number = match id {
            SHORT_NUMBER => u32_at(self.data, 0).map(short_number),
            NUMBER | FORMULA_NUMBER => f64_at(self.data, 0),
            _ => None,
        };
        let text = match id {
            TEXT | FORMULA_TEXT => string(self.data, 0),
            RICH_TEXT => string(self.data, 1),
            SHARED_TEXT => u32_at(self.data, 0).map(|index| sheet.referred(strings.get(index)).to_owned()),
            _ => None,
        };
        let mut put = |kind, words: &str| sheet.cell(self.row, self.column, kind, words);
        match (id, self.data.first()) {
            (TRUTH | FORMULA_TRUTH, Some(0)) => put(Kind::Truth, "FALSE"),
            (TRUTH | FORMULA_TRUTH, Some(_)) => put(Kind::Truth, "TRUE"),
            (ERROR | FORMULA_ERROR, Some(code)) => put(Kind::Text, error(*code)),
            _ => {}
        }
        if let Some(number) = number {
            let (words, kind) = styles.number(self.style, number);
            put(kind, &words);
        } else if let Some(words) = text {
            put(Kind::Text, &styles.text(self.style, &words));
        }
    }
}

fn range(data: &[u8], from: usize) -> Option<Merged> {
    let at = |i: usize| u32_at(data, from + 4 * i);
    Some((at(0)?..at(1)?.saturating_add(1), at(2)?..at(3)?.saturating_add(1)))
}

fn read_comments(bytes: &[u8], sheet: &mut Sheet) {
    let mut at = None;
    for record in Records(bytes) {
        match record.id {
            COMMENT => at = range(record.data, 4),
            COMMENT_TEXT => {
                if let (Some((rows, columns)), Some(words)) = (at.take(), string(record.data, 1)) {
                    sheet.note(rows.start, columns.start, words);
                }
            }
            _ => {}
        }
    }
}
