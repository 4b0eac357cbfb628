//! Character references: `&amp;`, `&eacute;`, `&#233;`.

use std::borrow::Cow;

use markup5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// The longest name in the standard's table (`CounterClockwiseContourIntegral;`).
const MAX_NAME: usize = 32;

/// `source` with its references replaced, by the rules of the HTML standard (section 13.2.5.72). What is no reference stays.
pub(crate) fn decode(source: &str) -> Cow<'_, str> {
    let Some(first) = source.find('&') else { return Cow::Borrowed(source) };
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    let mut next = Some(first);
    while let Some(at) = next {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = numeric(rest, &mut out).or_else(|| named(rest, &mut out)).unwrap_or_else(|| {
            out.push('&');
            1
        });
        rest = &rest[taken..];
        next = rest.find('&');
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn numeric(rest: &str, out: &mut String) -> Option<usize> {
    let digits = rest.strip_prefix("&#")?;
    let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let after = digits.trim_start_matches(|c: char| c.is_digit(radix));
    let number = &digits[..digits.len() - after.len()];
    if number.is_empty() {
        return None;
    }
    let code = number
        .chars()
        .filter_map(|c| c.to_digit(radix))
        .fold(0_u32, |code, digit| code.saturating_mul(radix).saturating_add(digit));
    out.push(character(code));
    let semicolon = usize::from(after.starts_with(';'));
    Some(rest.len() - after.len() + semicolon)
}

fn character(code: u32) -> char {
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => C1_REPLACEMENTS[(code - 0x80) as usize].unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// The longest name of the table that follows; a few old names need no semicolon.
fn named(rest: &str, out: &mut String) -> Option<usize> {
    let name = rest[1..].bytes().take(MAX_NAME).take_while(u8::is_ascii_alphanumeric).count();
    let longest = 1 + name + usize::from(rest.as_bytes().get(1 + name) == Some(&b';'));
    let found = (2..=longest).rev().find_map(|end| match NAMED_ENTITIES.get(&rest[1..end]) {
        // The table lists the beginnings of names too, as nothing.
        None | Some((0, _)) => None,
        Some(&(first, second)) => Some((end, first, second)),
    });
    let (end, first, second) = found?;
    out.push(character(first));
    if second != 0 {
        out.push(character(second));
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        for (source, expected) in [
            ("none", "none"),
            ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
            ("caf&eacute; &copy2026 &notin; &notit;", "café ©2026 ∉ ¬it;"),
            ("&#233;&#xE9;&#X41;&#65", "ééAA"),
            ("&#128;&#0;&#xD800;&#99999999999;", "€\u{fffd}\u{fffd}\u{fffd}"),
            ("a & b && &nosuch; &; &# &#x;", "a & b && &nosuch; &; &# &#x;"),
            ("&NotEqualTilde;", "≂\u{338}"),
        ] {
            assert_eq!(decode(source), expected);
        }
    }
}
