//! Rich Text Format (specification 1.9.1): a stream of groups, control words and bytes in many code pages.
//!
//! Invariant: one pass; groups nest in a stack of bounded depth.

mod group;
mod output;
mod reader;
mod tables;
mod token;

use corpus::{Document, Format};
use extract::Skip;

use reader::Reader;

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Document, Skip> {
    if !is_rtf(bytes) {
        return Err(Skip::damaged("it does not begin with {\\rtf"));
    }
    let mut reader = Reader::new(bytes);
    reader.run();
    reader.finish()
}

/// The text of a body in RTF, as Outlook's messages have it.
#[must_use]
pub fn rtf_text(bytes: &[u8]) -> String {
    read(bytes).map_or_else(|_| String::new(), |document| document.text)
}

const FORMAT: Format = Format::Rtf;

/// Some writers put blanks or a byte order mark first.
fn is_rtf(bytes: &[u8]) -> bool {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    head.starts_with(b"{\\rtf") || head.starts_with(b"{\\urtf")
}

#[cfg(test)]
mod tests;
