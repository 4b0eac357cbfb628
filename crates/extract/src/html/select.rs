//! Which part of a page is its subject.

use corpus::{Heading, Span};

use super::render::Rendered;

/// What a region is to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Main,
    Article,
    Aside,
}

/// A part and the bytes of the rendered text it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) part: Part,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The text of the page's main part and its headings there.
///
/// `<main>`, or else the articles, stand for the page if they hold at least half of its text; asides are left out, unless they hold three
/// quarters of it (some pages are one form).
pub(super) fn main_part(page: Rendered) -> (String, Vec<Heading>) {
    let all = [(0, page.text.len())];
    let asides = outermost(&page.regions, Part::Aside);
    let without_asides = subtract(&all, &asides);
    if weight(&without_asides) * 4 < page.text.len() {
        return gather(&page, &all);
    }
    for part in [Part::Main, Part::Article] {
        let kept = subtract(&outermost(&page.regions, part), &asides);
        if weight(&kept) * 2 >= weight(&without_asides).max(1) {
            return gather(&page, &kept);
        }
    }
    gather(&page, &without_asides)
}

type Ranges = Vec<(usize, usize)>;

/// The regions of one part that lie in no other of its kind, in order.
fn outermost(regions: &[Region], part: Part) -> Ranges {
    let mut ranges: Ranges = regions
        .iter()
        .filter(|region| region.part == part)
        .map(|region| (region.start, region.end))
        .collect();
    ranges.sort_by_key(|&(start, end)| (start, std::cmp::Reverse(end)));
    let mut last = 0;
    ranges.retain(|&(start, end)| {
        let keep = start >= last && end > start;
        last = if keep { end } else { last };
        keep
    });
    ranges
}

/// What is left of `from`; both ordered and without overlaps of their own.
fn subtract(from: &[(usize, usize)], holes: &[(usize, usize)]) -> Ranges {
    let mut out = Vec::new();
    let mut next = 0;
    for &(mut start, end) in from {
        while next < holes.len() && holes[next].1 <= start {
            next += 1;
        }
        for &(hole_start, hole_end) in holes[next..].iter().take_while(|hole| hole.0 < end) {
            if hole_start > start {
                out.push((start, hole_start));
            }
            start = start.max(hole_end);
        }
        if start < end {
            out.push((start, end));
        }
    }
    out
}

fn weight(ranges: &[(usize, usize)]) -> usize {
    ranges.iter().map(|(start, end)| end - start).sum()
}

/// Joins the ranges with blank lines, and moves the headings along.
fn gather(page: &Rendered, ranges: &[(usize, usize)]) -> (String, Vec<Heading>) {
    let mut text = String::with_capacity(weight(ranges) + 2 * ranges.len());
    let mut headings = Vec::new();
    let mut of_page = page.headings.iter().peekable();
    for &(start, end) in ranges {
        let piece = &page.text[start..end];
        let kept = piece.trim_start_matches('\n');
        let kept_start = start + piece.len() - kept.len();
        let kept = kept.trim_end();
        if kept.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        let moved = text.len();
        text.push_str(kept);
        while of_page.next_if(|heading| (heading.span.start as usize) < kept_start).is_some() {}
        while let Some(heading) =
            of_page.next_if(|heading| heading.span.end as usize <= kept_start + kept.len())
        {
            let at = |offset: u32| offset as usize - kept_start + moved;
            headings.push(Heading {
                span: Span::new(at(heading.span.start), at(heading.span.end)),
                ..heading.clone()
            });
        }
    }
    (text, headings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_out_of_ranges() {
        assert_eq!(subtract(&[(0, 10)], &[]), [(0, 10)]);
        assert_eq!(subtract(&[(0, 10)], &[(0, 2), (4, 5), (9, 12)]), [(2, 4), (5, 9)]);
        assert_eq!(subtract(&[(0, 3), (5, 8)], &[(1, 6)]), [(0, 1), (6, 8)]);
        assert_eq!(subtract(&[(2, 4)], &[(0, 9)]), []);
    }

    #[test]
    fn only_the_outermost_count() {
        let region = |start, end| Region { part: Part::Article, start, end };
        assert_eq!(
            outermost(&[region(2, 3), region(1, 5), region(5, 5), region(6, 8)], Part::Article),
            [(1, 5), (6, 8)]
        );
        assert_eq!(outermost(&[region(2, 3)], Part::Main), []);
    }
}
