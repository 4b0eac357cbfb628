//! The analyzer: text in, terms out, as tantivy's tokenizer interface wants them.
//!
//! Invariant: one pass, no allocation for a term beyond buffers that are used again.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::fold::{fold_into, unify_into};
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
    queue: Vec<Found>,
    token: Token,
}

/// The terms of one text, in order.
pub(crate) struct TermStream<'a> {
    text: &'a str,
    scan: Scan,
    next: usize,
    kind: TermKind,
    writer: &'a mut TermWriter,
}

impl Analyzer {
    pub(crate) fn new(stemming: Stemming) -> Self {
        let writer = TermWriter { stems: Stems::new(stemming), queue: Vec::new(), token: Token::default() };
        Self { writer, composed: String::new() }
    }
}

impl Tokenizer for Analyzer {
    type TokenStream<'a> = TermStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermStream<'a> {
        self.writer.queue.clear();
        self.writer.token.reset();
        let text = if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
            text
        } else {
            self.composed.clear();
            self.composed.extend(text.nfc());
            &self.composed
        };
        TermStream { text, scan: Scan::default(), next: 0, kind: TermKind::Word, writer: &mut self.writer }
    }
}

impl TermStream<'_> {
    /// What the current term is.
    pub(crate) fn kind(&self) -> TermKind {
        self.kind
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
                self.kind = found.kind;
                self.writer.write(self.text, found);
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
    fn write(&mut self, text: &str, found: Found) {
        let token = &mut self.token;
        token.text.clear();
        (token.offset_from, token.offset_to, token.position) = (found.from, found.to, found.position);
        let raw = &text[found.from..found.to];
        match found.kind {
            TermKind::Pair | TermKind::Single | TermKind::Lone => unify_into(raw, &mut token.text),
            TermKind::Whole => {
                // Dots stay: `3.14` is not `314`.
                raw.split(['_', '-']).for_each(|piece| fold_into(piece, &mut token.text));
                self.stems.stem(&mut token.text);
            }
            TermKind::Word | TermKind::Part => {
                fold_into(raw, &mut token.text);
                self.stems.stem(&mut token.text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn terms(text: &str) -> Vec<String> {
        let mut analyzer = Analyzer::new(Stemming::English);
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

    proptest! {
        #[test]
        fn any_text_has_terms_that_are_short_and_in_order(text in "(\\PC|[aB1_.'中\u{301} -]){0,60}") {
            let mut analyzer = Analyzer::new(Stemming::English);
            let mut stream = analyzer.token_stream(&text);
            let mut position = 0;
            while stream.advance() {
                prop_assert!(!stream.token().text.is_empty() && stream.token().text.len() < 1024);
                prop_assert!(stream.token().position >= position);
                position = stream.token().position;
            }
        }
    }
}
