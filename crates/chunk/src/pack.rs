//! Units to pieces of about the target size: small neighbours together, large units cut.
//!
//! Invariant: a piece has at most its section's budget, counted in the whole text's pieces. Every unit is in a piece.

use crate::chunk::{MAX_CHUNK_BYTES, TARGET_TOKENS};
use crate::measure::{Measure, trim};
use crate::outline::{Outline, SectionId};
use crate::split::split;
use crate::unit::Unit;

/// What is smaller says too little by itself, and is put to a neighbour even beyond the target.
pub(crate) const TINY_TOKENS: usize = 24;
/// How much of the prose before a chunk it may repeat, in pieces and in sentences.
const OVERLAP_TOKENS: usize = 30;
const OVERLAP_SENTENCES: usize = 2;

/// Which sections may share a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// Each section is by itself, unless it is tiny.
    Within,
    /// Small sections under one parent go together.
    Siblings,
}

/// A chunk to be: not trimmed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The section it begins in.
    pub(crate) section: SectionId,
}

/// Packs the units in one pass.
pub(crate) fn pack(measure: &Measure<'_>, outline: &Outline, units: Vec<Unit>, merge: Merge) -> Vec<Piece> {
    let mut fitting = Vec::with_capacity(units.len());
    let mut apart = false;
    for unit in units {
        apart |= unit.apart;
        let (start, _) = trim(measure.text(), unit.start, unit.end);
        if start < unit.end {
            let (first, whole) = (fitting.len(), Unit { start, apart: false, ..unit });
            split(measure, whole, outline.budget(unit.section), &mut fitting);
            fitting[first].apart = std::mem::take(&mut apart);
        }
    }
    let runs = run_ends(&fitting);
    let mut packer = Packer { measure, outline, merge, pieces: Vec::new(), open: None };
    for (index, unit) in fitting.iter().enumerate() {
        packer.add(&fitting[..index], unit, runs[index]);
    }
    packer.close();
    packer.pieces
}

/// For each unit, where the run of units of its section ends.
fn run_ends(units: &[Unit]) -> Vec<usize> {
    let mut ends: Vec<usize> = units.iter().map(|unit| unit.end).collect();
    for index in (1..units.len()).rev() {
        if units[index - 1].section == units[index].section {
            ends[index - 1] = ends[index];
        }
    }
    ends
}

struct Open {
    piece: Piece,
    /// It begins another place than the piece before.
    apart: bool,
    tokens: usize,
    /// Level of its last unit.
    level: u8,
}

struct Packer<'a> {
    measure: &'a Measure<'a>,
    outline: &'a Outline,
    merge: Merge,
    pieces: Vec<Piece>,
    open: Option<Open>,
}

impl Packer<'_> {
    fn add(&mut self, before: &[Unit], unit: &Unit, run_end: usize) {
        if let Some(open) = &self.open
            && self.joins(open, unit, run_end)
        {
            // A heading with its table goes on as the table.
            let is_table = open.tokens <= TINY_TOKENS && self.outline.header(unit.section).is_some();
            let section = if is_table { unit.section } else { open.piece.section };
            let piece = Piece { end: unit.end, section, ..open.piece };
            let tokens = self.measure.count(piece.start, piece.end);
            self.open = Some(Open { piece, tokens, level: unit.level, apart: open.apart });
            return;
        }
        self.close();
        let piece = Piece { start: self.overlap(before, unit), end: unit.end, section: unit.section };
        let tokens = self.measure.count(piece.start, piece.end);
        self.open = Some(Open { piece, tokens, level: unit.level, apart: unit.apart });
    }

    fn joins(&self, open: &Open, unit: &Unit, run_end: usize) -> bool {
        let start = open.piece.start;
        let budget = self.outline.budget(open.piece.section);
        if unit.apart || unit.end - start > MAX_CHUNK_BYTES || open.tokens > budget {
            return false;
        }
        let total = self.measure.count(start, unit.end);
        let is_tiny = open.tokens <= TINY_TOKENS;
        if total > budget {
            return false;
        }
        if open.piece.section == unit.section {
            let steps_out = unit.level < open.level && open.tokens >= TARGET_TOKENS / 2;
            let all_fits = || self.measure.fits(start, run_end, budget);
            return is_tiny || all_fits() || (total <= TARGET_TOKENS && !steps_out);
        }
        if !self.outline.are_near(open.piece.section, unit.section) {
            return false;
        }
        is_tiny || (self.merge == Merge::Siblings && self.measure.fits(start, run_end, TARGET_TOKENS))
    }

    /// Ends the open piece; a tiny one is put to the piece before where it fits.
    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        if open.tokens <= TINY_TOKENS
            && !open.apart
            && let Some(last) = self.pieces.last_mut()
            && self.outline.are_near(last.section, open.piece.section)
            && self.measure.fits(last.start, open.piece.end, self.outline.budget(last.section))
        {
            last.end = open.piece.end;
            return;
        }
        self.pieces.push(open.piece);
    }

    /// Where a piece that begins with `unit` starts: a sentence or two earlier, if it goes on their paragraph.
    fn overlap(&self, before: &[Unit], unit: &Unit) -> usize {
        let floor = self.pieces.last().map_or(0, |last| last.start);
        let budget = self.outline.budget(unit.section);
        let mut start = unit.start;
        let mut next = unit;
        for earlier in before.iter().rev().take(OVERLAP_SENTENCES) {
            let fits = next.continues
                && earlier.start > floor
                && self.measure.count(earlier.start, unit.start) <= OVERLAP_TOKENS
                && self.measure.fits(earlier.start, unit.end, budget);
            if !fits {
                break;
            }
            start = earlier.start;
            next = earlier;
        }
        start
    }
}
