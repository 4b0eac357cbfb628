//! Documents with headings: a section for each, a unit for each block of it.

use corpus::{Document, Heading};

use crate::measure::Measure;
use crate::outline::{Outline, SectionId};
use crate::pack::TINY_TOKENS;
use crate::paragraph::blocks;
use crate::unit::{Cut, Unit};

/// The units of the document. A heading goes with the block after it; one without a block of its own goes with its first subsection.
pub(crate) fn units(document: &Document, measure: &Measure<'_>, outline: &mut Outline) -> Vec<Unit> {
    let len = document.text.len();
    let mut units = Vec::new();
    let mut open: Vec<(u8, SectionId)> = Vec::new();
    let mut bare: Option<Unit> = None;
    let first = document.headings.first().map_or(len, |heading| heading.span.start as usize);
    if first > 0 && measure.fits(0, first, TINY_TOKENS) {
        // Front matter, a badge, a line above the title: nothing to stand alone.
        bare = Some(Unit::new(0, first, Outline::ROOT, Cut::Lines));
    } else {
        append(document, (0, first), Outline::ROOT, &mut units);
    }
    for (index, heading) in document.headings.iter().enumerate() {
        let section = enter(heading, &mut open, measure, outline);
        let start = heading.span.start as usize;
        let end = document.headings.get(index + 1).map_or(len, |next| next.span.start as usize);
        let mut begin = start;
        if let Some(unit) = bare.take() {
            if outline.is_inside(section, unit.section) {
                begin = unit.start;
            } else {
                units.push(unit);
            }
        }
        let before = units.len();
        append(document, (heading.span.end as usize, end), section, &mut units);
        match units.get_mut(before) {
            Some(block) => block.start = begin,
            None => bare = Some(Unit::new(begin, end, section, Cut::Lines)),
        }
    }
    units.extend(bare);
    units
}

/// Leaves the sections that the heading ends, and enters its own.
fn enter(
    heading: &Heading,
    open: &mut Vec<(u8, SectionId)>,
    measure: &Measure<'_>,
    outline: &mut Outline,
) -> SectionId {
    while open.pop_if(|(level, _)| *level >= heading.level).is_some() {}
    let parent = open.last().map_or(Outline::ROOT, |(_, section)| *section);
    let section = outline.add(parent, &heading.text, measure);
    open.push((heading.level, section));
    section
}

fn append(document: &Document, (start, end): (usize, usize), section: SectionId, units: &mut Vec<Unit>) {
    let blocks = blocks(&document.text, start, end, document.format);
    units.extend(blocks.iter().map(|block| Unit::new(block.start, block.end, section, block.cut)));
}
