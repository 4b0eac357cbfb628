//! What the parser is shown: the code without the insides of blocks, brackets and comments that fit a chunk anyway.
//!
//! Parsing is by far the dearest step, and a chunk seldom begins inside of what fits one: leaving the insides out more than halves the
//! work and hardly moves a boundary. The brackets are found by a scan that knows strings and comments; where it is mistaken (a regular
//! expression taken for a division) the layout or the kinds of brackets disagree, and the inside is shown.

use std::borrow::Cow;

use corpus::Language;

use super::scan::{Bracket, Event, Kind, scan};
use crate::chunk::TARGET_TOKENS;
use crate::measure::Measure;

/// An inside shorter than this is not worth leaving out.
const MIN_INSIDE: usize = 16;

/// Code with gaps, and the way back to the whole.
pub(super) struct Skeleton<'a> {
    text: Cow<'a, str>,
    /// For each gap: its place in `text`, and how much longer the whole is up to there.
    gaps: Vec<(usize, usize)>,
}

/// A range of the whole and what the parser sees instead, so that the rest is still right.
#[derive(Clone, Copy)]
struct Gap {
    start: usize,
    end: usize,
    filler: &'static str,
}

impl<'a> Skeleton<'a> {
    pub(super) fn of(language: Language, measure: &Measure<'a>) -> Self {
        let whole = measure.text();
        let mut insides = Insides { measure, open: Vec::new(), gaps: Vec::new() };
        scan(whole, language, |event| insides.event(event));
        if insides.gaps.is_empty() {
            return Self { text: Cow::Borrowed(whole), gaps: Vec::new() };
        }
        let (mut text, mut gaps) = (String::with_capacity(whole.len() / 2), Vec::with_capacity(insides.gaps.len()));
        let mut at = 0;
        for gap in insides.gaps {
            text.push_str(&whole[at..gap.start]);
            text.push_str(gap.filler);
            gaps.push((text.len(), gap.end - text.len()));
            at = gap.end;
        }
        text.push_str(&whole[at..]);
        Self { text: Cow::Owned(text), gaps }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the whole of a place in the skeleton.
    pub(super) fn original(&self, at: usize) -> usize {
        let gaps = self.gaps.partition_point(|(place, _)| *place <= at);
        at + gaps.checked_sub(1).map_or(0, |last| self.gaps[last].1)
    }
}

/// Collects the outermost insides that may be left out, in order.
struct Insides<'a> {
    measure: &'a Measure<'a>,
    open: Vec<Bracket>,
    gaps: Vec<Gap>,
}

impl Insides<'_> {
    fn event(&mut self, event: Event) {
        match event {
            Event::Open(bracket) => self.open.push(bracket),
            Event::Close(bracket) => self.close(bracket),
            Event::Remark(start, end) => self.leave_out(Gap { start, end, filler: "" }),
        }
    }

    fn close(&mut self, bracket: Bracket) {
        if bracket.begins_line {
            // Brackets that were misread leave their partners over; the layout tells which.
            while self.open.pop_if(|open| open.indent > bracket.indent).is_some() {}
        }
        if bracket.kind == Kind::Brace {
            while self.open.pop_if(|open| open.kind != Kind::Brace).is_some() {}
        }
        let Some(opened) = self.open.pop_if(|open| open.kind == bracket.kind) else { return };
        let is_sound = match bracket.kind {
            Kind::Brace => opened.line == bracket.line || (bracket.begins_line && opened.indent == bracket.indent),
            Kind::Round => opened.calls,
            // On one line it may be an index or a type, which is wrong when empty.
            Kind::Square => opened.line != bracket.line,
            Kind::Block => true,
        };
        let (start, end) = (opened.at + 1, bracket.at);
        if is_sound && self.measure.fits(start, end, TARGET_TOKENS) {
            self.leave_out(Gap { start, end, filler: if bracket.kind == Kind::Block { " 0" } else { "" } });
        }
    }

    fn leave_out(&mut self, gap: Gap) {
        if gap.end < gap.start + MIN_INSIDE {
            return;
        }
        while self.gaps.pop_if(|inner| inner.start >= gap.start).is_some() {}
        self.gaps.push(gap);
    }
}
