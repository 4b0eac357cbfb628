//! What a format's own structure gives: stretches that are better not cut, and how to cut them if they are too long.

use crate::outline::SectionId;

/// A stretch that belongs together. The units of a document are in order and leave nothing out but white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) section: SectionId,
    /// How deep in its section's structure it stands: a chunk rather ends before a step outwards.
    pub(crate) level: u8,
    pub(crate) cut: Cut,
    /// It goes on a paragraph of which the unit before is a part: a chunk that begins here may repeat that.
    pub(crate) continues: bool,
    /// It begins on another page, slide, ... than the unit before: no chunk holds both.
    pub(crate) apart: bool,
}

/// How to cut a unit that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Prose, between sentences: line breaks are where the editor wrapped.
    Sentences,
    /// Prose of one paragraph a line: between lines, then sentences.
    Paragraphs,
    /// Rows, code and the like, between lines.
    Lines,
    /// By indentation, outermost first.
    Indent,
    /// By brackets, outermost first.
    Brackets,
}

impl Unit {
    pub(crate) fn new(start: usize, end: usize, section: SectionId, cut: Cut) -> Self {
        Self { start, end, section, level: 0, cut, continues: false, apart: false }
    }
}
