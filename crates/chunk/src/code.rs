//! Source code: definitions are units, with the comments before them; what is too large is cut into its members.
//!
//! Invariant: only nodes that are too large for a chunk are looked into, so the walk costs little next to the parse.
//! Not here: name resolution, or anything else that needs to understand the code.

mod grammar;
mod label;
mod passage;
mod python;
mod scan;
mod skeleton;

use corpus::Language;
use tree_sitter::{Node, TreeCursor};

use crate::chunk::MAX_CHUNK_BYTES;
use crate::measure::Measure;
use crate::outline::{Outline, SectionId};
use crate::unit::{Cut, Unit};
use skeleton::Skeleton;

/// How deep large nodes are looked into; what is deeper is cut by indentation.
const MAX_DEPTH: u8 = 48;

/// The units of source code. Without a grammar, or if parsing takes too much work, it is one unit to be cut by indentation.
pub(crate) fn units(language: Language, measure: &Measure<'_>, outline: &mut Outline) -> Vec<Unit> {
    let first = Unit::new(0, measure.text().len(), Outline::ROOT, Cut::Indent);
    let skeleton = Skeleton::of(language, measure);
    let Some(tree) = grammar::parse(language, skeleton.text()) else { return vec![first] };
    let mut walker = Walker { measure, skeleton: &skeleton, outline, units: vec![first], lead: None };
    let mut cursor = tree.walk();
    if cursor.goto_first_child() {
        walker.siblings(&mut cursor, Outline::ROOT, 0);
    }
    walker.units
}

/// Comments and annotations that wait for what they are about.
#[derive(Clone, Copy)]
struct Lead {
    start: usize,
    end: usize,
}

struct Walker<'a> {
    measure: &'a Measure<'a>,
    skeleton: &'a Skeleton<'a>,
    outline: &'a mut Outline,
    /// Each ends where the next one starts.
    units: Vec<Unit>,
    lead: Option<Lead>,
}

impl Walker<'_> {
    /// Visits the node of the cursor and its later siblings. Recursion ends at [`MAX_DEPTH`].
    fn siblings(&mut self, cursor: &mut TreeCursor<'_>, section: SectionId, depth: u8) {
        loop {
            let node = cursor.node();
            let start = self.skeleton.original(node.start_byte());
            let end = self.skeleton.original(node.end_byte()).max(start);
            if leads(&node) {
                self.lead(start, end, section, depth);
            } else {
                let begin = self.take_lead(start, section, depth);
                self.node(cursor, (begin, start, end), section, depth);
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
        if let Some(lead) = self.lead.take() {
            self.cut(lead.start, section, depth);
        }
    }

    /// A node at `start..end` whose comments begin at `begin`.
    fn node(&mut self, cursor: &mut TreeCursor<'_>, (begin, start, end): (usize, usize, usize), section: SectionId, depth: u8) {
        let node = cursor.node();
        let is_large = !self.measure.fits(begin, end, self.outline.budget(section));
        let title = if is_large { label::of(&node, self.measure.text(), self.skeleton) } else { None };
        let inner = title.map_or(section, |title| self.outline.add(section, &title, self.measure));
        // Brackets and keywords belong to the line before.
        if node.is_named() {
            self.cut(begin, inner, depth);
        }
        if inner != section {
            self.claim_line(start, inner);
        }
        if is_large && depth < MAX_DEPTH && cursor.goto_first_child() {
            self.siblings(cursor, inner, depth + 1);
            cursor.goto_parent();
        }
    }

    fn lead(&mut self, start: usize, end: usize, section: SectionId, depth: u8) {
        match self.lead {
            Some(lead) if self.touch(lead.end, start) => self.lead = Some(Lead { end, ..lead }),
            Some(lead) => {
                self.cut(lead.start, section, depth);
                self.lead = Some(Lead { start, end });
            }
            // A comment behind code is about that code.
            None if self.begins_line(start) => self.lead = Some(Lead { start, end }),
            None => {}
        }
    }

    /// Where something that starts at `start` begins with its comments. Comments with a blank line after them stand for themselves.
    fn take_lead(&mut self, start: usize, section: SectionId, depth: u8) -> usize {
        match self.lead.take() {
            Some(lead) if self.touch(lead.end, start) => lead.start,
            Some(lead) => {
                self.cut(lead.start, section, depth);
                start
            }
            None => start,
        }
    }

    /// Whether there is no blank line between the two places.
    fn touch(&self, end: usize, start: usize) -> bool {
        let text = self.measure.text();
        let end = text.get(..end).map_or(end, |before| before.trim_end().len());
        text.get(end..start).is_some_and(|between| between.bytes().filter(|&byte| byte == b'\n').count() <= 1)
    }

    fn begins_line(&self, at: usize) -> bool {
        let line = self.measure.text().get(..at).map(|before| before.bytes().rev().take_while(|&byte| byte != b'\n'));
        line.is_some_and(|mut line| line.all(|byte| byte.is_ascii_whitespace()))
    }

    /// Begins a unit at `at`, if that is the beginning of a line.
    fn cut(&mut self, at: usize, section: SectionId, level: u8) {
        let Some(last) = self.units.last() else { return };
        if at <= last.start || !self.measure.text().is_char_boundary(at) || !self.begins_line(at) {
            return;
        }
        let end = last.end;
        if let Some(last) = self.units.last_mut() {
            last.end = at;
        }
        self.units.push(Unit { level, ..Unit::new(at, end, section, Cut::Indent) });
    }

    /// The unit that begins on the line of `start` is the beginning of that section.
    fn claim_line(&mut self, start: usize, section: SectionId) {
        let text = self.measure.text();
        // What begins further back than a chunk is long has its own story.
        let is_near = |from: usize| start.saturating_sub(from) <= MAX_CHUNK_BYTES && text.get(from..start).is_some_and(|words| !words.contains('\n'));
        if let Some(last) = self.units.last_mut().filter(|last| is_near(last.start)) {
            last.section = section;
        }
    }
}

/// Whether the node is about the one after it.
fn leads(node: &Node<'_>) -> bool {
    let kind = node.kind();
    kind.ends_with("comment") || matches!(kind, "attribute_item" | "decorator" | "access_specifier" | "marker_annotation" | "annotation")
}
