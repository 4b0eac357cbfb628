//! Gutters between columns that have nothing to do with one another: text beside a table, a figure's labels, a box.
//!
//! Invariant: of each strip a few gutters are followed down a fixed number of strips, so that the work grows with the strips.
//! Not here: columns of text whose lines stand side by side, see [`super::columns`].

use super::Segment;
use super::columns::{GUTTER, LINES, Strip, are_labelled, is_text};
use super::join::is_unspaced;

/// Gutters of a strip that are followed.
const FOLLOWED: usize = 4;
/// Strips that a gutter is followed through.
const REACH: usize = 400;
/// Lines whose bases differ by this part of an em stand side by side on purpose.
const LEVEL: f64 = 0.08;

/// Left and right edge of a gutter.
type Gutter = (f64, f64);

/// A gutter from strip `at` on, and the last strip it parts, if what it parts are columns of their own. `body` is the em of most text.
pub(crate) fn parting(
    strips: &[Strip],
    white: &[Vec<Gutter>],
    at: usize,
    body: f64,
) -> Option<(usize, Gutter)> {
    let own = white.get(at)?;
    let is_inner = |gutter: &Gutter| gutter.0.is_finite() && gutter.1.is_finite();
    let mut from: Vec<Gutter> = own
        .iter()
        .copied()
        .filter(|gutter| is_inner(gutter) && gutter.1 - gutter.0 >= GUTTER * body)
        .collect();
    from.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
    let mut followed: Vec<(usize, Gutter)> =
        from.into_iter().take(FOLLOWED).map(|gutter| follow(strips, white, at, gutter, body)).collect();
    followed.sort_by_key(|(last, _)| std::cmp::Reverse(*last));
    followed.iter_mut().for_each(|(last, gutter)| *last = without_rows(strips, at, *last, *gutter, body));
    followed.into_iter().find(|(last, gutter)| {
        let (left, right) = sides(strips, at, *last, *gutter);
        are_apart(&left, &right, body) || are_text(&left, &right)
    })
}

/// What lies to the left and right of a gutter.
fn sides(strips: &[Strip], first: usize, last: usize, gutter: Gutter) -> (Vec<&Segment>, Vec<&Segment>) {
    let middle = f64::midpoint(gutter.0, gutter.1);
    let strips = strips.get(first..=last).unwrap_or_default();
    strips.iter().flat_map(|strip| &strip.segments).partition(|s| f64::midpoint(s.left, s.right) < middle)
}

fn are_text(left: &[&Segment], right: &[&Segment]) -> bool {
    is_text(left) && is_text(right) && !are_labelled(&[left])
}

/// The last strip that is left when rows at the end, below white on both sides, are taken away: a table under two columns may have a gutter
/// in the same place.
fn without_rows(strips: &[Strip], first: usize, mut last: usize, gutter: Gutter, body: f64) -> usize {
    let is_below_white = |at: usize| match (strips.get(at.saturating_sub(1)), strips.get(at)) {
        (Some(above), Some(strip)) => strip.top - above.bottom > 1.2 * body,
        _ => false,
    };
    while let Some(start) = (first + 1..=last).rev().find(|&at| is_below_white(at)) {
        let (left, right) = sides(strips, start, last, gutter);
        let (left_lines, right_lines) = (bases(&left, body), bases(&right, body));
        let (fewer, more) =
            (left_lines.len().min(right_lines.len()), left_lines.len().max(right_lines.len()));
        // One line beside several is a heading of its column; one beside one is the foot of the page.
        let are_rows = fewer > 1 || fewer == more;
        if !are_rows || level(&left_lines, &right_lines, body) < fewer || are_text(&left, &right) {
            break;
        }
        last = start - 1;
    }
    last
}

/// How far down a gutter goes, and what of it is white all the way.
fn follow(
    strips: &[Strip],
    white: &[Vec<Gutter>],
    at: usize,
    mut gutter: Gutter,
    body: f64,
) -> (usize, Gutter) {
    let (mut last, mut kept, mut end) = (at, gutter, strips.get(at).map_or(0.0, |strip| strip.bottom));
    for (next, (strip, free)) in strips.iter().zip(white).enumerate().skip(at + 1).take(REACH) {
        // White intervals are in order and do not overlap.
        let from = free.partition_point(|other| other.1 <= gutter.0);
        let shared = free
            .iter()
            .skip(from)
            .take_while(|other| other.0 < gutter.1)
            .map(|other| (gutter.0.max(other.0), gutter.1.min(other.1)))
            .max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
        match shared.filter(|shared| shared.1 - shared.0 >= 0.6 * GUTTER * body) {
            Some(narrowed) => gutter = narrowed,
            None => break,
        }
        // What follows on one side only belongs to it as long as there is no wide white above it.
        let has_left = strip.segments.iter().any(|s| s.right <= gutter.0 + 0.1);
        let has_right = strip.segments.iter().any(|s| s.left >= gutter.1 - 0.1);
        if has_left && has_right || next == last + 1 && strip.top - end < 1.6 * body {
            (last, kept, end) = (next, gutter, strip.bottom);
        }
    }
    (last, kept)
}

/// Whether two sides are columns of their own: both are full of lines, and few of those stand on one level.
fn are_apart(left: &[&Segment], right: &[&Segment], body: f64) -> bool {
    let (top, bottom) = (extent(left).0.max(extent(right).0), extent(left).1.min(extent(right).1));
    let within = |side: &[&Segment]| -> Vec<f64> {
        bases(side, body).into_iter().filter(|base| (top..=bottom).contains(base)).collect()
    };
    let is_full = |side: &[&Segment], lines: usize| {
        let letters: usize =
            side.iter().flat_map(|s| s.text.chars()).map(|c| if is_unspaced(c) { 2 } else { 1 }).sum();
        lines >= LINES && letters >= 10 * lines && lines as f64 * 1.25 * body > 0.35 * (bottom - top)
    };
    let (left_lines, right_lines) = (within(left), within(right));
    if !is_full(left, left_lines.len()) || !is_full(right, right_lines.len()) {
        return false;
    }
    level(&left_lines, &right_lines, body) * 2 < left_lines.len().min(right_lines.len())
}

/// The base lines of a side, from the top.
fn bases(side: &[&Segment], body: f64) -> Vec<f64> {
    let mut bases: Vec<f64> = side.iter().map(|s| s.base).collect();
    bases.sort_by(f64::total_cmp);
    bases.dedup_by(|a, b| (*a - *b).abs() < LEVEL * body);
    bases
}

/// How many lines of the left have one of the right on their level.
fn level(left: &[f64], right: &[f64], body: f64) -> usize {
    let is_level = |base: &&f64| {
        let next = right.partition_point(|&other| other < **base - LEVEL * body);
        right.get(next).is_some_and(|other| (other - **base).abs() <= LEVEL * body)
    };
    left.iter().filter(is_level).count()
}

/// Top and bottom of a side.
fn extent(side: &[&Segment]) -> (f64, f64) {
    let edges = side.iter().map(|s| (s.top(), s.bottom()));
    edges.fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(left: f64, from: f64, step: f64, count: usize) -> Vec<Segment> {
        let line = |n: usize| Segment {
            text: "The gates are opened at flood".to_owned(),
            left,
            right: left + 150.0,
            base: from + step * n as f64,
            size: 10.0,
            bold: false,
            fixed: false,
            stated: None,
            row: n,
            first_word: 15.0,
        };
        (0..count).map(line).collect()
    }

    #[test]
    fn columns_of_their_own() {
        let cases = [
            ("another leading", lines(0.0, 10.0, 12.0, 20), lines(200.0, 13.0, 15.5, 12), true),
            ("rows of a table", lines(0.0, 10.0, 12.0, 20), lines(200.0, 10.0, 12.0, 20), false),
            ("labels in the middle", lines(0.0, 16.0, 60.0, 4), lines(200.0, 10.0, 12.0, 20), false),
            ("a few lines", lines(0.0, 16.0, 12.0, 2), lines(200.0, 10.0, 13.0, 20), false),
        ];
        for (what, left, right, apart) in cases {
            let (left, right): (Vec<_>, Vec<_>) = (left.iter().collect(), right.iter().collect());
            assert_eq!(are_apart(&left, &right, 10.0), apart, "{what}");
        }
    }
}
