//! Cuts a passage into sentences, as byte ranges.
//!
//! Invariant: ranges are in order, on character boundaries, without white space at their ends, and cover all that is not white space.

use std::ops::Range;

/// A sentence ends at these in scripts that put no space after them.
const FULL_WIDTH_STOPS: [char; 4] = ['。', '！', '？', '｡'];

/// Words after which a full stop does not end a sentence.
const ABBREVIATIONS: [&str; 16] = [
    "e.g", "i.e", "etc", "vs", "cf", "mr", "mrs", "ms", "dr", "prof", "st", "no", "fig", "eq", "al", "approx",
];

/// The sentences of a text. A line that ends a paragraph, heading or list item ends a sentence too.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = at + c.len_utf8();
        let next = chars.peek().map(|&(_, c)| c);
        let ends = match c {
            '.' => next.is_none_or(char::is_whitespace) && !is_abbreviation(&text[start..at]),
            '!' | '?' => next.is_none_or(char::is_whitespace),
            '\n' => starts_block(&text[after..]),
            c => FULL_WIDTH_STOPS.contains(&c),
        };
        if ends {
            push(&mut out, text, start..after);
            start = after;
        }
    }
    push(&mut out, text, start..text.len());
    out
}

fn push(out: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let trimmed = text[range.clone()].trim_start();
    let from = range.end - trimmed.len();
    let trimmed = trimmed.trim_end();
    if !trimmed.is_empty() {
        out.push(from..from + trimmed.len());
    }
}

/// Whether what follows a line break begins a new block: a blank line, a heading, a list item, a table row, a fence.
fn starts_block(rest: &str) -> bool {
    let line = rest.split('\n').next().unwrap_or_default().trim();
    line.is_empty()
        || line.starts_with(['#', '|', '>', '*', '-', '+'])
        || line.starts_with("```")
        || line
            .split_once(['.', ')'])
            .is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    // A single capital is an initial.
    let initial = word.len() == 1 && word.bytes().all(|b| b.is_ascii_uppercase());
    initial || ABBREVIATIONS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_where_a_reader_would() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("One. Two! Three?", &["One.", "Two!", "Three?"]);
        check("Use e.g. this, by J. Doe. Then 3.5 more.", &["Use e.g. this, by J. Doe.", "Then 3.5 more."]);
        check("a line\nthat goes on\n\nnext", &["a line\nthat goes on", "next"]);
        check("# Head\n- one\n- two\n1. three", &["# Head", "- one", "- two", "1.", "three"]);
        check("第一句。第二句！", &["第一句。", "第二句！"]);
        check("  \n ", &[]);
    }

    proptest! {
        #[test]
        fn covers_everything_but_white_space(text in "[a-c .!?。\u{e9}\n#-]{0,60}") {
            let ranges = sentences(&text);
            prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
            let kept: String = ranges.iter().map(|range| &text[range.clone()]).collect();
            let without = |s: &str| s.split_whitespace().collect::<String>();
            prop_assert_eq!(without(&kept), without(&text));
        }
    }
}
