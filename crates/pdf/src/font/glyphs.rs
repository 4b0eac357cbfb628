//! Names of glyphs to characters, after the Adobe Glyph List and its specification.
//!
//! Invariant: the table is sorted by name, so that a lookup is a binary search.
//! Not here: names that mean something in one font only (`g12`, `c7`): they say nothing.

use std::sync::LazyLock;

/// `name code [code ...]`, a line each. Facts of the Adobe Glyph List 2.0 (aglfn, glyphlist and zapfdingbats), with a few names of TeX's fonts.
const LIST: &str = include_str!("glyphs.txt");

static GLYPHS: LazyLock<Vec<(&str, &str)>> =
    LazyLock::new(|| LIST.lines().filter_map(|line| line.split_once(' ')).collect());

/// The characters that a glyph of this name stands for.
pub(crate) fn text_of(name: &str) -> Option<String> {
    // What follows a dot is the variant of a form: `a.swash`, `one.oldstyle`.
    let base = name.split('.').next().filter(|base| !base.is_empty())?;
    let mut text = String::new();
    for part in base.split('_') {
        if let Some(codes) = listed(part) {
            text.extend(codes.split(' ').filter_map(character));
        } else if let Some(digits) = part.strip_prefix("uni").filter(|digits| digits.len() % 4 == 0) {
            let groups = digits.as_bytes().chunks(4).filter_map(|group| std::str::from_utf8(group).ok());
            text.extend(groups.filter_map(character));
        } else if let Some(digits) = part.strip_prefix('u').filter(|digits| (4..=6).contains(&digits.len())) {
            text.extend(character(digits));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn listed(name: &str) -> Option<&'static str> {
    let at = GLYPHS.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    GLYPHS.get(at).map(|(_, codes)| *codes)
}

fn character(hex: &str) -> Option<char> {
    u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_specification_says() {
        assert!(GLYPHS.is_sorted_by(|a, b| a.0 < b.0));
        let known = ["A", "Lcommaaccent", "f_f_i", "uni20AC0308", "u1040C", "hyphen.case", "a10", "ffl"];
        let texts = ["A", "\u{13b}", "ffi", "\u{20ac}\u{308}", "\u{1040c}", "-", "\u{2721}", "ffl"];
        assert_eq!(known.map(|name| text_of(name).unwrap_or_default()), texts);
        assert_eq!([".notdef", "g12", "", "uniZZZZ", "foo"].map(text_of), [const { None }; 5]);
    }
}
