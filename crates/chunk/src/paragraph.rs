//! Blocks of prose: paragraphs between blank lines, fenced code, tables.

use corpus::Format;

use crate::outline::Outline;
use crate::unit::{Cut, Unit};

/// The units of a document without headings.
pub(crate) fn units(text: &str, format: Format) -> Vec<Unit> {
    blocks(text, 0, text.len(), format)
        .into_iter()
        .map(|block| Unit::new(block.start, block.end, Outline::ROOT, block.cut))
        .collect()
}

/// A block and how to cut it if need be. It ends where the next one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) cut: Cut,
}

/// The blocks of `start..end`, which begins at a line.
pub(crate) fn blocks(text: &str, start: usize, end: usize, format: Format) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut at, mut fence, mut after_blank) = (start, None, true);
    for line in text[start..end].split_inclusive('\n') {
        let words = line.trim();
        let opens = fence.is_none().then(|| opening_fence(words, format)).flatten();
        if let Some((mark, n)) = fence {
            if is_closing_fence(words, mark, n) {
                (fence, after_blank) = (None, true);
            }
        } else if words.is_empty() && opens.is_none() {
            after_blank = true;
        } else if after_blank || opens.is_some() {
            if let Some(last) = blocks.last_mut() {
                last.end = at;
            }
            let cut = match format {
                _ if opens.is_some() || words.starts_with('|') => Cut::Lines,
                Format::Xlsx | Format::Xls | Format::Ods => Cut::Lines,
                Format::Html | Format::Xml | Format::Notebook => Cut::Paragraphs,
                _ if format.is_fenced() => Cut::Paragraphs,
                _ => Cut::Sentences,
            };
            blocks.push(Block { start: at, end, cut });
            (fence, after_blank) = (opens, false);
        }
        at += line.len();
    }
    blocks
}

/// The mark and length of a fence of Markdown. The rules are those by which headings are told from code.
fn opening_fence(words: &str, format: Format) -> Option<(char, usize)> {
    let words = if format == Format::Markdown { words.trim_start_matches(['-', '*', '+', ' ']) } else { "" };
    let mark = words.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = words.trim_start_matches(mark);
    let n = words.len() - info.len();
    (n >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, n))
}

fn is_closing_fence(words: &str, mark: char, n: usize) -> bool {
    words.len() >= n && words.chars().all(|c| c == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: Format, expected: &[(&str, Cut)]) {
        let blocks = blocks(text, 0, text.len(), format);
        let found: Vec<_> =
            blocks.iter().map(|block| (text[block.start..block.end].trim_end(), block.cut)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn paragraphs_fences_and_tables() {
        use Cut::{Lines, Sentences};
        let text = "a\nb\n\n\nc\n```sh\nd\n\n# e\n````\nf\n\n| g |\n| h |\n";
        check(
            text,
            Format::Markdown,
            &[
                ("a\nb", Sentences),
                ("c", Sentences),
                ("```sh\nd\n\n# e\n````", Lines),
                ("f", Sentences),
                ("| g |\n| h |", Lines),
            ],
        );
        check("```\na\n\nb", Format::Text, &[("```\na", Sentences), ("b", Sentences)]);
        check("~~~\nunclosed\n\nb", Format::Markdown, &[("~~~\nunclosed\n\nb", Lines)]);
        check(" \n\n", Format::Text, &[]);
    }
}
