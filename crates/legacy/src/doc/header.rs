//! The beginning of the main stream (the FIB), which says where everything is.

use extract::Skip;

use crate::bytes::{u16_at, u32_at};

/// The first version that keeps its tables in a stream of their own.
const WORD_97: u16 = 0xa0;
const ENCRYPTED: u16 = 0x100;
const SECOND_TABLE: u16 = 0x200;
/// Where the pairs of place and length begin, and how long each is.
const PARTS: usize = 154;

/// Numbers of parts of the table stream.
pub(super) const STYLES: usize = 1;
pub(super) const FOOTNOTE_MARKS: usize = 2;
pub(super) const FOOTNOTE_TEXTS: usize = 3;
pub(super) const COMMENT_MARKS: usize = 4;
pub(super) const COMMENT_TEXTS: usize = 5;
pub(super) const CHARACTER_PAGES: usize = 12;
pub(super) const PARAGRAPH_PAGES: usize = 13;
pub(super) const PIECES: usize = 33;
pub(super) const ENDNOTE_MARKS: usize = 46;
pub(super) const ENDNOTE_TEXTS: usize = 47;
pub(super) const LISTS: usize = 73;
pub(super) const LIST_OVERRIDES: usize = 74;

/// What the beginning of the main stream says.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) is_old: bool,
    /// The name of the table stream.
    pub(super) table: &'static str,
    /// Where each kind of text begins and ends, in characters.
    pub(super) main: (u32, u32),
    pub(super) footnotes: (u32, u32),
    pub(super) comments: (u32, u32),
    pub(super) endnotes: (u32, u32),
    pub(super) boxes: (u32, u32),
    /// Where the text of an old document begins and ends, in bytes.
    pub(super) old_text: (usize, usize),
    parts: Vec<(u32, u32)>,
}

impl Header {
    pub(super) fn new(main: &[u8]) -> Result<Self, Skip> {
        let (Some(magic), Some(version), Some(flags)) = (u16_at(main, 0), u16_at(main, 2), u16_at(main, 10))
        else {
            return Err(Skip::damaged("its main stream ends within its header"));
        };
        if !matches!(magic, 0xa5ec | 0xa5dc) {
            return Err(Skip::damaged("its main stream does not begin as Word's do"));
        }
        if flags & ENCRYPTED != 0 {
            return Err(Skip::Encrypted);
        }
        let mut at = 0_u32;
        // The kinds of text follow each other: main, footnotes, headers, macros, comments, endnotes, boxes.
        let ranges = [0x4c, 0x50, 0x54, 0x58, 0x5c, 0x60, 0x64].map(|field| {
            let start = at;
            at = at.saturating_add(u32_at(main, field).unwrap_or(0));
            (start, at)
        });
        let [text, footnotes, _, _, comments, endnotes, boxes] = ranges;
        let count = u16_at(main, PARTS - 2).map_or(0, usize::from);
        let pair = |i: usize| Some((u32_at(main, PARTS + 8 * i)?, u32_at(main, PARTS + 8 * i + 4)?));
        let old_start = u32_at(main, 0x18).unwrap_or(0) as usize;
        Ok(Self {
            is_old: version < WORD_97,
            table: if flags & SECOND_TABLE == 0 { "0Table" } else { "1Table" },
            main: text,
            footnotes,
            comments,
            endnotes,
            boxes,
            old_text: (old_start, old_start.saturating_add(u32_at(main, 0x34).unwrap_or(0) as usize)),
            parts: (0..count).map_while(pair).collect(),
        })
    }

    /// The table stream from where a part begins: what belongs to lists lies behind what is said to be their part.
    pub(super) fn rest<'a>(&self, table: &'a [u8], number: usize) -> &'a [u8] {
        let part = self.parts.get(number).filter(|part| part.1 > 0);
        part.and_then(|part| table.get(part.0 as usize..)).unwrap_or_default()
    }

    /// A part of the table stream.
    pub(super) fn part<'a>(&self, table: &'a [u8], number: usize) -> &'a [u8] {
        let Some(&(start, length)) = self.parts.get(number) else { return &[] };
        let end = (start as usize).saturating_add(length as usize).min(table.len());
        table.get(start as usize..end).unwrap_or_default()
    }
}
