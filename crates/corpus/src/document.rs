//! A document: the text of one version of one file, with the structure that extraction found.

use crate::{Format, Span};

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
    /// Pages in order, for formats that have them; empty otherwise.
    pub pages: Vec<Page>,
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

/// A page and the text it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number printed by a viewer, from 1.
    pub number: u32,
    /// Its part of the text.
    pub span: Span,
}

impl Document {
    /// A document without structure.
    #[must_use]
    pub fn plain(text: String, format: Format) -> Self {
        Self { text, format, title: None, headings: Vec::new(), pages: Vec::new(), encoding: "UTF-8" }
    }

    /// The page that holds a byte of the text.
    #[must_use]
    pub fn page_at(&self, offset: u32) -> Option<u32> {
        let next = self.pages.partition_point(|page| page.span.start <= offset);
        self.pages.get(next.checked_sub(1)?).map(|page| page.number)
    }
}
