//! Lines to running text: what a hyphen at the end of a line means, and whether a space goes between two lines.
//!
//! Invariant: joining loses no letter; only a hyphen can go, and only between two small letters.
//! Not here: which lines belong together, see [`super::paragraphs`].

use super::vocabulary::{Vocabulary, is_hyphen};

/// Writings that put no spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Joins lines. The words of the document tell which hyphens stay.
pub(crate) fn join_lines(lines: &[String], vocabulary: &Vocabulary) -> String {
    let mut text = String::new();
    for line in lines {
        let line = line.trim();
        let next = line.chars().next();
        let Some(last) = text.chars().next_back() else {
            text.push_str(line);
            continue;
        };
        if is_hyphen(last) && next.is_some_and(char::is_alphanumeric) && ends_word(&text) {
            let broken = next.is_some_and(char::is_lowercase) && breaks_word(&text);
            if broken && !vocabulary.keeps_hyphen(&text, line) {
                text.pop();
            }
        } else if !(is_unspaced(last) && next.is_some_and(is_unspaced) || ends_url(&text, last)) {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

/// Whether a line ends in the middle of a sentence.
pub(crate) fn ends_open(line: &str) -> bool {
    let end = line.trim_end_matches(['"', '\'', ')', ']', '\u{201d}', '\u{2019}', '\u{bb}']);
    !end.ends_with(['.', '!', '?', ':', ';', '\u{3002}', '\u{ff01}', '\u{ff1f}', '\u{2026}'])
}

/// Whether the hyphen at the end is part of a word and no dash.
fn ends_word(text: &str) -> bool {
    text.chars().rev().nth(1).is_some_and(char::is_alphanumeric)
}

/// Whether the hyphen at the end stands behind two small letters at least.
fn breaks_word(text: &str) -> bool {
    let mut before = text.chars().rev().skip(1);
    before.next().is_some_and(char::is_lowercase) && before.next().is_some_and(char::is_alphabetic)
}

/// A path or address that goes on in the next line.
fn ends_url(text: &str, last: char) -> bool {
    let word = text.rsplit(' ').next().unwrap_or_default();
    last == '/' && word.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_text() {
        let known = ["A tide-mill".to_owned()];
        let asking = ["a tide-".to_owned(), "mill".to_owned()];
        let vocabulary = Vocabulary::new([known.as_slice(), &asking].into_iter());
        let cases = [
            ("the|mill", "the mill"),
            ("wa-|ter runs", "water runs"),
            ("a tide-|mill, old", "a tide-mill, old"),
            ("pages 3-|4", "pages 3-4"),
            ("x-|ray", "x-ray"),
            ("at http://a.b/|c", "at http://a.b/c"),
            ("\u{6f6e}\u{6c50}|\u{6c34}", "\u{6f6e}\u{6c50}\u{6c34}"),
            ("non-|English", "non-English"),
        ];
        for (lines, text) in cases {
            let lines: Vec<String> = lines.split('|').map(str::to_owned).collect();
            assert_eq!(join_lines(&lines, &vocabulary), text);
        }
    }
}
