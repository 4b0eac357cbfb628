//! Foot notes, end notes and comments: where they are referred to, and where their text is.

use std::collections::HashMap;

use super::header::{
    COMMENT_MARKS, COMMENT_TEXTS, ENDNOTE_MARKS, ENDNOTE_TEXTS, FOOTNOTE_MARKS, FOOTNOTE_TEXTS, Header,
};
use crate::bytes::u32_at;
use crate::flow::Note;

/// Each note by the place of its mark: what it is, and where its text is, in characters of the whole.
#[derive(Debug, Default)]
pub(super) struct Notes(HashMap<u32, (Note, (u32, u32))>);

impl Notes {
    pub(super) fn new(table: &[u8], header: &Header) -> Self {
        let mut notes = Self::default();
        // What is kept for each mark: a flag, or who wrote the comment.
        let kinds = [
            (Note::Foot, FOOTNOTE_MARKS, FOOTNOTE_TEXTS, 2, header.footnotes),
            (Note::Comment, COMMENT_MARKS, COMMENT_TEXTS, 30, header.comments),
            (Note::End, ENDNOTE_MARKS, ENDNOTE_TEXTS, 2, header.endnotes),
        ];
        for (note, marks, texts, width, (start, end)) in kinds {
            let (marks, texts) = (header.part(table, marks), header.part(table, texts));
            let count = marks.len().saturating_sub(4) / (4 + width);
            // Texts follow each other: one that begins before the end of the last is not real.
            let mut last = 0;
            for i in 0..count {
                let range = (u32_at(texts, 4 * i), u32_at(texts, 4 * i + 4));
                if let (Some(mark), (Some(from), Some(to))) = (u32_at(marks, 4 * i), range)
                    && last <= from
                    && from <= to
                {
                    last = to;
                    let within = |at: u32| start.saturating_add(at).min(end);
                    notes.0.insert(mark, (note, (within(from), within(to))));
                }
            }
        }
        notes
    }

    /// The note whose mark stands at `at`.
    pub(super) fn at(&self, at: u32) -> Option<(Note, (u32, u32))> {
        self.0.get(&at).copied()
    }
}
