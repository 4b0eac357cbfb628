//! Word 97 to 2003 ([MS-DOC]), and the text of Word 6 and 95.
//!
//! The text lies in pieces; what its paragraphs and characters are lies in pages of 512 bytes, by where the text stands in the file.
//!
//! Invariant: no piece, page or style is gone through more than once for each place that names it, and there are as many places as bytes.
//! Not here: headers and footers, which stand on every page and say nothing that is looked for.

mod formatting;
mod header;
mod lists;
mod notes;
mod pieces;
mod styles;
mod text;

use corpus::{Document, Format};
use extract::Skip;

use crate::compound::Compound;
use crate::flow::{Flow, Role};
use crate::properties::summary;
use formatting::Formatting;
use header::Header;
use lists::Lists;
use notes::Notes;
use pieces::Pieces;
use styles::Styles;

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, Skip> {
    let file = Compound::open(bytes)?;
    let Some(main) = file.stream("WordDocument") else {
        return Err(Skip::damaged("there is no Word document in it"));
    };
    let header = Header::new(&main)?;
    if header.is_old {
        return old(&file, &main, &header);
    }
    let table = file.stream(header.table).unwrap_or_default();
    let pieces = Pieces::new(&main, &table, &header);
    let source = text::Source {
        formatting: Formatting::new(&main, &table, &header),
        styles: Styles::new(header.part(&table, header::STYLES)),
        lists: Lists::new(header.rest(&table, header::LISTS), header.part(&table, header::LIST_OVERRIDES)),
        notes: Notes::new(&table, &header),
        characters: pieces.read(&main),
    };
    let mut flow = Flow::default();
    source.write(&header, &mut flow);
    flow.finish(Format::Doc, summary(&file))
}

/// Word 6 and 95 have the text in one piece, unless they saved in haste.
fn old(file: &Compound<'_>, main: &[u8], header: &Header) -> Result<Document, Skip> {
    let end = header.old_text.1.min(main.len());
    let bytes = main.get(header.old_text.0..end).unwrap_or_default();
    let mut flow = Flow::default();
    let mut cells: Vec<String> = Vec::new();
    let text = crate::codepage::decode(bytes, 1252);
    let mut seen = text::visible(&text);
    for (words, end) in std::iter::from_fn(|| seen.next()) {
        match end {
            // Two ends of a cell without anything between them end the row.
            '\u{7}' if words.is_empty() && !cells.is_empty() => flow.row(std::mem::take(&mut cells), false),
            '\u{7}' => cells.push(words),
            _ => flow.paragraph(&Role::default(), &words),
        }
    }
    flow.finish(Format::Doc, summary(file))
}
