//! Records: a kind, an instance, a length, and so many bytes, which may be records again.

use crate::bytes::{u16_at, u32_at, utf16};

pub(super) const DOCUMENT: u16 = 0x03e8;
pub(super) const SLIDE: u16 = 0x03ee;
pub(super) const NOTES_ABOUT: u16 = 0x03f1;
pub(super) const SLIDE_PERSIST: u16 = 0x03f3;
pub(super) const DRAWING: u16 = 0x040c;
pub(super) const PLACEHOLDER: u16 = 0x0bc3;
pub(super) const OUTLINE_TEXT: u16 = 0x0f9e;
pub(super) const TEXT_HEADER: u16 = 0x0f9f;
pub(super) const TEXT_CHARS: u16 = 0x0fa0;
pub(super) const TEXT_BYTES: u16 = 0x0fa8;
pub(super) const SLIDE_LIST: u16 = 0x0ff0;
pub(super) const USER_EDIT: u16 = 0x0ff5;
pub(super) const PERSIST_DIRECTORY: u16 = 0x1772;
pub(super) const SHAPE_GROUP: u16 = 0xf003;
pub(super) const SHAPE: u16 = 0xf004;
pub(super) const TEXT_BOX: u16 = 0xf00d;
pub(super) const CHILD_ANCHOR: u16 = 0xf00f;
pub(super) const ANCHOR: u16 = 0xf010;
pub(super) const SHAPE_DATA: u16 = 0xf011;

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) instance: u16,
    /// Whether it is made of records.
    pub(super) is_container: bool,
    pub(super) data: &'a [u8],
}

/// Records, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Records<'a>(&'a [u8]);

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let head = u16_at(self.0, 0)?;
        let kind = u16_at(self.0, 2)?;
        let end = 8_usize.saturating_add(u32_at(self.0, 4)? as usize).min(self.0.len());
        let data = self.0.get(8..end)?;
        self.0 = self.0.get(end..)?;
        Some(Record { kind, instance: head >> 4, is_container: head & 0xf == 0xf, data })
    }
}

impl Record<'_> {
    /// The words of a text.
    pub(super) fn words(&self) -> String {
        if self.kind == TEXT_CHARS {
            utf16(self.data)
        } else {
            self.data.iter().map(|&byte| char::from(byte)).collect()
        }
    }
}
