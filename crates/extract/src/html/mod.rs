//! HTML: the text a reader sees of the main part, with its headings.
//!
//! Invariant: linear in the input and without recursion, however deep the nesting: a stream of tags drives a stack, no tree is built.
//! Not here: scripts, style sheets beyond `display:none`, images' alternative texts, links' targets.

mod element;
mod lexer;
pub(crate) mod reference;
mod render;
mod select;

use corpus::{Document, Format};

use crate::encoding::decode;
use crate::{Skip, title};

/// Reads one page of HTML or XHTML that belongs to something greater, a book or a message: all of it, since nothing there is navigation.
///
/// # Errors
/// [`Skip`] when its bytes are in no known encoding.
pub fn read_html(bytes: Vec<u8>) -> Result<Document, Skip> {
    read_parts(bytes, Format::Html, true)
}

pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    read_parts(bytes, format, false)
}

fn read_parts(bytes: Vec<u8>, format: Format, whole: bool) -> Result<Document, Skip> {
    let declared = declared_encoding(&bytes);
    let (source, encoding) = decode(bytes, declared.as_deref())?;
    let mut rendered = render::render(&source);
    if whole {
        rendered.regions.clear();
    }
    let title = rendered.title.as_deref().and_then(title::tidy);
    let (text, headings) = select::main_part(rendered);
    let title = title.or_else(|| {
        headings.iter().find(|h| h.level == 1).or(headings.first()).and_then(|h| title::tidy(&h.text))
    });
    Ok(Document { title, headings, encoding, ..Document::plain(text, format) })
}

/// The name in `<meta charset=...>` or its older form, which must stand in the first kilobyte.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let name: String = rest
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| !matches!(c, '"' | '\'' | ' ' | ';' | '>' | '/'))
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests;
