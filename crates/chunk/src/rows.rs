//! Files of records: a unit for each row or line, never half of one while it fits.

use crate::outline::Outline;
use crate::unit::{Cut, Unit};

/// The records of a delimited file: line breaks inside quotes do not end one.
pub(crate) fn records(text: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let (mut start, mut at, mut quoted) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        at += line.len();
        quoted ^= line.bytes().filter(|&byte| byte == b'"').count() % 2 == 1;
        if !quoted {
            units.push(Unit::new(start, at, Outline::ROOT, Cut::Lines));
            start = at;
        }
    }
    if start < at {
        units.push(Unit::new(start, at, Outline::ROOT, Cut::Lines));
    }
    units
}

/// The lines of a file of one JSON value each.
pub(crate) fn lines(text: &str) -> Vec<Unit> {
    let mut at = 0;
    let unit = |line: &str| {
        let start = at;
        at += line.len();
        Unit::new(start, at, Outline::ROOT, Cut::Brackets)
    };
    text.split_inclusive('\n').map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_line_breaks_stay_inside_their_record() {
        let text = "a,b\n1,\"x\ny\"\"z\"\n2,3\n\"open\n4";
        let found: Vec<_> = records(text).iter().map(|unit| &text[unit.start..unit.end]).collect();
        assert_eq!(found, ["a,b\n", "1,\"x\ny\"\"z\"\n", "2,3\n", "\"open\n4"]);
    }
}
