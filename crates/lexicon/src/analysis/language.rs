//! Languages: which have a stemmer, the script they are written in, and how their terms are kept apart.
//!
//! Invariant: a term of a language begins with [`TAG`] and the language's two letters, which no other term does; so stems of different
//! languages never meet, and the languages of an index can be read off its list of terms. English terms carry no tag, nor does what has
//! no language: numbers, identifiers with digits, words of another script than the language's own.
//! Not here: stems (see `stem`), which language a text is in.

use std::borrow::Cow;

use corpus::LanguageCode;
use frostem::Algorithm;

/// Begins the terms of a language other than English: a control character, which no word has.
pub(crate) const TAG: u8 = 0x1f;

/// Begins a text whose language is told, followed by the language's two letters. A character for private use.
const MARK: char = '\u{f51f}';

/// A language other than English with rules for its word forms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Language {
    code: &'static str,
    pub(super) algorithm: Algorithm,
    script: Script,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Armenian,
    Devanagari,
    Hebrew,
    Tamil,
}

/// Every language that the stemmers know, by its code.
const LANGUAGES: [Language; 31] = [
    row("ar", Algorithm::Arabic, Script::Arabic),
    row("ca", Algorithm::Catalan, Script::Latin),
    row("cs", Algorithm::Czech, Script::Latin),
    row("da", Algorithm::Danish, Script::Latin),
    row("de", Algorithm::German, Script::Latin),
    row("el", Algorithm::Greek, Script::Greek),
    row("eo", Algorithm::Esperanto, Script::Latin),
    row("es", Algorithm::Spanish, Script::Latin),
    row("et", Algorithm::Estonian, Script::Latin),
    row("eu", Algorithm::Basque, Script::Latin),
    row("fa", Algorithm::Persian, Script::Arabic),
    row("fi", Algorithm::Finnish, Script::Latin),
    row("fr", Algorithm::French, Script::Latin),
    row("ga", Algorithm::Irish, Script::Latin),
    row("hi", Algorithm::Hindi, Script::Devanagari),
    row("hu", Algorithm::Hungarian, Script::Latin),
    row("hy", Algorithm::Armenian, Script::Armenian),
    row("id", Algorithm::Indonesian, Script::Latin),
    row("it", Algorithm::Italian, Script::Latin),
    row("lt", Algorithm::Lithuanian, Script::Latin),
    row("ne", Algorithm::Nepali, Script::Devanagari),
    row("nl", Algorithm::Dutch, Script::Latin),
    row("no", Algorithm::Norwegian, Script::Latin),
    row("pl", Algorithm::Polish, Script::Latin),
    row("pt", Algorithm::Portuguese, Script::Latin),
    row("ro", Algorithm::Romanian, Script::Latin),
    row("ru", Algorithm::Russian, Script::Cyrillic),
    row("sv", Algorithm::Swedish, Script::Latin),
    row("ta", Algorithm::Tamil, Script::Tamil),
    row("tr", Algorithm::Turkish, Script::Latin),
    row("yi", Algorithm::Yiddish, Script::Hebrew),
];

const fn row(code: &'static str, algorithm: Algorithm, script: Script) -> Language {
    Language { code, algorithm, script }
}

impl Language {
    /// The language of that code, if it has rules of its own; the two ways of writing Norwegian share theirs.
    pub(crate) fn of(code: LanguageCode) -> Option<&'static Self> {
        Self::by_letters(match code.as_str() {
            "nb" | "nn" => "no",
            other => other,
        })
    }

    #[cfg(test)]
    pub(super) fn all() -> Vec<&'static Self> {
        LANGUAGES.iter().collect()
    }

    fn by_letters(letters: &str) -> Option<&'static Self> {
        let at = LANGUAGES.binary_search_by(|language| language.code.cmp(letters)).ok()?;
        LANGUAGES.get(at)
    }

    /// The language that a term's tag names.
    pub(crate) fn of_term(term: &[u8]) -> Option<&'static Self> {
        match term {
            [TAG, a, b, ..] => Self::by_letters(std::str::from_utf8(&[*a, *b]).ok()?),
            _ => None,
        }
    }

    /// Its two letters.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Appends what its terms begin with.
    pub(super) fn tag(&self, term: &mut String) {
        term.push(char::from(TAG));
        term.push_str(self.code);
    }

    /// Whether `c` is a letter, or a mark on one, of its script.
    pub(super) fn writes(&self, c: char) -> bool {
        match self.script {
            Script::Latin => {
                c.is_ascii_alphabetic()
                    || matches!(c, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
            }
            Script::Cyrillic => matches!(c, '\u{400}'..='\u{52f}' | '\u{300}'..='\u{36f}'),
            Script::Greek => {
                matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' | '\u{300}'..='\u{36f}')
            }
            // Their digits are between their letters.
            Script::Arabic => matches!(c, '\u{610}'..='\u{6ff}') && !c.is_numeric(),
            Script::Armenian => matches!(c, '\u{531}'..='\u{587}'),
            Script::Devanagari => matches!(c, '\u{900}'..='\u{97f}') && !c.is_numeric(),
            Script::Hebrew => matches!(c, '\u{591}'..='\u{5f4}'),
            Script::Tamil => matches!(c, '\u{b80}'..='\u{bff}') && !c.is_numeric(),
        }
    }

    /// Appends `c` in lower case. The Turkish i has a dot in both cases or in none.
    pub(super) fn push_lower(&self, c: char, out: &mut String) {
        match (self.algorithm, c) {
            (Algorithm::Turkish, 'I') => out.push('ı'),
            (Algorithm::Turkish, 'İ') => out.push('i'),
            _ => out.extend(c.to_lowercase()),
        }
    }
}

/// The word of a term, without the tag of its language.
pub(crate) fn untagged(term: &str) -> &str {
    match term.as_bytes() {
        [TAG, _, _, ..] => term.get(3..).unwrap_or(term),
        _ => term,
    }
}

/// The text with its language before it, as [`read_mark`] takes it off again. English, and what has no rules, goes without.
pub(crate) fn marked<'a>(language: Option<&Language>, text: &'a str) -> Cow<'a, str> {
    match language {
        Some(language) => Cow::Owned(format!("{MARK}{}{text}", language.code)),
        // Or what somebody wrote there would be believed.
        None if text.starts_with(MARK) => Cow::Owned(format!("{MARK}en{text}")),
        None => Cow::Borrowed(text),
    }
}

/// The language that `text` is marked with, and the text itself.
pub(super) fn read_mark(text: &str) -> (Option<&'static Language>, &str) {
    let rest = text.strip_prefix(MARK).and_then(|rest| rest.split_at_checked(2));
    match rest {
        Some((letters, rest)) => (Language::by_letters(letters), rest),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn languages_are_in_order_and_found_by_code() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a.code < b.code));
        for language in &LANGUAGES {
            assert_eq!(LanguageCode::new(language.code).and_then(Language::of), Some(language));
            let mut term = String::new();
            language.tag(&mut term);
            term.push_str("wort");
            assert_eq!((Language::of_term(term.as_bytes()), untagged(&term)), (Some(language), "wort"));
        }
        let of = |code| LanguageCode::new(code).and_then(Language::of).map(Language::code);
        assert_eq!([of("en"), of("zh"), of("nb"), of("nn")], [None, None, Some("no"), Some("no")]);
        assert_eq!((Language::of_term(b"wort"), untagged("wort")), (None, "wort"));
    }

    proptest! {
        #[test]
        fn marks_come_off_again(at in 0..=LANGUAGES.len(), text in "\u{f51f}?[a-zé]{0,6}") {
            let language = LANGUAGES.get(at);
            let marked = marked(language, &text);
            prop_assert_eq!(read_mark(&marked), (language, text.as_str()));
        }
    }
}
