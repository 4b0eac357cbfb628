//! The texts that the workload writes: each of its own, and known again by what it says.
//!
//! Invariant: a version's text follows from its numbers alone, is ASCII, and holds its marker, a word that no other version holds, in
//! every paragraph. So a file's bytes, a hit's quote and a word that is found each tell which version they are from.

use serde::{Deserialize, Serialize};
use std::fmt::Write;
use workroom_tests::marker;

/// One text that was written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// Number of the operation that wrote it first.
    pub n: u64,
    /// Paragraphs.
    pub paragraphs: u32,
    /// Bytes that are there, where a write outside the API was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u64>,
}

/// What the sentences speak of; the dense ranking has something to tell apart.
const THINGS: [&str; 16] = [
    "lighthouse",
    "harbour",
    "invoice",
    "kettle",
    "orchard",
    "violin",
    "glacier",
    "market",
    "compass",
    "bakery",
    "tunnel",
    "meadow",
    "printer",
    "saddle",
    "planet",
    "ferry",
];
const DEEDS: [&str; 8] = [
    "is painted before the winter",
    "was counted by the keeper",
    "stands behind the old school",
    "needs a new set of parts",
    "is open until ten in the evening",
    "was sold to a neighbour",
    "makes more noise than last year",
    "will be moved to the other bank",
];

impl Version {
    /// A whole text.
    #[must_use]
    pub fn new(n: u64, paragraphs: u32) -> Self {
        Self { n, paragraphs, cut: None }
    }

    /// Stands for a folder.
    #[must_use]
    pub fn folder(n: u64) -> Self {
        Self { n, paragraphs: 0, cut: Some(0) }
    }

    /// The same with more paragraphs at its end.
    #[must_use]
    pub fn longer(self, more: u32) -> Self {
        Self { paragraphs: self.paragraphs + more, ..self }
    }

    /// The word that only this version holds.
    #[must_use]
    pub fn marker(&self) -> String {
        marker(self.n)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let marker = self.marker();
        let mut text = format!("# Entry {marker}\n");
        for i in 0..u64::from(self.paragraphs) {
            let pick = self.n.wrapping_mul(0x9e37_79b9).wrapping_add(i * 7);
            let (thing, deed) = (THINGS[(pick % 16) as usize], DEEDS[(pick / 16 % 8) as usize]);
            if i % 8 == 7 {
                // A section of its own, so that the text is cut into several chunks of several headings.
                let _ = write!(text, "\n## Part {i} of {marker}\n");
            }
            let _ = write!(
                text,
                "\nThe {thing} of {marker} {deed}. Paragraph {i} says so, and nothing else does: the {thing} is number {pick}.\n"
            );
        }
        text.truncate(self.cut.map_or(usize::MAX, |cut| cut as usize).min(text.len()));
        text
    }

    /// BLAKE3 of the bytes, in hexadecimal, as hits name versions.
    #[must_use]
    pub fn hash(&self) -> String {
        hash_of(self.text().as_bytes())
    }

    /// A sentence that is near to this text, without its marker.
    #[must_use]
    pub fn sentence(&self) -> String {
        let pick = self.n.wrapping_mul(0x9e37_79b9);
        format!("the {} {}", THINGS[(pick % 16) as usize], DEEDS[(pick / 16 % 8) as usize])
    }

    /// This version as far as `bytes` go, if they are a part of it from its beginning.
    #[must_use]
    pub fn cut_to(&self, bytes: &[u8]) -> Option<Self> {
        let text = self.text();
        if !text.as_bytes().starts_with(bytes) {
            return None;
        }
        let cut = (bytes.len() < Self { cut: None, ..*self }.text().len()).then_some(bytes.len() as u64);
        Some(Self { cut, ..*self })
    }

    /// Whether the text is long enough to hold its marker.
    #[must_use]
    pub fn is_findable(&self) -> bool {
        self.text().contains(&self.marker())
    }
}

/// BLAKE3 in hexadecimal.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_its_own_and_can_be_told_from_its_parts() {
        let (one, two) = (Version::new(7, 20), Version::new(70, 20));
        assert!(one.text().matches(&one.marker()).count() > 20);
        assert!(!two.text().contains(&one.marker()));
        assert_ne!(one.hash(), Version::new(7, 21).hash());
        let text = one.text();
        let part = &text.as_bytes()[..100];
        assert_eq!(one.cut_to(part), Some(Version { cut: Some(100), ..one }));
        assert_eq!(one.cut_to(part).map(|cut| cut.text().into_bytes()), Some(part.to_vec()));
        assert_eq!(one.cut_to(one.text().as_bytes()), Some(one));
        assert_eq!(one.cut_to(b"# Entry of another"), None);
        assert!(one.is_findable() && !Version { cut: Some(3), ..one }.is_findable());
    }
}
