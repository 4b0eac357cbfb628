//! The reference's clean-up of text that is not plain ASCII: what is dropped, decomposed, lower-cased, and where words end.
//!
//! Invariant: every character that comes out knows the bytes of the original text it came from.
//! Not here: cutting words into pieces.
//!
//! The steps and their order are BERT's: drop control characters, set Chinese characters apart, decompose canonically, drop
//! non-spacing marks, lower-case, split at white space and around punctuation. The character tables are those the reference
//! implementation uses, since newer ones decide differently about a few hundred characters.

use corpus::Span;
use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::char::{canonical_combining_class, decompose_canonical};

/// One normalised word, and for each of its bytes the original character it came from.
#[derive(Default)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) sources: Vec<Span>,
}

impl Word {
    fn push(&mut self, c: char, source: Span) {
        self.text.push(c);
        self.sources.resize(self.text.len(), source);
    }

    fn clear(&mut self) {
        self.text.clear();
        self.sources.clear();
    }
}

/// Buffers kept between stretches of text, so that a word costs no allocation.
#[derive(Default)]
pub(crate) struct Normalizer {
    decomposed: Vec<Decomposed>,
    word: Word,
}

#[derive(Clone, Copy)]
struct Decomposed {
    c: char,
    class: u8,
    source: Span,
}

impl Normalizer {
    /// Gives each word of `text` to `emit`. `offset` is where `text` begins in the original.
    pub(crate) fn words(&mut self, text: &str, offset: usize, mut emit: impl FnMut(&Word)) {
        self.decompose(text, offset);
        reorder_marks(&mut self.decomposed);
        let word = &mut self.word;
        for &Decomposed { c, source, .. } in self.decomposed.iter().filter(|d| !is_mark(d.c)) {
            for c in c.to_lowercase() {
                if c.is_whitespace() {
                    flush(word, &mut emit);
                } else if is_punctuation(c) {
                    flush(word, &mut emit);
                    word.push(c, source);
                    flush(word, &mut emit);
                } else {
                    word.push(c, source);
                }
            }
        }
        flush(word, &mut emit);
    }

    fn decompose(&mut self, text: &str, offset: usize) {
        let out = &mut self.decomposed;
        out.clear();
        for (at, c) in text.char_indices().filter(|&(_, c)| !is_dropped(c)) {
            let source = Span::new(offset + at, offset + at + c.len_utf8());
            let mut push = |c| out.push(Decomposed { c, class: canonical_combining_class(c), source });
            if is_chinese(c) {
                push(' ');
                decompose_canonical(c, &mut push);
                push(' ');
            } else {
                decompose_canonical(c, push);
            }
        }
    }
}

fn flush(word: &mut Word, emit: &mut impl FnMut(&Word)) {
    if !word.text.is_empty() {
        emit(word);
        word.clear();
    }
}

/// The canonical order of combining marks: sorted by class between two characters of class 0.
fn reorder_marks(chars: &mut [Decomposed]) {
    for run in chars.chunk_by_mut(|a, b| (a.class == 0) == (b.class == 0)) {
        if run.len() > 1 && run[0].class != 0 {
            run.sort_by_key(|d| d.class);
        }
    }
}

fn is_dropped(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | '\u{fffd}' => true,
        _ if is_common_letter(c) => false,
        _ => c.is_other(),
    }
}

fn is_mark(c: char) -> bool {
    !is_common_letter(c) && c.is_mark_nonspacing()
}

fn is_punctuation(c: char) -> bool {
    !is_common_letter(c) && (c.is_ascii_punctuation() || c.is_punctuation())
}

/// Large blocks of nothing but letters, asked first because the tables are searched by halving. (Checked against them in the tests.)
fn is_common_letter(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '\u{c0}'..='\u{2af}' | '\u{3b1}'..='\u{3c9}' | '\u{410}'..='\u{44f}' | '\u{3400}'..='\u{4db5}' | '\u{4e00}'..='\u{9fcc}' | '\u{ac00}'..='\u{d7a3}')
}

/// What the reference calls Chinese: ideographs, but not kana or hangul, which are written with spaces or not at all.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}'
        | '\u{2b920}'..='\u{2ceaf}'
        | '\u{f900}'..='\u{faff}'
        | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut words = Vec::new();
        Normalizer::default().words(text, 0, |word| {
            let (first, last) = (word.sources[0], word.sources[word.text.len() - 1]);
            words.push((word.text.clone(), text[first.start as usize..last.end as usize].to_owned()));
        });
        let words: Vec<_> = words.iter().map(|(word, source)| (&**word, &**source)).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn words_and_where_they_come_from() {
        check("Caf\u{e9}s", &[("cafes", "Caf\u{e9}s")]);
        check("e\u{301}x", &[("ex", "e\u{301}x")]);
        check("a\u{200b}b\u{fffd}c", &[("abc", "a\u{200b}b\u{fffd}c")]);
        check("日本x", &[("日", "日"), ("本", "本"), ("x", "x")]);
        check("«Ünï»", &[("«", "«"), ("uni", "Ünï"), ("»", "»")]);
        check("\u{a0}\u{301}", &[]);
    }

    #[test]
    fn common_letters_are_what_the_tables_say() {
        for c in ('\0'..=char::MAX).filter(|&c| is_common_letter(c)) {
            let plain =
                !c.is_other() && !c.is_mark_nonspacing() && !c.is_punctuation() && !c.is_ascii_punctuation();
            assert!(plain, "{c:?}");
        }
    }
}
