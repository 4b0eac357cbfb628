//! From words on a page to paragraphs, rows and lines in reading order.
//!
//! Invariant: every word of the page comes out once, and the work grows with the number of words times its logarithm; recursion into
//! columns is capped.
//! Not here: what is a heading, or what is repeated on every page: that takes all pages, see [`crate::compose`].

mod bidi;
mod columns;
mod gutters;
mod join;
mod marks;
mod paragraphs;
mod rows;
mod vocabulary;

use crate::tags::Stated;
use crate::word::{Turn, Word};
pub(crate) use bidi::is_rtl;
pub(crate) use join::{ends_open, join_lines};
pub(crate) use marks::list_mark;
use marks::{is_bullet, is_mark};
use rows::Segment;
pub(crate) use vocabulary::Vocabulary;

/// A piece of a page, in reading order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    /// Lines that belong together, as one.
    Paragraph(Paragraph),
    /// Rows with cells.
    Table(Table),
}

/// Rows with cells, and where they stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Block {
    /// Upper and lower edge.
    pub(crate) fn edges(&self) -> (f64, f64) {
        match self {
            Self::Paragraph(paragraph) => (paragraph.top, paragraph.bottom),
            Self::Table(table) => (table.top, table.bottom),
        }
    }
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) bold: bool,
}

/// A paragraph, or a heading, or an item of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paragraph {
    /// Its lines, unjoined: what a hyphen at the end of a line means takes the whole document.
    pub(crate) lines: Vec<String>,
    pub(crate) size: f64,
    pub(crate) bold: bool,
    /// Whether line breaks and spaces matter in it.
    pub(crate) code: bool,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    /// Whether white space parts it from what is above it.
    pub(crate) apart: bool,
    /// What the file says that it is.
    pub(crate) stated: Option<Stated>,
    /// Whether it is an entry of a table of contents.
    pub(crate) listed: bool,
}

/// Puts the words of a page in order. The directions of writing follow one another; the most used one is first.
pub(crate) fn arrange(words: Vec<Word>) -> Vec<Block> {
    let mut by_turn: Vec<(Turn, Vec<Word>)> = Turn::ALL.iter().map(|&turn| (turn, Vec::new())).collect();
    for word in words {
        if let Some((_, same)) = by_turn.iter_mut().find(|(turn, _)| *turn == word.turn) {
            same.push(word);
        }
    }
    by_turn.sort_by_key(|(_, same)| std::cmp::Reverse(same.len()));
    let mut blocks = Vec::new();
    for (turn, same) in by_turn {
        if turn == Turn::Slanted {
            blocks.extend(rows::slanted(same).into_iter().map(Block::Paragraph));
            continue;
        }
        let prose_is_fixed = same.iter().filter(|word| word.fixed).count() * 5 > same.len() * 3;
        for region in columns::regions(rows::segments(same)) {
            let region = paragraphs::blocks(region.with_code(!prose_is_fixed));
            let mut region = region.into_iter().map(|block| upright(block, turn)).peekable();
            if let (Some(Block::Paragraph(open)), Some(Block::Paragraph(next))) =
                (blocks.last_mut(), region.peek())
                && goes_on(open, next)
            {
                open.lines.extend(next.lines.iter().cloned());
                region.next();
            }
            blocks.extend(region);
        }
    }
    blocks
}

/// Whether a paragraph goes on at the top of the next column: in the middle of a sentence, in the same type.
fn goes_on(open: &Paragraph, next: &Paragraph) -> bool {
    let ends = open.lines.last().is_none_or(|line| !ends_open(line));
    let begins = next
        .lines
        .first()
        .is_some_and(|line| line.starts_with(char::is_lowercase) && list_mark(line).is_none());
    !ends
        && begins
        && !open.code
        && !next.code
        && open.bold == next.bold
        && (open.size - next.size).abs() < 0.05 * open.size
}

/// Only upright text has a place in the margins of the page.
fn upright(mut block: Block, turn: Turn) -> Block {
    if turn != Turn::None {
        match &mut block {
            Block::Paragraph(Paragraph { top, bottom, .. }) | Block::Table(Table { top, bottom, .. }) => {
                (*top, *bottom) = (f64::NAN, f64::NAN);
            }
        }
    }
    block
}
