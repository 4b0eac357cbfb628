//! The analyzer: text in, terms out, as tantivy's tokenizer interface wants them.
//!
//! Invariant: one pass, no allocation for a term beyond buffers that are used again. A text that is marked with its language (see
//! `language`) has the terms of that language, another one English ones.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::fold::{fold_into, unify_into};
use super::language::{Language, read_mark};
use super::scan::{Found, Scan, TermKind};
use super::stem::{Stemming, Stems};

/// Turns text into terms. A clone shares nothing.
#[derive(Clone)]
pub(crate) struct Analyzer {
    writer: TermWriter,
    /// The text in composed form, when it came decomposed (as file names of some systems do).
    composed: String,
}

/// The buffers of an analysis.
#[derive(Clone)]
struct TermWriter {
    stems: Stems,
    /// A word in lower case, before it is stemmed and folded.
    lower: String,
    queue: Vec<Found>,
    token: Token,
}

/// The terms of one text, in order.
pub(crate) struct TermStream<'a> {
    text: &'a str,
    scan: Scan,
    next: usize,
    found: Option<Found>,
    language: Option<&'static Language>,
    writer: &'a mut TermWriter,
}

impl Analyzer {
    pub(crate) fn new(stemming: Stemming) -> Self {
        let writer = TermWriter {
            stems: Stems::new(stemming),
            lower: String::new(),
            queue: Vec::new(),
            token: Token::default(),
        };
        Self { writer, composed: String::new() }
    }
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        self.writer.queue.clear();
        self.writer.token.reset();
        let (language, text) = read_mark(text);
        let text = if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            text
        } else {
            self.composed.clear();
            self.composed.extend(text.nfc());
            &self.composed
        };
        TermStream { text, scan: Scan::default(), next: 0, found: None, language, writer: &mut self.writer }
    }
}

impl TermStream<'_> {
    /// What the current term is.
    pub(crate) fn kind(&self) -> TermKind {
        self.found.map_or(TermKind::Word, |found| found.kind)
    }

    /// Writes the current term as it is in a text of another language.
    pub(crate) fn rewrite_in(&mut self, language: Option<&'static Language>) -> &str {
        if let Some(found) = self.found {
            self.writer.write(self.text, found, language);
        }
        &self.writer.token.text
    }

    /// The current term as the text has it.
    pub(crate) fn raw(&self) -> &str {
        let token = &self.writer.token;
        self.text.get(token.offset_from..token.offset_to).unwrap_or_default()
    }
}

impl TokenStream for TermStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            if let Some(&found) = self.writer.queue.get(self.next) {
                self.next += 1;
                self.found = Some(found);
                self.writer.write(self.text, found, self.language);
                // A word of nothing but marks folds to nothing.
                if !self.writer.token.text.is_empty() {
                    return true;
                }
            } else {
                self.writer.queue.clear();
                self.next = 0;
                if !self.scan.next(self.text, &mut self.writer.queue) {
                    return false;
                }
            }
        }
    }

    fn token(&self) -> &Token {
        &self.writer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.writer.token
    }
}

impl TermWriter {
    #[inline]
    fn write(&mut self, text: &str, found: Found, language: Option<&'static Language>) {
        let token = &mut self.token;
        token.text.clear();
        (token.offset_from, token.offset_to, token.position) = (found.from, found.to, found.position);
        let raw = &text[found.from..found.to];
        if matches!(found.kind, TermKind::Pair | TermKind::Single | TermKind::Lone) {
            unify_into(raw, &mut token.text);
            return;
        }
        if language.is_some_and(|language| self.write_in(language, raw)) {
            return;
        }
        let token = &mut self.token;
        if found.kind == TermKind::Whole {
            // Dots stay: `3.14` is not `314`.
            raw.split(JOINERS).for_each(|piece| fold_into(piece, &mut token.text));
        } else {
            fold_into(raw, &mut token.text);
        }
        self.stems.stem(&mut token.text);
    }

    /// Writes `raw` as a term of `language`; `false`, and nothing, when it is no word of its script.
    #[inline(never)]
    fn write_in(&mut self, language: &'static Language, raw: &str) -> bool {
        self.lower.clear();
        for c in raw.chars().filter(|c| !JOINERS.contains(c)) {
            if !language.writes(c) {
                return false;
            }
            language.push_lower(c, &mut self.lower);
        }
        if !self.stems.stem_in(language, &mut self.lower) {
            return false;
        }
        let out = &mut self.token.text;
        language.tag(out);
        let before = out.len();
        fold_into(&self.lower, out);
        if out.len() == before {
            out.clear();
            return false;
        }
        true
    }
}

/// What holds the pieces of a word together that is also written as one.
const JOINERS: [char; 2] = ['_', '-'];

#[cfg(test)]
mod tests {
    use super::super::language::marked;
    use super::*;
    use corpus::LanguageCode;
    use proptest::prelude::*;

    fn terms(text: &str) -> Vec<String> {
        let mut analyzer = Analyzer::new(Stemming::ByLanguage);
        let mut stream = analyzer.token_stream(text);
        let mut terms = Vec::new();
        while stream.advance() {
            terms.push(stream.token().text.clone());
        }
        terms
    }

    #[test]
    fn ways_of_writing_meet() {
        for (a, b) in [
            ("parseHttpResponse", "parse_http_response"),
            ("parse-http-response", "PARSE_HTTP_RESPONSE"),
            ("UTF-8", "utf8"),
            ("JavaScript", "javascript"),
            ("e-mails", "email"),
            ("Größen", "GRÖSSEN"),
            ("가격", "\u{1100}\u{1161}\u{1100}\u{1167}\u{11a8}"),
        ] {
            assert!(
                terms(a).iter().any(|term| *term == terms(b)[0]),
                "{a} {:?}, {b} {:?}",
                terms(a),
                terms(b)
            );
        }
        assert_eq!(terms("3.14"), ["3.14", "3", "14"]);
        assert_eq!(terms("The running dogs"), ["the", "run", "dog"]);
    }

    #[test]
    fn marked_text_has_the_terms_of_its_language() {
        let check = |code: &str, text: &str, expected: &str| {
            let language = LanguageCode::new(code).and_then(Language::of);
            let shown: Vec<String> =
                terms(&marked(language, text)).iter().map(|term| term.replace('\u{1f}', "^")).collect();
            assert_eq!(shown.join(" "), expected, "{text}");
        };
        check("en", "The Mühlen of 1843", "the muhlen of 1843");
        check("de", "Die Mühlen, 1843", "^dedie ^demuhl 1843");
        check("de", "utf8 水 x2 Mill-Rad", "utf8 ^deutf 8 水 x2 ^dex 2 ^demillrad ^demill ^derad");
        check("ru", "Мельницы running", "^ruмельниц run");
        check("tr", "KAPISI", "^trkapis");
        check("zz", "running", "run");
    }

    proptest! {
        #[test]
        fn any_text_has_terms_that_are_short_and_in_order(
            text in "(\\PC|[aB1_.'中ßéşый\u{301} -]|[α-ώ]|[ء-ي]|[ऀ-ॿ]|[஀-௿]){0,60}",
            language in prop::option::of(prop::sample::select(Language::all())),
        ) {
            let mut analyzer = Analyzer::new(Stemming::ByLanguage);
            let marked = marked(language, &text);
            let mut stream = analyzer.token_stream(&marked);
            let mut position = 0;
            while stream.advance() {
                prop_assert!(!stream.token().text.is_empty() && stream.token().text.len() < 1024);
                prop_assert!(stream.token().position >= position);
                position = stream.token().position;
                let written = stream.token().text.clone();
                prop_assert_eq!(stream.rewrite_in(language), written, "a query writes as a document does");
            }
        }
    }
}
