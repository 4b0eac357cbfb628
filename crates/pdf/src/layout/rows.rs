//! Words to rows: what stands on one line, cut where it is wide apart.
//!
//! Invariant: a row is looked for among its few neighbours only, so that a page of many small words costs no more than sorting them.
//! Not here: which segments of a row belong to which column, see [`super::columns`].

use std::collections::BTreeMap;

use super::{Paragraph, bidi, is_mark};
use crate::tags::Stated;
use crate::word::{GAP, Word};

/// Words of one line without a wide gap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) base: f64,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    /// Whether all letters are equally wide.
    pub(crate) fixed: bool,
    /// What the file says that all of it is in.
    pub(crate) stated: Option<Stated>,
    /// Which row it is of, from the top.
    pub(crate) row: usize,
    /// How wide its first word is: whether that would have fitted on the line before.
    pub(crate) first_word: f64,
}

impl Segment {
    /// Upper edge. A little less than the letters' box, so that lines set tight do not touch.
    pub(crate) fn top(&self) -> f64 {
        self.base - self.size * 0.7
    }

    /// Lower edge.
    pub(crate) fn bottom(&self) -> f64 {
        self.base + self.size * 0.1
    }
}

/// White space of this many ems parts segments: more than between words of a justified line, less than between columns.
const WIDE: f64 = 1.0;
/// The same where no space was drawn: cells of a table have none between them.
const WIDE_UNSPACED: f64 = 0.7;
/// Words of one row may stand this part of an em higher or lower.
const UNEVEN: f64 = 0.25;
/// A row with more words than this is no place to look for the neighbour of a superscript.
const LONG_ROW: usize = 2000;

/// Letters of equal widths are so many ems wide.
pub(crate) const FIXED_WIDTH: f64 = 0.6;

struct Row {
    base: f64,
    size: f64,
    words: Vec<Word>,
}

/// All segments, from the top, and in each row from the left.
pub(crate) fn segments(words: Vec<Word>) -> Vec<Segment> {
    let rows = rows(words);
    let mut segments = Vec::new();
    for (at, mut row) in rows.into_iter().enumerate() {
        row.words.sort_by(|a, b| a.left.total_cmp(&b.left));
        row.words.dedup_by(|next, word| is_shadow(word, next));
        let mut open: Vec<Word> = Vec::new();
        for word in row.words {
            let parted = open.last().is_some_and(|last| {
                let em = last.size.max(word.size);
                // An item of a list stands off from its mark.
                let wide = match word.spaced {
                    _ if open.len() == 1 && is_mark(&last.text) => 4.0,
                    true => WIDE,
                    false => WIDE_UNSPACED,
                };
                word.left - last.right > wide * em
            });
            if parted {
                segments.extend(segment(&open, at));
                open.clear();
            }
            open.push(word);
        }
        segments.extend(segment(&open, at));
    }
    segments
}

/// Rows from the top. Large words make rows first, so that superscripts and subscripts find the row they belong to.
fn rows(mut words: Vec<Word>) -> Vec<Row> {
    words.sort_by(|a, b| b.size.total_cmp(&a.size));
    let mut rows: Vec<Row> = Vec::new();
    let mut by_base: BTreeMap<i64, usize> = BTreeMap::new();
    for word in words {
        let near =
            by_base.range(key(word.base - word.size)..=key(word.base + word.size)).map(|(_, &row)| row);
        let fits = near
            .filter_map(|row| Some((row, rows.get(row)?)))
            .filter(|(_, row)| row.holds(&word))
            .min_by(|(_, a), (_, b)| (a.base - word.base).abs().total_cmp(&(b.base - word.base).abs()))
            .map(|(row, _)| row);
        match fits.and_then(|row| rows.get_mut(row)) {
            Some(row) => row.words.push(word),
            None => {
                by_base.insert(key(word.base), rows.len());
                rows.push(Row { base: word.base, size: word.size, words: vec![word] });
            }
        }
    }
    rows.sort_by(|a, b| a.base.total_cmp(&b.base));
    rows
}

/// Base lines as numbers that can be ordered: hundredths of a point.
fn key(base: f64) -> i64 {
    (base * 100.0) as i64
}

impl Row {
    fn holds(&self, word: &Word) -> bool {
        if (self.base - word.base).abs() <= UNEVEN * word.size {
            return true;
        }
        let (top, bottom) = (self.base - self.size * 0.8, self.base + self.size * 0.25);
        let shared = word.bottom().min(bottom) - word.top().max(top);
        word.size < 0.85 * self.size && shared > 0.5 * word.size && self.has_beside(word)
    }

    fn has_beside(&self, word: &Word) -> bool {
        let near = 0.75 * self.size;
        self.words.len() > LONG_ROW
            || self.words.iter().any(|other| word.left - other.right < near && other.left - word.right < near)
    }
}

/// Whether a word is the word before it, drawn again beside itself to look bold or to cast a shadow.
fn is_shadow(word: &mut Word, next: &Word) -> bool {
    let shadow = word.text == next.text
        && (next.left - word.left).abs() < 0.15 * word.size
        && (next.right - word.right).abs() < 0.15 * word.size;
    word.bold |= shadow;
    shadow
}

fn segment(words: &[Word], row: usize) -> Option<Segment> {
    let (first, last) = (words.first()?, words.last()?);
    let mut text = String::new();
    let mut end: Option<&Word> = None;
    let mut first_word = first.right - first.left;
    let mut in_first = true;
    let tracking = tracking(words);
    for word in words {
        if let Some(before) = end {
            let is_parted = match tracking {
                Some(gap) => word.left - before.right > gap,
                None => parts(before, word),
            };
            if is_parted {
                let gap = (word.left - before.right) / (FIXED_WIDTH * word.size);
                let spaces =
                    if word.fixed && before.fixed { gap.round().clamp(1.0, 80.0) as usize } else { 1 };
                text.extend(std::iter::repeat_n(' ', spaces));
                in_first = false;
            } else if in_first {
                first_word = word.right - first.left;
            }
        }
        text.push_str(&word.text);
        end = Some(word);
    }
    let letters = |word: &Word| word.text.len();
    let all: usize = words.iter().map(letters).sum();
    let bold: usize = words.iter().filter(|word| word.bold).map(letters).sum();
    // The size that most of the letters have.
    let main = words.iter().max_by_key(|word| letters(word))?;
    Some(Segment {
        text: bidi::logical(&text),
        left: first.left,
        right: words.iter().map(|word| word.right).fold(last.right, f64::max),
        base: main.base,
        size: main.size,
        bold: bold * 10 > all * 9,
        fixed: words.iter().all(|word| word.fixed),
        stated: first.stated.filter(|_| words.iter().all(|word| word.stated == first.stated)),
        row,
        first_word,
    })
}

/// For letters set apart, as in some titles: the gap that parts their words.
fn tracking(words: &[Word]) -> Option<f64> {
    let letters = words.iter().filter(|word| is_one_letter(&word.text)).count();
    let spaced = words.iter().filter(|word| word.spaced).count();
    if letters < 6 || letters * 10 < words.len() * 8 || spaced * 2 > words.len() {
        return None;
    }
    let mut gaps: Vec<f64> = words
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(b.left - a.right),
            _ => None,
        })
        .collect();
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).map(|median| 1.6 * median.max(0.0) + 0.05)
}

fn is_one_letter(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(char::is_alphabetic) && chars.next().is_none()
}

/// Whether there is a space between two neighbours of a row.
fn parts(before: &Word, word: &Word) -> bool {
    let gap = word.left - before.right;
    let em = before.size.min(word.size);
    let dense = before.text.chars().next_back().is_some_and(super::join::is_unspaced)
        && word.text.chars().next().is_some_and(super::join::is_unspaced);
    if dense { gap > 0.6 * em } else { gap > GAP * em || word.spaced && gap > -0.3 * em }
}

/// Slanted words, a line for each run that was drawn at once.
pub(crate) fn slanted(words: Vec<Word>) -> Vec<Paragraph> {
    let mut lines: Vec<(String, f64)> = Vec::new();
    for word in words {
        match lines.last_mut() {
            // Slanted letters come one by one: a space is what parts words.
            Some((line, size)) if (*size - word.size).abs() < 0.1 => {
                if word.spaced {
                    line.push(' ');
                }
                line.push_str(&word.text);
            }
            _ => lines.push((word.text, word.size)),
        }
    }
    let paragraph = |(line, size): (String, f64)| Paragraph {
        lines: vec![line],
        size: size.min(1.0), // Slanted text is no heading, however large.
        bold: false,
        code: false,
        left: 0.0,
        top: f64::NAN,
        bottom: f64::NAN,
        apart: true,
        stated: None,
        listed: false,
    };
    lines.into_iter().map(paragraph).collect()
}
