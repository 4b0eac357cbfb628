//! A zip package whose entries are read by name.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};

use extract::Skip;
use memchr::memmem;
use zip::ZipReadOptions;
use zip::read::read_zipfile_from_stream_with_options;
use zip::result::ZipError;

use crate::directory::{Archive, Body, END_RECORD, Entries, found, listed};
use crate::{Limits, decode_xml};

/// The beginning of an OLE compound file, which is what an office document with a password is inside.
const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// `EncryptedPackage` in UTF-16, the stream in it that holds the document.
const ENCRYPTED_PACKAGE: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

/// A zip package in memory.
#[derive(Debug)]
pub struct Package<'a> {
    bytes: &'a [u8],
    limits: Limits,
    /// The directory, unless it was lost.
    archive: Option<Archive<'a>>,
    entries: Entries,
    by_name: HashMap<String, usize>,
    /// Names in lower case: packages of office documents are read without regard to case.
    by_folded: HashMap<String, usize>,
    unfolded: u64,
}

impl<'a> Package<'a> {
    /// Opens a package. When its directory is missing or makes no sense, its entries are found by their own headers.
    ///
    /// # Errors
    /// [`Skip::NoText`] when it is empty, [`Skip::Damaged`] when no entry is left, [`Skip::Encrypted`] for an office document under a
    /// password, [`Skip::TooMuch`] for too many entries.
    pub fn open(bytes: &'a [u8], limits: Limits) -> Result<Self, Skip> {
        if bytes.starts_with(COMPOUND_FILE) {
            let is_encrypted = memmem::find(bytes, ENCRYPTED_PACKAGE).is_some();
            let why = "it is a compound file, as Office wrote before 2007, under the name of a newer format";
            return Err(if is_encrypted { Skip::Encrypted } else { Skip::damaged(why) });
        }
        let (archive, entries) = match listed(bytes, &limits)? {
            Some((archive, entries)) if !entries.is_empty() => (Some(archive), entries),
            _ => (None, found(bytes, &limits)?),
        };
        if entries.is_empty() {
            if bytes.starts_with(END_RECORD) {
                return Err(Skip::NoText { why: "it is a zip package without entries".to_owned() });
            }
            let why = if bytes.is_empty() {
                "it is empty"
            } else {
                "it is no zip package, or nothing is left of it"
            };
            return Err(Skip::damaged(why));
        }
        // Of two entries with one name the last counts, as it does for whoever unpacks them.
        let by_name = entries.iter().enumerate().map(|(i, (name, _))| (name.clone(), i)).collect();
        let by_folded =
            entries.iter().enumerate().map(|(i, (name, _))| (name.to_ascii_lowercase(), i)).collect();
        Ok(Self { bytes, limits, archive, entries, by_name, by_folded, unfolded: 0 })
    }

    /// Names of the entries in order, folders included, with `/` between their parts and none at the beginning.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is an entry of that name; case matters only if there are two that differ in nothing else.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Whether the directory was lost, so that entries may be missing, or break off.
    #[must_use]
    pub fn is_rescued(&self) -> bool {
        self.archive.is_none()
    }

    /// The bytes of an entry; `None` when there is none of that name. In a package that was cut off, the last entry is read as far as it goes.
    ///
    /// # Errors
    /// [`Skip::Damaged`] when it does not unfold, or not to what it was, [`Skip::Unsupported`] when it is packed by a method that is not
    /// read, [`Skip::Encrypted`] when it has a password, [`Skip::TooMuch`] when it unfolds to more than the limits.
    pub fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Skip> {
        let Some(index) = self.find(name) else { return Ok(None) };
        let Some((name, body)) = self.entries.get(index) else { return Ok(None) };
        let left = self.limits.total_bytes.saturating_sub(self.unfolded);
        if left == 0 {
            let total = self.limits.total_bytes >> 20;
            return Err(Skip::too_much(format!("its entries unfold to more than {total} MiB in all")));
        }
        // What is unfolded and then refused counts as well.
        let spent = &mut self.unfolded;
        let bytes = match (*body, self.archive.as_mut()) {
            (Body::Listed(number), Some(archive)) => {
                let file = archive.by_index(number).map_err(|error| refusal(name, &error))?;
                let compressed = file.compressed_size().min(self.bytes.len() as u64);
                let limit = self.limits.entry_limit(compressed).min(left);
                let stated = file.size();
                unfold(name, file, stated, limit, false, spent)?
            }
            (Body::Found { start, end }, _) => {
                let compressed = end.saturating_sub(start) as u64;
                let limit = self.limits.entry_limit(compressed).min(left);
                unfold_found(name, self.bytes.get(start..).unwrap_or_default(), compressed, limit, spent)?
            }
            (Body::Listed(_), None) => return Ok(None),
        };
        Ok(Some(bytes))
    }

    /// The text of an entry that is XML, by its byte order mark or its declaration; see [`decode_xml`].
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_text(&mut self, name: &str) -> Result<Option<String>, Skip> {
        Ok(self.read(name)?.map(decode_xml))
    }

    fn find(&self, name: &str) -> Option<usize> {
        let name = name.trim_start_matches('/');
        self.by_name.get(name).or_else(|| self.by_folded.get(&name.to_ascii_lowercase())).copied()
    }
}

/// Unfolds the entry whose own header begins `bytes`. A header that was written before the length was known is helped by where the next
/// begins. Of the last one, which may be cut off, no checksum is asked.
fn unfold_found(
    name: &str,
    bytes: &[u8],
    compressed: u64,
    limit: u64,
    spent: &mut u64,
) -> Result<Vec<u8>, Skip> {
    let is_last = compressed == bytes.len() as u64;
    let stated = ZipReadOptions::new().ignore_crc32(is_last);
    let mut reader = bytes;
    if let Ok(Some(file)) = read_zipfile_from_stream_with_options(&mut reader, stated) {
        let stated = file.size();
        return unfold(name, file, stated, limit, is_last, spent);
    }
    let counted = ZipReadOptions::new().override_compressed_size(compressed).ignore_crc32(true);
    let mut reader = bytes;
    match read_zipfile_from_stream_with_options(&mut reader, counted) {
        Ok(Some(file)) => unfold(name, file, 0, limit, is_last, spent),
        Ok(None) => Ok(Vec::new()),
        Err(error) => Err(refusal(name, &error)),
    }
}

/// Reads at most `limit` bytes, and adds their number to `spent`. What breaks off because the bytes end is kept when `may_break_off`.
fn unfold(
    name: &str,
    reader: impl Read,
    stated: u64,
    limit: u64,
    may_break_off: bool,
    spent: &mut u64,
) -> Result<Vec<u8>, Skip> {
    let mut bytes = Vec::new();
    // Room for what it says saves memory where it is true: a buffer that grows is there twice while it does. Where it is not, or where there
    // is no such room, it grows.
    let room = usize::try_from(stated.min(limit.saturating_add(1))).unwrap_or(0);
    if bytes.try_reserve_exact(room).is_err() {
        bytes = Vec::new();
    }
    let mut reader = reader.take(limit.saturating_add(1));
    let end = reader.read_to_end(&mut bytes);
    *spent = spent.saturating_add(bytes.len() as u64);
    if bytes.len() as u64 > limit {
        return Err(Skip::too_much(format!("{name} unfolds to more than {} MiB", limit >> 20)));
    }
    match end {
        Ok(_) => {
            if bytes.len() < bytes.capacity() / 2 {
                bytes.shrink_to_fit();
            }
            Ok(bytes)
        }
        Err(error) if may_break_off && error.kind() == ErrorKind::UnexpectedEof && !bytes.is_empty() => {
            Ok(bytes)
        }
        // The process that this runs in may have less memory than the limit.
        Err(error) if error.kind() == ErrorKind::OutOfMemory => {
            Err(Skip::too_much(format!("{name} unfolds to more than there is memory for")))
        }
        // What stands in the entry's own header is found out only now.
        Err(error) => Err(match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(inner) => refusal(name, inner),
            None => Skip::damaged(format!("{name} does not unfold: {error}")),
        }),
    }
}

fn refusal(name: &str, error: &ZipError) -> Skip {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Skip::Encrypted
        }
        ZipError::CompressionMethodNotSupported(method) => {
            Skip::Unsupported { what: format!("{name} packed {}", method_name(*method)) }
        }
        error => Skip::damaged(format!("{name} does not unfold: {error}")),
    }
}

/// What a method of compression is called (APPNOTE.TXT, section 4.4.5).
fn method_name(method: u16) -> String {
    let name = match method {
        9 => "Deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        95 => "XZ",
        98 => "PPMd",
        _ => return format!("by method {method}"),
    };
    format!("with {name}")
}
