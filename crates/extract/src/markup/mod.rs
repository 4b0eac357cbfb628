//! Marked-up text other than Markdown: headings, the title, who wrote it and when. The text itself stays as it is.
//!
//! Invariant: the text is the file; a heading's span is its whole lines, markup included. Linear in the input.
//! Not here: the words of directives, macros and links as they would be set; they are searched as they are written.

mod asciidoc;
mod latex;
mod org;
mod rst;

use corpus::{Document, Format, Heading, Metadata, Span};

use crate::encoding::decode;
use crate::{Skip, add_authors, add_keywords, date, title};

/// The deepest level of a heading.
const MAX_LEVEL: u8 = 6;

/// What a scan of the text finds.
#[derive(Debug, Default)]
struct Found {
    /// The title, where the format has a place for it.
    title: Option<String>,
    headings: Vec<Heading>,
    metadata: Metadata,
}

impl Found {
    /// A heading from `start` to `end`; one without words is none.
    fn heading(&mut self, start: usize, end: usize, level: usize, words: &str) {
        let text = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && start < end {
            let level = u8::try_from(level).unwrap_or(MAX_LEVEL).clamp(1, MAX_LEVEL);
            self.headings.push(Heading { span: Span::new(start, end), level, text });
        }
    }

    /// A field of the document about itself. The first of its kind counts.
    fn field(&mut self, name: &str, value: &str) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "title" | "doctitle" if self.title.is_none() => self.title = title::tidy(value),
            "author" | "authors" if self.metadata.authors.is_empty() => {
                let authors = value.split([';', ',']).flat_map(|part| part.split(" and "));
                authors.for_each(|name| add_authors(&mut self.metadata, without_address(name)));
            }
            "date" | "revdate" | "created" if self.metadata.created_ms.is_none() => {
                self.metadata.created_ms = date::of_text(value);
            }
            "keywords" | "filetags" if self.metadata.keywords.is_empty() => {
                // Org's tags are `:tide:mill:`.
                value.split(':').for_each(|words| add_keywords(&mut self.metadata, words));
            }
            _ => {}
        }
    }
}

/// `Ada Byron <ada@mill.example>` is `Ada Byron`.
fn without_address(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}

/// Reads a text in one of the formats.
pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let (text, encoding) = decode(bytes, None)?;
    let scan: fn(&str) -> Found = match format {
        Format::Rst => rst::scan,
        Format::AsciiDoc => asciidoc::scan,
        Format::Org => org::scan,
        _ => latex::scan,
    };
    let Found { title, headings, metadata } = scan(&text);
    let first = || headings.iter().find(|heading| heading.level == 1).or(headings.first());
    let title = title.or_else(|| first().and_then(|heading| title::tidy(&heading.text)));
    Ok(Document { title, headings, metadata, encoding, ..Document::plain(text, format) })
}

#[cfg(test)]
mod tests;
