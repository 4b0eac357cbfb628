//! Exif, which is a TIFF file inside an image (TIFF 6.0, section 2; Exif 2.32, section 4.6).
//!
//! Invariant: a directory is read once, and at most [`MAX_ENTRIES`] of its entries; offsets that lead nowhere end the reading.

use super::Facts;
use crate::{add_authors, add_keywords, date};

const MAX_ENTRIES: usize = 512;

const IMAGE_WIDTH: u16 = 0x100;
const IMAGE_HEIGHT: u16 = 0x101;
const DESCRIPTION: u16 = 0x10e;
const MAKE: u16 = 0x10f;
const MODEL: u16 = 0x110;
const DATE: u16 = 0x132;
const ARTIST: u16 = 0x13b;
const EXIF: u16 = 0x8769;
const ORIGINAL_DATE: u16 = 0x9003;
const ORIGINAL_OFFSET: u16 = 0x9011;
const USER_COMMENT: u16 = 0x9286;
const WINDOWS_TITLE: u16 = 0x9c9b;
const WINDOWS_COMMENT: u16 = 0x9c9c;
const WINDOWS_AUTHOR: u16 = 0x9c9d;
const WINDOWS_KEYWORDS: u16 = 0x9c9e;
const WINDOWS_SUBJECT: u16 = 0x9c9f;

/// The directories of a TIFF file.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
    /// Of the first image, and of what Exif adds.
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    tag: u16,
    kind: u16,
    /// The value, wherever it stands.
    value: &'a [u8],
}

impl<'a> Tiff<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let is_little = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let mut tiff = Self { bytes, is_little, entries: Vec::new() };
        let first = tiff.u32_at(4)?;
        tiff.directory(first as usize);
        if let Some(exif) = tiff.number(EXIF) {
            tiff.directory(exif as usize);
        }
        Some(tiff)
    }

    fn directory(&mut self, at: usize) {
        let Some(n) = self.u16_at(at) else { return };
        for i in 0..usize::from(n).min(MAX_ENTRIES) {
            let Some(entry) = at.checked_add(2 + 12 * i).and_then(|at| self.entry(at)) else { continue };
            self.entries.push(entry);
        }
    }

    fn entry(&self, at: usize) -> Option<Entry<'a>> {
        let (tag, kind, count) = (self.u16_at(at)?, self.u16_at(at + 2)?, self.u32_at(at + 4)? as usize);
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 => 4,
            5 | 10 | 12 => 8,
            _ => return None,
        };
        let len = count.checked_mul(size)?;
        let start = if len <= 4 { at + 8 } else { self.u32_at(at + 8)? as usize };
        let value = self.bytes.get(start..start.checked_add(len)?)?;
        Some(Entry { tag, kind, value })
    }

    fn u16_at(&self, at: usize) -> Option<u16> {
        let two = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        let four = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    }

    fn find(&self, tag: u16) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn number(&self, tag: u16) -> Option<u32> {
        let entry = self.find(tag)?;
        let value = |n: usize| {
            let bytes = entry.value.get(..n)?;
            let fold = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
            Some(if self.is_little { bytes.iter().rev().fold(0, fold) } else { bytes.iter().fold(0, fold) })
        };
        match entry.kind {
            3 => value(2),
            4 => value(4),
            _ => None,
        }
    }

    /// Width and height of the first image.
    pub(super) fn size(&self) -> Option<(u32, u32)> {
        Some((self.number(IMAGE_WIDTH)?, self.number(IMAGE_HEIGHT)?))
            .filter(|&(width, height)| width > 0 && height > 0)
    }

    /// A string. The standard says ASCII, programs write UTF-8.
    fn text(&self, tag: u16) -> Option<String> {
        let text = String::from_utf8_lossy(self.find(tag)?.value);
        Some(text.split('\0').next().unwrap_or_default().trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A string as Windows adds it, in UTF-16.
    fn wide(&self, tag: u16) -> Option<String> {
        let (text, _) = encoding_rs::UTF_16LE.decode_without_bom_handling(self.find(tag)?.value);
        Some(text.trim_matches('\0').to_owned())
    }

    /// A comment of a person, behind eight bytes that name its characters.
    fn comment(&self) -> Option<String> {
        let value = self.find(USER_COMMENT)?.value;
        let (code, text) = value.split_at_checked(8)?;
        match code {
            b"ASCII\0\0\0" => Some(String::from_utf8_lossy(text).into_owned()),
            b"UNICODE\0" if self.is_little => {
                Some(encoding_rs::UTF_16LE.decode_without_bom_handling(text).0.into_owned())
            }
            b"UNICODE\0" => Some(encoding_rs::UTF_16BE.decode_without_bom_handling(text).0.into_owned()),
            _ => None,
        }
    }

    /// Adds what the directories say.
    pub(super) fn tell(&self, facts: &mut Facts) {
        self.wide(WINDOWS_TITLE).iter().for_each(|words| facts.set_title(words));
        let described =
            [self.text(DESCRIPTION), self.wide(WINDOWS_SUBJECT), self.wide(WINDOWS_COMMENT), self.comment()];
        described.iter().flatten().for_each(|words| facts.describe(words));
        for names in [self.text(ARTIST), self.wide(WINDOWS_AUTHOR)].iter().flatten() {
            add_authors(&mut facts.metadata, names);
        }
        self.wide(WINDOWS_KEYWORDS).iter().for_each(|words| add_keywords(&mut facts.metadata, words));
        self.camera(facts);
        let offset = self.text(ORIGINAL_OFFSET).unwrap_or_default();
        let taken = self.text(ORIGINAL_DATE).or_else(|| self.text(DATE));
        if facts.metadata.created_ms.is_none() {
            facts.metadata.created_ms = taken.and_then(|taken| of_exif(&taken, &offset));
        }
    }

    /// Make and model; the model often begins with the make.
    fn camera(&self, facts: &mut Facts) {
        let (make, model) = (self.text(MAKE), self.text(MODEL));
        let repeats = make.iter().zip(&model).any(|(make, model)| {
            let first = make.split(' ').next().unwrap_or(make);
            model.to_lowercase().starts_with(&first.to_lowercase())
        });
        let camera = if repeats { vec![model] } else { vec![make, model] };
        if facts.camera.is_empty() {
            facts.camera = camera.into_iter().flatten().collect();
        }
    }
}

/// `2024:03:05 14:22:01`, with an offset or in the camera's own time.
fn of_exif(text: &str, offset: &str) -> Option<i64> {
    let (day, time) = text.split_once(' ')?;
    let iso = format!("{}T{time}", day.replace(':', "-"));
    date::of_text(&format!("{iso}{offset}")).or_else(|| date::of_text(&iso))
}
