//! Builds the text of a document whose file is not text: blocks, headings, tables, and the places they are from.
//!
//! The text looks the same whatever the format: a blank line between blocks, a line for each paragraph, heading and row, cells parted by
//! ` | `, list items behind `- ` or their number, two spaces further in for each level.
//!
//! Invariant: spans are in order, on character boundaries and inside the text; the text has no control characters but line breaks and tabs,
//! and at most [`MAX_TEXT_BYTES`].

use corpus::{Anchor, Document, Format, Heading, Metadata, Place, Span, Table};

use crate::Skip;

/// The most text that one document may have. What unfolds to more is no document but a bomb, or a database.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// What parts two cells of a row.
const CELL: &str = " | ";

/// A document being built.
#[derive(Debug)]
pub struct Builder {
    text: String,
    headings: Vec<Heading>,
    anchors: Vec<Anchor>,
    tables: Vec<Table>,
    /// The place of what comes next, and where it begins.
    place: Option<(Place, usize)>,
    /// The table that is open: its header, and where its rows begin.
    table: Option<(String, usize)>,
    full: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self {
            text: String::new(),
            headings: Vec::new(),
            anchors: Vec::new(),
            tables: Vec::new(),
            place: None,
            table: None,
            full: false,
        }
    }

    /// Everything from here on, up to the next call, is from this place.
    pub fn place(&mut self, place: Place) {
        self.end_place();
        // The blank line between two places belongs to the one before.
        self.part(2);
        self.place = Some((place, self.text.len()));
    }

    /// What comes from here on is from no place.
    pub fn end_place(&mut self) {
        self.end_table();
        if let Some((place, start)) = self.place.take()
            && start < self.text.len()
        {
            self.anchors.push(Anchor { span: Span::new(start, self.text.len()), place });
        }
    }

    /// A heading, on a line of its own. Level 1 is the outermost. One without words is left out.
    pub fn heading(&mut self, level: u8, words: &str) {
        self.end_table();
        self.part(2);
        let start = self.text.len();
        self.words(words);
        if start < self.text.len() {
            let text = self.text[start..].to_owned();
            self.headings.push(Heading {
                span: Span::new(start, self.text.len()),
                level: level.max(1),
                text,
            });
            self.text.push('\n');
        }
    }

    /// A paragraph, in one line, with a blank line before it.
    pub fn paragraph(&mut self, words: &str) {
        self.end_table();
        self.part(2);
        self.line_of("", words);
    }

    /// A line that goes on the block before, if there is one.
    pub fn line(&mut self, words: &str) {
        self.end_table();
        self.part(1);
        self.line_of("", words);
    }

    /// An item of a list, `depth` levels in (0 is the outermost). `marker` is `-`, `1.`, `b)`, ...
    pub fn list_item(&mut self, depth: usize, marker: &str, words: &str) {
        self.end_table();
        self.part(1);
        let marker: String = marker.chars().filter(|c| !c.is_control()).collect();
        let lead = format!("{}{marker} ", "  ".repeat(depth.min(16)));
        self.line_of(&lead, words);
    }

    /// Text whose line breaks and spaces matter (code, verse), with a blank line before it.
    pub fn verbatim(&mut self, text: &str) {
        self.end_table();
        self.part(2);
        let start = self.text.len();
        for line in text.lines() {
            if self.is_over(line.len() + 1) {
                break;
            }
            let begin = self.text.len();
            self.text.extend(line.trim_end().chars().filter(|&c| c == '\t' || !c.is_control()));
            // Neither are those at the beginning.
            if begin > start || self.text.len() > begin {
                self.text.push('\n');
            }
        }
        // Blank lines at the end are the next block's to make.
        let end = self.text.trim_end().len().max(start);
        self.text.truncate(end);
        if end > start {
            self.text.push('\n');
        }
    }

    /// Begins a table with a header row, as a block of its own. Rows follow; anything else ends it.
    pub fn begin_table<S: AsRef<str>>(&mut self, header: &[S]) {
        self.header(header);
        let end = self.text.len();
        self.table = self.table.take().map(|(header, _)| (header, end));
    }

    /// Begins a table as [`Self::begin_table`] does, whose header stands elsewhere in the text, as above a blank row: only its rows follow.
    pub fn begin_rows<S: AsRef<str>>(&mut self, header: &[S]) {
        let start = self.header(header);
        self.text.truncate(start);
    }

    /// Writes a header as a block of its own, opens its table, and gives where the header begins.
    fn header<S: AsRef<str>>(&mut self, header: &[S]) -> usize {
        self.end_table();
        self.part(2);
        let start = self.text.len();
        self.cells(header);
        let header = self.text[start..].trim_end().to_owned();
        self.table = (!header.is_empty()).then_some((header, start));
        start
    }

    /// A row, in one line. Without [`Self::begin_table`] before it, it is the row of a table without header. A row without words is left
    /// out; [`Self::begin_block`] begins a table without a header.
    pub fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        self.part(1);
        self.cells(cells);
    }

    /// Ends what came before with a blank line.
    pub fn begin_block(&mut self) {
        self.end_table();
        self.part(2);
    }

    /// A whole document with its headings, `offset` levels further in, and its tables, as a block of its own. Its places are left out: what
    /// it is a part of has its own.
    pub fn append(&mut self, document: &Document, offset: u8) {
        self.end_table();
        self.part(2);
        let text = document.text.trim_end();
        let skipped = text.len() - text.trim_start_matches('\n').len();
        let text = &text[skipped..];
        if text.is_empty() || self.is_over(text.len() + 1) {
            return;
        }
        let base = self.text.len();
        self.text.extend(text.chars().map(visible));
        let moved = |span: Span| {
            let at = |offset: u32| base + (offset as usize).saturating_sub(skipped).min(text.len());
            Span::new(at(span.start), at(span.end))
        };
        self.headings.extend(document.headings.iter().map(|heading| Heading {
            span: moved(heading.span),
            level: heading.level.saturating_add(offset),
            text: heading.text.chars().map(visible).collect(),
        }));
        self.tables.extend(document.tables.iter().map(|table| Table {
            span: moved(table.span),
            header: table.header.chars().map(visible).collect(),
        }));
        self.text.push('\n');
    }

    fn end_table(&mut self) {
        if let Some((header, start)) = self.table.take()
            && start < self.text.len()
        {
            self.tables.push(Table { span: Span::new(start, self.text.len()), header });
        }
    }

    /// Bytes of text so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is no text so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether nothing more fits: a reader may stop here, [`Self::finish`] will refuse.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The document.
    ///
    /// # Errors
    /// [`Skip::TooMuch`] when there was more text than fits.
    pub fn finish(
        mut self,
        format: Format,
        title: Option<String>,
        metadata: Metadata,
    ) -> Result<Document, Skip> {
        if self.full {
            return Err(Skip::too_much(format!("more than {} MiB of text", MAX_TEXT_BYTES >> 20)));
        }
        self.end_place();
        let title = title.as_deref().and_then(crate::title::tidy);
        let Self { text, headings, anchors, tables, .. } = self;
        Ok(Document { title, headings, anchors, tables, metadata, ..Document::plain(text, format) })
    }

    /// Line breaks up to `n` at the end of what there is.
    fn part(&mut self, n: usize) {
        if self.text.is_empty() {
            return;
        }
        let there = self.text.bytes().rev().take_while(|&b| b == b'\n').count();
        for _ in there..n {
            self.text.push('\n');
        }
    }

    fn line_of(&mut self, lead: &str, words: &str) {
        let start = self.text.len();
        self.text.push_str(lead);
        let begin = self.text.len();
        self.words(words);
        if begin == self.text.len() {
            self.text.truncate(start);
        } else {
            self.text.push('\n');
        }
    }

    fn cells<S: AsRef<str>>(&mut self, cells: &[S]) {
        let start = self.text.len();
        // Empty cells at the end say nothing.
        let mut end = start;
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.text.push_str(CELL);
            }
            let begin = self.text.len();
            self.words(cell.as_ref());
            if self.text.len() > begin {
                end = self.text.len();
            }
        }
        self.text.truncate(end);
        if end > start {
            self.text.push('\n');
        }
    }

    /// Appends words with one space between them, and nothing else that is invisible.
    fn words(&mut self, words: &str) {
        if self.is_over(words.len()) {
            return;
        }
        let mut parted = false;
        for word in words.split(|c: char| c.is_whitespace() || (c.is_control())) {
            if word.is_empty() {
                continue;
            }
            if parted {
                self.text.push(' ');
            }
            self.text.push_str(word);
            parted = true;
        }
    }

    fn is_over(&mut self, more: usize) -> bool {
        self.full |= self.text.len() + more > MAX_TEXT_BYTES;
        self.full
    }
}

/// A character as it stands in the text: for a control character a space of the same length, so that places in a part are places in the whole.
fn visible(c: char) -> char {
    match c {
        '\n' | '\t' => c,
        c if c.is_ascii_control() => ' ',
        c if c.is_control() => '\u{a0}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::Unit;
    use proptest::prelude::*;

    #[test]
    fn a_document_with_everything() {
        let mut build = Builder::new();
        build.place(Place::one(Unit::Page, 1, None));
        build.heading(1, "  The\nmill ");
        build.paragraph("It turns\u{0} at\tebb.");
        build.list_item(0, "-", "one");
        build.list_item(1, "a)", "two");
        build.place(Place::one(Unit::Page, 2, None));
        build.begin_table(&["Name", "Tons"]);
        build.row(&["Ada", "3"]);
        build.row(&["", ""]);
        build.row(&["Bo", ""]);
        build.paragraph("End.");
        build.verbatim("fn a() {\n    b\n}\n\n");
        build.begin_rows(&["Name", "Tons"]);
        build.row(&["Cy", "4"]);
        let document = build.finish(Format::Docx, Some(" T\n".to_owned()), Metadata::default()).unwrap();
        assert_eq!(
            document.text,
            "The mill\n\nIt turns at ebb.\n- one\n  a) two\n\nName | Tons\nAda | 3\nBo\n\nEnd.\n\nfn a() {\n    b\n}\n\nCy | 4\n"
        );
        let at = |words: &str| {
            let start = document.text.find(words).unwrap();
            document.place_of(Span::new(start, start + words.len())).map(|place| place.first)
        };
        assert_eq!([at("The mill"), at("two"), at("Name"), at("b\n}")], [Some(1), Some(1), Some(2), Some(2)]);
        assert_eq!(document.headings[0].span.of(&document.text), Some("The mill"));
        let tables: Vec<_> =
            document.tables.iter().map(|t| (&*t.header, t.span.of(&document.text).unwrap())).collect();
        assert_eq!(tables, [("Name | Tons", "Ada | 3\nBo\n"), ("Name | Tons", "Cy | 4\n")]);
    }

    #[test]
    fn a_document_is_appended_with_its_structure() {
        let mut part = Builder::new();
        part.heading(1, "The mill");
        part.begin_table(&["Name", "Tons"]);
        part.row(&["Ada", "3"]);
        let mut part = part.finish(Format::Html, None, Metadata::default()).unwrap();
        part.text.push_str("\u{1}end\u{85}.\n\n");
        part.text = part.text.replace("The mill", "The\u{11}mill");
        part.headings[0].text = "The\u{11}mill".to_owned();
        let mut build = Builder::new();
        build.place(Place::one(Unit::Chapter, 1, None));
        build.heading(1, "One");
        build.append(&part, 1);
        build.append(&Document::plain("\n\n".to_owned(), Format::Html), 1);
        build.paragraph("After.");
        let whole = build.finish(Format::Epub, None, Metadata::default()).unwrap();
        assert_eq!(whole.text, "One\n\nThe mill\n\nName | Tons\nAda | 3\n end\u{a0}.\n\nAfter.\n");
        let headings: Vec<_> = whole.headings.iter().map(|h| (h.level, h.span.of(&whole.text))).collect();
        assert_eq!(headings, [(1, Some("One")), (2, Some("The mill"))]);
        assert_eq!(whole.headings[1].text, "The mill");
        assert_eq!(whole.tables[0].span.of(&whole.text), Some("Ada | 3\n"));
    }

    #[test]
    fn too_much_text_is_refused() {
        let mut build = Builder::new();
        let megabyte = "x".repeat(1 << 20);
        for _ in 0..80 {
            build.paragraph(&megabyte);
        }
        assert!(build.is_full() && build.len() <= MAX_TEXT_BYTES + 1024);
        assert!(matches!(build.finish(Format::Docx, None, Metadata::default()), Err(Skip::TooMuch { .. })));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Place(u32),
        Heading(u8, String),
        Paragraph(String),
        Item(String, String),
        Verbatim(String),
        Table(Vec<String>),
        Rows(Vec<String>),
        Row(Vec<String>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let words = || "[ab\u{e9} \n\u{0}|]{0,8}";
        let cells = || prop::collection::vec(words(), 0..4);
        let step = prop_oneof![
            (1..9_u32).prop_map(Step::Place),
            (0..9_u8, words()).prop_map(|(level, words)| Step::Heading(level, words)),
            words().prop_map(Step::Paragraph),
            (words(), words()).prop_map(|(marker, words)| Step::Item(marker, words)),
            words().prop_map(Step::Verbatim),
            cells().prop_map(Step::Table),
            cells().prop_map(Step::Rows),
            cells().prop_map(Step::Row),
        ];
        prop::collection::vec(step, 0..12)
    }

    proptest! {
        #[test]
        fn whatever_is_built_holds_together(steps in steps()) {
            let mut build = Builder::new();
            for step in &steps {
                match step {
                    Step::Place(n) => build.place(Place::one(Unit::Page, *n, None)),
                    Step::Heading(level, words) => build.heading(*level, words),
                    Step::Paragraph(words) => build.paragraph(words),
                    Step::Item(marker, words) => build.list_item(1, marker, words),
                    Step::Verbatim(words) => build.verbatim(words),
                    Step::Table(cells) => build.begin_table(cells),
                    Step::Rows(cells) => build.begin_rows(cells),
                    Step::Row(cells) => build.row(cells),
                }
            }
            let document = build.finish(Format::Docx, None, Metadata::default()).unwrap();
            let text = &document.text;
            let clean = !text.chars().any(|c| c.is_control() && c != '\n') && !text.starts_with('\n');
            prop_assert!(clean, "{:?}", text);
            let in_order = |spans: Vec<Span>| spans.is_sorted_by(|a, b| a.end <= b.start);
            prop_assert!(in_order(document.headings.iter().map(|heading| heading.span).collect()));
            prop_assert!(in_order(document.anchors.iter().map(|anchor| anchor.span).collect()));
            prop_assert!(in_order(document.tables.iter().map(|table| table.span).collect()));
            for heading in &document.headings {
                prop_assert_eq!(heading.span.of(text), Some(heading.text.as_str()));
            }
            prop_assert!(document.anchors.iter().all(|anchor| anchor.span.of(text).is_some()));
            prop_assert!(document.tables.iter().all(|table| table.span.of(text).is_some()));
        }
    }
}
