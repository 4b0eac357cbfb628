//! Remarks on cells: notes, and the threads that newer programs write beside them.

use extract::Skip;
use package::Package;

use super::parts::Relations;
use super::rows::position;
use crate::sheet::{Note, Sheet};
use crate::xml::{Node, Xml};

/// More remarks than this are no remarks.
const MAX_NOTES: usize = 100_000;
/// How the note begins that stands in for a thread in programs that know none.
const STAND_IN: &str = "[Threaded comment]";

/// Reads the remarks on a sheet, which is the part of that name.
pub(crate) fn comments(package: &mut Package<'_>, part: &str, sheet: &mut Sheet) -> Result<(), Skip> {
    let relations = Relations::of(package, part)?;
    let threads = relations.part(package, "/threadedComment")?;
    if let Some(text) = relations.part(package, "/comments")? {
        read(&text, "comment", threads.is_some(), sheet);
    }
    if let Some(text) = threads {
        read(&text, "threadedComment", false, sheet);
    }
    Ok(())
}

fn read(text: &str, element: &str, has_threads: bool, sheet: &mut Sheet) {
    let (mut xml, mut at) = (Xml::new(text), None);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        if tag.name() == element {
            at = tag.get("ref").and_then(|name| position(&name));
        }
        // What else is in a comment is where its box stands.
        if tag.name() != "text" {
            continue;
        }
        let words = xml.words_in(&["rPh"]);
        if let Some((row, column)) = at.take()
            && sheet.notes.len() < MAX_NOTES
            && !(has_threads && words.trim_start().starts_with(STAND_IN))
        {
            sheet.notes.push(Note { row, column, words });
        }
    }
}
