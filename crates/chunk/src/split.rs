//! Cutting a unit that is too long into units that fit, as coarsely as its kind allows.

use corpus::Language;

use crate::chunk::TARGET_TOKENS;
use crate::measure::Measure;
use crate::nest::{Mark, Part, Visit, nest};
use crate::unit::{Cut, Unit};
use crate::{brackets, layout, sentence};

/// Appends `unit`, or the parts of it that each have at most `limit` pieces.
pub(crate) fn split(measure: &Measure<'_>, unit: Unit, limit: usize, out: &mut Vec<Unit>) {
    if measure.fits(unit.start, unit.end, limit) {
        return out.push(unit);
    }
    match unit.cut {
        Cut::Sentences => by_sentence(measure, unit, limit, out),
        Cut::Paragraphs => by_line(measure, unit, limit, by_sentence, out),
        Cut::Lines => by_line(measure, unit, limit, fill, out),
        Cut::Indent => by_depth(
            measure,
            unit,
            limit,
            &layout::marks(measure.text(), unit.start, unit.end, Language::Other),
            out,
        ),
        Cut::Brackets => {
            by_depth(measure, unit, limit, &brackets::marks(measure.text(), unit.start, unit.end), out)
        }
    }
}

type Splitter = fn(&Measure<'_>, Unit, usize, &mut Vec<Unit>);

fn by_line(measure: &Measure<'_>, unit: Unit, limit: usize, finer: Splitter, out: &mut Vec<Unit>) {
    let mut start = unit.start;
    for line in measure.text()[unit.start..unit.end].split_inclusive('\n') {
        let end = start + line.len();
        let line = Unit { start, end, continues: unit.continues && start == unit.start, ..unit };
        if measure.fits(start, end, limit) {
            out.push(line);
        } else {
            finer(measure, line, limit, out);
        }
        start = end;
    }
}

fn by_sentence(measure: &Measure<'_>, unit: Unit, limit: usize, out: &mut Vec<Unit>) {
    let mut start = unit.start;
    let starts = sentence::starts(measure.text(), unit.start, unit.end);
    for end in starts.into_iter().chain([unit.end]) {
        let continues = start > unit.start || unit.continues;
        fill(measure, Unit { start, end, continues, ..unit }, limit, out);
        start = end;
    }
}

fn by_depth(measure: &Measure<'_>, unit: Unit, limit: usize, marks: &[Mark], out: &mut Vec<Unit>) {
    let whole = Part { start: unit.start, end: unit.end, level: 0, apart: false, context: () };
    nest(whole, marks, &mut Nested { measure, unit, limit, out });
}

struct Nested<'a> {
    measure: &'a Measure<'a>,
    unit: Unit,
    limit: usize,
    out: &'a mut Vec<Unit>,
}

impl Visit<()> for Nested<'_> {
    fn fits(&self, part: &Part<()>) -> bool {
        self.measure.fits(part.start, part.end, self.limit)
    }

    fn enter(&mut self, _: &Part<()>) {}

    fn emit(&mut self, part: &Part<()>) {
        fill(
            self.measure,
            Unit { start: part.start, end: part.end, level: part.step(), ..self.unit },
            self.limit,
            self.out,
        );
    }
}

/// Takes as much at a time as fits: the last resort, which only looks at the text around each cut.
fn fill(measure: &Measure<'_>, unit: Unit, limit: usize, out: &mut Vec<Unit>) {
    let mut start = unit.start;
    while !measure.fits(start, unit.end, limit) {
        let reach = measure.reach(start, limit.min(TARGET_TOKENS)).min(unit.end);
        let end = good_end(measure.text(), start, reach);
        out.push(Unit { start, end, continues: unit.continues && start == unit.start, ..unit });
        start = end;
    }
    if start < unit.end {
        out.push(Unit { start, continues: unit.continues && start == unit.start, ..unit });
    }
}

/// The end of the last clause, else word, in the second half of `start..reach`; else `reach`.
fn good_end(text: &str, start: usize, reach: usize) -> usize {
    let half = text.ceil_char_boundary(start + (reach - start) / 2);
    let tail = &text[half..reach];
    let clause = tail.rfind([',', ';', ':', '，', '；', '：', '、', '\n']);
    let clause_end = clause.and_then(|at| Some(at + tail[at..].chars().next()?.len_utf8()));
    let word_end =
        || tail.rfind(char::is_whitespace).and_then(|at| Some(at + tail[at..].chars().next()?.len_utf8()));
    clause_end.or_else(word_end).map_or(reach, |at| half + at)
}
