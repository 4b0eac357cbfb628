//! XML of known and unknown vocabularies: the words in the order of the document, a line for each element that holds words.
//!
//! Invariant: entities that the file declares stand for nothing, so that none can explode; nothing outside the file is read. Linear in the
//! input, without recursion.
//! Not here: attributes, but for outlines (OPML), which keep their words there; style sheets and schemas.

mod element;
mod render;

use corpus::{Document, Format};

use crate::encoding::decode;
use crate::{Builder, Skip};

/// Reads a document in XML.
pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let declared = declared_encoding(&bytes);
    let (source, encoding) = decode(bytes, declared.as_deref())?;
    let mut build = Builder::new();
    let about = render::render(&source, &mut build);
    if build.is_empty() && !source.trim().is_empty() {
        // What is no XML in spite of its name is text.
        return Ok(Document { encoding, ..Document::plain(source, format) });
    }
    let document = build.finish(format, about.title, about.metadata)?;
    let title = document.title.clone().or_else(|| {
        let first = document.headings.iter().find(|heading| heading.level == 1).or(document.headings.first());
        first.and_then(|heading| crate::title::tidy(&heading.text))
    });
    Ok(Document { title, encoding, ..document })
}

/// The words of a piece of XML, in paragraphs.
pub(crate) fn render_into(source: &str, build: &mut Builder) -> Option<String> {
    render::render(source, build).title
}

/// The name in `<?xml ... encoding="..."?>`.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]).into_owned();
    let declaration = head.split_once("<?xml")?.1.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.get(1..)?.split(quote).next()?.to_owned())
}

#[cfg(test)]
mod tests;
