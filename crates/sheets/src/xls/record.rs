//! Records: a number, a length, and so many bytes.

use legacy::bytes::u16_at;

pub(super) const BOF: u16 = 0x809;
pub(super) const EOF: u16 = 0x0a;
pub(super) const FILEPASS: u16 = 0x2f;
pub(super) const CODEPAGE: u16 = 0x42;
pub(super) const DATE_MODE: u16 = 0x22;
pub(super) const FORMAT: u16 = 0x41e;
pub(super) const STYLE: u16 = 0xe0;
pub(super) const SHEET: u16 = 0x85;
pub(super) const SHARED_STRINGS: u16 = 0xfc;
pub(super) const CONTINUE: u16 = 0x3c;
pub(super) const FORMULA: u16 = 0x06;
pub(super) const FORMULA_STRING: u16 = 0x207;
pub(super) const LABEL: u16 = 0x204;
pub(super) const RICH_LABEL: u16 = 0xd6;
pub(super) const SHARED_LABEL: u16 = 0xfd;
pub(super) const NUMBER: u16 = 0x203;
pub(super) const SHORT_NUMBER: u16 = 0x27e;
pub(super) const SHORT_NUMBERS: u16 = 0xbd;
pub(super) const TRUTH_OR_ERROR: u16 = 0x205;
pub(super) const MERGED: u16 = 0xe5;
pub(super) const NOTE: u16 = 0x1c;
pub(super) const OBJECT: u16 = 0x5d;
pub(super) const TEXT_OBJECT: u16 = 0x1b6;

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) id: u16,
    pub(super) data: &'a [u8],
}

/// Records, one after the other. The last may be cut off.
#[derive(Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes that were gone through.
    pub(super) fn passed(&self) -> usize {
        self.at
    }

    pub(super) fn next(&mut self) -> Option<Record<'a>> {
        let id = u16_at(self.bytes, self.at)?;
        let start = self.at + 4;
        let end = (start + usize::from(u16_at(self.bytes, self.at + 2)?)).min(self.bytes.len());
        self.at = end;
        Some(Record { id, data: self.bytes.get(start..end)? })
    }

    /// The bytes of a record and of those that continue it.
    pub(super) fn continued(&mut self, first: &'a [u8]) -> Vec<&'a [u8]> {
        let mut parts = vec![first];
        while u16_at(self.bytes, self.at) == Some(CONTINUE)
            && let Some(record) = self.next()
        {
            parts.push(record.data);
        }
        parts
    }
}
