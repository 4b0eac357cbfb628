//! Properties of a message, a recipient or an attachment: [MS-OXMSG] section 2.4, identifiers by [MS-OXPROPS].
//!
//! Invariant: a property that is missing, cut short or of another type is `None`.

use std::cell::Cell;

use encoding_rs::{Encoding, WINDOWS_1252};
use legacy::Compound;

/// The most bytes that are read of all streams of a file. A stream is never longer than the file, but many may share its sectors.
const MAX_BYTES: usize = 384 << 20;

pub(crate) const SUBJECT: u16 = 0x0037;
pub(crate) const SUBMITTED: u16 = 0x0039;
pub(crate) const REPRESENTED_NAME: u16 = 0x0042;
pub(crate) const REPRESENTED_ADDRESS: u16 = 0x0065;
pub(crate) const TRANSPORT_HEADERS: u16 = 0x007d;
pub(crate) const RECIPIENT_TYPE: u16 = 0x0c15;
pub(crate) const SENDER_NAME: u16 = 0x0c1a;
pub(crate) const SENDER_ADDRESS: u16 = 0x0c1f;
pub(crate) const SHOWN_BCC: u16 = 0x0e02;
pub(crate) const SHOWN_CC: u16 = 0x0e03;
pub(crate) const SHOWN_TO: u16 = 0x0e04;
pub(crate) const DELIVERED: u16 = 0x0e06;
pub(crate) const BODY: u16 = 0x1000;
pub(crate) const BODY_RTF: u16 = 0x1009;
pub(crate) const BODY_HTML: u16 = 0x1013;
pub(crate) const DISPLAY_NAME: u16 = 0x3001;
pub(crate) const ADDRESS: u16 = 0x3003;
pub(crate) const CREATED: u16 = 0x3007;
pub(crate) const CONTENT: u16 = 0x3701;
pub(crate) const SHORT_NAME: u16 = 0x3704;
pub(crate) const LONG_NAME: u16 = 0x3707;
pub(crate) const MEDIA_TYPE: u16 = 0x370e;
pub(crate) const SMTP_ADDRESS: u16 = 0x39fe;
pub(crate) const INTERNET_CODE_PAGE: u16 = 0x3fde;
pub(crate) const MESSAGE_CODE_PAGE: u16 = 0x3ffd;
pub(crate) const SENDER_SMTP: u16 = 0x5d01;
pub(crate) const REPRESENTED_SMTP: u16 = 0x5d02;
pub(crate) const HIDDEN: u16 = 0x7ffe;

/// Types of values ([MS-OXCDATA] section 2.11.1).
const BINARY: u16 = 0x0102;
const STRING: u16 = 0x001e;
const WIDE_STRING: u16 = 0x001f;
const OBJECT: u16 = 0x000d;
/// The stream of short properties.
const SHORT: &str = "__properties_version1.0";
/// What stands before them: for a file, for a message in another, for recipients and attachments.
pub(crate) const FILE_HEADER: usize = 32;
const EMBEDDED_HEADER: usize = 24;
const PART_HEADER: usize = 8;
/// What an entry of the stream of short properties takes.
const ENTRY_BYTES: usize = 16;

/// A file of streams, of which a bounded number of bytes is read.
pub(crate) struct Storage<'a> {
    file: Compound<'a>,
    left: Cell<usize>,
}

impl<'a> Storage<'a> {
    pub(crate) fn new(file: Compound<'a>) -> Self {
        Self { file, left: Cell::new(MAX_BYTES) }
    }

    fn stream(&self, path: &str) -> Option<Vec<u8>> {
        if self.left.get() == 0 {
            return None;
        }
        let bytes = self.file.stream(path)?;
        self.left.set(self.left.get().saturating_sub(bytes.len()));
        Some(bytes)
    }

    fn has(&self, path: &str) -> bool {
        self.file.contains(path)
    }
}

/// The properties in one storage.
pub(crate) struct Properties<'a> {
    storage: &'a Storage<'a>,
    /// The storage's path with the `/` at its end, or nothing for the root.
    prefix: String,
    /// Identifier and value of each short property.
    short: Vec<(u16, u64)>,
    /// Recipients and attachments, if it is a message: more than there ever were.
    counts: [u32; 2],
    encoding: &'static Encoding,
}

impl<'a> Properties<'a> {
    /// Those of the storage at `prefix`, whose stream of short properties has a header of `header` bytes.
    pub(crate) fn new(storage: &'a Storage<'a>, prefix: String, header: usize) -> Self {
        let stream = storage.stream(&format!("{prefix}{SHORT}")).unwrap_or_default();
        let counts = [8, 12].map(|at| {
            stream.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
        });
        let entries = stream.get(header..).unwrap_or_default().chunks_exact(ENTRY_BYTES);
        let short: Vec<(u16, u64)> = entries.filter_map(entry).collect();
        let mut properties = Self { storage, prefix, short, counts, encoding: WINDOWS_1252 };
        properties.encoding = properties.code_page(MESSAGE_CODE_PAGE).unwrap_or(WINDOWS_1252);
        properties
    }

    /// The recipients of a message, at most `limit`.
    pub(crate) fn recipients(&self, limit: u32) -> Vec<Self> {
        self.parts("__recip_version1.0_#", self.counts[0].min(limit))
    }

    /// The attachments of a message, at most `limit`.
    pub(crate) fn attachments(&self, limit: u32) -> Vec<Self> {
        self.parts("__attach_version1.0_#", self.counts[1].min(limit))
    }

    /// Storages of that name and their number, which have properties of their own; numbers of what was deleted are missing.
    fn parts(&self, name: &str, n: u32) -> Vec<Self> {
        let prefixes = (0..n).map(|i| format!("{}{name}{i:08X}/", self.prefix));
        let there = prefixes.filter(|prefix| self.storage.has(&format!("{prefix}{SHORT}")));
        there
            .map(|prefix| Properties::new(self.storage, prefix, PART_HEADER).with_encoding(self.encoding))
            .collect()
    }

    /// The message that an attachment is.
    pub(crate) fn embedded(&self) -> Option<Self> {
        let prefix = format!("{}__substg1.0_{CONTENT:04X}{OBJECT:04X}/", self.prefix);
        self.storage
            .has(&format!("{prefix}{SHORT}"))
            .then(|| Properties::new(self.storage, prefix, EMBEDDED_HEADER))
    }

    /// Strings without Unicode are in the encoding of the message.
    fn with_encoding(mut self, encoding: &'static Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// A number, a time or a truth value.
    pub(crate) fn short(&self, id: u16) -> Option<u64> {
        self.short.iter().find(|(known, _)| *known == id).map(|(_, value)| *value)
    }

    /// A string with words in it.
    pub(crate) fn text(&self, id: u16) -> Option<String> {
        let wide = self.long(id, WIDE_STRING).map(|bytes| utf16(&bytes));
        let text = wide.or_else(|| {
            let bytes = self.long(id, STRING)?;
            // Without a code page, newer programs write UTF-8.
            Some(match std::str::from_utf8(&bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => self.encoding.decode_without_bom_handling(&bytes).0.into_owned(),
            })
        });
        text.map(|text| text.trim_end_matches('\0').to_owned()).filter(|text| !text.trim().is_empty())
    }

    pub(crate) fn binary(&self, id: u16) -> Option<Vec<u8>> {
        self.long(id, BINARY)
    }

    /// An encoding that a property names by the number Windows has for it.
    pub(crate) fn code_page(&self, id: u16) -> Option<&'static Encoding> {
        self.short(id).map(|page| legacy::codepage::encoding_of(page as u32))
    }

    fn long(&self, id: u16, kind: u16) -> Option<Vec<u8>> {
        self.storage.stream(&format!("{}__substg1.0_{id:04X}{kind:04X}", self.prefix))
    }
}

fn entry(bytes: &[u8]) -> Option<(u16, u64)> {
    let id = u16::from_le_bytes(bytes.get(2..4)?.try_into().ok()?);
    let value = u64::from_le_bytes(bytes.get(8..16)?.try_into().ok()?);
    Some((id, value))
}

fn utf16(bytes: &[u8]) -> String {
    encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}
