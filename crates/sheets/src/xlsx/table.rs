//! Tables that a sheet says it has (ECMA-376 part 1, section 18.5): the surest sign of a header.

use extract::Skip;
use package::{Node, Package, Relationships, Xml, optional};

use super::rows::position;
use crate::sheet::Sheet;

/// More tables than this no sheet has.
const MAX_TABLES: usize = 10_000;

/// Notes the header rows of the tables on a sheet, which is the part of that name.
pub(crate) fn headers(package: &mut Package<'_>, name: &str, sheet: &mut Sheet) -> Result<(), Skip> {
    let relations = Relationships::of(package, name)?;
    let tables = relations.iter().filter(|(_, relation)| relation.kind == "table").take(MAX_TABLES);
    for (_, table) in tables {
        if let Some(source) = optional(package.read_text(&table.part))? {
            sheet.headers.extend(header(&source));
        }
    }
    Ok(())
}

/// The last header row of a table.
fn header(source: &str) -> Option<u32> {
    let mut xml = Xml::new(source);
    while let Some(node) = xml.next() {
        let Node::Open(tag) = node else { continue };
        if tag.name() == "table" {
            let rows = tag.number("headerRowCount").unwrap_or(1_u32).checked_sub(1)?;
            let (top, _) = position(tag.get("ref")?.split(':').next()?)?;
            return top.checked_add(rows);
        }
    }
    None
}
