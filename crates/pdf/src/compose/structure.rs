//! Whether the headings that a file states are headings.
//!
//! Invariant: they are believed as a whole or not at all, but for those that are too long.
//! Not here: reading them, see [`crate::tags`].

use super::Sheet;
use crate::layout::{Block, Paragraph};
use crate::tags::Stated;

/// Longer ones are text.
const LETTERS: usize = 250;
/// A document is text for the most part: with more in headings than one letter in so many, somebody took headings for large type.
const SHARE: usize = 4;
/// Below so many letters, a notice or a slide, anything goes.
const FEW: usize = 500;

/// Forgets headings that cannot be ones.
pub(crate) fn drop_odd_headings(sheets: &mut [Sheet]) {
    let (mut all, mut stated) = (0, 0);
    for paragraph in paragraphs(sheets) {
        let letters: usize = paragraph.lines.iter().map(|line| line.chars().count()).sum();
        let has_words = paragraph.lines.iter().any(|line| line.contains(char::is_alphabetic));
        let is_heading = matches!(paragraph.stated, Some(Stated::Heading(_)));
        if is_heading && (letters > LETTERS || !has_words || paragraph.code) {
            paragraph.stated = None;
        } else if is_heading {
            stated += letters;
        }
        all += letters;
    }
    if stated * SHARE > all && all > FEW {
        paragraphs(sheets).for_each(|paragraph| paragraph.stated = None);
    }
}

fn paragraphs(sheets: &mut [Sheet]) -> impl Iterator<Item = &mut Paragraph> {
    sheets.iter_mut().flat_map(|sheet| &mut sheet.blocks).filter_map(|block| match block {
        Block::Paragraph(paragraph) => Some(paragraph),
        Block::Table(_) => None,
    })
}
