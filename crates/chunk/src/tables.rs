//! Tables: their rows are lines of their own, under a section that knows the header row.
//!
//! Invariant: the units cover what they covered before, in the same order.

use corpus::{Document, Table};

use crate::measure::Measure;
use crate::outline::Outline;
use crate::unit::{Cut, Unit};

/// Takes the tables of the document out of the units they lie in.
pub(crate) fn apart(
    document: &Document,
    measure: &Measure<'_>,
    outline: &mut Outline,
    units: Vec<Unit>,
) -> Vec<Unit> {
    if document.tables.is_empty() {
        return units;
    }
    let mut tables = document.tables.iter().map(|table| (begin(document, table), table)).peekable();
    let mut out = Vec::with_capacity(units.len() + 2 * document.tables.len());
    // The table whose rows the units before ended in, and its section.
    let mut open: Option<(usize, crate::outline::SectionId)> = None;
    for mut unit in units {
        while unit.start < unit.end {
            open = open.filter(|(end, _)| *end > unit.start);
            if let Some((end, section)) = open {
                let end = end.min(unit.end);
                out.push(Unit { end, section, cut: Cut::Lines, continues: false, ..unit });
                unit.start = end;
                continue;
            }
            while tables.next_if(|(_, table)| table.span.end as usize <= unit.start).is_some() {}
            let Some((begin, table)) = tables.next_if(|(begin, _)| *begin < unit.end) else {
                out.push(unit);
                break;
            };
            if begin > unit.start {
                out.push(Unit { end: begin, ..unit });
                unit = Unit { start: begin, continues: false, ..unit };
            }
            open = Some((table.span.end as usize, outline.add_table(unit.section, &table.header, measure)));
        }
    }
    out
}

/// Where the header row begins: on the line before the first row.
fn begin(document: &Document, table: &Table) -> usize {
    let before = document.text.get(..table.span.start as usize).unwrap_or_default();
    let line = before.strip_suffix('\n').unwrap_or(before);
    line.rfind('\n').map_or(0, |at| at + 1)
}
