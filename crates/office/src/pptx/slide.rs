//! One slide, or its notes, to shapes.
//!
//! Invariant: one pass, a stack of what is open, no recursion. A group of shapes is read as a whole, in the place of the group.

use std::collections::HashMap;

use package::{Node, Tag, Xml};

use super::layout::{Layout, Placeholder};
use crate::flow::{Block, Flow};
use crate::math::Math;
use crate::numeral::Numeral;
use crate::slides::{Kind, Shape, Slide, in_reading_order};

/// Levels of a list on a slide.
const LEVELS: usize = 9;

/// What an open element is to the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Shape,
    Group,
    Paragraph,
    ParagraphProperties,
    /// Characters count.
    Text,
    Table,
    Math,
    Other,
}

/// A shape that is open.
#[derive(Debug, Default)]
struct Open {
    placeholder: Option<Placeholder>,
    at: Option<(i64, i64)>,
    counters: [u32; LEVELS],
    /// For a group, the shapes inside it.
    shapes: Vec<Shape>,
}

/// What is before the words of a paragraph.
#[derive(Debug, Default)]
enum Bullet {
    /// It is up to the layout.
    #[default]
    Inherited,
    None,
    Sign,
    Number {
        scheme: String,
        start: Option<u32>,
    },
}

#[derive(Debug, Default)]
struct Paragraph {
    level: usize,
    bullet: Bullet,
    words: String,
}

struct Walk<'a> {
    layout: &'a Layout,
    figures: HashMap<String, Vec<Block>>,
    flow: Flow,
    open: Vec<Role>,
    shapes: Vec<Open>,
    paragraphs: Vec<Paragraph>,
    math: Math,
    slide: Slide,
}

/// The slide, and what was wrong with its source.
pub(super) fn read(
    source: &str,
    layout: &Layout,
    figures: HashMap<String, Vec<Block>>,
) -> (Slide, Option<String>) {
    let mut walk = Walk {
        layout,
        figures,
        flow: Flow::new(),
        open: Vec::new(),
        shapes: Vec::new(),
        paragraphs: Vec::new(),
        math: Math::default(),
        slide: Slide::default(),
    };
    let mut xml = Xml::new(source);
    while let Some(node) = xml.next() {
        match node {
            Node::Open(tag) => match walk.open(&tag) {
                Some(role) => walk.open.push(role),
                None => xml.skip(),
            },
            Node::Close => walk.close(),
            Node::Text(text) if walk.open.last() == Some(&Role::Text) => walk.text(&text),
            Node::Text(_) => {}
        }
    }
    (walk.slide, xml.problem().map(str::to_owned))
}

/// What the speaker wrote under the slide.
pub(super) fn read_notes(source: &str) -> Vec<Block> {
    let (slide, _) = read(source, &Layout::default(), HashMap::new());
    // Notes are written as prose; the bullets of bodies on slides are not theirs.
    let plain = |block| match block {
        Block::Item { marker, words, .. } if marker == "-" => Block::Paragraph(words),
        block => block,
    };
    slide.shapes.into_iter().flat_map(|shape| shape.blocks).map(plain).collect()
}

impl Walk<'_> {
    /// What an element is; `None` when all of it is to be passed over.
    fn open(&mut self, tag: &Tag) -> Option<Role> {
        match tag.name() {
            "sp" | "graphicFrame" | "cxnSp" => Some(self.begin_shape(Role::Shape)),
            "grpSp" => Some(self.begin_shape(Role::Group)),
            "pic" | "extLst" | "timing" | "transition" | "lstStyle" => None,
            "ph" => self.placeholder(tag),
            "off" => {
                if let Some(shape) = self.shapes.last_mut() {
                    shape.at = shape.at.or(tag.number("x").zip(tag.number("y")));
                }
                Some(Role::Other)
            }
            "p" => {
                self.paragraphs.push(Paragraph::default());
                Some(Role::Paragraph)
            }
            "pPr" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.level = tag.number("lvl").unwrap_or(0).min(LEVELS - 1);
                }
                Some(Role::ParagraphProperties)
            }
            "t" => Some(Role::Text),
            "br" => {
                self.text("\n");
                Some(Role::Other)
            }
            // The number of the slide is its place.
            "fld" if tag.attr("type").is_some_and(|kind| kind.starts_with("slidenum")) => None,
            _ => self.content(tag),
        }
    }

    fn content(&mut self, tag: &Tag) -> Option<Role> {
        if self.open.last() == Some(&Role::ParagraphProperties) {
            self.bullet(tag);
            return Some(Role::Other);
        }
        match tag.name() {
            "tbl" => {
                self.flow.begin_table();
                return Some(Role::Table);
            }
            "tr" => self.flow.begin_row(),
            "tc" => self.flow.begin_cell(),
            "chart" => self.figure(tag.prefixed_attr("id")),
            "relIds" => self.figure(tag.attr("dm")),
            name => {
                if let (Some(name), Some(paragraph)) = (Math::known(name), self.paragraphs.last_mut()) {
                    self.math.open(name, tag, &mut paragraph.words);
                    return Some(Role::Math);
                }
            }
        }
        Some(Role::Other)
    }

    fn begin_shape(&mut self, role: Role) -> Role {
        self.shapes.push(Open::default());
        self.flow.begin_box();
        role
    }

    /// Placeholders for what is on every slide are not a part of this one: the shape is passed over.
    fn placeholder(&mut self, tag: &Tag) -> Option<Role> {
        let shape = self.shapes.last_mut()?;
        shape.placeholder = Some(Placeholder {
            kind: tag.attr("type").unwrap_or_default(),
            index: tag.attr("idx").unwrap_or_default(),
        });
        Some(Role::Other)
    }

    fn bullet(&mut self, tag: &Tag) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match tag.name() {
            "buNone" => paragraph.bullet = Bullet::None,
            "buChar" | "buBlip" => paragraph.bullet = Bullet::Sign,
            "buAutoNum" => {
                let scheme = tag.attr("type").unwrap_or_default();
                paragraph.bullet = Bullet::Number { scheme, start: tag.number("startAt") };
            }
            _ => {}
        }
    }

    fn figure(&mut self, id: Option<String>) {
        for block in id.and_then(|id| self.figures.remove(&id)).unwrap_or_default() {
            self.flow.push(block);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            // A vertical tab is how PowerPoint breaks a line inside a title.
            paragraph.words.push_str(text);
        }
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Role::Shape) => self.end_shape(false),
            Some(Role::Group) => self.end_shape(true),
            Some(Role::Paragraph) => self.end_paragraph(),
            Some(Role::Table) => self.flow.end_table(),
            Some(Role::Math) => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    self.math.close(&mut paragraph.words);
                }
            }
            _ => {}
        }
    }

    fn end_shape(&mut self, is_group: bool) {
        let mut blocks = self.flow.end_box();
        let Some(open) = self.shapes.pop() else { return };
        let kind = open.placeholder.as_ref().map_or("", |placeholder| placeholder.kind.as_str());
        if matches!(kind, "dt" | "ftr" | "sldNum" | "hdr" | "sldImg") {
            return;
        }
        if is_group {
            blocks.extend(in_reading_order(open.shapes).into_iter().flat_map(|shape| shape.blocks));
        }
        if blocks.is_empty() {
            return;
        }
        let place = |placeholder: &Placeholder| self.layout.place(placeholder);
        let shape = Shape {
            kind: if matches!(kind, "title" | "ctrTitle") { Kind::Title } else { Kind::Other },
            at: open.at.or_else(|| open.placeholder.as_ref().and_then(place)),
            blocks,
        };
        match self.shapes.last_mut() {
            Some(group) => group.shapes.push(shape),
            None => self.slide.shapes.push(shape),
        }
    }

    fn end_paragraph(&mut self) {
        let Some(Paragraph { level, bullet, words }) = self.paragraphs.pop() else { return };
        if words.trim().is_empty() {
            return;
        }
        let is_in_table = self.open.contains(&Role::Table);
        let layout = self.layout;
        let Some(shape) = self.shapes.last_mut() else { return };
        let inherits =
            || shape.placeholder.as_ref().is_some_and(|placeholder| layout.has_bullets(placeholder));
        let marker = match bullet {
            Bullet::Number { scheme, start } => number(&mut shape.counters, level, &scheme, start),
            Bullet::Sign => "-".to_owned(),
            Bullet::Inherited if !is_in_table && inherits() => "-".to_owned(),
            Bullet::Inherited | Bullet::None => String::new(),
        };
        if marker.is_empty() || marker == "-" {
            // Numbers on this level begin anew.
            shape.counters.iter_mut().skip(level).for_each(|counter| *counter = 0);
        }
        self.flow.push(match marker.is_empty() {
            true => Block::Paragraph(words),
            false => Block::Item { depth: level, marker, words },
        });
    }
}

/// The next number on a level, written as its scheme says: `arabicPeriod`, `alphaLcParenR`, ...
fn number(counters: &mut [u32; LEVELS], level: usize, scheme: &str, start: Option<u32>) -> String {
    let mut n = 0;
    for (i, counter) in counters.iter_mut().enumerate().skip(level) {
        if i == level {
            *counter = if *counter == 0 { start.unwrap_or(1) } else { counter.saturating_add(1) };
            n = *counter;
        } else {
            *counter = 0;
        }
    }
    let numeral = match scheme {
        _ if scheme.starts_with("alphaLc") => Numeral::LowerLetter,
        _ if scheme.starts_with("alphaUc") => Numeral::UpperLetter,
        _ if scheme.starts_with("romanLc") => Numeral::LowerRoman,
        _ if scheme.starts_with("romanUc") => Numeral::UpperRoman,
        _ => Numeral::Decimal,
    };
    let number = numeral.write(n);
    match scheme {
        _ if scheme.ends_with("ParenBoth") => format!("({number})"),
        _ if scheme.ends_with("ParenR") => format!("{number})"),
        _ if scheme.ends_with("Period") => format!("{number}."),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_scheme() {
        let mut counters = [0; LEVELS];
        for (level, scheme, start, expected) in [
            (0, "arabicPeriod", None, "1."),
            (1, "alphaLcParenR", None, "a)"),
            (1, "alphaLcParenR", None, "b)"),
            (0, "arabicPeriod", None, "2."),
            (1, "romanUcParenBoth", Some(4), "(IV)"),
            (2, "arabicPlain", None, "1"),
        ] {
            assert_eq!(number(&mut counters, level, scheme, start), expected);
        }
    }
}
