//! Documents of older office programs (RTF, DOC, PPT) to text with structure.
//!
//! Invariant: any bytes give a [`corpus::Document`] or one recorded reason ([`extract::Skip`]), never a panic, in time linear in the input;
//! nothing recurses on the nesting of the input.
//! Not here: telling formats apart; spreadsheets (crate `sheets`), which share [`Compound`] and [`summary`].

pub mod bytes;
pub mod codepage;
mod compound;
mod doc;
mod flow;
mod ppt;
mod properties;
mod rtf;

pub use compound::Compound;
pub use properties::summary;
pub use rtf::rtf_text;

use corpus::{Document, Format};
use extract::Skip;

/// Reads a document. Which of the formats it is in shows in its bytes; `format` only says what it was taken for.
///
/// # Errors
/// [`Skip`] with the reason that it has no text: a password, damage, nothing but pictures.
pub fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let document = if !Compound::is_compound(&bytes) {
        rtf::read(&bytes)
    } else if format == Format::Ppt {
        ppt::read(&bytes)
    } else {
        doc::read(&bytes)
    }?;
    Ok(Document { format, ..document })
}
