//! Bullets and numbers that items of lists begin with.
//!
//! Invariant: a mark is one word, and something follows it.
//! Not here: whether a line that begins with one goes on the line before, see [`super::paragraphs`].

/// The mark of an item, and the rest of its line.
pub(crate) fn list_mark(line: &str) -> Option<(&str, &str)> {
    let (mark, rest) = line.split_once(' ')?;
    (is_mark(mark) && !rest.trim().is_empty()).then_some((mark, rest))
}

/// Whether a word is a bullet or a number with its dot or bracket.
pub(crate) fn is_mark(word: &str) -> bool {
    is_bullet(word) || is_dash(word) || is_number(word)
}

/// Whether a word is a sign that stands nowhere but at the beginning of items.
pub(crate) fn is_bullet(word: &str) -> bool {
    const BULLETS: &str = "\u{2022}\u{25aa}\u{25ab}\u{25cf}\u{25cb}\u{25e6}\u{25a0}\u{25a1}\u{2023}\u{27a2}\u{2756}\u{2043}\u{2713}\u{2714}\u{25b6}\u{25ba}\u{2751}";
    let mut chars = word.chars();
    chars.next().is_some_and(|c| BULLETS.contains(c)) && chars.next().is_none()
}

/// A sign that may also stand in a sentence.
fn is_dash(word: &str) -> bool {
    matches!(word, "-" | "\u{2013}" | "\u{2014}" | "*" | "\u{b7}" | "\u{2217}")
}

fn is_number(word: &str) -> bool {
    let inner = word.strip_prefix('(').unwrap_or(word);
    let Some(inner) = inner.strip_suffix(['.', ')']) else {
        return false;
    };
    let digits = inner.len() <= 2 && inner.bytes().all(|b| b.is_ascii_digit());
    let letter = inner.len() == 1 && inner.bytes().all(|b| b.is_ascii_alphabetic());
    let roman = inner.len() <= 4 && inner.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'));
    !inner.is_empty() && (digits || letter || roman)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_lists() {
        let marked = ["\u{2022} a", "1. a", "(b) a", "iv) a", "- a", "12) a"];
        assert!(marked.iter().all(|line| list_mark(line).is_some()));
        let plain = ["a b", "1 a", "2024. a", "the. a", "\u{2022}", "\u{2022} ", "\u{2022}a b"];
        assert!(plain.iter().all(|line| list_mark(line).is_none()));
    }
}
