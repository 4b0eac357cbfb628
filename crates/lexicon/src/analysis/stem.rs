//! Stemming: one term for the forms of a word.
//!
//! Invariant: remembering a stem never changes it; the memory only saves work.
//! Not here: lower-casing and folding.
//!
//! The algorithms are Snowball's, <https://snowballstem.org/algorithms/>; English is Porter 2. English words are stemmed after folding, as
//! they have no accents to lose; other languages before, because their endings are told by accents (`año`, `é`, `ção`).

use frostem::{Algorithm, Stemmer};

use super::language::Language;

/// Whether word forms are reduced to one term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stemming {
    /// By the rules of each text's language, which are English where none is told.
    #[default]
    ByLanguage,
    /// No stemming: every form is its own term.
    None,
}

impl Stemming {
    /// The name that is part of the schema, so an index made in another way is recognised.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ByLanguage => "by_language",
            Self::None => "none",
        }
    }
}

/// The stemmers of one analyzer: English at once, the others when a text in their language comes.
#[derive(Clone)]
pub(super) struct Stems {
    english: Option<StemMemory>,
    others: Vec<(&'static Language, StemMemory)>,
}

impl Stems {
    pub(super) fn new(stemming: Stemming) -> Self {
        let english = match stemming {
            Stemming::ByLanguage => Some(StemMemory::new(Algorithm::English)),
            Stemming::None => None,
        };
        Self { english, others: Vec::new() }
    }

    /// Replaces a folded word by its stem, if it is plain `a`-`z`.
    pub(super) fn stem(&mut self, word: &mut String) {
        let Some(english) = &mut self.english else { return };
        // No stem of one or two letters differs from its word.
        if word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase()) {
            english.stem(word);
        }
    }

    /// Replaces a word in lower case, with its accents, by its stem in `language`. `false` when words are to stay as they are.
    pub(super) fn stem_in(&mut self, language: &'static Language, word: &mut String) -> bool {
        if self.english.is_none() {
            return false;
        }
        let known = self.others.iter().position(|(known, _)| *known == language);
        let at = known.unwrap_or_else(|| {
            self.others.push((language, StemMemory::new(language.algorithm)));
            self.others.len() - 1
        });
        if let Some((_, memory)) = self.others.get_mut(at) {
            memory.stem(word);
        }
        true
    }
}

/// A stemmer that remembers the stems of the words it saw last: text repeats its words, and to look up is cheaper than to work out.
struct StemMemory {
    stemmer: Stemmer,
    /// Direct-mapped by hash; empty until the memory pays.
    slots: Vec<Slot>,
    n_words: usize,
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
/// The words of a query are fewer than those it takes to pay for making the memory.
const WORDS_UNREMEMBERED: usize = 64;

impl StemMemory {
    fn new(algorithm: Algorithm) -> Self {
        Self { stemmer: Stemmer::new(algorithm), slots: Vec::new(), n_words: 0 }
    }

    fn stem(&mut self, word: &mut String) {
        let key = key_of(word.as_bytes()).filter(|_| self.is_worth_it());
        let Some(key) = key else {
            let stem = self.stemmer.stem(word).into_owned();
            *word = stem;
            return;
        };
        let slot = &mut self.slots[slot_of(&key)];
        if slot.word != key {
            let stem = self.stemmer.stem(word);
            let Some(change) = Slot::of(key, word, &stem) else {
                let stem = stem.into_owned();
                *word = stem;
                return;
            };
            *slot = change;
        }
        slot.apply(word);
    }

    /// Whether there is a memory: a query is over before one pays.
    fn is_worth_it(&mut self) -> bool {
        if self.slots.is_empty() {
            self.n_words += 1;
            if self.n_words <= WORDS_UNREMEMBERED {
                return false;
            }
            self.slots = vec![Slot::default(); 1 << SLOT_BITS];
        }
        true
    }
}

/// A clone starts with nothing remembered: tantivy clones one for every segment it writes.
impl Clone for StemMemory {
    fn clone(&self) -> Self {
        Self { stemmer: self.stemmer, slots: Vec::new(), n_words: 0 }
    }
}

impl Slot {
    fn of(key: [u64; KEY_WORDS], word: &str, stem: &str) -> Option<Self> {
        let same = word.bytes().zip(stem.bytes()).take_while(|(a, b)| a == b).count();
        // Two letters can begin with the same byte.
        let keep = word.floor_char_boundary(same);
        let behind = stem.as_bytes().get(keep..).filter(|behind| behind.len() <= MAX_TAIL)?;
        let mut tail = [0; MAX_TAIL];
        tail[..behind.len()].copy_from_slice(behind);
        Some(Self { word: key, keep: keep as u8, n_tail: behind.len() as u8, tail })
    }

    fn apply(&self, word: &mut String) {
        word.truncate(usize::from(self.keep));
        // Most stems are beginnings of their words.
        if self.n_tail > 0 {
            word.push_str(std::str::from_utf8(&self.tail[..usize::from(self.n_tail)]).unwrap_or_default());
        }
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
    use corpus::LanguageCode;
    use proptest::prelude::*;

    fn stem(stems: &mut Stems, word: &str) -> String {
        let mut word = word.to_owned();
        stems.stem(&mut word);
        word
    }

    #[test]
    fn forms_of_a_word_meet() {
        let mut stems = Stems::new(Stemming::ByLanguage);
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

    #[test]
    fn forms_of_a_word_meet_in_their_language() {
        for (code, a, b) in [
            ("de", "verkäufe", "verkaufs"),
            ("de", "größere", "größe"),
            ("fr", "généralement", "générales"),
            ("es", "canciones", "canción"),
            ("ru", "мельницами", "мельница"),
            ("sv", "kvarnarna", "kvarnen"),
            ("el", "μύλων", "μύλος"),
        ] {
            let language = LanguageCode::new(code).and_then(Language::of).unwrap();
            let mut stems = Stems::new(Stemming::ByLanguage);
            let [a, b] = [a, b].map(|word| {
                let mut word = word.to_owned();
                assert!(stems.stem_in(language, &mut word));
                word.replace('ä', "a").replace('ó', "o")
            });
            assert_eq!(a, b, "{code}");
            assert!(!Stems::new(Stemming::None).stem_in(language, &mut "x".to_owned()));
        }
    }

    proptest! {
        #[test]
        fn remembered_stems_are_the_stems(
            words in prop::collection::vec("[a-z]{1,8}(ational|iness|ies|ing|ed|ly)?[a-z]{0,14}|[a-zäöüßéèñçã]{1,6}(ungen|ação|é|ière)", 40..80),
            algorithm in prop::sample::select(&[Algorithm::English, Algorithm::German, Algorithm::French, Algorithm::Portuguese]),
        ) {
            let mut memory = StemMemory::new(algorithm);
            let plain = Stemmer::new(algorithm);
            for word in words.iter().chain(&words).chain(&words) {
                let mut stem = word.clone();
                memory.stem(&mut stem);
                prop_assert_eq!(stem, plain.stem(word).into_owned());
            }
        }
    }
}
