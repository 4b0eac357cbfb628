//! Widths of the fonts that every viewer has, for documents that leave them out (Adobe's Core 14 font metrics).
//!
//! Invariant: every font has a width; one of another name gets those of its nearest relative.
//! Not here: widths that a document states, which always win.

use std::sync::LazyLock;

/// A line for each character: its code, and its width in Helvetica, Helvetica-Bold, Times-Roman, Times-Bold, Times-Italic and
/// Times-BoldItalic.
const LIST: &str = include_str!("widths.txt");
const COURIER: f32 = 0.6;

static WIDTHS: LazyLock<Vec<(char, [u16; 6])>> = LazyLock::new(|| LIST.lines().filter_map(line).collect());

fn line(line: &str) -> Option<(char, [u16; 6])> {
    let mut fields = line.split(' ');
    let c = char::from_u32(u32::from_str_radix(fields.next()?, 16).ok()?)?;
    let mut widths = [0; 6];
    for (width, field) in widths.iter_mut().zip(fields) {
        *width = field.parse().ok()?;
    }
    Some((c, widths))
}

/// How wide a character is in the standard font that a font's name is nearest to, in parts of its size.
pub(crate) fn width(name: &str, c: char) -> f32 {
    let name = name.to_ascii_lowercase();
    let has = |part: &str| name.contains(part);
    if has("courier") || has("mono") || has("consolas") {
        return COURIER;
    }
    let bold = has("bold") || has("black");
    let italic = has("italic") || has("oblique");
    let column = match (has("times") || has("serif") || has("roman"), bold, italic) {
        (false, bold, _) => usize::from(bold),
        (true, false, false) => 2,
        (true, true, false) => 3,
        (true, false, true) => 4,
        (true, true, true) => 5,
    };
    let row = WIDTHS.binary_search_by_key(&c, |(known, _)| *known).ok().and_then(|at| WIDTHS.get(at));
    let width = row.and_then(|(_, widths)| widths.get(column)).copied().unwrap_or(0);
    // Symbols and dingbats: most are as wide as this.
    if width == 0 { 0.55 } else { f32::from(width) / 1000.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_by_name() {
        assert!(WIDTHS.is_sorted_by(|a, b| a.0 < b.0));
        let fonts =
            ["Helvetica", "ABCDEF+Arial-BoldMT", "Times-Roman", "Courier-Bold", "Times-BoldItalic", ""];
        assert_eq!(fonts.map(|name| width(name, 'w')), [0.722, 0.778, 0.722, 0.6, 0.667, 0.722]);
        assert_eq!(width("Symbol", '\u{3b1}'), 0.55);
    }
}
