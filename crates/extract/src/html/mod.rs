//! HTML: the text a reader sees of the main part, with its headings.
//!
//! Invariant: linear in the input and without recursion, however deep the nesting: a stream of tags drives a stack, no tree is built.
//! Not here: scripts, style sheets beyond `display:none`, images' alternative texts, links' targets.

mod element;
mod lexer;
mod reference;
mod render;
mod select;

use corpus::{Document, Format};

use crate::encoding::decode;
use crate::{Skip, title};

pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let declared = declared_encoding(&bytes);
    let (source, encoding) = decode(bytes, declared.as_deref())?;
    let rendered = render::render(&source);
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
