//! Characters that Word takes from a font of signs, as the characters they look like.

/// The Greek letters of the font Symbol, from `A` to `Z` and from `a` to `z`.
const GREEK: [&str; 2] = ["ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", "αβχδεφγηιϕκλμνοπθρστυϖωξψζ"];

/// Other signs by font and code.
const SIGNS: [(&str, u32, char); 30] = [
    ("symbol", 0xa3, '≤'),
    ("symbol", 0xa5, '∞'),
    ("symbol", 0xab, '↔'),
    ("symbol", 0xac, '←'),
    ("symbol", 0xad, '↑'),
    ("symbol", 0xae, '→'),
    ("symbol", 0xaf, '↓'),
    ("symbol", 0xb0, '°'),
    ("symbol", 0xb1, '±'),
    ("symbol", 0xb3, '≥'),
    ("symbol", 0xb4, '×'),
    ("symbol", 0xb7, '•'),
    ("symbol", 0xb8, '÷'),
    ("symbol", 0xb9, '≠'),
    ("symbol", 0xbb, '≈'),
    ("symbol", 0xce, '∈'),
    ("symbol", 0xd2, '®'),
    ("symbol", 0xd3, '©'),
    ("symbol", 0xd4, '™'),
    ("symbol", 0xd6, '√'),
    ("symbol", 0xde, '⇒'),
    ("symbol", 0xe5, '∑'),
    ("wingdings", 0x6f, '☐'),
    ("wingdings", 0xa8, '☐'),
    ("wingdings", 0xe0, '→'),
    ("wingdings", 0xfb, '✗'),
    ("wingdings", 0xfc, '✓'),
    ("wingdings", 0xfd, '☒'),
    ("wingdings", 0xfe, '☑'),
    ("wingdings 2", 0x52, '☑'),
];

/// The character at a code of a font. Codes of signs are stated in the private range from F000 as well as below it; a sign that is not
/// known is none, since its code would read as a wrong letter.
pub(super) fn character(font: &str, code: u32) -> Option<char> {
    let font = font.to_ascii_lowercase();
    let is_private = (0xf000..=0xf0ff).contains(&code);
    let low = if is_private { code - 0xf000 } else { code };
    if font == "symbol" && low < 0x80 {
        let letter = char::from_u32(low).filter(char::is_ascii_alphabetic);
        return letter.map_or_else(|| char::from_u32(low), greek);
    }
    if font == "symbol" || font.starts_with("wingdings") || is_private {
        let sign = SIGNS.iter().find(|(of, at, _)| *of == font && *at == low);
        return sign.map(|(_, _, sign)| *sign);
    }
    char::from_u32(code)
}

fn greek(letter: char) -> Option<char> {
    let case = usize::from(letter.is_ascii_lowercase());
    let at = (letter.to_ascii_lowercase() as usize).checked_sub('a' as usize)?;
    GREEK.get(case)?.chars().nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_the_characters_they_look_like() {
        for (font, code, expected) in [
            ("Symbol", 0xf061, Some('α')),
            ("Symbol", 0x57, Some('Ω')),
            ("Symbol", 0xf0b3, Some('≥')),
            ("Wingdings", 0xf0fe, Some('☑')),
            ("Wingdings", 0xf04a, None),
            ("Arial", 0x41, Some('A')),
            ("Arial", 0x0011_0000, None),
        ] {
            assert_eq!(character(font, code), expected, "{font} {code:x}");
        }
    }
}
