//! The tables in a form that is quick to ask.
//!
//! Invariant: a word that is longer than a key is of no language.

use std::sync::OnceLock;

use super::words::{FREQUENT_WORDS, LETTERS, LanguageSet};

/// A short word as one number: its bytes, the first lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key {
    bytes: u128,
    len: u32,
}

const MAX_KEY_BYTES: u32 = 16;

impl Key {
    /// Adds a letter; a word that grows too long stays so.
    pub(super) fn push(&mut self, c: char) {
        let mut buffer = [0; 4];
        for &byte in c.encode_utf8(&mut buffer).as_bytes() {
            if self.len < MAX_KEY_BYTES {
                self.bytes |= u128::from(byte) << (8 * self.len);
            }
            self.len = self.len.saturating_add(1);
        }
    }

    pub(super) fn of(word: &str) -> Self {
        let mut key = Self::default();
        word.chars().for_each(|c| key.push(c));
        key
    }

    fn fits(self) -> bool {
        self.len <= MAX_KEY_BYTES
    }

    /// Multiplicative hashing: the upper bits of a product with 2^64 divided by the golden ratio.
    fn slot(self) -> usize {
        let mixed = (self.bytes as u64) ^ ((self.bytes >> 64) as u64).rotate_left(29);
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOT_BITS)) as usize
    }
}

/// Twice as many slots as there are words, so that most are found or missed at the first look.
const SLOT_BITS: u32 = 12;

/// Frequent words and letters with the languages that have them.
pub(super) struct Table {
    /// Open addressing; a key of zero is an empty slot.
    words: Vec<(u128, LanguageSet)>,
    letters: Vec<(char, LanguageSet)>,
}

impl Table {
    /// The one table, made when it is first asked for.
    pub(super) fn get() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let mut table = Self { words: vec![(0, 0); 1 << SLOT_BITS], letters: Vec::new() };
        for (at, (_, words)) in FREQUENT_WORDS.iter().enumerate() {
            for word in words.split_ascii_whitespace() {
                table.insert(Key::of(word), 1 << at);
            }
        }
        for (letters, codes) in LETTERS {
            let languages = FREQUENT_WORDS.iter().enumerate();
            let set = languages
                .filter(|(_, (code, _))| codes.split(' ').any(|known| known == *code))
                .fold(0, |set, (at, _)| set | 1 << at);
            for letter in letters.chars() {
                match table.letters.iter_mut().find(|(known, _)| *known == letter) {
                    Some((_, known)) => *known |= set,
                    None => table.letters.push((letter, set)),
                }
            }
        }
        table.letters.sort_unstable();
        table
    }

    fn insert(&mut self, key: Key, languages: LanguageSet) {
        let n = self.words.len();
        if let Some(at) = (key.slot()..n)
            .chain(0..key.slot())
            .find(|&at| matches!(self.words.get(at), Some((word, _)) if *word == 0 || *word == key.bytes))
            && let Some(slot) = self.words.get_mut(at)
        {
            *slot = (key.bytes, slot.1 | languages);
        }
    }

    /// The languages that often have this word.
    pub(super) fn word(&self, key: Key) -> LanguageSet {
        if !key.fits() {
            return 0;
        }
        let slots = self.words.iter().skip(key.slot());
        for (word, languages) in slots.chain(&self.words) {
            if *word == key.bytes {
                return *languages;
            }
            if *word == 0 {
                break;
            }
        }
        0
    }

    /// The languages that have this letter, when few do.
    pub(super) fn letter(&self, letter: char) -> LanguageSet {
        let at = self.letters.binary_search_by_key(&letter, |(known, _)| *known);
        at.ok().and_then(|at| self.letters.get(at)).map_or(0, |(_, languages)| *languages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_letter_is_found() {
        assert!(FREQUENT_WORDS.len() <= LanguageSet::BITS as usize);
        let table = Table::get();
        for (at, (code, words)) in FREQUENT_WORDS.iter().enumerate() {
            for word in words.split_ascii_whitespace() {
                let key = Key::of(word);
                assert!(key.fits() && word.to_lowercase() == word, "{word}");
                assert!(table.word(key) >> at & 1 == 1, "{code} {word}");
            }
        }
        assert_eq!([table.word(Key::of("xyzzy")), table.word(Key::of(&"long".repeat(5)))], [0, 0]);
        assert_ne!(table.letter('ß'), 0);
        assert_eq!(table.letter('a'), 0);
    }
}
