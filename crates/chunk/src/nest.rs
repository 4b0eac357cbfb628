//! Cutting by depth: where structure is nested, the outermost places that suffice.

/// The deepest step by step cut; what is nested deeper is cut at all its marks at once, which keeps the time linear.
const MAX_LEVELS: u8 = 12;

/// A place where a text may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: usize,
    /// How deep it stands; only the order counts.
    pub(crate) depth: u32,
    /// Whether the author set it apart, with a blank line.
    pub(crate) apart: bool,
}

/// A part of the text on its way to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part<C> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// How many cuts it took.
    pub(crate) level: u8,
    /// Whether it is set apart from the part before.
    pub(crate) apart: bool,
    /// What it stands inside.
    pub(crate) context: C,
}

impl<C> Part<C> {
    /// Its level as a unit: a part that is set apart stands a little further out than its neighbours.
    pub(crate) fn step(&self) -> u8 {
        self.level.saturating_mul(2) | u8::from(!self.apart)
    }
}

/// Decides about parts and takes them.
pub(crate) trait Visit<C> {
    /// Whether the part is small enough.
    fn fits(&self, part: &Part<C>) -> bool;
    /// What the parts of this one stand inside.
    fn enter(&mut self, part: &Part<C>) -> C;
    /// Takes a part that fits or has no marks. Parts come in order.
    fn emit(&mut self, part: &Part<C>);
}

/// Cuts `whole` at its shallowest marks, and again each part that does not fit, until all fit or have no marks. Marks are in order;
/// those outside of the part do no harm.
pub(crate) fn nest<C: Copy>(whole: Part<C>, marks: &[Mark], visit: &mut impl Visit<C>) {
    let inside = marks.partition_point(|mark| mark.at <= whole.start)
        ..marks.partition_point(|mark| mark.at < whole.end);
    // The parts to come, the next one last, each with its marks as a range of indexes.
    let mut stack = vec![(whole, inside)];
    while let Some((part, inside)) = stack.pop() {
        let within = marks.get(inside.clone()).unwrap_or_default();
        let Some(least) = within.iter().map(|mark| mark.depth).min().filter(|_| !visit.fits(&part)) else {
            visit.emit(&part);
            continue;
        };
        let limit = if part.level >= MAX_LEVELS { u32::MAX } else { least };
        let begin = stack.len();
        let mut open = Part { level: part.level.saturating_add(1), context: visit.enter(&part), ..part };
        let mut from = inside.start;
        for (mark, index) in within.iter().zip(inside.clone()).filter(|(mark, _)| mark.depth <= limit) {
            stack.push((Part { end: mark.at, ..open }, from..index));
            (open.start, open.apart, from) = (mark.at, mark.apart, index + 1);
        }
        stack.push((open, from..inside.end));
        stack[begin..].reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what is at most `size` long; the context counts how many parts it stands inside.
    struct Sized {
        size: usize,
        found: Vec<(usize, usize, u32)>,
    }

    impl Visit<u32> for Sized {
        fn fits(&self, part: &Part<u32>) -> bool {
            part.end - part.start <= self.size
        }

        fn enter(&mut self, part: &Part<u32>) -> u32 {
            part.context + 1
        }

        fn emit(&mut self, part: &Part<u32>) {
            self.found.push((part.start, part.end, part.context));
        }
    }

    fn nested(marks: &[Mark], len: usize, size: usize) -> Vec<(usize, usize, u32)> {
        let mut visit = Sized { size, found: Vec::new() };
        nest(Part { start: 0, end: len, level: 0, apart: false, context: 0 }, marks, &mut visit);
        visit.found
    }

    fn check(marks: &[(usize, u32)], size: usize, expected: &[(usize, usize, u32)]) {
        let marks: Vec<Mark> = marks.iter().map(|&(at, depth)| Mark { at, depth, apart: false }).collect();
        assert_eq!(nested(&marks, 100, size), expected);
    }

    #[test]
    fn shallow_marks_first() {
        check(&[(20, 1), (50, 0), (70, 1)], 100, &[(0, 100, 0)]);
        check(&[(20, 1), (50, 0), (70, 1)], 50, &[(0, 50, 1), (50, 100, 1)]);
        check(&[(20, 1), (50, 0), (70, 1)], 40, &[(0, 20, 2), (20, 50, 2), (50, 70, 2), (70, 100, 2)]);
        check(&[(0, 0), (100, 0)], 10, &[(0, 100, 0)]);
    }

    #[test]
    fn marks_that_go_ever_deeper_take_linear_time() {
        let marks: Vec<Mark> = (1..200_000).map(|at| Mark { at, depth: at as u32, apart: false }).collect();
        assert_eq!(nested(&marks, 200_000, 1).len(), 200_000);
    }
}
