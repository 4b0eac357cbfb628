//! The bookmarks of a document: its own table of contents (PDF 32000-1, 12.3.3).
//!
//! Invariant: a fixed number of bookmarks is read, each once, so that circles end.
//! Not here: where bookmarks lead. Their words are found again on the pages.

use std::collections::{HashMap, HashSet};

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, ObjectIdentifier, String as PdfString};

use crate::strings;

const BOOKMARKS: usize = 20_000;
const DEPTH: u8 = 6;

/// Titles and how deep they are.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    levels: HashMap<String, u8>,
}

impl Outline {
    /// Reads the bookmarks, if there are any.
    pub(crate) fn new(pdf: &Pdf) -> Self {
        let root: Option<Dict<'_>> = pdf.xref().get(pdf.xref().root_id());
        let Some(first) = root
            .and_then(|root| root.get::<Dict<'_>>("Outlines"))
            .and_then(|all| all.get::<Dict<'_>>("First"))
        else {
            return Self::default();
        };
        let mut levels = HashMap::new();
        let mut seen: HashSet<ObjectIdentifier> = HashSet::new();
        let mut open = vec![(first, 1)];
        while let Some((item, level)) = open.pop() {
            if seen.len() >= BOOKMARKS || !item.obj_id().is_some_and(|id| seen.insert(id)) {
                continue;
            }
            let title =
                item.get::<PdfString<'_>>("Title").map(|title| key(&strings::decode(title.as_bytes())));
            if let Some(title) = title.filter(|title| !title.is_empty()) {
                levels.entry(title).or_insert(level);
            }
            open.extend(item.get::<Dict<'_>>("Next").map(|next| (next, level)));
            open.extend(item.get::<Dict<'_>>("First").map(|child| (child, (level + 1).min(DEPTH))));
        }
        Self { levels }
    }

    /// Whether there are no bookmarks.
    pub(crate) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// How deep the heading with these words is, see [`key`].
    pub(crate) fn level(&self, key: &str) -> Option<u8> {
        self.levels.get(key).copied()
    }
}

/// A heading's words as they are compared: its letters, without the number that it may have in one place only.
pub(crate) fn key(title: &str) -> String {
    let words = title.trim_start_matches(|c: char| !c.is_alphabetic());
    words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_compared_by_their_letters() {
        assert_eq!(key("2.1 The Wheel: Part 2"), key("The  wheel \u{2013} part 2"));
        assert_eq!(key("7"), "");
    }
}
