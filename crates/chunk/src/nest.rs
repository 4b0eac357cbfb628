//! Cutting by depth: where structure is nested, the outermost places that suffice.

/// The deepest step by step cut; what is nested deeper is cut at all its marks at once, which keeps the time linear.
const MAX_LEVELS: u8 = 12;

/// A place where a text may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) at: usize,
    /// How deep it stands; only the order counts.
    pub(crate) depth: u32,
}

/// A part on the way: its range, its marks as a range of indexes, and how often it was cut.
struct Part {
    start: usize,
    end: usize,
    marks: (usize, usize),
    level: u8,
}

/// Cuts `start..end` at its shallowest marks, and again each part that does not fit, until all fit or have no marks. Calls `emit` with
/// each part in order and its level of nesting. Marks are in order; those outside of the range do no harm.
pub(crate) fn nest(range: (usize, usize), marks: &[Mark], fits: impl Fn(usize, usize) -> bool, mut emit: impl FnMut(usize, usize, u8)) {
    let inside = marks.partition_point(|mark| mark.at <= range.0)..marks.partition_point(|mark| mark.at < range.1);
    let mut stack = vec![Part { start: range.0, end: range.1, marks: (inside.start, inside.end), level: 0 }];
    while let Some(part) = stack.pop() {
        let within = marks.get(part.marks.0..part.marks.1).unwrap_or_default();
        let Some(least) = within.iter().map(|mark| mark.depth).min().filter(|_| !fits(part.start, part.end)) else {
            emit(part.start, part.end, part.level);
            continue;
        };
        let limit = if part.level >= MAX_LEVELS { u32::MAX } else { least };
        let begin = stack.len();
        let mut open = Part { level: part.level.saturating_add(1), ..part };
        for (index, mark) in within.iter().enumerate().filter(|(_, mark)| mark.depth <= limit) {
            let index = part.marks.0 + index;
            stack.push(Part { end: mark.at, marks: (open.marks.0, index), ..open });
            open = Part { start: mark.at, marks: (index + 1, part.marks.1), ..open };
        }
        stack.push(open);
        stack[begin..].reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(marks: &[(usize, u32)], size: usize, expected: &[(usize, usize, u8)]) {
        let marks: Vec<Mark> = marks.iter().map(|&(at, depth)| Mark { at, depth }).collect();
        let mut found = Vec::new();
        nest((0, 100), &marks, |start, end| end - start <= size, |start, end, level| found.push((start, end, level)));
        assert_eq!(found, expected);
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
        let marks: Vec<Mark> = (1..200_000).map(|at| Mark { at, depth: at as u32 }).collect();
        let mut n = 0;
        nest((0, 200_000), &marks, |start, end| end - start < 2, |_, _, _| n += 1);
        assert_eq!(n, 200_000);
    }
}
