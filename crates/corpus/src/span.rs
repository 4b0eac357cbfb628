//! Ranges of a text, in bytes, and their translation to characters and lines.

/// A half-open range of bytes in a document's text, on character boundaries of that text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// From byte offsets. A text longer than 4 GiB is refused long before (see the ingest limits), so offsets fit.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end && u32::try_from(end).is_ok(), "span {start}..{end}");
        Self { start: start as u32, end: end as u32 }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// As an index range.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The text it covers, or `None` when it does not fit `text`.
    #[must_use]
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.range())
    }

    /// Whether the two share a byte.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `offset` lies inside.
    #[must_use]
    pub fn contains(self, offset: u32) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Characters (Unicode scalar values) before it.
    pub char: u32,
    /// Its line, counted from 1.
    pub line: u32,
}

/// Translates byte offsets of one text to characters and lines in O(log lines + line length).
#[derive(Clone, Debug)]
pub struct LineIndex<'a> {
    text: &'a str,
    /// For each line: byte offset of its start, characters before it.
    starts: Vec<(u32, u32)>,
    ascii: bool,
}

impl<'a> LineIndex<'a> {
    /// Reads `text` once. Lines end at `\n`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let ascii = text.is_ascii();
        let mut starts = vec![(0, 0)];
        let mut chars = 0;
        let mut from = 0;
        for (at, _) in text.match_indices('\n') {
            let line = &text[from..=at];
            chars += if ascii { line.len() } else { line.chars().count() };
            from = at + 1;
            starts.push((from as u32, chars as u32));
        }
        Self { text, starts, ascii }
    }

    /// The place of a byte offset; offsets past the end or inside a character count as the next valid one below.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|&(start, _)| start as usize <= offset);
        let (start, before) = self.starts[line - 1];
        let rest = &self.text[start as usize..offset];
        let chars = if self.ascii { rest.len() } else { rest.chars().count() };
        Position { char: before + chars as u32, line: line as u32 }
    }

    /// Number of lines, counting an empty last one.
    #[must_use]
    pub fn n_lines(&self) -> usize {
        self.starts.len()
    }

    /// Byte offset at which line `line` (from 1) starts.
    #[must_use]
    pub fn line_start(&self, line: usize) -> Option<u32> {
        self.starts.get(line.checked_sub(1)?).map(|&(start, _)| start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn positions_of_a_small_text() {
        let index = LineIndex::new("aé\nb\n");
        let at = |offset| (index.position(offset).char, index.position(offset).line);
        assert_eq!(
            [at(0), at(1), at(3), at(4), at(5), at(6), at(99)],
            [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (5, 3)]
        );
        assert_eq!(at(2), at(1), "inside a character");
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "[ab\u{e9}\u{4e2d}\n]{0,40}") {
            let index = LineIndex::new(&text);
            for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let before = &text[..offset];
                let expected = Position {
                    char: before.chars().count() as u32,
                    line: before.matches('\n').count() as u32 + 1,
                };
                prop_assert_eq!(index.position(offset as u32), expected);
            }
        }
    }
}
