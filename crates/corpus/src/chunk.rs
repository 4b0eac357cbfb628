//! A chunk: the unit that is embedded, searched and cited.

use crate::Span;

/// A stretch of a document's text, with where it stands.
///
/// Chunks of a document are ordered by start and together cover every byte of the text that is not white space. They may overlap (inside
/// long prose), never otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Bytes of the document's text.
    pub span: Span,
    /// The same range in characters.
    pub chars: Span,
    /// First line and last line, from 1, both included.
    pub lines: (u32, u32),
    /// The path of headings or enclosing definitions that lead here, outermost first.
    pub headings: Vec<String>,
    /// The page it starts on, for formats with pages.
    pub page: Option<u32>,
}

/// What a model reads for one chunk: its context line (title and headings), then its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkText<'a> {
    /// `title > heading > heading`, or empty.
    pub context: String,
    /// The chunk itself.
    pub body: &'a str,
}

impl<'a> ChunkText<'a> {
    /// Joins a title and headings into the context. A title that repeats the first heading is said once.
    #[must_use]
    pub fn new(title: Option<&str>, headings: &[String], body: &'a str) -> Self {
        Self { context: context_line(title, headings), body }
    }

    /// The text that is embedded and whose hash names the vector.
    #[must_use]
    pub fn joined(&self) -> String {
        if self.context.is_empty() {
            self.body.to_owned()
        } else {
            format!("{}\n{}", self.context, self.body)
        }
    }
}

/// The longest context that is put before a chunk, in characters: about a dozen words, so that it never crowds out the text.
const MAX_CONTEXT_CHARS: usize = 120;

fn context_line(title: Option<&str>, headings: &[String]) -> String {
    let mut line = String::new();
    let title = title.filter(|title| headings.first().is_none_or(|first| first != title));
    for part in title.into_iter().chain(headings.iter().map(String::as_str)) {
        if !line.is_empty() {
            line.push_str(" > ");
        }
        line.push_str(part);
    }
    // The inner headings say most about the chunk: what is too long loses its beginning.
    let excess = line.chars().count().saturating_sub(MAX_CONTEXT_CHARS);
    if excess > 0 { line.chars().skip(excess).collect() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_says_each_thing_once_and_stays_short() {
        let text = |title, headings: &[&str]| {
            let headings: Vec<String> = headings.iter().map(|&h| h.to_owned()).collect();
            ChunkText::new(title, &headings, "body").joined()
        };
        assert_eq!(text(None, &[]), "body");
        assert_eq!(text(Some("T"), &["T", "a"]), "T > a\nbody");
        assert_eq!(text(Some("T"), &["a"]), "T > a\nbody");
        assert_eq!(text(None, &[&"x".repeat(500)]).len(), MAX_CONTEXT_CHARS + 5);
    }
}
