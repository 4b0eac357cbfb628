//! Scanning: where the terms of a text stand.
//!
//! Invariant: spans lie on character boundaries; those that are queued together have positions in rising order; the work is linear in the text.
//! Not here: how a term is written once it is found (see `fold` and `stem`).

use super::fold::is_mark;

/// What a term is, which decides whether a query asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TermKind {
    /// A word that stands alone.
    Word,
    /// A word made of others (`parseHTTPResponse`, `snake_case`, `e-mail`, `utf8`, `0.27.0`), written as one. Its parts follow.
    Whole,
    /// One of those others.
    Part,
    /// Two neighbouring characters of a script that is written without spaces.
    Pair,
    /// One character of such a script that has neighbours: indexed so that a query of one character finds it.
    Single,
    /// One character of such a script on its own.
    Lone,
}

/// A term found, not yet folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) kind: TermKind,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Counted in words from the start of the text. A whole shares the position of its first part.
    pub(super) position: usize,
}

/// Longer terms are data (keys, digests, encoded bytes) that nobody types.
const MAX_TERM_BYTES: usize = 64;
/// A piece with more humps than this, or that changes oftener between letters and digits, is a digest or encoded data: it stays whole.
const MAX_PARTS: usize = 8;
const MAX_DIGIT_CHANGES: usize = 3;
/// Endings that follow an apostrophe and say nothing about the subject.
const CLITICS: [&str; 7] = ["s", "t", "d", "m", "ll", "re", "ve"];

/// How far a text has been read.
#[derive(Default)]
pub(super) struct Scan {
    at: usize,
    position: usize,
    in_unspaced_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Mark,
    Unspaced,
    Other,
}

impl Scan {
    /// Puts the next terms that belong together into `found`, which must be empty. `false` at the end of the text.
    pub(super) fn next(&mut self, text: &str, found: &mut Vec<Found>) -> bool {
        while found.is_empty() {
            let Some((class, len)) = class_at(text, self.at) else { return false };
            match class {
                Class::Unspaced => {
                    self.unspaced(text, len, found);
                    continue;
                }
                Class::Other | Class::Mark => self.at += len,
                Class::Lower | Class::Upper | Class::Digit => {
                    match plain_word_end(text.as_bytes(), self.at) {
                        Some(end) => self.word(end, found),
                        None => self.compound(text, found),
                    }
                }
            }
            self.in_unspaced_run = false;
        }
        true
    }

    fn word(&mut self, end: usize, found: &mut Vec<Found>) {
        if end - self.at <= MAX_TERM_BYTES {
            found.push(Found { kind: TermKind::Word, from: self.at, to: end, position: self.position });
        }
        self.position += 1;
        self.at = end;
    }

    fn unspaced(&mut self, text: &str, len: usize, found: &mut Vec<Found>) {
        let next = class_at(text, self.at + len).filter(|(class, _)| *class == Class::Unspaced);
        let kind = if self.in_unspaced_run || next.is_some() { TermKind::Single } else { TermKind::Lone };
        let (from, to, position) = (self.at, self.at + len, self.position);
        found.push(Found { kind, from, to, position });
        if let Some((_, next_len)) = next {
            found.push(Found { kind: TermKind::Pair, from, to: to + next_len, position });
        }
        self.in_unspaced_run = next.is_some();
        self.position += 1;
        self.at = to;
    }

    /// A word that may have parts: pieces held together by joiners, each perhaps with humps.
    fn compound(&mut self, text: &str, found: &mut Vec<Found>) {
        let from = self.at;
        found.push(Found { kind: TermKind::Whole, from, to: from, position: self.position });
        let mut piece = from;
        let end = loop {
            let end = piece_end(text, piece);
            self.piece(text, piece, end, found);
            match joined_at(text, end) {
                Some(next) => piece = next,
                None => break end,
            }
        };
        self.at = clitic_end(text, end).unwrap_or(end);
        found[0].to = end;
        if let [_, only] = &mut found[..] {
            only.kind = TermKind::Word;
            found.swap_remove(0);
        } else if found.len() == 1 || end - from > MAX_TERM_BYTES {
            found.remove(0);
        }
    }

    /// Cuts `from..to` at its humps (`HTTPResponse`) and between letters and digits (`utf8`).
    fn piece(&mut self, text: &str, from: usize, to: usize, found: &mut Vec<Found>) {
        let (first, first_position) = (found.len(), self.position);
        let mut start = from;
        let mut digit_changes = 0;
        let mut humps = Humps { before: Class::Other, at: from, uppers: 0, end: to };
        for (at, class) in classes(text, from, to) {
            if (humps.before == Class::Digit) != (class == Class::Digit) && at > from {
                digit_changes += 1;
            }
            if let Some(cut) = humps.next(text, at, class) {
                self.part(start, cut, found);
                start = cut;
            }
        }
        self.part(start, to, found);
        if digit_changes > MAX_DIGIT_CHANGES || found.len() - first > MAX_PARTS {
            found.truncate(first);
            self.position = first_position;
            self.part(from, to, found);
        }
    }

    fn part(&mut self, from: usize, to: usize, found: &mut Vec<Found>) {
        if to - from <= MAX_TERM_BYTES {
            found.push(Found { kind: TermKind::Part, from, to, position: self.position });
        }
        self.position += 1;
    }
}

/// Watches the letters of a piece go by and tells where it is cut.
struct Humps {
    before: Class,
    at: usize,
    /// Capitals in a row, up to `at`.
    uppers: usize,
    end: usize,
}

impl Humps {
    fn next(&mut self, text: &str, at: usize, class: Class) -> Option<usize> {
        // The s of "URLs" is an ending, not the start of "Ls".
        let is_plural = at + 1 == self.end && text.as_bytes()[at] == b's';
        let cut = match (self.before, class) {
            (Class::Lower, Class::Upper)
            | (Class::Lower | Class::Upper, Class::Digit)
            | (Class::Digit, Class::Lower | Class::Upper) => Some(at),
            (Class::Upper, Class::Lower) if self.uppers > 1 && !is_plural => Some(self.at),
            _ => None,
        };
        self.uppers = if class == Class::Upper { self.uppers + 1 } else { 0 };
        (self.before, self.at) = (class, at);
        cut
    }
}

/// The end of the word at `from` when it is ASCII letters of which at most the first is a capital and nothing is joined to it, as most are.
fn plain_word_end(bytes: &[u8], from: usize) -> Option<usize> {
    if !bytes[from].is_ascii_alphabetic() {
        return None;
    }
    let lower = bytes[from + 1..].iter().take_while(|b| b.is_ascii_lowercase()).count();
    let end = from + 1 + lower;
    match bytes.get(end) {
        None => Some(end),
        Some(next) => {
            (next.is_ascii() && !next.is_ascii_alphanumeric() && !b"_-'".contains(next)).then_some(end)
        }
    }
}

/// The end of the letters, digits and marks that begin at `from`.
fn piece_end(text: &str, from: usize) -> usize {
    let mut end = from;
    while let Some((Class::Lower | Class::Upper | Class::Digit | Class::Mark, len)) = class_at(text, end) {
        end += len;
    }
    end
}

/// Where the next piece begins if one is joined to the piece that ends at `end`: by underscores, a hyphen, or a dot between digits.
fn joined_at(text: &str, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let next = match bytes.get(end)? {
        b'_' => end + bytes[end..].iter().take_while(|&&b| b == b'_').count(),
        b'-' => end + 1,
        b'.' if bytes[end - 1].is_ascii_digit() && bytes.get(end + 1)?.is_ascii_digit() => end + 1,
        _ => return None,
    };
    matches!(class_at(text, next)?.0, Class::Lower | Class::Upper | Class::Digit).then_some(next)
}

/// Where the text goes on if an apostrophe and a clitic ("'s", "'ll") stand at `end`.
fn clitic_end(text: &str, end: usize) -> Option<usize> {
    let after = text[end..].strip_prefix(['\'', '’'])?;
    let from = text.len() - after.len();
    let to = piece_end(text, from);
    CLITICS.iter().any(|clitic| clitic.eq_ignore_ascii_case(&text[from..to])).then_some(to)
}

/// The characters of `from..to` with their class; marks belong to the letter before them and are left out.
fn classes(text: &str, from: usize, to: usize) -> impl Iterator<Item = (usize, Class)> {
    let chars = text[from..to].char_indices();
    chars.map(move |(at, c)| (from + at, class_of(c))).filter(|(_, class)| *class != Class::Mark)
}

/// The class of the character at `at` and its length in bytes, or `None` at the end.
fn class_at(text: &str, at: usize) -> Option<(Class, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if byte.is_ascii() {
        return Some((ascii_class(byte), 1));
    }
    let c = text.get(at..)?.chars().next()?;
    Some((class_of(c), c.len_utf8()))
}

fn ascii_class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        _ => Class::Other,
    }
}

fn class_of(c: char) -> Class {
    match c {
        c if c.is_ascii() => ascii_class(c as u8),
        c if is_unspaced(c) => Class::Unspaced,
        c if c.is_uppercase() => Class::Upper,
        c if c.is_alphabetic() => Class::Lower,
        c if c.is_numeric() => Class::Digit,
        c if is_mark(c) => Class::Mark,
        _ => Class::Other,
    }
}

/// Whether `c` is a letter of a script whose words are not set apart by spaces (Chinese, Japanese, Thai, Lao, Burmese, Khmer), or
/// whose words change so much that their syllables are the better term (Korean).
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}' | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}' // Thai, Lao
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{109d}' | '\u{1780}'..='\u{17d3}' // Burmese, Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7a3}' // Hangul
        | '\u{3041}'..='\u{3096}' | '\u{3099}'..='\u{309a}' | '\u{309d}'..='\u{309f}' // Hiragana
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' // Katakana
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' // Bopomofo
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<Found> {
        let (mut scan, mut queue, mut out) = (Scan::default(), Vec::new(), Vec::new());
        while scan.next(text, &mut queue) {
            out.append(&mut queue);
        }
        out
    }

    /// Words as they are, `whole=part+part`, `{pair}`, `[single]`, `<lone>`.
    fn check(text: &str, expected: &str) {
        let mut shown = String::new();
        let mut before = None;
        for Found { kind, from, to, .. } in all(text) {
            let sep = match before {
                None => "",
                Some(TermKind::Whole) => "=",
                Some(TermKind::Part) if kind == TermKind::Part => "+",
                Some(_) => " ",
            };
            let (open, close) = match kind {
                TermKind::Pair => ("{", "}"),
                TermKind::Single => ("[", "]"),
                TermKind::Lone => ("<", ">"),
                _ => ("", ""),
            };
            shown.extend([sep, open, &text[from..to], close]);
            before = Some(kind);
        }
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn words() {
        check("", "");
        check(" The cat, sat. ", "The cat sat");
        check("Cat's don't we’ll l'eau O'Brien", "Cat don we l eau O Brien");
        check("Größe über naïve", "Größe über naïve");
        check("e\u{301}te\u{301}", "e\u{301}te\u{301}");
        check("हिन्दी में", "हिन्दी में");
        check("-- _ __ .- a- -b _c_", "a b c");
    }

    #[test]
    fn identifiers() {
        check("parseHTTPResponse", "parseHTTPResponse=parse+HTTP+Response");
        check("parse_http_response()", "parse_http_response=parse+http+response");
        check("Vec<HashMap>::new", "Vec HashMap=Hash+Map new");
        check("__init__ self.x", "init self x");
        check("kebab-case e-mail", "kebab-case=kebab+case e-mail=e+mail");
        check("utf8 UTF-8 sha256sum", "utf8=utf+8 UTF-8=UTF+8 sha256sum=sha+256+sum");
        check("URLs IDs HTTP", "URLs IDs HTTP");
        check("0.27.0 3.14 end.", "0.27.0=0+27+0 3.14=3+14 end");
        check("größeÄndern", "größeÄndern=größe+Ändern");
    }

    #[test]
    fn data_is_not_taken_apart() {
        check("a3f9c2d1e0b7a4", "a3f9c2d1e0b7a4");
        check(&"aB".repeat(100), "");
        check(&format!("x {} y", "q".repeat(65)), "x y");
        let long = format!("{}_end", ["long"; 20].join("_"));
        assert_eq!(all(&long).len(), 21, "the parts of a long name, without the whole");
    }

    #[test]
    fn scripts_without_spaces() {
        check("中文字", "[中] {中文} [文] {文字} [字]");
        check("水 and 東京Tower", "<水> and [東] {東京} [京] Tower");
        check("ひらがな・カタ", "[ひ] {ひら} [ら] {らが} [が] {がな} [な] [カ] {カタ} [タ]");
        check("검색", "[검] {검색} [색]");
    }

    proptest! {
        #[test]
        fn spans_are_in_order_and_on_boundaries(text in "(\\PC|[aB1_.'\u{2019}中\u{301} -]){0,60}") {
            let mut position = 0;
            for found in all(&text) {
                prop_assert!(text.get(found.from..found.to).is_some_and(|span| !span.is_empty() && span.len() <= MAX_TERM_BYTES));
                prop_assert!(found.position >= position);
                position = found.position;
            }
        }
    }
}
