//! Words on their way to paragraphs, cells and notes.

use crate::flow::{Flow, Role};
use crate::rtf::group::Aside;

/// Where words go, and what waits until the paragraph that is open ends.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) flow: Flow,
    words: String,
    /// Words before the note or box that is open.
    outer: Option<String>,
    marker: String,
    /// Boxes that stand in the paragraph: they follow it.
    boxes: Vec<String>,
    /// The cells of the row that is open, and the text of the cell that is.
    row: Vec<String>,
    cell: String,
    pub(super) is_header_row: bool,
}

impl Output {
    pub(super) fn push(&mut self, words: &str) {
        self.words.push_str(words);
    }

    pub(super) fn push_marker(&mut self, words: &str) {
        if self.marker.len() < 64 {
            self.marker.push_str(words);
        }
    }

    /// The paragraph ends.
    pub(super) fn paragraph(&mut self, heading: Option<u8>, depth: i32, in_table: bool) {
        if self.outer.is_some() {
            self.words.push(' ');
            return;
        }
        let words = std::mem::take(&mut self.words);
        let marker = crate::flow::marker(&std::mem::take(&mut self.marker));
        if in_table {
            let marker = marker.map_or(String::new(), |marker| marker + " ");
            self.cell.push_str(&marker);
            self.cell.push_str(&words);
            self.cell.push(' ');
        } else {
            if !words.trim().is_empty() {
                self.end_row();
            }
            let item = marker.map(|marker| (usize::try_from(depth).unwrap_or(0), marker));
            if words.trim().is_empty() && self.row.is_empty() && self.cell.is_empty() {
                self.flow.end_table();
            } else {
                self.flow.paragraph(&Role { heading, item }, &words);
            }
        }
        self.boxes();
    }

    fn boxes(&mut self) {
        for words in std::mem::take(&mut self.boxes) {
            self.flow.paragraph(&Role::default(), &words);
        }
    }

    /// The cell ends.
    pub(super) fn cell(&mut self) {
        if self.outer.is_some() {
            self.words.push(' ');
            return;
        }
        self.paragraph(None, 0, true);
        self.row.push(std::mem::take(&mut self.cell));
    }

    /// The row ends.
    pub(super) fn end_row(&mut self) {
        if !self.cell.trim().is_empty() {
            self.row.push(std::mem::take(&mut self.cell));
        }
        self.cell.clear();
        let row = std::mem::take(&mut self.row);
        if !row.is_empty() {
            self.flow.row(row, self.is_header_row);
        }
    }

    /// A note or a box begins. One inside another is part of it.
    pub(super) fn begin_aside(&mut self) -> bool {
        let is_first = self.outer.is_none();
        if is_first {
            self.outer = Some(std::mem::take(&mut self.words));
        }
        is_first
    }

    pub(super) fn end_aside(&mut self, aside: Aside) {
        let Some(outer) = self.outer.take() else { return };
        let words = std::mem::replace(&mut self.words, outer);
        match aside {
            Aside::Note(note) => {
                let mark = self.flow.note(note, &words);
                self.words.push_str(&mark);
            }
            Aside::Box if words.trim().is_empty() => {}
            Aside::Box => self.boxes.push(words),
        }
    }

    /// The text ends, whether or not its last paragraph did.
    pub(super) fn end(&mut self) {
        if self.outer.is_some() {
            self.end_aside(Aside::Box);
        }
        let in_row = !self.row.is_empty() || !self.cell.is_empty();
        self.paragraph(None, 0, in_row && !self.cell.is_empty());
        self.end_row();
    }
}
