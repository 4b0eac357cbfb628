//! How files are read: in this process what is text, in a fenced one what is not, and archives only where that is wanted.
//!
//! Invariant: a record that was made by another way of reading (an older parser, another setting) does not count as up to date.

use corpus::{DocPath, Format, PathSet};
use extract::Skip;
use fence::{Confinement, Fence, FenceError, Options, Parsed, Request};
use index::{DocRecord, SkipRecord};
use std::sync::Arc;

/// The code of the note that an archive was not opened.
const ARCHIVE: &str = "archive";
const NO_PARSER: &str = "no-parser";
/// The code of the note that a file lies where nothing is indexed.
pub(crate) const OFF: &str = "not-indexed";

/// Parsers and the settings that decide what they are given.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Larger files of text are skipped, with that reason.
    pub max_file_bytes: u64,
    /// Larger files of other kinds (PDF, Office, mail, ...) are skipped, with that reason.
    pub max_document_bytes: u64,
    /// Whether the documents in zip and tar archives are read.
    pub archives: bool,
    /// Places whose files are not read at all.
    pub off: PathSet,
    /// Where files that are not plain text are parsed; without it each is skipped, with that reason.
    pub fence: Option<Arc<Fence>>,
}

impl Default for Reading {
    fn default() -> Self {
        let (archives, off, fence) = (false, PathSet::none(), None);
        Self { max_file_bytes: 8 << 20, max_document_bytes: 64 << 20, archives, off, fence }
    }
}

/// Why there is no document.
pub(crate) enum Unreadable {
    /// Because of the file.
    Skip(Skip),
    /// No process could be started to read it.
    NoProcess(String),
}

impl Reading {
    /// Has a parser read a few bytes, and says how it is confined; `None` when there is no parser.
    pub(crate) fn try_parser(&self) -> Result<Option<Confinement>, FenceError> {
        let Some(fence) = &self.fence else { return Ok(None) };
        let (format, bytes) = (Format::Rtf, b"{\\rtf1 trial}".to_vec());
        // What it says of them does not matter: that it says something does.
        let _document = fence.parse(&Request { format, bytes, options: Options::default() })?;
        Ok(fence.confinement())
    }

    /// The most bytes of a file at `path`, and the setting's name.
    pub(crate) fn limit(&self, path: &DocPath) -> (u64, &'static str) {
        // By its name alone: what it holds is known once it is read.
        match extract::detect_format(path, &[]) {
            Ok(format) if format.is_fenced() => (self.max_document_bytes, "max_document_bytes"),
            _ => (self.max_file_bytes, "max_file_bytes"),
        }
    }

    /// Whether a document would be read today as it was.
    pub(crate) fn still_reads(&self, doc: &DocRecord) -> bool {
        let is_read_so = extract::parser_of(doc.format).is(Some(&doc.parser));
        is_read_so && (self.archives || !is_archive(doc.format)) && !self.off.contains(doc.path.as_str())
    }

    /// Whether a file would be skipped today as it was.
    pub(crate) fn still_skips(&self, skip: &SkipRecord) -> bool {
        if (skip.code == OFF) != self.off.contains(skip.path.as_str()) {
            return false;
        }
        match skip.code.as_str() {
            ARCHIVE => !self.archives,
            NO_PARSER => self.fence.is_none(),
            _ => skip.parser.as_deref().is_none_or(extract::is_current_parser),
        }
    }

    /// The document in `bytes`, with those it holds.
    pub(crate) fn read(&self, format: Format, bytes: Vec<u8>) -> Result<Parsed, Unreadable> {
        if !format.is_fenced() {
            let document = extract::read(format, bytes).map_err(Unreadable::Skip)?;
            return Ok(Parsed::without_parts(document));
        }
        if is_archive(format) && !self.archives {
            return Err(Unreadable::Skip(Skip::Archive));
        }
        if bytes.is_empty() {
            return Err(Unreadable::Skip(Skip::NoText { why: "the file is empty".to_owned() }));
        }
        let fence = self.fence.as_ref().ok_or(Unreadable::Skip(Skip::NoParser))?;
        let options = Options { archives: self.archives, ..Options::default() };
        match fence.parse(&Request { format, bytes, options }) {
            Ok(parsed) => parsed.map_err(Unreadable::Skip),
            Err(error) => Err(Unreadable::NoProcess(error.to_string())),
        }
    }
}

fn is_archive(format: Format) -> bool {
    matches!(format, Format::Zip | Format::Tar)
}
