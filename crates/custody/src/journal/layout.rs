//! The bytes of a journal: a header, two marks, records.
//!
//! Invariant: pure. Every byte of a journal is under a checksum, and each record's covers the one before it, so that a record that is
//! changed, missing, given twice or from another file does not pass for the next.
//! Not here: files.
//! On disk: docs/format.md, "Custody".

use std::io::{self, Read};

/// What every journal begins with; the last two digits are the version of what is in this module.
const MAGIC: [u8; 8] = *b"WRJRNL01";
const HEADER: usize = 64;
const MARK: usize = 32;
const FRAME: usize = 4 + CHECK;
const CHECK: usize = 16;
/// Where the first record lies.
pub(super) const START: u64 = (HEADER + 2 * MARK) as u64;
/// A record may have so many bytes: enough for anything written here, and little to hold in memory.
pub const MAX_RECORD: usize = 1 << 20;

/// A checksum: the first half of a BLAKE3 hash.
pub(super) type Check = [u8; CHECK];

/// What is in a journal, so that none is read as another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// A name of at most eight ASCII letters.
    pub kind: &'static str,
    /// The version of its records.
    pub version: u32,
}

impl Format {
    fn kind_bytes(self) -> [u8; 8] {
        let mut padded = [0; 8];
        for (to, from) in padded.iter_mut().zip(self.kind.bytes()) {
            *to = from;
        }
        padded
    }
}

/// A place between two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// In bytes from the start of the file.
    pub(super) offset: u64,
    /// The number of the record that begins there.
    pub(super) number: u64,
    /// The checksum of what comes before it.
    pub(super) check: Check,
    /// Where in the file that checksum stands.
    pub(super) check_at: u64,
}

/// Why a header is of no use.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    Damaged(&'static str),
    Incompatible(String),
}

/// A new journal with these records, all of them acknowledged, the first of which gets `number`. `seed` is random, so that no two journals
/// have a checksum in common.
pub(super) fn journal(format: Format, number: u64, seed: [u8; 16], records: &[Vec<u8>]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend(format.kind_bytes());
    header.extend(format.version.to_le_bytes());
    header.extend([0; 4]);
    header.extend(number.to_le_bytes());
    header.extend(seed);
    let start = Position { offset: START, number, check: check(&[&header]), check_at: header.len() as u64 };
    header.extend(start.check);
    let (mut body, mut position) = (Vec::new(), start);
    for payload in records {
        let (bytes, after) = record(payload, &position);
        body.extend(bytes);
        position = after;
    }
    let mark = mark(&start.check, position.offset);
    [&header[..], &mark, &mark, &body].concat()
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// Where the first record is.
    pub(super) start: Position,
    /// So many bytes of the file were acknowledged, at least.
    pub(super) acknowledged: u64,
    /// Whether the second of the marks is the one to be written next: the older one.
    pub(super) second_mark: bool,
}

/// Reads the first bytes of a journal.
pub(super) fn read_header(bytes: &[u8], format: Format) -> Result<Beginning, BadHeader> {
    let damaged = |why| move || BadHeader::Damaged(why);
    let (header, marks) = bytes.split_first_chunk::<HEADER>().ok_or_else(damaged("its header is cut off"))?;
    let (body, found) = header.split_last_chunk::<CHECK>().ok_or_else(damaged("its header is cut off"))?;
    if check(&[body]) != *found {
        return Err(BadHeader::Damaged("the checksum of its header does not fit"));
    }
    let mut fields = Fields(body);
    let (magic, kind) = (fields.next(), fields.next());
    let (version, _reserved) = (fields.next().map(u32::from_le_bytes), fields.next::<4>());
    let number = fields.next().map(u64::from_le_bytes).ok_or_else(damaged("its header is cut off"))?;
    if magic != Some(MAGIC) {
        return Err(BadHeader::Incompatible("its header has another form".to_owned()));
    }
    if kind != Some(format.kind_bytes()) {
        return Err(BadHeader::Damaged("it is a journal of another kind"));
    }
    if version != Some(format.version) {
        let found = version.unwrap_or_default();
        return Err(BadHeader::Incompatible(format!(
            "version {found}, this program reads {}",
            format.version
        )));
    }
    let (first, second) = marks.split_first_chunk::<MARK>().ok_or_else(damaged("its marks are cut off"))?;
    let second = second.first_chunk::<MARK>().ok_or_else(damaged("its marks are cut off"))?;
    // One of them may have been cut off while it was written; both are never written at once.
    let (first, second) = (read_mark(found, first), read_mark(found, second));
    let acknowledged = first.max(second).ok_or_else(damaged("neither of its marks is sound"))?;
    let start = Position { offset: START, number, check: *found, check_at: body.len() as u64 };
    Ok(Beginning { start, acknowledged, second_mark: second < first })
}

/// The bytes that say that all of the file up to `offset` was acknowledged.
pub(super) fn mark(header: &Check, offset: u64) -> [u8; MARK] {
    let mut bytes = [0; MARK];
    let (value, rest) = bytes.split_at_mut(8);
    value.copy_from_slice(&offset.to_le_bytes());
    let (reserved, sum) = rest.split_at_mut(8);
    sum.copy_from_slice(&check(&[header, value, reserved]));
    bytes
}

fn read_mark(header: &Check, bytes: &[u8; MARK]) -> Option<u64> {
    let offset = u64::from_le_bytes(*bytes.first_chunk()?);
    (mark(header, offset) == *bytes).then_some(offset)
}

/// Where a mark lies. They are written in turn.
pub(super) fn mark_offset(which: bool) -> u64 {
    (HEADER + if which { MARK } else { 0 }) as u64
}

/// A record's bytes at `position`, and the position after it.
pub(super) fn record(payload: &[u8], position: &Position) -> (Vec<u8>, Position) {
    let length = (payload.len() as u32).to_le_bytes();
    let check = check(&[&position.check, &length, payload]);
    let bytes = [&length[..], &check, payload].concat();
    (bytes, position.after(payload.len(), check))
}

impl Position {
    fn after(&self, payload: usize, check: Check) -> Self {
        let taken = (FRAME + payload) as u64;
        Self {
            offset: self.offset.saturating_add(taken),
            number: self.number.saturating_add(1),
            check,
            check_at: self.offset.saturating_add(4),
        }
    }
}

/// What lies at a position.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record, which is in the buffer; and the position after it.
    Record(Position),
    /// Nothing more.
    End,
    /// No whole record.
    Broken(&'static str),
}

/// Reads the record at `position` into `payload`.
pub(super) fn read_record(
    from: &mut impl Read,
    position: &Position,
    payload: &mut Vec<u8>,
) -> io::Result<Found> {
    payload.clear();
    from.take(FRAME as u64).read_to_end(payload)?;
    if payload.is_empty() {
        return Ok(Found::End);
    }
    let mut fields = Fields(payload);
    let (Some(length), Some(expected)) = (fields.next::<4>(), fields.next::<CHECK>()) else {
        return Ok(Found::Broken("it ends in the middle of a record"));
    };
    let size = u32::from_le_bytes(length) as usize;
    if size > MAX_RECORD {
        return Ok(Found::Broken("a record's length is none that there can be"));
    }
    payload.clear();
    from.take(size as u64).read_to_end(payload)?;
    if payload.len() < size {
        return Ok(Found::Broken("it ends in the middle of a record"));
    }
    if check(&[&position.check, &length, payload]) != expected {
        return Ok(Found::Broken("a record's checksum does not fit"));
    }
    Ok(Found::Record(position.after(size, expected)))
}

fn check(parts: &[&[u8]]) -> Check {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut out = [0; CHECK];
    hasher.finalize_xof().fill(&mut out);
    out
}

/// Bytes that are taken apart from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}
