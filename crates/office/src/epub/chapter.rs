//! Where chapters begin in the files of a book, and headings that fit from one file to the next.
//!
//! Many books are one text that was cut into files wherever it was long enough, so a file may begin inside a chapter and hold the beginning of
//! the next. The table of contents tells, by labels that are headings in the text.

use corpus::{Document, Heading, Span};

use super::contents::Entry;
use crate::numeral::Numeral;

/// The line that is a chapter's title is among the first of its file.
const TITLE_LINES: usize = 4;
/// How many headings a label of the table of contents may be ahead of the one before.
const MAX_AHEAD: usize = 256;
/// The last Roman number that is looked for, and what no chapter's number reaches: a year.
const MAX_ROMAN: u32 = 200;
const MAX_NUMBER: u32 = 1000;
/// The level of a title that is not a heading in its file; real ones begin at 1.
const NEW: u8 = 0;

/// A file of the book.
#[derive(Debug)]
pub(super) struct File {
    /// Its place in the order of reading, from 1.
    pub(super) number: u32,
    document: Document,
    starts: Vec<Start>,
}

/// Something that the table of contents lists begins.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Start {
    at: usize,
    depth: usize,
    label: String,
}

/// A stretch of a file in one chapter.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) number: u32,
    pub(super) name: Option<String>,
    pub(super) document: Document,
}

impl File {
    /// `entries` are those of the table of contents that lead here.
    pub(super) fn new(number: u32, mut document: Document, entries: &[Entry]) -> Self {
        let mut headings = headings_of(&document);
        if let Some(first) = entries.first().filter(|first| first.is_whole || entries.len() == 1)
            && !headings.iter().take(MAX_AHEAD).any(|(_, words)| is_same(words, &letters(&first.label)))
        {
            begin_with(&mut document, &first.label);
            headings = headings_of(&document);
        }
        let mut starts = Vec::new();
        let mut left = headings.as_slice();
        for entry in entries {
            let label = letters(&entry.label);
            let found = left.iter().take(MAX_AHEAD).position(|(_, words)| is_same(words, &label));
            if let Some((&(at, _), rest)) = found.and_then(|found| left.get(found..)?.split_first()) {
                starts.push(Start { at, depth: entry.depth, label: entry.label.clone() });
                left = rest;
            }
        }
        Self { number, document, starts }
    }

    /// The level of the heading where the first thing listed begins.
    fn level(&self) -> Option<u8> {
        let start = self.starts.first()?;
        let heading =
            self.document.headings.iter().find(|heading| heading.span.start as usize >= start.at)?;
        (heading.level != NEW).then_some(heading.level)
    }
}

/// The book in stretches, with the titles of chapters as headings of level 1.
pub(super) fn stretches(mut files: Vec<File>) -> Vec<Stretch> {
    let base = base_level(&files);
    for file in &mut files {
        settle_levels(&mut file.document.headings, base);
    }
    let mut current: Option<(usize, String)> = None;
    let mut out = Vec::new();
    for file in files {
        let mut from = 0;
        let (number, text_len) = (file.number, file.document.text.len());
        let mut cut = |from: &mut usize, to: usize, name: Option<&String>| {
            if *from < to {
                out.push(Stretch {
                    number: name.and_then(|name| own_number(name)).unwrap_or(number),
                    name: name.and_then(|name| extract::tidy(name)),
                    document: piece(&file.document, *from, to),
                });
                *from = to;
            }
        };
        if file.starts.is_empty()
            && let Some(first) = file.document.headings.first()
            && first.level == 1
            && is_at_start(&file.document.text, first.span.start as usize)
        {
            current = Some((usize::MAX, first.text.clone()));
        }
        for start in &file.starts {
            let is_first = is_at_start(&file.document.text, start.at);
            if is_first || current.as_ref().is_none_or(|(depth, _)| start.depth <= *depth) {
                let at = if is_first { 0 } else { start.at };
                cut(&mut from, at, current.as_ref().map(|(_, label)| label));
                current = Some((start.depth, start.label.clone()));
            }
        }
        cut(&mut from, text_len, current.as_ref().map(|(_, label)| label));
    }
    out
}

/// The number that a chapter gives itself: `CHAPTER VIII`, `Chapter 8: Flood`, `8. Flood`. A reader looks for that one, not for the file's.
fn own_number(name: &str) -> Option<u32> {
    const WORDS: [&str; 8] =
        ["chapter", "chapitre", "kapitel", "capítulo", "capitolo", "hoofdstuk", "rozdział", "глава"];
    let name = name.trim().to_lowercase();
    let word = WORDS.iter().find_map(|word| name.strip_prefix(word)).filter(|rest| rest.starts_with(' '));
    let rest = word.unwrap_or(&name).trim_start();
    let number = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_marked = word.is_some() || rest.strip_prefix(number).is_some_and(|after| after.starts_with(". "));
    let roman = || (1..MAX_ROMAN).find(|&n| Numeral::LowerRoman.write(n) == number);
    let number = if is_marked { number.parse().ok().or_else(roman) } else { None };
    number.filter(|number| (1..MAX_NUMBER).contains(number))
}

/// The level that most chapters begin with; the outermost of those there are, if no chapter is listed.
fn base_level(files: &[File]) -> u8 {
    let mut counts = [0_u32; 10];
    for level in files.iter().filter_map(File::level) {
        if let Some(count) = counts.get_mut(usize::from(level)) {
            *count += 1;
        }
    }
    let most = (1..10_u8).rev().max_by_key(|&level| counts.get(usize::from(level)).copied());
    let listed = most.filter(|&level| counts.get(usize::from(level)).is_some_and(|&n| n > 0));
    let outermost =
        || files.iter().flat_map(|file| &file.document.headings).map(|heading| heading.level.max(1)).min();
    listed.or_else(outermost).unwrap_or(1)
}

fn settle_levels(headings: &mut [Heading], base: u8) {
    let has_new = headings.iter().any(|heading| heading.level == NEW);
    let shift = |level: u8| level.saturating_sub(base.saturating_sub(1)).max(1);
    let needs_room =
        has_new && headings.iter().any(|heading| heading.level != NEW && shift(heading.level) == 1);
    for heading in headings {
        heading.level = if heading.level == NEW { 1 } else { shift(heading.level) + u8::from(needs_room) };
    }
}

/// Makes a title the first heading: the line near the beginning that says it, or a new one.
fn begin_with(document: &mut Document, label: &str) {
    match line_of(&document.text, label) {
        Some(span) => {
            let text = span.of(&document.text).unwrap_or_default().to_owned();
            let at = document.headings.partition_point(|heading| heading.span.start < span.start);
            document.headings.insert(at, Heading { span, level: NEW, text });
        }
        None => {
            let by = label.len() + 2;
            document.text.insert_str(0, &format!("{label}\n\n"));
            for heading in &mut document.headings {
                heading.span = Span::new(heading.span.start as usize + by, heading.span.end as usize + by);
            }
            let span = Span::new(0, label.len());
            document.headings.insert(0, Heading { span, level: NEW, text: label.to_owned() });
        }
    }
}

/// The line among the first that is the label.
fn line_of(text: &str, label: &str) -> Option<Span> {
    let mut at = 0;
    let mut seen = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end();
        if !words.is_empty() && letters(words) == letters(label) {
            return Some(Span::new(at, at + words.len()));
        }
        at += line.len();
        seen += usize::from(!words.is_empty());
        if seen >= TITLE_LINES {
            break;
        }
    }
    None
}

/// Whether a heading is what the table of contents calls by a label, of each the letters only. Tables shorten headings, or put the number
/// before them.
fn is_same(heading: &str, label: &str) -> bool {
    let is_part = |short: &str, long: &str| {
        short.chars().count() >= 3 && (long.starts_with(short) || long.ends_with(short))
    };
    heading == label || is_part(heading, label) || is_part(label, heading)
}

/// Where each heading stands, and its letters.
fn headings_of(document: &Document) -> Vec<(usize, String)> {
    document.headings.iter().map(|heading| (heading.span.start as usize, letters(&heading.text))).collect()
}

fn letters(words: &str) -> String {
    words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether nothing but blanks, a number or an ornament is before.
fn is_at_start(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| letters(before).len() <= 2)
}

/// A part of a document, with the headings in it.
fn piece(document: &Document, from: usize, to: usize) -> Document {
    let text = document.text.get(from..to).unwrap_or_default().to_owned();
    let first = document.headings.partition_point(|heading| (heading.span.start as usize) < from);
    let headings = document.headings.get(first..).unwrap_or_default().iter();
    let headings = headings.take_while(|heading| heading.span.end as usize <= to).map(|heading| Heading {
        span: Span::new(heading.span.start as usize - from, heading.span.end as usize - from),
        ..heading.clone()
    });
    Document { headings: headings.collect(), ..Document::plain(text, document.format) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use extract::read_html;

    /// A line of the table of contents: depth, whether it is of the whole file, and the label.
    type Line = (usize, bool, &'static str);

    /// Files as HTML with what the table of contents says of each.
    fn check(files: &[(&str, &[Line])], expected: &str) {
        let files = files.iter().zip(1..).map(|((html, entries), number)| {
            let entries: Vec<Entry> = entries
                .iter()
                .map(|&(depth, is_whole, label)| Entry { is_whole, depth, label: label.to_owned() })
                .collect();
            let document = read_html(html.as_bytes().to_vec()).unwrap();
            File::new(number, document, &entries)
        });
        let mut seen = String::new();
        for Stretch { number, name, document } in stretches(files.collect()) {
            seen.push_str(&format!("{number} {}:", name.unwrap_or_default()));
            for heading in &document.headings {
                let words = heading.span.of(&document.text).unwrap();
                seen.push_str(&format!(" {}{words}", "#".repeat(heading.level.into())));
            }
            seen.push('\n');
        }
        assert_eq!(seen, expected);
    }

    #[test]
    fn each_file_is_a_chapter() {
        check(
            &[
                ("<p>cover</p>", &[]),
                ("<h2>Ebb</h2><p>a</p><h3>Wheel</h3>", &[(1, true, "1. Ebb")]),
                ("<p>II</p><h2>Flood</h2>", &[(1, false, "Flood")]),
                ("<h2>After</h2>", &[]),
            ],
            "1 :\n1 1. Ebb: #Ebb ##Wheel\n3 Flood: #Flood\n4 After: #After\n",
        );
    }

    #[test]
    fn titles_that_are_no_headings_are_taken_from_the_contents() {
        check(
            &[
                ("<p>EBB</p><p>a</p><h1>Wheel</h1>", &[(1, true, "Ebb")]),
                ("<p>words</p>", &[(1, true, "Flood")]),
            ],
            "1 Ebb: #EBB ##Wheel\n2 Flood: #Flood\n",
        );
    }

    #[test]
    fn numbers_that_chapters_give_themselves() {
        for (name, expected) in [
            ("CHAPTER VIII Of the ebb", Some(8)),
            ("Kapitel 12", Some(12)),
            ("3. Flood", Some(3)),
            ("iv. Flood", Some(4)),
            ("Chapter one", None),
            ("3.2 Flood", None),
            ("I walked", None),
            ("1984", None),
            ("Chapter 1999", None),
            ("Chapters 3", None),
            ("", None),
        ] {
            assert_eq!(own_number(name), expected, "{name}");
        }
    }

    #[test]
    fn files_that_were_cut_anywhere() {
        check(
            &[
                ("<h1>Book</h1><h2>Chapter I</h2><p>a</p>", &[(1, false, "Book"), (1, false, "Chapter I")]),
                ("<h2>Chapter II</h2><p>a</p>", &[(1, false, "Chapter II")]),
                (
                    "<p>goes on</p><h3>Wheel</h3><p>b</p><h2>Chapter III</h2><p>c</p>",
                    &[(2, false, "Wheel"), (1, false, "Chapter III")],
                ),
                ("<p>goes on</p>", &[]),
            ],
            "1 Book: #Book\n1 Chapter I: ##Chapter I\n2 Chapter II: ##Chapter II\n2 Chapter II: ###Wheel\n3 Chapter III: ##Chapter III\n3 Chapter III:\n",
        );
    }
}
