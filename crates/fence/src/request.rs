//! What is asked of a parser, and what it answers.

use crate::limits::Limits;
use corpus::{ContentHash, Document, Format};
use extract::Skip;
use std::time::Duration;

/// The most documents inside another.
pub const MAX_PARTS: usize = 2_000;

/// A file to be parsed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which parser is asked.
    pub format: Format,
    /// All of the file.
    pub bytes: Vec<u8>,
    /// What the workspace's settings say.
    pub options: Options,
}

/// Settings that a parser follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether archives (zip, tar) are read.
    pub archives: bool,
    /// Whether the documents inside this one are only listed, with any reason for each. The fence asks for that when a parser did not
    /// survive reading them, and puts in the reason.
    pub list_only: bool,
    /// How long all of it may take; a fence puts in its own limit. A parser begins nothing more when most of it is over, so that what it has
    /// read is not lost.
    pub time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { archives: false, list_only: false, time: Limits::default().time }
    }
}

/// A file as it was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Its own text.
    pub document: Document,
    /// The documents inside it, in their order: attachments of mail, members of an archive.
    pub parts: Vec<Part>,
}

/// A document inside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name inside the other: a plain relative path, as [`corpus::DocPath`] takes it, and unique among the parts.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The hash of its bytes.
    pub hash: ContentHash,
    /// Its text, or why it has none.
    pub outcome: Result<Document, Skip>,
}

impl Parsed {
    /// A file that holds no other documents.
    #[must_use]
    pub fn without_parts(document: Document) -> Self {
        Self { document, parts: Vec::new() }
    }
}
