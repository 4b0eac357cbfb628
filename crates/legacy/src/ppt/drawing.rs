//! The shapes on a slide, with their text and where they stand.

use super::record::{self, Record, Records};
use crate::bytes::{u16_at, u32_at};

/// Groups deeper than this are not looked into.
const MAX_DEPTH: usize = 64;
/// More shapes than this has no slide.
const MAX_SHAPES: usize = 20_000;
/// More text than this has no slide; several shapes may name the same.
const MAX_SLIDE_BYTES: usize = 4 << 20;

/// Kinds of text: title, body, notes, title in the middle.
const TITLE: u32 = 0;
const NOTES: u32 = 2;
const CENTER_TITLE: u32 = 6;
/// Placeholders that hold the number, the date, and what stands at the edge of each page.
const MARGINAL: std::ops::RangeInclusive<u8> = 7..=10;

/// A shape with text.
#[derive(Debug)]
pub(super) struct Shape {
    kind: u32,
    pub(super) words: String,
    /// Top and left.
    position: (i32, i32),
}

impl Shape {
    pub(super) fn text(kind: u32, words: String) -> Self {
        Self { kind, words, position: (0, 0) }
    }

    pub(super) fn is_title(&self) -> bool {
        matches!(self.kind, TITLE | CENTER_TITLE)
    }

    pub(super) fn is_note(&self) -> bool {
        self.kind == NOTES
    }
}

/// The shapes with text in a slide's record, from top to bottom. `texts` are those that the list of slides keeps for it.
pub(super) fn shapes(slide: &[u8], texts: &[(u32, String)]) -> Vec<Shape> {
    let (mut found, mut room) = (Vec::new(), MAX_SLIDE_BYTES);
    let Some(drawing) = Records::new(slide).find(|record| record.kind == record::DRAWING) else {
        return found;
    };
    // Records that are open, and where the group they are in stands, once its first shape said so.
    let mut open: Vec<(Records<'_>, Option<(i32, i32)>)> = vec![(Records::new(drawing.data), None)];
    while let Some((records, group)) = open.last_mut() {
        let Some(record) = records.next().filter(|_| found.len() < MAX_SHAPES) else {
            open.pop();
            continue;
        };
        let outer = *group;
        if record.kind == record::SHAPE {
            let (shape, position) = shape(&record, outer, texts);
            // The first shape of a group is the group itself: what is in it stands where it does.
            if outer.is_none() && is_group(&record) {
                *group = position;
            }
            let shape: Option<Shape> = shape;
            if let Some(left) = shape.as_ref().and_then(|shape| room.checked_sub(shape.words.len())) {
                room = left;
                found.extend(shape);
            }
        } else if record.is_container && open.len() < MAX_DEPTH {
            let inherited = if record.kind == record::SHAPE_GROUP { outer } else { None };
            open.push((Records::new(record.data), inherited));
        }
    }
    found.sort_by_key(|shape: &Shape| (!shape.is_title(), shape.position));
    found
}

/// Whether the shape stands for a group: it says which room the shapes in it count in.
fn is_group(shape: &Record<'_>) -> bool {
    const GROUP_ROOM: u16 = 0xf009;
    Records::new(shape.data).any(|record| record.kind == GROUP_ROOM)
}

/// The text of a shape, if it has any, and where it stands.
fn shape(
    shape: &Record<'_>,
    group: Option<(i32, i32)>,
    texts: &[(u32, String)],
) -> (Option<Shape>, Option<(i32, i32)>) {
    let (mut position, mut kind, mut words, mut is_marginal) = (None, 4, String::new(), false);
    for record in Records::new(shape.data) {
        match record.kind {
            record::ANCHOR => position = anchor(record.data),
            record::CHILD_ANCHOR => position = position.or(group),
            record::SHAPE_DATA => {
                let placeholder = Records::new(record.data).find(|record| record.kind == record::PLACEHOLDER);
                let placeholder = placeholder.and_then(|record| record.data.get(4).copied());
                is_marginal = placeholder.is_some_and(|placeholder| MARGINAL.contains(&placeholder));
            }
            record::TEXT_BOX => read_box(record.data, texts, &mut kind, &mut words),
            _ => {}
        }
    }
    // Where the number of the slide stands there is a star.
    let is_seen = !is_marginal && !words.trim().is_empty() && words.trim() != "*";
    let shape = is_seen.then(|| Shape { kind, words, position: position.or(group).unwrap_or((i32::MAX, 0)) });
    (shape, position)
}

fn read_box(data: &[u8], texts: &[(u32, String)], kind: &mut u32, words: &mut String) {
    for record in Records::new(data) {
        match record.kind {
            record::TEXT_HEADER => *kind = u32_at(record.data, 0).unwrap_or(4),
            record::TEXT_CHARS | record::TEXT_BYTES => words.push_str(&record.words()),
            record::OUTLINE_TEXT => {
                let text = u32_at(record.data, 0).and_then(|index| texts.get(index as usize));
                if let Some((of, text)) = text.filter(|_| words.is_empty()) {
                    *kind = *of;
                    words.push_str(text);
                }
            }
            _ => {}
        }
    }
}

/// Top and left of an anchor, in four small or four big numbers.
fn anchor(data: &[u8]) -> Option<(i32, i32)> {
    if data.len() >= 16 {
        return Some((u32_at(data, 0)?.cast_signed(), u32_at(data, 4)?.cast_signed()));
    }
    Some((u16_at(data, 0)?.cast_signed().into(), u16_at(data, 2)?.cast_signed().into()))
}
