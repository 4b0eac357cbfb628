//! AsciiDoc: sections by `==` or an underline, attributes at the beginning (AsciiDoc Language Documentation, "Sections", "Document Header").
//!
//! Invariant: what stands between the lines that delimit a listing, a literal, a comment or a passthrough is never a heading.

use super::Found;
use crate::{inline, markdown};

/// Lines that delimit text which is not markup, by their mark.
const VERBATIM: [char; 4] = ['-', '.', '/', '+'];
/// Underlines in the order of their levels.
const UNDERLINES: [char; 5] = ['=', '-', '~', '^', '+'];
const FENCE: &str = "```";

pub(super) fn scan(text: &str) -> Found {
    let mut scanner =
        Scanner { found: Found::default(), inside: None, before: None, after_break: true, is_header: false };
    for (start, line) in markdown::lines(text, 0) {
        let shown = line.trim_start_matches('\u{feff}');
        scanner.line(start + line.len() - shown.len(), shown.trim_end());
    }
    scanner.found
}

struct Scanner<'a> {
    found: Found,
    /// The line that ends the verbatim text we are in.
    inside: Option<&'a str>,
    /// Where the line before begins, if it stands alone after a blank line and may be underlined.
    before: Option<(usize, &'a str)>,
    /// Whether nothing is open: at the beginning, after a blank line, a heading or a line about the next block.
    after_break: bool,
    /// Whether the lines right after the document's title go on: author, revision, attributes.
    is_header: bool,
}

impl<'a> Scanner<'a> {
    fn line(&mut self, start: usize, line: &'a str) {
        if let Some(end) = self.inside {
            if line == end {
                (self.inside, self.after_break) = (None, true);
            }
            return;
        }
        let before = self.before.take();
        if let Some((level, words)) = marked(line) {
            self.heading(start, start + line.len(), level, words);
            return;
        }
        if let Some((from, words)) = before
            && let Some(level) = underlined(words, line)
        {
            self.heading(from, start + line.len(), level, words);
            return;
        }
        if is_delimiter(line) {
            self.inside = Some(line);
        } else if let Some((name, value)) = attribute(line) {
            self.found.field(name, value);
        } else if self.is_header {
            self.author_or_revision(line);
        }
        self.is_header &= !line.is_empty();
        let begins = line.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii());
        self.before = (self.after_break && begins).then_some((start, line));
        self.after_break = line.is_empty() || is_block_line(line);
    }

    fn heading(&mut self, start: usize, end: usize, level: usize, words: &str) {
        self.after_break = true;
        self.is_header = level == 1 && self.found.headings.is_empty();
        self.found.heading(start, end, level, &plain(words));
    }

    /// `Ada Byron <ada@mill.example>; Bo Li` and `v1.2, 2024-03-05: Spring tides`.
    fn author_or_revision(&mut self, line: &str) {
        let is_name = |author: &str| {
            let name = super::without_address(author).trim();
            let n_words = name.split_whitespace().count();
            (1..=4).contains(&n_words)
                && name.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '_'))
        };
        if self.found.metadata.authors.is_empty() && line.split(';').all(is_name) {
            self.found.field("author", &line.replace('_', " "));
        } else if let Some((_, date)) = line.split_once(',') {
            self.found.field("date", date.split(':').next().unwrap_or(date));
        }
    }
}

/// `== Words` or `## Words`. The document's title has one mark.
fn marked(line: &str) -> Option<(usize, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '=' | '#'))?;
    let words = line.trim_start_matches(mark);
    let level = line.len() - words.len();
    let is_heading = (1..=6).contains(&level) && words.starts_with([' ', '\t']) && !words.trim().is_empty();
    // The same marks may close it.
    let closing = &line[..level];
    let words = words.trim();
    is_heading
        .then(|| (level, words.strip_suffix(closing).filter(|rest| rest.ends_with(' ')).unwrap_or(words)))
}

/// The level of `words` when `line` underlines them: with a length that differs by two at most.
fn underlined(words: &str, line: &str) -> Option<usize> {
    let mark = line.chars().next()?;
    let level = UNDERLINES.iter().position(|known| *known == mark)?;
    let n = words.chars().count();
    (line.len() >= 2 && line.chars().all(|c| c == mark) && line.len().abs_diff(n) <= 2).then_some(level + 1)
}

fn is_delimiter(line: &str) -> bool {
    let all = |mark: char| line.len() >= 4 && line.chars().all(|c| c == mark);
    line == FENCE || VERBATIM.into_iter().any(all)
}

/// `[source]`, `.A caption`: lines that say something about the block after them.
fn is_block_line(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(']') || line.starts_with('.') && line.len() > 1
}

/// `:name: value`
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    (!name.is_empty() && (value.is_empty() || value.starts_with(' '))).then_some((name, value))
}

/// The words without anchors (`[[id]]`) and marks.
fn plain(words: &str) -> String {
    let mut words = words;
    while let Some((_, rest)) = words.strip_prefix("[[").and_then(|rest| rest.split_once("]]")) {
        words = rest.trim_start();
    }
    inline::plain(words)
}
