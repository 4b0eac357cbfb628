//! Workbooks of Excel since 2007 in XML (ECMA-376 part 1, SpreadsheetML), in its transitional and its strict form.
//!
//! Invariant: a part that is missing or broken costs what was in it, not the rest.

mod comments;
mod drawing;
mod rows;
mod table;

use corpus::{Document, Format};
use extract::Skip;
use package::{Node, Package, Properties, Relationships, Xml, main_part};

use crate::sheet::Sheet;
use crate::strings::Strings;
use crate::styles::Styles;
use crate::workbook::{MAX_SHEETS, Workbook};

pub(crate) use drawing::drawing;
pub(crate) use table::headers;

/// Reads a workbook out of its package.
pub(crate) fn read(mut package: Package<'_>) -> Result<Document, Skip> {
    let main = main_part(&mut package, "xl/workbook.xml")?;
    let Some(text) = package.read_text(&main)? else {
        return Err(Skip::damaged("it has no workbook inside"));
    };
    let relations = Relationships::of(&mut package, &main)?;
    let mut book = Workbook::new();
    let (sheets, from_1904, problem) = listed_sheets(&text);
    if let Some(why) = problem {
        book.problem(Skip::damaged(format!("in {main}, {why}")));
    }
    let mut styles = Styles::new(from_1904);
    match part(&mut package, &relations, "styles") {
        Ok(Some(text)) => read_styles(&text, &mut styles),
        Ok(None) => {}
        Err(problem) => book.problem(problem),
    }
    let mut strings = Strings::default();
    match part(&mut package, &relations, "sharedStrings") {
        Ok(Some(text)) => {
            read_strings(&text, &mut strings).unwrap_or_else(|problem| book.problem(problem));
        }
        Ok(None) => {}
        Err(problem) => book.problem(problem),
    }
    for (i, (name, id)) in sheets.into_iter().enumerate() {
        let part = relations
            .part(&id)
            .map_or_else(|| format!("xl/worksheets/sheet{}.xml", i + 1), |sheet| sheet.part.clone());
        let mut sheet = Sheet::new(name);
        match package.read_text(&part) {
            Ok(Some(text)) => {
                rows::read(&text, &styles, &strings, &mut sheet)
                    .unwrap_or_else(|problem| book.problem(problem));
            }
            Ok(None) => book.problem(Skip::damaged(format!("its part {part} is missing"))),
            Err(problem) => book.problem(problem),
        }
        for read in [headers, comments::comments, drawing] {
            if let Err(problem) = read(&mut package, &part, &mut sheet) {
                book.problem(problem);
            }
        }
        book.push(sheet);
    }
    book.finish(Format::Xlsx, Properties::of_ooxml(&mut package)?)
}

/// The text of the first part of a kind.
fn part(package: &mut Package<'_>, relations: &Relationships, kind: &str) -> Result<Option<String>, Skip> {
    relations.first(kind).map_or(Ok(None), |name| package.read_text(name))
}

/// Names and relations of the sheets in their order, whether days are counted from 1904, and what is wrong with the list.
fn listed_sheets(text: &str) -> (Vec<(String, String)>, bool, Option<String>) {
    let (mut sheets, mut from_1904) = (Vec::new(), false);
    let mut xml = Xml::new(text);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "workbookPr" => from_1904 |= tag.is("date1904"),
            "sheet" if sheets.len() < MAX_SHEETS => {
                let attribute = |name| tag.get(name).unwrap_or_default().into_owned();
                sheets.push((attribute("name"), attribute("id")));
            }
            _ => {}
        }
    }
    (sheets, from_1904, xml.problem().map(str::to_owned))
}

fn read_styles(text: &str, styles: &mut Styles) {
    let (mut xml, mut in_cells) = (Xml::new(text), false);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        match tag.name() {
            "numFmt" => {
                if let (Some(id), Some(code)) = (tag.number("numFmtId"), tag.get("formatCode")) {
                    styles.define(id, code);
                }
            }
            "cellXfs" => in_cells = true,
            "cellStyles" | "dxfs" | "cellStyleXfs" => in_cells = false,
            "xf" if in_cells => styles.push(tag.number("numFmtId").unwrap_or(0)),
            _ => {}
        }
    }
    styles.finish();
}

fn read_strings(text: &str, strings: &mut Strings) -> Result<(), Skip> {
    let mut xml = Xml::new(text);
    while let Some(node) = xml.next() {
        if let Node::Open(tag) = node
            && tag.name() == "si"
        {
            let words = xml.text_without(HIDDEN);
            strings.push(&unescaped(&words))?;
        }
    }
    xml.problem().map_or(Ok(()), |why| Err(Skip::damaged(format!("in its shared strings, {why}"))))
}

/// What is in a string that is not its words: how they are spoken.
const HIDDEN: &[&str] = &["rPh", "phoneticPr"];

/// Characters that XML has no place for are written `_x000D_`.
fn unescaped(words: &str) -> std::borrow::Cow<'_, str> {
    if !words.contains("_x") {
        return words.into();
    }
    let (mut out, mut rest) = (String::with_capacity(words.len()), words);
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes().get(at + 6) == Some(&b'_'));
        let c = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let end = if c.is_some() { at + 7 } else { at + 2 };
        out.push_str(rest.get(..if c.is_some() { at } else { end }).unwrap_or_default());
        out.extend(c);
        rest = rest.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters() {
        let cases = [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x0041_", "_x0041_"),
            ("_xyz", "_xyz"),
            ("a_x", "a_x"),
            ("_x00e9_", "\u{e9}"),
        ];
        for (words, expected) in cases {
            assert_eq!(unescaped(words), expected, "{words}");
        }
    }
}
