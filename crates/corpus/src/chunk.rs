//! A chunk: the unit that is embedded, searched and cited.

use crate::{Place, Span};

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
    /// The header row of the table whose rows it holds, when that row is not in its text.
    pub header: Option<String>,
    /// Its page, slide, cells, ... in the original, for formats that have such places.
    pub place: Option<Place>,
}

/// What a model reads for one chunk: its context (a line of title and headings, a line of the table's header), then its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkText<'a> {
    /// `title > heading > heading`, and the table's header in a line of its own; or empty.
    pub context: String,
    /// The chunk itself.
    pub body: &'a str,
}

impl<'a> ChunkText<'a> {
    /// Joins a title with the headings and header of a chunk into the context. A title that repeats the first heading is said once.
    #[must_use]
    pub fn new(title: Option<&str>, chunk: &Chunk, body: &'a str) -> Self {
        let mut context = context_line(title, &chunk.headings);
        if let Some(header) = &chunk.header {
            if !context.is_empty() {
                context.push('\n');
            }
            context.extend(header.chars().take(MAX_CONTEXT_CHARS));
        }
        Self { context, body }
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

/// The longest line of context that is put before a chunk, in characters: about a dozen words, so that it never crowds out the text.
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
            ChunkText::new(title, &Chunk { headings, ..Chunk::default() }, "body").joined()
        };
        assert_eq!(text(None, &[]), "body");
        assert_eq!(text(Some("T"), &["T", "a"]), "T > a\nbody");
        assert_eq!(text(Some("T"), &["a"]), "T > a\nbody");
        assert_eq!(text(None, &[&"x".repeat(500)]).len(), MAX_CONTEXT_CHARS + 5);
        let rows =
            Chunk { headings: vec!["a".to_owned()], header: Some("x | y".to_owned()), ..Chunk::default() };
        assert_eq!(ChunkText::new(None, &rows, "1 | 2").joined(), "a\nx | y\n1 | 2");
    }
}
