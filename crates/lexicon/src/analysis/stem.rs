//! Stemming: one term for the forms of a word.
//!
//! Invariant: remembering a stem never changes it; the memory only saves work.
//! Not here: lower-casing and folding, which come first.
//!
//! The algorithm is Snowball's English stemmer (Porter 2), <https://snowballstem.org/algorithms/english/stemmer.html>.

use frostem::{Algorithm, Stemmer};

/// The language whose word forms are reduced to one term. Words that are not plain `a`-`z` after folding are left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stemming {
    /// English word endings.
    #[default]
    English,
    /// No stemming: every form is its own term.
    None,
}

impl Stemming {
    /// The name that is part of the schema, so an index of another language is recognised.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::None => "none",
        }
    }
}

/// A stemmer that remembers the stems of the words it saw last: text repeats its words, and to look up is cheaper than to work out.
pub(super) struct Stems {
    stemmer: Option<Stemmer>,
    /// Direct-mapped by hash; empty until the first word.
    slots: Vec<Slot>,
}

/// What turns one word into its stem: how much of it stays, and what is put behind. A key of zeros is an empty slot.
#[derive(Clone, Copy, Default)]
struct Slot {
    word: [u64; KEY_WORDS],
    keep: u8,
    n_tail: u8,
    tail: [u8; MAX_TAIL],
}

const KEY_WORDS: usize = 3;
/// Longer words are rare and pay for their stem each time.
const MAX_WORD: usize = KEY_WORDS * 8;
/// The endings that Snowball puts in place of others ("ate", "ize", "i", "e") fit.
const MAX_TAIL: usize = 6;
/// Room for the frequent words of a text, in 128 KB, which stay in the processor's cache.
const SLOT_BITS: u32 = 12;

impl Stems {
    pub(super) fn new(stemming: Stemming) -> Self {
        let stemmer = match stemming {
            Stemming::English => Some(Stemmer::new(Algorithm::English)),
            Stemming::None => None,
        };
        Self { stemmer, slots: Vec::new() }
    }

    /// Replaces a folded word by its stem.
    pub(super) fn stem(&mut self, word: &mut String) {
        let Some(stemmer) = self.stemmer else { return };
        // No stem of one or two letters differs from its word.
        if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
            return;
        }
        let Some(key) = key_of(word.as_bytes()) else {
            let stem = stemmer.stem(word).into_owned();
            *word = stem;
            return;
        };
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); 1 << SLOT_BITS];
        }
        let slot = &mut self.slots[slot_of(&key)];
        if slot.word != key {
            let stem = stemmer.stem(word);
            let Some(change) = Slot::of(key, word, &stem) else {
                let stem = stem.into_owned();
                *word = stem;
                return;
            };
            *slot = change;
        }
        slot.apply(word);
    }
}

/// A clone starts with nothing remembered: tantivy clones one for every segment it writes.
impl Clone for Stems {
    fn clone(&self) -> Self {
        Self { stemmer: self.stemmer, slots: Vec::new() }
    }
}

impl Slot {
    fn of(key: [u64; KEY_WORDS], word: &str, stem: &str) -> Option<Self> {
        let keep = word.bytes().zip(stem.bytes()).take_while(|(a, b)| a == b).count();
        let behind =
            stem.as_bytes().get(keep..).filter(|behind| behind.len() <= MAX_TAIL && behind.is_ascii())?;
        let mut tail = [0; MAX_TAIL];
        tail[..behind.len()].copy_from_slice(behind);
        Some(Self { word: key, keep: keep as u8, n_tail: behind.len() as u8, tail })
    }

    fn apply(&self, word: &mut String) {
        word.truncate(usize::from(self.keep));
        word.extend(self.tail[..usize::from(self.n_tail)].iter().map(|&b| char::from(b)));
    }
}

/// The word's bytes, padded with zeros, as numbers; `None` when it is too long.
fn key_of(word: &[u8]) -> Option<[u64; KEY_WORDS]> {
    let mut padded = [0; MAX_WORD];
    padded.get_mut(..word.len())?.copy_from_slice(word);
    let mut key = [0; KEY_WORDS];
    for (number, bytes) in key.iter_mut().zip(padded.as_chunks::<8>().0) {
        *number = u64::from_le_bytes(*bytes);
    }
    Some(key)
}

/// Multiplicative hashing: the upper bits of a product with a large odd number (2^64 divided by the golden ratio).
fn slot_of(key: &[u64; KEY_WORDS]) -> usize {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = key.iter().fold(0_u64, |hash, part| (hash.rotate_left(23) ^ part).wrapping_mul(GOLDEN));
    (mixed >> (u64::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stem(stems: &mut Stems, word: &str) -> String {
        let mut word = word.to_owned();
        stems.stem(&mut word);
        word
    }

    #[test]
    fn forms_of_a_word_meet() {
        let mut stems = Stems::new(Stemming::English);
        for (a, b) in
            [("invoices", "invoice"), ("running", "run"), ("quickly", "quick"), ("indexing", "indexes")]
        {
            assert_eq!(stem(&mut stems, a), stem(&mut stems, b));
        }
        assert_eq!(stem(&mut Stems::new(Stemming::None), "running"), "running");
        for untouched in ["utf8", "größe", "", "is"] {
            assert_eq!(stem(&mut stems, untouched), untouched);
        }
    }

    proptest! {
        #[test]
        fn remembered_stems_are_the_stems(words in prop::collection::vec("[a-z]{1,8}(ational|iness|ies|ing|ed|ly)?[a-z]{0,14}", 1..40)) {
            let mut stems = Stems::new(Stemming::English);
            let plain = Stemmer::new(Algorithm::English);
            for word in words.iter().chain(&words) {
                let expected = if word.len() < 3 { word.clone() } else { plain.stem(word).into_owned() };
                prop_assert_eq!(stem(&mut stems, word), expected);
            }
        }
    }
}
