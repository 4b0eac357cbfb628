//! Remarks on cells: notes, and the threads that newer programs write beside them.

use extract::Skip;
use package::{Node, Package, Relationships, Xml};

use super::part;
use super::rows::position;
use crate::sheet::Sheet;

/// How the note begins that stands in for a thread in programs that know none.
const STAND_IN: &str = "[Threaded comment]";

/// Reads the remarks on a sheet, which is the part of that name.
pub(crate) fn comments(package: &mut Package<'_>, name: &str, sheet: &mut Sheet) -> Result<(), Skip> {
    let relations = Relationships::of(package, name)?;
    let threads = part(package, &relations, "threadedComment")?;
    if let Some(text) = part(package, &relations, "comments")? {
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
        let words = xml.text_without(&["rPh"]);
        if let Some((row, column)) = at.take()
            && !(has_threads && words.trim_start().starts_with(STAND_IN))
        {
            sheet.note(row, column, words);
        }
    }
}
