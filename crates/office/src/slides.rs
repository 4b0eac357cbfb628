//! Slides as they are told: title, what is on them from top to bottom, notes.

use corpus::{Place, Unit};

use crate::flow::{Block, Flow, words_of};

/// Shapes whose upper edges are this near stand beside each other (in EMU, about 7 mm).
const SAME_ROW: i64 = 250_000;

/// What a shape is to the slide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Title,
    Other,
}

/// A shape with words in it.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// The left and upper edge, in EMU, if it says.
    pub(crate) at: Option<(i64, i64)>,
    pub(crate) blocks: Vec<Block>,
}

/// What is on one slide.
#[derive(Debug, Default)]
pub(crate) struct Slide {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) notes: Vec<Block>,
    /// Who said what about it.
    pub(crate) comments: Vec<(String, String)>,
}

impl Slide {
    /// Tells the slide. `number` is its place in the presentation, from 1.
    pub(crate) fn tell(mut self, number: u32, flow: &mut Flow) {
        let title = self.take_title();
        let name = extract::tidy(&title);
        flow.builder().place(Place::one(Unit::Slide, number, name));
        flow.push(Block::Heading(1, title));
        for shape in in_reading_order(self.shapes) {
            flow.builder().begin_block();
            shape.blocks.into_iter().for_each(|block| flow.push(block));
        }
        if !words_of(&self.notes).trim().is_empty() {
            flow.push(Block::Heading(2, "Notes".to_owned()));
            self.notes.into_iter().for_each(|block| flow.push(block));
        }
        for (i, (author, words)) in self.comments.iter().enumerate() {
            let words = if author.is_empty() { words.clone() } else { format!("{author}: {words}") };
            flow.note(&format!("c{}", i + 1), &words);
        }
        flow.builder().end_place();
    }

    /// The words of the first shape that is a title. Others stay where they are.
    fn take_title(&mut self) -> String {
        let is_title =
            |shape: &Shape| shape.kind == Kind::Title && !words_of(&shape.blocks).trim().is_empty();
        let Some(at) = self.shapes.iter().position(is_title) else { return String::new() };
        words_of(&self.shapes.remove(at).blocks)
    }
}

/// From top to bottom, and in a row from left to right. A shape that does not say where it is stays behind the one before it.
pub(crate) fn in_reading_order(shapes: Vec<Shape>) -> Vec<Shape> {
    let mut last = (i64::MIN, i64::MIN);
    let mut placed: Vec<(i64, i64, Shape)> = Vec::new();
    for shape in shapes {
        let (x, y) = shape.at.unwrap_or(last);
        last = (x, y);
        placed.push((y, x, shape));
    }
    placed.sort_by_key(|(y, x, _)| (*y, *x));
    let mut row = i64::MIN;
    for (y, _, _) in &mut placed {
        if y.saturating_sub(row) > SAME_ROW {
            row = *y;
        }
        *y = row;
    }
    placed.sort_by_key(|(y, x, _)| (*y, *x));
    placed.into_iter().map(|(_, _, shape)| shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_row_by_row() {
        let shape = |at: Option<(i64, i64)>, words: &str| Shape {
            kind: Kind::Other,
            at,
            blocks: vec![Block::Paragraph(words.to_owned())],
        };
        let shapes = vec![
            shape(Some((900_000, 2_000_000)), "right"),
            shape(None, "with right"),
            shape(Some((0, 2_100_000)), "left"),
            shape(Some((0, 5_000_000)), "below"),
            shape(Some((500_000, 0)), "top"),
            shape(Some((i64::MAX, i64::MAX)), "far"),
        ];
        let words: Vec<String> =
            in_reading_order(shapes).iter().map(|shape| words_of(&shape.blocks).trim().to_owned()).collect();
        assert_eq!(words, ["top", "left", "right", "with right", "below", "far"]);
    }
}
