//! OpenDocument spreadsheets (OASIS OpenDocument 1.3, part 3).
//!
//! Cells hold the words that are seen beside their values, so that formats need not be known; only dates are taken from their value.

use corpus::{Document, Format};
use extract::Skip;
use package::{Node, Package, Properties, Tag, Xml, optional};

use crate::sheet::{Kind, MAX_COLUMNS, Shape, Sheet};
use crate::workbook::{MAX_SHEETS, Workbook};

/// How often equal rows or cells are repeated in the text. More of them is a column that was filled to its end.
const MAX_REPEATED: u32 = 1000;
/// Spaces in a row.
const MAX_SPACES: u32 = 100;

/// Reads a spreadsheet out of its package.
pub(crate) fn read(mut package: Package<'_>) -> Result<Document, Skip> {
    let manifest = package.read_text("META-INF/manifest.xml").ok().flatten();
    if manifest.is_some_and(|text| text.contains("encryption-data")) {
        return Err(Skip::Encrypted);
    }
    let Some(text) = package.read_text("content.xml")? else {
        return Err(Skip::damaged("it has no content.xml inside"));
    };
    let mut book = Workbook::new();
    let (mut xml, mut sheets) = (Xml::new(&text), 0);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "table" if sheets < MAX_SHEETS => {
                let sheet = Sheet::new(tag.get("name").unwrap_or_default());
                sheets += 1;
                book.push(read_table(&mut xml, sheet));
            }
            // Cells as they were before, or as they are elsewhere.
            "tracked-changes" | "dde-links" => xml.skip(),
            _ => {}
        }
    }
    if let Some(why) = xml.problem() {
        book.problem(Skip::damaged(format!("in content.xml, {why}")));
    }
    let mut properties = Properties::default();
    if let Some(about) = optional(package.read_text("meta.xml"))? {
        properties.read(&about);
    }
    book.finish(Format::Ods, properties)
}

fn read_table(xml: &mut Xml<'_>, mut sheet: Sheet) -> Sheet {
    let mut row = 0_u32;
    // The rows that are repeated on each page: how deep they stand, and the last of them.
    let mut header: Option<(usize, u32)> = None;
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside && !sheet.is_full() {
        match xml.next() {
            Some(Node::Open(tag)) => match tag.name() {
                "table-header-rows" => header = Some((xml.depth(), row)),
                "table-row" => {
                    header = header.map(|(depth, _)| (depth, row));
                    row = row.saturating_add(read_row(xml, &tag, row, &mut sheet));
                }
                "shapes" => shape(xml, (0, 0), &mut sheet),
                // A copy of another file's sheet, and data of forms.
                "table-source" | "forms" => xml.skip(),
                _ => {}
            },
            Some(Node::Close) => {
                let done = header.take_if(|(depth, _)| xml.depth() < *depth);
                sheet.headers.extend(done.map(|(_, row)| row));
            }
            Some(Node::Text(_)) => {}
            None => break,
        }
    }
    sheet
}

/// Reads a row, and gives how many rows it stands for.
fn read_row(xml: &mut Xml<'_>, tag: &Tag<'_>, row: u32, sheet: &mut Sheet) -> u32 {
    let repeated = tag.number("number-rows-repeated").unwrap_or(1).max(1);
    let (mut column, mut cells) = (0_u32, Vec::new());
    loop {
        match xml.next() {
            Some(Node::Open(tag)) => {
                let times = tag.number("number-columns-repeated").unwrap_or(1).max(1);
                match tag.name() {
                    "table-cell" => {
                        let (kind, words) = read_cell(xml, &tag, (row, column), sheet);
                        // Only cells with words are worth their places, and only as many as there are columns.
                        let times = times.min(MAX_REPEATED).min(MAX_COLUMNS.saturating_sub(column));
                        if times > 0 && !words.trim().is_empty() {
                            cells.push((column..column + times, kind, words));
                        }
                    }
                    // What lies under a merged cell is not seen.
                    _ => xml.skip(),
                }
                column = column.saturating_add(times);
            }
            Some(Node::Text(_)) => {}
            Some(Node::Close) | None => break,
        }
    }
    for i in 0..repeated.min(MAX_REPEATED) {
        for (columns, kind, words) in &cells {
            columns.clone().for_each(|column| sheet.cell(row.saturating_add(i), column, *kind, words));
        }
        if cells.is_empty() || sheet.is_full() {
            break;
        }
    }
    repeated
}

/// Reads a cell: its words, and the remark on it.
fn read_cell(xml: &mut Xml<'_>, tag: &Tag<'_>, at: (u32, u32), sheet: &mut Sheet) -> (Kind, String) {
    let kind = tag.get("value-type").unwrap_or_default().into_owned();
    let attribute = |name| tag.get(name).map(|value| value.into_owned());
    let (value, date) = (attribute("value"), attribute("date-value"));
    let mut words = String::new();
    loop {
        match xml.next() {
            Some(Node::Open(inner)) => match inner.name() {
                "p" => {
                    words.push(' ');
                    paragraph(xml, &mut words);
                }
                "annotation" => note(xml, at, sheet),
                "detective" => xml.skip(),
                _ => shape(xml, at, sheet),
            },
            Some(Node::Text(_)) => {}
            Some(Node::Close) | None => break,
        }
    }
    match kind.as_str() {
        "date" => (Kind::Date, date.map_or(words, |date| shown_date(&date))),
        "float" | "percentage" | "currency" if words.trim().is_empty() => {
            (Kind::Number, value.unwrap_or_default())
        }
        "float" | "percentage" | "currency" => (Kind::Number, words),
        "time" => (Kind::Date, words),
        "boolean" => (Kind::Truth, words),
        _ => (Kind::Text, words),
    }
}

/// `2024-03-05T00:00:00` is a date, `2024-03-05T14:30:00` a date and a time of day, which needs no seconds.
fn shown_date(date: &str) -> String {
    let (day, time) = date.split_once('T').unwrap_or((date, ""));
    let time = time.split('.').next().unwrap_or_default();
    match time.strip_suffix(":00").unwrap_or(time) {
        "" | "00:00" => day.to_owned(),
        time => format!("{day} {time}"),
    }
}

/// The words of drawings that stand on a cell, or on the sheet.
fn shape(xml: &mut Xml<'_>, (row, column): (u32, u32), sheet: &mut Sheet) {
    let mut paragraphs = Vec::new();
    let outside = xml.depth().saturating_sub(1);
    while xml.depth() > outside {
        let Some(node) = xml.next() else { break };
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "p" => {
                let mut words = String::new();
                paragraph(xml, &mut words);
                paragraphs.push(words);
            }
            "annotation" => xml.skip(),
            _ => {}
        }
    }
    sheet.shape(Shape { row, columns: (column, column), paragraphs });
}

fn note(xml: &mut Xml<'_>, (row, column): (u32, u32), sheet: &mut Sheet) {
    let mut words = String::new();
    loop {
        match xml.next() {
            Some(Node::Open(tag)) if tag.name() == "p" => {
                words.push(' ');
                paragraph(xml, &mut words);
            }
            // Who wrote it, and when.
            Some(Node::Open(_)) => xml.skip(),
            Some(Node::Text(_)) => {}
            Some(Node::Close) | None => break,
        }
    }
    sheet.note(row, column, words);
}

/// The words up to the end of the paragraph that was opened last.
fn paragraph(xml: &mut Xml<'_>, words: &mut String) {
    let mut depth = 1_usize;
    while depth > 0 {
        match xml.next() {
            Some(Node::Open(tag)) => {
                depth += 1;
                match tag.name() {
                    "s" => {
                        let spaces = tag.number("c").unwrap_or(1).min(MAX_SPACES);
                        words.extend((0..spaces).map(|_| ' '));
                    }
                    "tab" | "line-break" => words.push(' '),
                    "ruby-text" | "annotation" => {
                        xml.skip();
                        depth -= 1;
                    }
                    _ => {}
                }
            }
            Some(Node::Close) => depth -= 1,
            Some(Node::Text(more)) => words.push_str(&more),
            None => break,
        }
    }
}
