//! The entry: a file in, its document and the documents inside it out.

use crate::parts::Parts;
use crate::{archive, parser};
use corpus::Format;
use extract::Skip;
use fence::{Parsed, Request};

/// Parses a file and, one level deep, what it holds.
///
/// # Errors
/// The reason why the file itself has no text. Those of its parts are in [`Parsed::parts`].
pub fn parse(request: Request) -> Result<Parsed, Skip> {
    let Request { format, bytes, options } = request;
    let parts = Parts::new(options.list_only, options.time);
    match format {
        Format::Zip | Format::Tar if !options.archives => Err(Skip::Archive),
        Format::Zip => parser::guarded(format, || archive::zip(&bytes, parts)),
        Format::Tar => parser::guarded(format, || archive::tar(&bytes, parts)),
        _ => {
            let whole = parser::read(format, bytes)?;
            let mut parts = parts;
            for attachment in whole.attachments {
                parts.add(&attachment.name, attachment.bytes);
            }
            Ok(Parsed { document: whole.document, parts: parts.done() })
        }
    }
}
