//! Which of the records in the stream are the current ones: each time it is saved, new ones are added behind, with a directory of them.

use std::collections::HashMap;

use extract::Skip;

use super::record::{self, Record, Records};
use crate::bytes::u32_at;

/// It was saved more often than this: what is older is not needed.
const MAX_EDITS: usize = 10_000;
/// More objects than this no presentation has.
const MAX_OBJECTS: usize = 200_000;
/// The mark of a presentation that is encrypted.
const ENCRYPTED: u32 = 0xf3d1_c4df;

/// Where the objects are, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Directory {
    places: HashMap<u32, u32>,
    document: Option<u32>,
    /// Entries that were gone through: of two edits with one directory, the second says nothing new.
    passed: usize,
}

impl Directory {
    pub(super) fn new(stream: &[u8], user: &[u8]) -> Result<Self, Skip> {
        if u32_at(user, 12) == Some(ENCRYPTED) {
            return Err(Skip::Encrypted);
        }
        let mut directory = Self::default();
        let mut edit = u32_at(user, 16).unwrap_or(0);
        for _ in 0..MAX_EDITS {
            let Some(record) = at(stream, edit).filter(|record| record.kind == record::USER_EDIT) else {
                break;
            };
            let field = |i| u32_at(record.data, i);
            if field(28).is_some_and(|session| session != 0) && record.data.len() >= 32 {
                return Err(Skip::Encrypted);
            }
            directory.document = directory.document.or(field(16));
            let before = field(8).unwrap_or(0);
            directory.add(stream, field(12).unwrap_or(0));
            // Older edits stand before newer ones: else it would be a circle.
            if before == 0 || before >= edit {
                break;
            }
            edit = before;
        }
        Ok(directory)
    }

    /// Adds the objects of one edit that no later edit has.
    fn add(&mut self, stream: &[u8], place: u32) {
        let Some(record) = at(stream, place).filter(|record| record.kind == record::PERSIST_DIRECTORY) else {
            return;
        };
        let mut i = 0;
        while let Some(head) = u32_at(record.data, i) {
            let (first, count) = (head & 0xf_ffff, head >> 20);
            for n in 0..count {
                i += 4;
                self.passed += 1;
                let Some(place) = u32_at(record.data, i).filter(|_| self.passed < MAX_OBJECTS) else {
                    return;
                };
                self.places.entry(first + n).or_insert(place);
            }
            i += 4;
        }
    }

    /// An object by its number.
    pub(super) fn get<'a>(&self, stream: &'a [u8], object: u32) -> Option<Record<'a>> {
        at(stream, *self.places.get(&object)?)
    }

    /// The record of the document, which lists the slides.
    pub(super) fn document<'a>(&self, stream: &'a [u8]) -> Option<Record<'a>> {
        let named = self.document.and_then(|object| self.get(stream, object));
        let named = named.filter(|record| record.kind == record::DOCUMENT);
        named.or_else(|| Records::new(stream).filter(|record| record.kind == record::DOCUMENT).last())
    }
}

fn at(stream: &[u8], place: u32) -> Option<Record<'_>> {
    Records::new(stream.get(place as usize..)?).next()
}
