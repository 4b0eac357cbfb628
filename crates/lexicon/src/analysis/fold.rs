//! Folding: one spelling for letters that people type in several ways.
//!
//! Invariant: the result of folding folds to itself.
//! Not here: finding words, stemming.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Appends `word` to `out`: lower case, compatibility forms unified, accents of Latin, Greek and Cyrillic letters removed.
pub(super) fn fold_into(word: &str, out: &mut String) {
    if word.is_ascii() {
        let from = out.len();
        out.push_str(word);
        out[from..].make_ascii_lowercase();
    } else {
        word.nfkd().filter(|&c| !is_accent(c)).flat_map(char::to_lowercase).for_each(|c| push_plain(c, out));
    }
}

/// Appends `run`, a piece of a script without spaces, with its compatibility forms unified and nothing removed: here a mark makes
/// another letter (か, が).
pub(super) fn unify_into(run: &str, out: &mut String) {
    out.extend(run.nfkc());
}

/// Whether `c` is a mark that sits on letters of the European scripts, which readers add or leave out at will. Marks of other scripts
/// (Indic vowel signs, Arabic vowels) belong to the word.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether `c` continues the word before it.
pub(super) fn is_mark(c: char) -> bool {
    is_combining_mark(c)
}

/// Appends a lower-case letter, written with plain letters where it has no decomposition but a customary spelling.
fn push_plain(c: char, out: &mut String) {
    match c {
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ø' => out.push('o'),
        'ł' => out.push('l'),
        'đ' | 'ð' => out.push('d'),
        'ħ' => out.push('h'),
        'ı' => out.push('i'),
        'ς' => out.push('σ'),
        // Lower-casing can split a letter from its mark again (İ).
        c if is_accent(c) => {}
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fold(word: &str) -> String {
        let mut out = String::new();
        fold_into(word, &mut out);
        out
    }

    #[test]
    fn spellings_meet() {
        let pairs = [
            ("Größe", "grosse"),
            ("ÜBER", "uber"),
            ("e\u{301}te\u{301}", "ete"),
            ("Ærø", "aero"),
            ("Łódź", "lodz"),
            ("İstanbul", "istanbul"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("Ёлка", "елка"),
            ("ＡＰＩ", "api"),
            ("ﬁle", "file"),
            ("हिन्दी", "हिन्दी"),
        ];
        for (word, expected) in pairs {
            assert_eq!(fold(word), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(word in "\\PC{0,12}") {
            prop_assert_eq!(fold(&fold(&word)), fold(&word));
        }
    }
}
