//! The one entry: bytes of a message or mailbox in, text and attachments out.

use corpus::{Document, Format};
use extract::Skip;

use crate::{Attachment, mailbox, message, outlook};

/// A message or mailbox that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Headers and bodies.
    pub document: Document,
    /// What came with them, in order. Each name is a file name that occurs once.
    pub attachments: Vec<Attachment>,
}

/// Reads a message ([`Format::Email`]), a mailbox ([`Format::Mbox`]) or an Outlook message ([`Format::Msg`]).
///
/// A body that is encrypted is left out; the headers still count.
///
/// # Errors
/// [`Skip::NoText`] for one without headers and body, [`Skip::Damaged`] for what is no mail at all, [`Skip::TooMuch`] beyond the bounds,
/// [`Skip::Unsupported`] for other formats.
pub fn read(bytes: Vec<u8>, format: Format) -> Result<Mail, Skip> {
    match format {
        Format::Email => message::read(&plain(bytes)),
        Format::Mbox => mailbox::read(&plain(bytes)),
        Format::Msg => outlook::read(&bytes),
        other => Err(Skip::Unsupported { what: format!("{other} as mail") }),
    }
}

/// Some editors save messages in UTF-16, which no mail program would send.
fn plain(bytes: Vec<u8>) -> Vec<u8> {
    let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if !is_wide && !bytes.iter().take(2).any(|&byte| byte == 0) {
        return bytes;
    }
    match extract::decode(bytes.clone(), None) {
        Ok((text, _)) => text.into_bytes(),
        Err(_) => bytes,
    }
}
