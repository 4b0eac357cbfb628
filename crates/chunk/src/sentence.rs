//! Where sentences end, in scripts with and without spaces.

/// Short forms whose full stop ends no sentence.
const SHORT: [&str; 26] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "cf", "al", "fig", "figs", "no", "nos",
    "vol", "pp", "eq", "sec", "ch", "ca", "approx", "inc", "ltd", "jr",
];

/// Offsets at which a new sentence begins inside `start..end`, in order, neither end included. A blank line or the next item of a list
/// begins one too.
pub(crate) fn starts(text: &str, start: usize, end: usize) -> Vec<usize> {
    let piece = &text[start..end];
    let mut out = Vec::new();
    let mut chars = piece.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = match c {
            '。' | '！' | '？' | '｡' => Some(after_closers(piece, at + c.len_utf8())),
            '.' | '!' | '?' | '…' => after_stop(piece, at, c),
            '\n' => after_line(piece, at + 1),
            _ => None,
        };
        if let Some(next) = next.filter(|&next| next < piece.len()) {
            out.push(start + next);
            while chars.next_if(|(at, _)| *at < next).is_some() {}
        }
    }
    out
}

fn after_closers(piece: &str, from: usize) -> usize {
    let rest = piece[from..]
        .trim_start_matches(['」', '』', '”', '’', '）', '】', '》', '"', '\'', ')', ']', '。', '！', '？']);
    piece.len() - rest.trim_start().len()
}

/// After a stop, its repetitions and closing quotes there must be space, and then something that can begin a sentence.
fn after_stop(piece: &str, at: usize, stop: char) -> Option<usize> {
    let rest =
        piece[at..].trim_start_matches(['.', '!', '?', '…', '"', '\'', ')', ']', '”', '’', '*', '_', '`']);
    let next = rest.trim_start();
    if next.len() == rest.len() {
        return None;
    }
    let begins = next.chars().next().is_none_or(|c| !c.is_lowercase());
    (begins && !(stop == '.' && is_short_form(&piece[..at]))).then_some(piece.len() - next.len())
}

/// Whether what stands before a full stop is a short form or an initial.
fn is_short_form(before: &str) -> bool {
    // No short form is longer, so nor is the look back.
    let tail = &before[before.floor_char_boundary(before.len().saturating_sub(12))..];
    let word = tail.rsplit(|c: char| !(c.is_alphanumeric() || c == '.')).next().unwrap_or_default();
    let mut chars = word.chars();
    let is_initial = chars.next().is_some_and(char::is_uppercase) && chars.next().is_none();
    is_initial || SHORT.contains(&word.to_lowercase().as_str())
}

/// After a line break: the next line if it is an item of a list or stands behind a blank line.
fn after_line(piece: &str, from: usize) -> Option<usize> {
    let rest = &piece[from..];
    let words = rest.trim_start();
    let blank = rest[..rest.len() - words.len()].contains('\n');
    let is_item = ["- ", "* ", "+ ", "• "].iter().any(|mark| words.starts_with(mark)) || {
        let after = words.trim_start_matches(|c: char| c.is_ascii_digit());
        (1..4).contains(&(words.len() - after.len())) && (after.starts_with(". ") || after.starts_with(") "))
    };
    (blank || is_item).then_some(piece.len() - words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut cuts = starts(text, 0, text.len());
        cuts.insert(0, 0);
        cuts.push(text.len());
        let found: Vec<_> = cuts.windows(2).map(|pair| text[pair[0]..pair[1]].trim()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences() {
        check(
            "One. Two! \"Three?\" Four...\nfive (e.g. Six). Seven",
            &["One.", "Two!", "\"Three?\"", "Four...\nfive (e.g. Six).", "Seven"],
        );
        check("Dr. Who met J. Smith at 3.14 p.m. today.", &["Dr. Who met J. Smith at 3.14 p.m. today."]);
        check("一つ目。「二つ目！」三つ目？はい", &["一つ目。", "「二つ目！」", "三つ目？", "はい"]);
        check(
            "# Head\n\nText\nwrapped\n- a\n- b\n12. c",
            &["# Head", "Text\nwrapped", "- a", "- b", "12. c"],
        );
        check("", &[""]);
    }
}
