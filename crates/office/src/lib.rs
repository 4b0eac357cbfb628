//! Word processing, presentations and books (OOXML, OpenDocument, EPUB) to text with structure.
//!
//! Invariant: any bytes give a [`Document`] or a reason ([`Skip`]), in time linear in what the package unfolds to, which is bounded; nothing
//! recurses on the nesting of the input. What a reader does not see is not in the text.
//! Not here: sheets; what was saved before 2007; pictures.

mod docx;
mod epub;
mod figure;
mod flow;
mod font;
mod math;
mod numeral;
mod odf;
mod pptx;
mod slides;

use corpus::{Document, Format};
use extract::Skip;
use package::{Limits, Package};

/// Reads a document of one of the formats that this crate is for.
///
/// # Errors
/// [`Skip`] when it has no text that can be read.
pub fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let mut package = Package::open(&bytes, Limits::default())?;
    let document = match format {
        Format::Docx => docx::read(&mut package)?,
        Format::Epub => epub::read(&mut package)?,
        Format::Pptx => pptx::read(&mut package)?,
        Format::Odt | Format::Odp => odf::read(&mut package, format)?,
        _ => return Err(Skip::Unsupported { what: format.name().to_owned() }),
    };
    if document.text.trim().is_empty() {
        return Err(Skip::NoText { why: "nothing but pictures, or nothing at all".to_owned() });
    }
    Ok(document)
}

/// A document without a title is called by its first heading of the highest level.
fn title_from_headings(document: &mut Document) {
    if document.title.is_none() {
        let first = document.headings.iter().min_by_key(|heading| heading.level);
        document.title = first.and_then(|heading| extract::tidy(&heading.text));
    }
}
