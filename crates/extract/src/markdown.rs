//! Markdown: headings and the title. The text itself stays as it is.
//!
//! Invariant: a line inside fenced code, front matter, a comment or preformatted HTML is never a heading.

use corpus::{Document, Format, Heading, Span};

use crate::encoding::decode;
use crate::{Skip, inline, title};

pub(crate) fn read(bytes: Vec<u8>, format: Format) -> Result<Document, Skip> {
    let (text, encoding) = decode(bytes, None)?;
    let (title, from) = front_matter(&text);
    let headings = headings_at(&text[from..], from);
    let first = || headings.iter().find(|heading| heading.level == 1).or(headings.first());
    let title = title.or_else(|| first().and_then(|heading| title::tidy(&heading.text)));
    Ok(Document { title, headings, encoding, ..Document::plain(text, format) })
}

/// The title that front matter gives, and where the text after it begins.
fn front_matter(text: &str) -> (Option<String>, usize) {
    let begin = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = lines(text, begin);
    let (fence, title): (_, fn(&str) -> Option<String>) = match lines.next().map(|(_, line)| line.trim_end())
    {
        Some("---") => ("---", title::of_yaml),
        Some("+++") => ("+++", title::of_toml),
        _ => return (None, begin),
    };
    let is_end = |line: &str| line.trim_end() == fence || (fence == "---" && line.trim_end() == "...");
    let inside = begin + fence.len();
    match lines.find(|(_, line)| is_end(line)) {
        Some((end, line)) => (title(&text[inside..end]), end + line.len()),
        None => (None, begin),
    }
}

/// The headings of Markdown that begins at `offset` of a larger text, with their places in that.
pub(crate) fn headings_at(text: &str, offset: usize) -> Vec<Heading> {
    let mut scanner = Scanner { text, block: Block::Blank, headings: Vec::new() };
    for (start, line) in lines(text, 0) {
        scanner.line(start, line);
    }
    let shifted = |span: Span| Span::new(offset + span.start as usize, offset + span.end as usize);
    let headings = scanner.headings.into_iter();
    headings.map(|heading| Heading { span: shifted(heading.span), ..heading }).collect()
}

/// Start and content of each line from `from` on, without its line break.
pub(crate) fn lines(text: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = from;
    text[from..].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\r', '\n']))
    })
}

/// What the line before left open.
enum Block {
    /// Nothing.
    Blank,
    /// A paragraph that began there; an underline makes it a heading.
    Paragraph(usize),
    /// A list item or quotation, whose lazy last line no underline turns into a heading.
    Other,
    /// Fenced code, by its fence.
    Fence(char, usize),
    /// Raw HTML up to this.
    Raw(&'static str),
}

struct Scanner<'a> {
    text: &'a str,
    block: Block,
    headings: Vec<Heading>,
}

impl Scanner<'_> {
    fn line(&mut self, start: usize, line: &str) {
        let words = line.trim_start_matches([' ', '\t']);
        let is_code =
            line[..line.len() - words.len()].chars().map(|c| if c == '\t' { 4 } else { 1 }).sum::<usize>()
                >= 4;
        match self.block {
            Block::Fence(mark, n) => {
                if closes_fence(words, mark, n) {
                    self.block = Block::Blank;
                }
            }
            Block::Raw(end) => {
                if contains_ignore_case(line, end) {
                    self.block = Block::Blank;
                }
            }
            _ if words.trim_end().is_empty() => self.block = Block::Blank,
            Block::Paragraph(_) | Block::Other if is_code => {}
            Block::Blank if is_code => {}
            Block::Paragraph(from) => match underline_level(words) {
                Some(level) => self.heading(from, start + line.len(), level, &self.text[from..start]),
                None => self.open(start, line, words),
            },
            Block::Blank | Block::Other => self.open(start, line, words),
        }
    }

    /// A line that may begin something new.
    fn open(&mut self, start: usize, line: &str, words: &str) {
        if let Some((level, inner)) = hash_heading(words) {
            self.heading(start, start + line.len(), level, inner);
        } else if let Some((mark, n)) = opens_fence(after_list_marker(words).unwrap_or(words)) {
            self.block = Block::Fence(mark, n);
        } else if let Some(end) = raw_html_end(words) {
            self.block = if contains_ignore_case(words, end) { Block::Other } else { Block::Raw(end) };
        } else if words.starts_with('>') || after_list_marker(words).is_some() {
            self.block = Block::Other;
        } else if is_rule(words) {
            self.block = Block::Blank;
        } else if matches!(self.block, Block::Blank) {
            self.block = Block::Paragraph(start);
        }
    }

    fn heading(&mut self, start: usize, end: usize, level: u8, source: &str) {
        self.block = Block::Blank;
        let text = inline::plain(source);
        if !text.is_empty() {
            let lead = self.text[start..end].len() - self.text[start..end].trim_start().len();
            self.headings.push(Heading { span: Span::new(start + lead, end), level, text });
        }
    }
}

/// `## words ##`
fn hash_heading(words: &str) -> Option<(u8, &str)> {
    let inner = words.trim_start_matches('#');
    let level = words.len() - inner.len();
    if !(1..=6).contains(&level) || !(inner.is_empty() || inner.starts_with([' ', '\t'])) {
        return None;
    }
    let inner = inner.trim();
    let without = inner.trim_end_matches('#');
    let closed = without.is_empty() || without.ends_with([' ', '\t']);
    Some((level as u8, if closed { without.trim_end() } else { inner }))
}

/// A line of `=` or `-` alone.
fn underline_level(words: &str) -> Option<u8> {
    let words = words.trim_end();
    let all = |mark| words.chars().all(|c| c == mark);
    if all('=') { Some(1) } else { all('-').then_some(2) }
}

fn opens_fence(words: &str) -> Option<(char, usize)> {
    let mark = words.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = words.trim_start_matches(mark);
    let n = words.len() - info.len();
    (n >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, n))
}

/// Closed by at least as many of the same mark and nothing else. The indentation is not looked at: inside lists it varies.
fn closes_fence(words: &str, mark: char, n: usize) -> bool {
    let rest = words.trim_start_matches(mark);
    words.len() - rest.len() >= n && rest.trim_end().is_empty()
}

/// What ends a block of HTML in which blank lines do not matter.
fn raw_html_end(words: &str) -> Option<&'static str> {
    const BLOCKS: [(&str, &str); 5] = [
        ("<!--", "-->"),
        ("<pre", "</pre>"),
        ("<script", "</script>"),
        ("<style", "</style>"),
        ("<textarea", "</textarea>"),
    ];
    let begins = |tag: &str| words.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    BLOCKS.iter().find(|(tag, _)| begins(tag)).map(|(_, end)| *end)
}

fn contains_ignore_case(line: &str, needle: &str) -> bool {
    line.as_bytes().windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

/// What follows `- `, `* `, `+ `, `1. ` or `1) `.
fn after_list_marker(words: &str) -> Option<&str> {
    let rest = words.strip_prefix(['-', '*', '+']).or_else(|| {
        let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
        let n = words.len() - rest.len();
        if (1..=9).contains(&n) { rest.strip_prefix(['.', ')']) } else { None }
    })?;
    let inner = rest.trim_start_matches([' ', '\t']);
    (inner.len() < rest.len() && !is_rule(words)).then_some(inner)
}

/// `* * *` and its like.
fn is_rule(words: &str) -> bool {
    let mut marks = words.chars().filter(|c| !c.is_whitespace());
    let first = marks.next();
    matches!(first, Some('-' | '*' | '_')) && {
        let (n, same) = marks.fold((1, true), |(n, same), c| (n + 1, same && Some(c) == first));
        same && n >= 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Title, then each heading as `level|span text|words`.
    fn check(source: &str, expected: &[&str]) {
        let document = read(source.as_bytes().to_vec(), Format::Markdown).unwrap();
        assert_eq!(document.text, source);
        let mut found = vec![document.title.unwrap_or_default()];
        found.extend(
            document
                .headings
                .iter()
                .map(|h| format!("{}|{}|{}", h.level, h.span.of(source).unwrap(), h.text)),
        );
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn both_kinds_of_heading() {
        check(
            "# A\n\ntext\n\n## B ##\r\nC\n===\nD *e*\nf\n---\n",
            &["A", "1|# A|A", "2|## B ##|B", "1|C\n===|C", "2|D *e*\nf\n---|D e f"],
        );
        check("#no\n####### no\n#\n   ### yes\n    # code\n", &["yes", "3|### yes|yes"]);
        check("## B\n# A\n", &["A", "2|## B|B", "1|# A|A"]);
        check(
            "## What Is Ownership? {#own}\n",
            &["What Is Ownership?", "2|## What Is Ownership? {#own}|What Is Ownership?"],
        );
    }

    #[test]
    fn lines_that_only_look_like_headings() {
        check("```sh\n# no\n~~~\n````\n# yes\n", &["yes", "1|# yes|yes"]);
        check("~~~\n```\n# no\n~~~ x\n# no\n~~~\n# yes\n", &["yes", "1|# yes|yes"]);
        check("- ```\n  # no\n  ```\n# yes\n", &["yes", "1|# yes|yes"]);
        check("`` ` ```\n# yes\n", &["yes", "1|# yes|yes"]);
        check("<!--\n# no\n-->\n<PRE>\n\n# no\n</pre>\n# yes\n", &["yes", "1|# yes|yes"]);
        check("<!-- one line -->\n# yes\n", &["yes", "1|# yes|yes"]);
        check("- a\nlazy\n---\n> q\n---\n\n---\n***\n", &[""]);
        check("```\n# unclosed\n", &[""]);
    }

    #[test]
    fn front_matter_gives_the_title() {
        check("---\ntitle: \"T\"\n# no\n---\n# A\n", &["T", "1|# A|A"]);
        check("+++\ntitle = 'T'\n+++\n# A\n", &["T", "1|# A|A"]);
        check("\u{feff}---\nx: 1\n...\nA\n---\n", &["A", "2|A\n---|A"]);
        check("---\nnot closed\n# A\n", &["A", "1|# A|A"]);
    }
}
