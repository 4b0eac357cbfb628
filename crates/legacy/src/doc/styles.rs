//! The styles of paragraphs, as far as they say what a paragraph is.

use super::formatting::{Paragraph, apply};
use crate::bytes::{u16_at, utf16};
use crate::flow::heading_of_style;

/// No style is based on more than this, except in circles.
const MAX_BASES: usize = 12;
const NO_STYLE: u16 = 0xfff;
/// The built-in style of titles, by its number.
const TITLE: u16 = 62;

/// The styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles(Vec<Option<Style>>);

#[derive(Debug)]
struct Style {
    heading: Option<u8>,
    base: u16,
    /// What the style says of its paragraphs.
    paragraph: Paragraph,
}

impl Styles {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self::read(bytes).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let head = usize::from(u16_at(bytes, 0)?);
        let count = u16_at(bytes, 2)?.min(NO_STYLE);
        let base_bytes = usize::from(u16_at(bytes, 4)?);
        let (mut at, mut styles) = (2 + head, Vec::new());
        for _ in 0..count {
            let Some(length) = u16_at(bytes, at).map(usize::from) else { break };
            let style = bytes.get(at + 2..(at + 2 + length).min(bytes.len()));
            styles.push(style.and_then(|style| Style::new(style, base_bytes)));
            at += 2 + length + length % 2;
        }
        Some(Self(styles))
    }

    fn chain(&self, style: u16) -> impl Iterator<Item = &Style> {
        let get = |style: u16| self.0.get(usize::from(style))?.as_ref();
        std::iter::successors(get(style), move |style| get(style.base)).take(MAX_BASES)
    }

    /// The level of the heading that a paragraph of this style is.
    pub(super) fn heading(&self, style: u16) -> Option<u8> {
        self.chain(style).find_map(|style| {
            let outline = style.paragraph.outline.filter(|level| *level < 9).map(|level| level + 1);
            style.heading.or(outline)
        })
    }

    /// The list that paragraphs of this style are items of, and how deep.
    pub(super) fn list(&self, style: u16) -> Option<(u16, u8)> {
        self.chain(style).find_map(|style| Some((style.paragraph.list?, style.paragraph.depth)))
    }
}

impl Style {
    fn new(bytes: &[u8], base_bytes: usize) -> Option<Self> {
        let built_in = u16_at(bytes, 0)? & 0xfff;
        let kind = u16_at(bytes, 2)?;
        if kind & 0xf != 1 {
            return None;
        }
        let length = usize::from(u16_at(bytes, base_bytes)?);
        let name_end = base_bytes + 2 + 2 * length;
        let name = utf16(bytes.get(base_bytes + 2..name_end)?);
        let heading = match built_in {
            1..=9 => Some(built_in as u8),
            TITLE => Some(1),
            _ => heading_of_style(&name),
        };
        let mut paragraph = Paragraph::default();
        // After the name and its zero: the changes to paragraphs, with the style's own number before them.
        let changes = name_end + 2;
        if let Some(length) = u16_at(bytes, changes).map(usize::from) {
            let end = (changes + 2 + length).min(bytes.len());
            apply(bytes.get(changes + 4..end).unwrap_or_default(), &mut paragraph);
        }
        Some(Self { heading, base: kind >> 4, paragraph })
    }
}
