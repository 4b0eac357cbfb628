//! Lines with Hebrew or Arabic, from the order they are seen in to the order they are read in.
//!
//! Invariant: a line without such letters is left as it is.
//! Not here: the full algorithm of Unicode Annex 9: a page gives the places of letters, not the embedding that put them there.

/// The line in reading order. `seen` is from left to right.
pub(crate) fn logical(seen: &str) -> String {
    let rtl = seen.chars().filter(|&c| is_rtl(c)).count();
    if rtl == 0 {
        return seen.to_owned();
    }
    let ltr = seen.chars().filter(|&c| c.is_alphabetic() && !is_rtl(c)).count();
    let runs = runs(seen, rtl >= ltr);
    let turned = |(text, is_rtl_run): &(String, bool)| -> String {
        if *is_rtl_run { text.chars().rev().collect() } else { text.clone() }
    };
    if rtl >= ltr { runs.iter().rev().map(turned).collect() } else { runs.iter().map(turned).collect() }
}

/// Runs of one direction; what has none goes with the line's own, except between letters of the other.
fn runs(seen: &str, line_is_rtl: bool) -> Vec<(String, bool)> {
    let chars: Vec<char> = seen.chars().collect();
    let strong = |c: char| match c {
        c if is_rtl(c) => Some(true),
        c if c.is_alphanumeric() => Some(false),
        _ => None,
    };
    let mut directions = Vec::with_capacity(chars.len());
    let mut pending = 0;
    let mut before = None;
    for &c in &chars {
        match strong(c) {
            None => pending += 1,
            Some(direction) => {
                let between = if before == Some(direction) { direction } else { line_is_rtl };
                directions.extend(std::iter::repeat_n(between, pending));
                pending = 0;
                directions.push(direction);
                before = Some(direction);
            }
        }
    }
    directions.extend(std::iter::repeat_n(line_is_rtl, pending));
    let mut runs: Vec<(String, bool)> = Vec::new();
    for (c, direction) in chars.into_iter().zip(directions) {
        match runs.last_mut() {
            Some((run, same)) if *same == direction => run.push(c),
            _ => runs.push((c.to_string(), direction)),
        }
    }
    runs
}

/// Whether a character is written from right to left. Brackets are not turned around: fonts say which they stand for, not how they look.
pub(crate) fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
        && !('\u{660}'..='\u{669}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_reading_order() {
        let cases = [
            ("plain (text) 12", "plain (text) 12"),
            ("\u{5d3}\u{5d2} \u{5d1}\u{5d0}", "\u{5d0}\u{5d1} \u{5d2}\u{5d3}"),
            ("12 )\u{5d1}\u{5d0}(", "(\u{5d0}\u{5d1}) 12"),
            ("see \u{5d1}\u{5d0} here", "see \u{5d0}\u{5d1} here"),
        ];
        for (seen, read) in cases {
            assert_eq!(logical(seen), read, "{seen}");
        }
    }
}
