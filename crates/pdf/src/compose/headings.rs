//! Which paragraphs are headings: those that the outline names, and those set larger or heavier than the text.
//!
//! Invariant: levels begin at 1 and follow the size of the type, or the outline where it knows that size.
//! Not here: joining their lines.

use std::collections::{BTreeMap, HashMap};

use super::Sheet;
use crate::layout::{Block, Paragraph, ends_open, list_mark};
use crate::outline::{Outline, key};
use crate::tags::Stated;

/// Longer ones are text.
const LETTERS: usize = 200;
const LINES: usize = 4;
/// Headings in the type of the text, but bold, are shorter.
const BOLD_LETTERS: usize = 100;
/// So much larger than the text is large.
const LARGE: f64 = 1.12;
const LARGEST: f64 = 1.5;
const DEEPEST: u8 = 6;
/// So many titles of the outline on one page, in the type of the text, are contents.
const LISTED: usize = 5;

/// A size and weight of type, in half points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Style {
    size: i64,
    bold: bool,
}

impl Style {
    fn of(paragraph: &Paragraph) -> Self {
        Self { size: half_points(paragraph.size), bold: paragraph.bold }
    }
}

/// Whether it belongs to a list of contents or the head of a table.
fn is_part(paragraph: &Paragraph) -> bool {
    paragraph.listed || paragraph.stated == Some(Stated::Part)
}

fn half_points(size: f64) -> i64 {
    (size * 2.0).round() as i64
}

/// What headings look like in a document.
#[derive(Debug)]
pub(crate) struct Headings<'o> {
    outline: &'o Outline,
    body: f64,
    body_is_bold: bool,
    levels: HashMap<Style, u8>,
    /// The most prominent style that each title of the outline is set in: where it is set smaller, it is an entry of the contents.
    titles: HashMap<String, Style>,
}

impl<'o> Headings<'o> {
    pub(crate) fn new(sheets: &[Sheet], outline: &'o Outline) -> Self {
        let paragraphs = || {
            sheets.iter().flat_map(|sheet| &sheet.blocks).filter_map(|block| match block {
                Block::Paragraph(paragraph) => Some(paragraph),
                Block::Table(_) => None,
            })
        };
        let mut letters: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
        for paragraph in paragraphs() {
            let count = paragraph.lines.iter().map(String::len).sum::<usize>();
            let (all, bold) = letters.entry(half_points(paragraph.size)).or_default();
            *all += count;
            *bold += if paragraph.bold { count } else { 0 };
        }
        let body = letters.iter().max_by_key(|(_, (all, _))| *all);
        let (size, (all, bold)) = body.map_or((20, (0, 0)), |(size, counts)| (*size, *counts));
        let mut found = Self {
            outline,
            body: size as f64 / 2.0,
            body_is_bold: bold * 2 > all,
            levels: HashMap::new(),
            titles: HashMap::new(),
        };
        found.titles = found.find_titles(sheets);
        found.levels = found.find_levels(paragraphs());
        found
    }

    /// The styles of the outline's titles. Those that a page only lists, in the type of its text, are left out.
    fn find_titles(&self, sheets: &[Sheet]) -> HashMap<String, Style> {
        let mut titles: HashMap<String, Style> = HashMap::new();
        for sheet in sheets {
            let of_outline: Vec<(&Paragraph, String)> = sheet
                .blocks
                .iter()
                .filter_map(|block| match block {
                    Block::Paragraph(paragraph) => Some((paragraph, self.title(paragraph)?)),
                    Block::Table(_) => None,
                })
                .collect();
            let listed = of_outline.iter().filter(|(paragraph, _)| !self.stands_out(paragraph)).count();
            let is_contents = listed >= LISTED && listed * 2 > of_outline.len();
            for (paragraph, title) in of_outline {
                if !is_contents || self.stands_out(paragraph) {
                    let style = titles.entry(title).or_insert(Style::of(paragraph));
                    *style = (*style).max(Style::of(paragraph));
                }
            }
        }
        titles
    }

    /// The level of every style that headings have: by size, as far as the outline does not say otherwise.
    fn find_levels<'p>(&self, paragraphs: impl Iterator<Item = &'p Paragraph>) -> HashMap<Style, u8> {
        let mut styles: BTreeMap<Style, Option<u8>> = BTreeMap::new();
        for paragraph in paragraphs {
            let stated = self.stated(paragraph);
            if stated.is_some() || self.stands_out(paragraph) {
                let known = styles.entry(Style::of(paragraph)).or_default();
                *known = (*known).or(stated);
            }
        }
        let mut levels = HashMap::new();
        let mut level = 0;
        let mut size = None;
        for (style, stated) in styles.into_iter().rev() {
            // Bold and plain of one large size are one level; of the text's own size only bold stands out.
            if size != Some(style.size) {
                level = (level + 1).min(DEEPEST);
                size = Some(style.size);
            }
            level = stated.unwrap_or(level).clamp(1, DEEPEST);
            levels.insert(style, level);
        }
        levels
    }

    /// The level of a paragraph that is a heading.
    pub(crate) fn level(&self, paragraph: &Paragraph) -> Option<u8> {
        let is_heading =
            || self.stands_out(paragraph).then(|| self.levels.get(&Style::of(paragraph)).copied());
        self.stated(paragraph).or_else(|| is_heading().flatten())
    }

    /// Whether a block is the next line of the same heading.
    pub(crate) fn goes_on(&self, heading: &Paragraph, next: &Block) -> bool {
        match next {
            Block::Paragraph(next) if heading.stated.is_some() => {
                !next.apart && next.stated == heading.stated && heading.lines.len() < LINES
            }
            Block::Paragraph(next) => {
                let gap = next.top - heading.bottom;
                (!next.apart || (0.0..0.9 * heading.size).contains(&gap))
                    && heading.lines.len() < LINES
                    && Style::of(next) == Style::of(heading)
                    && next.size >= LARGE * self.body
                    && self.stated(next).is_none()
                    && next.lines.first().is_some_and(|line| list_mark(line).is_none())
            }
            Block::Table(_) => false,
        }
    }

    /// The level that the file gives a paragraph: its structure, or the outline, where it is the title itself.
    fn stated(&self, paragraph: &Paragraph) -> Option<u8> {
        if let Some(Stated::Heading(level)) = paragraph.stated.filter(|_| !is_part(paragraph)) {
            return Some(level);
        }
        let title = self.title(paragraph)?;
        let is_most = self.titles.get(&title).is_some_and(|style| *style == Style::of(paragraph));
        is_most.then(|| self.outline.level(&title)).flatten()
    }

    /// The title of the outline that a paragraph has the words of.
    fn title(&self, paragraph: &Paragraph) -> Option<String> {
        if self.outline.is_empty()
            || is_part(paragraph)
            || paragraph.lines.len() > LINES
            || paragraph.size < 0.95 * self.body
        {
            return None;
        }
        let title = key(&paragraph.lines.join(" "));
        self.outline.level(&title).map(|_| title)
    }

    fn stands_out(&self, paragraph: &Paragraph) -> bool {
        let count: usize = paragraph.lines.iter().map(|line| line.chars().count()).sum();
        let letters =
            paragraph.lines.iter().flat_map(|line| line.chars()).filter(|c| c.is_alphabetic()).count();
        if is_part(paragraph)
            || paragraph.lines.len() > LINES
            || count > LETTERS
            || letters < 2
            || letters * 2 < count
        {
            return false;
        }
        let last = paragraph.lines.last().map(String::as_str).unwrap_or_default();
        let is_bullet = paragraph
            .lines
            .first()
            .and_then(|line| list_mark(line))
            .is_some_and(|(mark, _)| !mark.contains(char::is_alphanumeric));
        // `1st`, `70kg`: a figure, which is set largest of all.
        let is_figure = letters < 4
            && paragraph.lines.first().is_some_and(|line| {
                line.starts_with(|c: char| c.is_ascii_digit()) && !line.trim().contains(' ')
            });
        // Small letters begin the rest of a sentence, except on the largest signs.
        let goes_on = paragraph.lines.first().is_some_and(|line| line.starts_with(char::is_lowercase));
        if is_bullet
            || is_figure
            || last.ends_with([',', ';'])
            || goes_on && paragraph.size < LARGEST * self.body
        {
            return false;
        }
        if paragraph.size >= LARGE * self.body {
            return count < BOLD_LETTERS || ends_open(last);
        }
        paragraph.bold
            && !self.body_is_bold
            && paragraph.size >= 0.95 * self.body
            && count <= BOLD_LETTERS
            && paragraph.lines.len() <= 2
            && (ends_open(last) || last.ends_with([':', '?']))
    }
}
