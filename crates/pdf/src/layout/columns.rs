//! Segments to regions: columns of text one after the other, tables and full lines as they stand.
//!
//! Invariant: every segment ends up in one region; cutting goes [`DEPTH`] levels deep.
//! Not here: paragraphs.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};

use super::join::is_unspaced;
use super::{Segment, gutters};

/// Columns within columns.
const DEPTH: usize = 5;
/// A gutter is this many ems wide at least.
pub(crate) const GUTTER: f64 = 0.9;
/// Fewer lines side by side are no columns of text.
pub(crate) const LINES: usize = 3;
/// A caption is no longer than this, and what it explains is so many times larger.
const CAPTION_LINES: usize = 8;
const CAPTION_SIZE: f64 = 1.6;

/// A part of the page that is read from top to bottom. Rows side by side in it are rows of a table, or belong together otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    pub(crate) segments: Vec<Segment>,
    /// Notes beside it.
    pub(crate) margin: Vec<Segment>,
}

impl Region {
    /// Whether type of equal widths means code here; not where all text is written so.
    pub(crate) fn with_code(mut self, fixed_is_code: bool) -> Self {
        self.segments.iter_mut().chain(&mut self.margin).for_each(|segment| segment.fixed &= fixed_is_code);
        self
    }
}

/// Regions in reading order.
pub(crate) fn regions(segments: Vec<Segment>) -> Vec<Region> {
    let mut done = Vec::new();
    let mut open = vec![Part::Uncut(segments, 0)];
    // Depth first, the first column on top.
    while let Some(part) = open.pop() {
        match part {
            Part::Whole(region) => done.push(region),
            Part::Uncut(segments, depth) => open.extend(cut(segments, depth).into_iter().rev()),
        }
    }
    done
}

enum Part {
    Whole(Region),
    /// A column, and how many it is in already.
    Uncut(Vec<Segment>, usize),
}

impl Part {
    fn whole(segments: Vec<Segment>) -> Self {
        Self::Whole(Region { segments, margin: Vec::new() })
    }
}

/// Segments that overlap in height, all of them between two lines of white.
pub(crate) struct Strip {
    pub(crate) segments: Vec<Segment>,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Strip {
    /// White between its segments and outside of them, from the left.
    fn white(&self) -> Gutters {
        let mut edges: Vec<(f64, f64)> = self.segments.iter().map(|s| (s.left, s.right)).collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut white = Vec::new();
        let mut end = f64::NEG_INFINITY;
        for (left, right) in edges {
            if left > end {
                white.push((end, left));
            }
            end = end.max(right);
        }
        white.push((end, f64::INFINITY));
        white
    }

    fn em(&self) -> f64 {
        self.segments.iter().map(|segment| segment.size).fold(0.0, f64::max)
    }
}

fn strips(mut segments: Vec<Segment>) -> Vec<Strip> {
    segments.sort_by(|a, b| a.top().total_cmp(&b.top()));
    let mut strips: Vec<Strip> = Vec::new();
    for segment in segments {
        match strips.last_mut() {
            Some(strip) if segment.top() < strip.bottom => {
                strip.bottom = strip.bottom.max(segment.bottom());
                strip.segments.push(segment);
            }
            _ => strips.push(Strip { top: segment.top(), bottom: segment.bottom(), segments: vec![segment] }),
        }
    }
    strips
}

fn cut(segments: Vec<Segment>, depth: usize) -> Vec<Part> {
    if depth >= DEPTH || segments.len() < 2 * LINES {
        return vec![Part::whole(segments)];
    }
    let body = body(&segments);
    let strips = strips(segments);
    let mut parts = Vec::new();
    let mut whole: Vec<Segment> = Vec::new();
    let bands = bands(&strips, body);
    for (band, strips) in in_bands(strips, &bands) {
        let segments: Vec<Segment> = strips.into_iter().flat_map(|strip| strip.segments).collect();
        let columns = match band {
            Some(Parting { gutters, apart: true }) => {
                split(&segments, &gutters).into_iter().map(|column| Part::Uncut(column, depth + 1)).collect()
            }
            Some(Parting { gutters, apart: false }) => in_order(split(&segments, &gutters), depth),
            None => Vec::new(),
        };
        if columns.is_empty() {
            whole.extend(segments);
            continue;
        }
        if !whole.is_empty() {
            parts.push(Part::whole(std::mem::take(&mut whole)));
        }
        parts.extend(columns);
    }
    if !whole.is_empty() {
        parts.push(Part::whole(whole));
    }
    parts
}

/// The size of type that most letters have.
fn body(segments: &[Segment]) -> f64 {
    let mut letters: BTreeMap<i64, usize> = BTreeMap::new();
    for segment in segments {
        *letters.entry((segment.size * 4.0) as i64).or_default() += segment.text.len();
    }
    letters.iter().max_by_key(|(_, count)| **count).map_or(0.0, |(size, _)| *size as f64 / 4.0)
}

/// Columns of text one after the other; notes in a margin with what they stand beside; nothing for the cells of a table.
fn in_order(columns: Vec<Vec<Segment>>, depth: usize) -> Vec<Part> {
    let texts = columns.iter().filter(|column| is_text(column)).count();
    let are_texts = texts * 2 > columns.len() && !are_labelled(&columns);
    if columns.len() > 1 && (are_texts || columns.iter().all(|column| is_captioned(column))) {
        return columns.into_iter().map(|column| Part::Uncut(column, depth + 1)).collect();
    }
    match <[Vec<Segment>; 2]>::try_from(columns) {
        Ok([a, b]) => {
            let (margin, segments) = if rows(&a) < rows(&b) { (a, b) } else { (b, a) };
            let is_margin = rows(&margin) * 2 <= rows(&segments) && rows(&segments) >= 2 * LINES;
            if is_margin && is_text(&segments) {
                vec![Part::Whole(Region { segments, margin })]
            } else {
                Vec::new()
            }
        }
        Err(_) => Vec::new(),
    }
}

/// Whether a column is a figure or a word in large type with its explanation below: rows of a table are never set smaller and smaller.
fn is_captioned(column: &[Segment]) -> bool {
    let mut lines: Vec<(f64, f64)> = column.iter().map(|line| (line.base, line.size)).collect();
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shrinks = lines.windows(2).all(|pair| matches!(pair, [(_, a), (_, b)] if *b <= 1.05 * a));
    match (lines.first(), lines.last()) {
        (Some((_, first)), Some((_, last))) => {
            (LINES..=CAPTION_LINES).contains(&rows(column)) && shrinks && *first > CAPTION_SIZE * last
        }
        _ => false,
    }
}

/// White from top to bottom: left and right edges, from the left.
type Gutters = Vec<(f64, f64)>;
/// Gutters, and whether what they part is known to be columns of their own.
#[derive(Clone)]
struct Parting {
    gutters: Gutters,
    apart: bool,
}
/// Neighbouring strips with gutters through all of them: first, last (included), gutters.
type Band = (usize, usize, Parting);
/// Strips and the gutters of their band, if they are in one.
type Group = (Option<Parting>, Vec<Strip>);

fn bands(strips: &[Strip], body: f64) -> Vec<Band> {
    let white: Vec<Gutters> = strips.iter().map(Strip::white).collect();
    let mut bands: Vec<Band> = Vec::new();
    let mut at = 0;
    while let (Some(strip), Some(own)) = (strips.get(at), white.get(at)) {
        if let Some((last, gutter)) = gutters::parting(strips, &white, at, body) {
            let before = bands.last().map_or(0, |(_, end, _)| end + 1);
            let first = reach_up(strips, &white, at, before, &[gutter], GUTTER * body);
            bands.push((first, last, Parting { gutters: vec![gutter], apart: true }));
            at = last + 1;
            continue;
        }
        let width = GUTTER * strip.em();
        let mut gutters: Gutters =
            own.iter().copied().filter(|(l, r)| l.is_finite() && r.is_finite() && r - l >= width).collect();
        if gutters.is_empty() {
            at += 1;
            continue;
        }
        let (mut last, mut sided) = (at, at);
        for (next, other) in white.iter().enumerate().skip(at + 1) {
            let narrowed = meet(&gutters, other, 0.7 * width);
            let is_table = other.len() > gutters.len() + 2 && is_below(strips, next, 1.5);
            if narrowed.is_empty() || is_table || is_far(strips, sided, next) {
                break;
            }
            gutters = narrowed;
            last = next;
            if other.len() > 2 {
                sided = next;
            }
        }
        let before = bands.last().map_or(0, |(_, end, _)| end + 1);
        let first = reach_up(strips, &white, at, before, &gutters, width);
        bands.push((first, last, Parting { gutters, apart: false }));
        at = last + 1;
    }
    bands
}

/// Whether strip `next` is too far below the last strip with two sides to belong to it: one-sided lines below a gap are what follows.
fn is_far(strips: &[Strip], sided: usize, next: usize) -> bool {
    let is_one_sided = strips.get(next).is_none_or(|strip| strip.segments.len() == 1);
    is_one_sided && next > sided && is_below(strips, next, 1.6)
}

/// Whether so many ems of white part a strip from the one above it.
fn is_below(strips: &[Strip], next: usize, ems: f64) -> bool {
    match (strips.get(next.saturating_sub(1)), strips.get(next)) {
        (Some(above), Some(strip)) => strip.top - above.bottom > ems * strip.em(),
        _ => true,
    }
}

/// The first strip above a band that one of its columns may begin with.
fn reach_up(
    strips: &[Strip],
    white: &[Gutters],
    at: usize,
    before: usize,
    gutters: &[(f64, f64)],
    width: f64,
) -> usize {
    let mut first = at;
    while first > before {
        let (Some(above), Some(strip), Some(free)) =
            (strips.get(first - 1), strips.get(first), white.get(first - 1))
        else {
            break;
        };
        let same_size = (above.em() - strip.em()).abs() < 0.1 * strip.em();
        let near = strip.top - above.bottom < 1.2 * strip.em();
        if !same_size || !near || meet(gutters, free, 0.7 * width).len() < gutters.len() {
            break;
        }
        first -= 1;
    }
    first
}

/// What two lists of white intervals share, as far as it is wide enough.
fn meet(a: &[(f64, f64)], b: &[(f64, f64)], width: f64) -> Gutters {
    let mut shared = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(&(a_left, a_right)), Some(&(b_left, b_right))) = (a.get(i), b.get(j)) {
        let (left, right) = (a_left.max(b_left), a_right.min(b_right));
        if right - left >= width {
            shared.push((left, right));
        }
        if a_right < b_right {
            i += 1;
        } else {
            j += 1;
        }
    }
    shared
}

/// Strips grouped by band, in order; those of no band one by one.
fn in_bands(strips: Vec<Strip>, bands: &[Band]) -> Vec<Group> {
    let mut grouped: Vec<Group> = Vec::new();
    let mut bands = bands.iter().peekable();
    for (at, strip) in strips.into_iter().enumerate() {
        while bands.next_if(|(_, last, _)| *last < at).is_some() {}
        match bands.peek() {
            Some((first, _, parting)) if *first <= at => match grouped.last_mut() {
                Some((Some(_), strips)) if *first < at => strips.push(strip),
                _ => grouped.push((Some(parting.clone()), vec![strip])),
            },
            _ => grouped.push((None, vec![strip])),
        }
    }
    grouped
}

/// The segments between the gutters.
fn split(segments: &[Segment], gutters: &[(f64, f64)]) -> Vec<Vec<Segment>> {
    let mut columns = vec![Vec::new(); gutters.len() + 1];
    for segment in segments {
        let middle = f64::midpoint(segment.left, segment.right);
        let column = gutters.partition_point(|(left, right)| f64::midpoint(*left, *right) < middle);
        if let Some(column) = columns.get_mut(column) {
            column.push(segment.clone());
        }
    }
    columns.retain(|column| !column.is_empty());
    columns
}

fn rows<S: Borrow<Segment>>(column: &[S]) -> usize {
    column.iter().map(|segment| segment.borrow().row).collect::<HashSet<_>>().len()
}

/// Whether a column holds running text, and not the cells of a table.
pub(crate) fn is_text<S: Borrow<Segment>>(column: &[S]) -> bool {
    let segments = || column.iter().map(Borrow::borrow);
    let left = segments().map(|s| s.left).fold(f64::INFINITY, f64::min);
    let right = segments().map(|s| s.right).fold(f64::NEG_INFINITY, f64::max);
    let rows = rows(column);
    let letters: usize = segments().map(|s| s.text.chars().count()).sum();
    let dense: usize = segments().flat_map(|s| s.text.chars()).filter(|&c| is_unspaced(c)).count();
    let full = segments().filter(|s| s.right - s.left > 0.7 * (right - left)).count();
    // A letter of a writing without spaces says as much as two others.
    rows >= LINES && letters + dense >= 18 * rows && full * 5 >= rows * 2
}

/// Whether the first column is labels for the lines beside them: `Name:`, `1.`.
pub(crate) fn are_labelled<C: AsRef<[S]>, S: Borrow<Segment>>(columns: &[C]) -> bool {
    let Some(first) = columns.first().map(AsRef::as_ref) else {
        return false;
    };
    let letters: usize = first.iter().map(|s| s.borrow().text.chars().count()).sum();
    letters < 12 * rows(first)
}
