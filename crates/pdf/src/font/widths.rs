//! Widths as font dictionaries state them.
//!
//! Invariant: no more entries than the dictionary has, whatever ranges it claims.

use hayro_syntax::object::{Array, Dict, Object};

/// No composite font has more glyphs.
const MAX_CID: u32 = 0xffff;

/// Widths of a simple font: those of the bytes from `FirstChar` on.
pub(crate) fn of_simple(dict: &Dict<'_>) -> Option<[Option<f32>; 256]> {
    let first = dict.get::<i64>("FirstChar").unwrap_or(0);
    let list = dict.get::<Array<'_>>("Widths")?;
    let mut widths = [None; 256];
    let bytes = (first..).map_while(|code| (code < 256).then_some(code));
    for (code, width) in bytes.zip(list.iter::<Object<'_>>()) {
        let slot = usize::try_from(code).ok().and_then(|code| widths.get_mut(code));
        if let (Some(slot), Object::Number(width)) = (slot, width) {
            *slot = Some(width.as_f32());
        }
    }
    Some(widths)
}

/// Widths of a composite font: runs of glyph numbers, from the `W` of its descendant.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// First and last glyph and their widths: one for all, or one for each.
    runs: Vec<(u32, u32, Vec<f32>)>,
}

impl Runs {
    pub(crate) fn new(list: &Array<'_>) -> Self {
        let mut runs = Vec::new();
        let mut numbers: Vec<f32> = Vec::new();
        for item in list.iter::<Object<'_>>() {
            match item {
                Object::Number(number) => numbers.push(number.as_f32()),
                Object::Array(each) => {
                    let widths: Vec<f32> = each.iter::<f32>().take(MAX_CID as usize + 1).collect();
                    if let (Some(first), false) = (numbers.last(), widths.is_empty()) {
                        let first = *first as u32;
                        runs.push((first, first.saturating_add(widths.len() as u32 - 1), widths));
                    }
                    numbers.clear();
                }
                _ => numbers.clear(),
            }
            if let [first, last, width] = *numbers.as_slice() {
                runs.push((first as u32, last as u32, vec![width]));
                numbers.clear();
            }
        }
        runs.sort_by_key(|run| run.0);
        Self { runs }
    }

    /// The width of a glyph, in thousandths.
    pub(crate) fn of(&self, cid: u32) -> Option<f32> {
        let after = self.runs.partition_point(|run| run.0 <= cid);
        // Runs should not overlap. Where they do, a few steps back find what a search cannot.
        let near = self.runs.get(after.saturating_sub(4)..after)?;
        let (first, _, widths) = near.iter().rev().find(|run| cid <= run.1)?;
        widths.get((cid - first) as usize).or(widths.first()).copied()
    }
}
