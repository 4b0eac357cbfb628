//! The rows and cells of one sheet.

use extract::Skip;
use package::{Node, Tag, Xml};

use crate::sheet::{Kind, MAX_COLUMNS, Merged, Sheet};
use crate::strings::Strings;
use crate::styles::Styles;
use crate::xlsx::{HIDDEN, unescaped};

/// What a cell's beginning says of it.
struct Cell {
    row: u32,
    column: u32,
    style: u32,
    kind: String,
}

/// Reads the cells of a sheet, as far as its XML goes.
pub(super) fn read(text: &str, styles: &Styles, strings: &Strings, sheet: &mut Sheet) -> Result<(), Skip> {
    let mut xml = Xml::new(text);
    let mut row = 0_u32;
    // Rows and cells may leave out where they stand: then it is after the one before.
    let (mut next_row, mut next_column) = (0_u32, 0_u32);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "row" => {
                row = tag.number("r").map_or(next_row, |number: u32| number.saturating_sub(1));
                (next_row, next_column) = (row.saturating_add(1), 0);
            }
            "c" => {
                let at = tag.get("r").and_then(|name| position(&name));
                let column;
                (row, column) = at.unwrap_or((row, next_column));
                next_column = column.saturating_add(1);
                let kind = tag.get("t").unwrap_or_default().into_owned();
                let cell = Cell { row, column, style: tag.number("s").unwrap_or(0), kind };
                read_cell(&mut xml, &cell, styles, strings, sheet);
            }
            "mergeCell" => range(&tag).into_iter().for_each(|range| sheet.merge(range)),
            // What follows here is text as well, but of the page, not of the sheet.
            "headerFooter" | "extLst" | "dataValidations" | "conditionalFormatting" => xml.skip(),
            _ => {}
        }
        if sheet.is_full() {
            break;
        }
    }
    xml.problem().map_or(Ok(()), |why| Err(Skip::damaged(why)))
}

fn read_cell(xml: &mut Xml<'_>, cell: &Cell, styles: &Styles, strings: &Strings, sheet: &mut Sheet) {
    let (mut value, mut inline) = (None, None);
    loop {
        match xml.next() {
            Some(Node::Open(tag)) => match tag.name() {
                "v" => value = Some(xml.text()),
                "is" => inline = Some(xml.text_without(HIDDEN)),
                _ => xml.skip(),
            },
            Some(Node::Text(_)) => {}
            Some(Node::Close) | None => break,
        }
    }
    let value = value.as_deref().unwrap_or_default();
    let index = (cell.kind == "s").then(|| value.trim().parse().ok()).flatten();
    let shared = index.map(|index| sheet.referred(strings.get(index))).unwrap_or_default();
    let mut put = |kind, words: &str| sheet.cell(cell.row, cell.column, kind, words);
    match cell.kind.as_str() {
        "s" => put(Kind::Text, &styles.text(cell.style, shared)),
        "inlineStr" => put(Kind::Text, &unescaped(inline.as_deref().unwrap_or(value))),
        "str" => put(Kind::Text, &unescaped(value)),
        "b" => put(Kind::Truth, if value.trim() == "1" || value.trim() == "true" { "TRUE" } else { "FALSE" }),
        "e" => put(Kind::Text, value),
        "d" => put(Kind::Date, &value.trim().replacen('T', " ", 1)),
        _ => match value.trim().parse() {
            Ok(number) => {
                let (words, kind) = styles.number(cell.style, number);
                put(kind, &words);
            }
            Err(_) => put(Kind::Text, inline.as_deref().unwrap_or(value)),
        },
    }
}

fn range(tag: &Tag<'_>) -> Option<Merged> {
    let reference = tag.get("ref")?;
    let (from, to) = reference.split_once(':')?;
    let ((top, left), (bottom, right)) = (position(from)?, position(to)?);
    Some((top..bottom + 1, left..right + 1))
}

/// Row and column, from 0, of a cell by its name: `B7`.
pub(super) fn position(name: &str) -> Option<(u32, u32)> {
    let name = name.trim();
    let split = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = (name.get(..split)?, name.get(split..)?);
    let mut column = 0_u32;
    for letter in letters.bytes().filter(|&letter| letter != b'$') {
        let value = letter.to_ascii_uppercase().checked_sub(b'A').filter(|&value| value < 26)?;
        column = column.checked_mul(26)?.checked_add(u32::from(value) + 1)?;
    }
    let row: u32 = digits.parse().ok()?;
    let column = column.checked_sub(1).filter(|&column| column < MAX_COLUMNS)?;
    Some((row.checked_sub(1).filter(|&row| row < 1 << 24)?, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_cells() {
        let cases = [
            ("A1", Some((0, 0))),
            ("$B7", Some((6, 1))),
            ("xfd1048576", Some((1_048_575, 16_383))),
            ("XFE1", None),
            ("A0", None),
            ("1", None),
            ("A", None),
            ("\u{e9}1", None),
        ];
        for (name, expected) in cases {
            assert_eq!(position(name), expected, "{name}");
        }
    }
}
