//! Source code: definitions are units, with the comments before them; what is too large is cut into its members.
//!
//! Invariant: linear; what a definition is called is read from its first lines only.
//! Not here: grammars (see `layout`), or anything else that needs to understand the code.

mod label;

use corpus::Language;

use crate::layout::marks;
use crate::measure::Measure;
use crate::nest::{Part, Visit, nest};
use crate::outline::{Outline, SectionId};
use crate::unit::{Cut, Unit};

/// The units of source code. What is cut into members is a section, named by its definition.
pub(crate) fn units(language: Language, measure: &Measure<'_>, outline: &mut Outline) -> Vec<Unit> {
    let text = measure.text();
    let marks = marks(text, 0, text.len(), language);
    let whole = Part { start: 0, end: text.len(), level: 0, apart: false, context: Outline::ROOT };
    let mut members = Members { measure, outline, named: 0, units: Vec::with_capacity(marks.len() / 4) };
    nest(whole, &marks, &mut members);
    members.units
}

struct Members<'a> {
    measure: &'a Measure<'a>,
    outline: &'a mut Outline,
    /// Where the last section was named: its first part begins there too, and is no section in itself.
    named: usize,
    units: Vec<Unit>,
}

impl Visit<SectionId> for Members<'_> {
    fn fits(&self, part: &Part<SectionId>) -> bool {
        self.measure.fits(part.start, part.end, self.outline.budget(part.context))
    }

    fn enter(&mut self, part: &Part<SectionId>) -> SectionId {
        if part.level == 0 || (part.start == self.named && part.context != Outline::ROOT) {
            return part.context;
        }
        let Some(title) = label::of(&self.measure.text()[part.start..part.end]) else { return part.context };
        self.named = part.start;
        self.outline.add(part.context, &title, self.measure)
    }

    fn emit(&mut self, part: &Part<SectionId>) {
        let unit = Unit::new(part.start, part.end, part.context, Cut::Lines);
        self.units.push(Unit { level: part.step(), ..unit });
    }
}
