//! A document: the text of one version of one file, with the structure that extraction found.

use crate::{Anchor, Format, Metadata, Place, Span};

/// Extracted text with structure. For plain formats in UTF-8 the text *is* the file, byte for byte, so spans are file offsets too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The text that is chunked, shown and quoted.
    pub text: String,
    /// The format that decides how it is chunked.
    pub format: Format,
    /// Title from front matter, the first heading or `<title>`; never the file name.
    pub title: Option<String>,
    /// Headings in order of their place in `text`.
    pub headings: Vec<Heading>,
    /// Which part of the text is from which page, slide, row, ... in order and without overlap; empty for formats without such places.
    pub anchors: Vec<Anchor>,
    /// Tables with a header row, in order and without overlap.
    pub tables: Vec<Table>,
    /// What the file says of itself.
    pub metadata: Metadata,
    /// The encoding the bytes were read as, by its WHATWG name (`UTF-8`, `UTF-16LE`, `windows-1252`, ...).
    pub encoding: &'static str,
}

/// A heading and where its line stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The whole heading line, markup included.
    pub span: Span,
    /// 1 is the outermost.
    pub level: u8,
    /// The words, without markup.
    pub text: String,
}

/// A table, one row a line, under a header row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its rows in the text, the header row left out: what is cut out of them needs the header to be understood.
    pub span: Span,
    /// The header row.
    pub header: String,
}

impl Document {
    /// A document without structure.
    #[must_use]
    pub fn plain(text: String, format: Format) -> Self {
        Self {
            text,
            format,
            title: None,
            headings: Vec::new(),
            anchors: Vec::new(),
            tables: Vec::new(),
            metadata: Metadata::default(),
            encoding: "UTF-8",
        }
    }

    /// The place in the original of a range of the text, as far as one place holds it.
    #[must_use]
    pub fn place_of(&self, span: Span) -> Option<Place> {
        let from = self.anchors.partition_point(|anchor| anchor.span.end <= span.start);
        let parts = self.anchors[from..].iter().take_while(|anchor| anchor.span.start < span.end);
        let mut parts = parts.filter_map(|anchor| anchor.part(&self.text, span));
        let first = parts.next()?;
        parts.try_fold(first, |place, part| place.merged(&part))
    }

    /// The header of the table that the byte at `offset` is a row of.
    #[must_use]
    pub fn header_at(&self, offset: u32) -> Option<&str> {
        let from = self.tables.partition_point(|table| table.span.end <= offset);
        self.tables.get(from).filter(|table| table.span.contains(offset)).map(|table| table.header.as_str())
    }
}
