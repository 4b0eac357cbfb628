//! The words of a line of Markdown, without its marks.

/// What a reader sees of a heading's source: links and images become their text, code and emphasis lose their marks, tags and a trailing
/// `{#anchor}` go away. Anything that is not certainly a mark stays.
pub(crate) fn plain(source: &str) -> String {
    let source = without_attributes(source.trim());
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let before = out.chars().next_back();
        let taken = match c {
            '\\' => escaped(rest, &mut out),
            '`' => code(rest, &mut out),
            '<' => tag(rest, &mut out),
            '!' if rest.starts_with("![") => link(&rest[1..], &mut out).map(|n| n + 1),
            '[' => link(rest, &mut out),
            '*' | '~' => emphasis(rest, c, before, false),
            '_' => emphasis(rest, c, before, true),
            _ => None,
        };
        let taken = taken.unwrap_or_else(|| {
            out.push(c);
            c.len_utf8()
        });
        rest = &rest[taken..];
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_attributes(source: &str) -> &str {
    let attributes = source.strip_suffix('}').and_then(|inner| inner.rsplit_once('{'));
    match attributes {
        Some((words, inner)) if inner.starts_with(['#', '.']) => words.trim_end(),
        _ => source,
    }
}

/// A backslash before punctuation stands for that punctuation.
fn escaped(rest: &str, out: &mut String) -> Option<usize> {
    let c = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
    out.push(c);
    Some(2)
}

/// A code span keeps its inside as it is. A run of backticks without its like is a run of backticks.
fn code(rest: &str, out: &mut String) -> Option<usize> {
    let inner = rest.trim_start_matches('`');
    let ticks = &rest[..rest.len() - inner.len()];
    let Some(end) = closing_ticks(inner, ticks.len()) else {
        out.push_str(ticks);
        return Some(ticks.len());
    };
    out.push_str(inner[..end].trim());
    Some(ticks.len() + end + ticks.len())
}

fn closing_ticks(inner: &str, n: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = inner[at..].find('`') {
        let start = at + found;
        let run = inner[start..].len() - inner[start..].trim_start_matches('`').len();
        if run == n {
            return Some(start);
        }
        at = start + run;
    }
    None
}

/// `<b>` goes, `<https://example.org>` keeps its address, `a < b` is neither.
fn tag(rest: &str, out: &mut String) -> Option<usize> {
    let end = rest.bytes().take(MAX_LINK_BYTES).position(|byte| byte == b'>')?;
    let inner = &rest[1..end];
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') || inner.contains('<') {
        return None;
    }
    if inner.contains("://") && !inner.contains([' ', '"']) {
        out.push_str(inner);
    }
    Some(inner.len() + 2)
}

/// `[text](target)` and `[text][label]`; brackets alone are words.
fn link(rest: &str, out: &mut String) -> Option<usize> {
    let end = matching(rest, '[', ']')?;
    let after = &rest[end + 1..];
    let target = match after.chars().next() {
        Some('(') => matching(after, '(', ')')?,
        Some('[') => matching(after, '[', ']')?,
        _ => return None,
    };
    // Links do not nest, so neither does this: the text of a link has images and code at most.
    let text = &rest[1..end];
    let inner = text.strip_prefix("![").and_then(|image| image.split(']').next()).unwrap_or(text);
    out.extend(inner.chars().filter(|c| !matches!(c, '`' | '*')));
    Some(end + 1 + target + 1)
}

/// How far a bracket may be from its partner, and how many may be open inside it; this keeps a line of brackets linear.
const MAX_LINK_BYTES: usize = 1024;
const MAX_OPEN: usize = 8;

fn matching(rest: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices().take_while(|(at, _)| *at < MAX_LINK_BYTES) {
        if c == open {
            depth += 1;
            if depth > MAX_OPEN {
                return None;
            }
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// A run of emphasis marks goes when it touches a word on one side; between spaces it is a sign, and `_` inside a word is a letter.
fn emphasis(rest: &str, mark: char, before: Option<char>, keep_in_words: bool) -> Option<usize> {
    let run = rest.len() - rest.trim_start_matches(mark).len();
    let after = rest[run..].chars().next();
    let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_sign = (blank(before) && blank(after))
        || (keep_in_words && word(before) && word(after))
        || (mark == '~' && run < 2);
    (!is_sign).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_go_away() {
        for (source, expected) in [
            ("Plain words", "Plain words"),
            ("The `match` *control* **flow** _construct_ {#match}", "The match control flow construct"),
            ("[`Vec<T>`](std/vec.html) and [b][c] [d]", "Vec<T> and b [d]"),
            ("![logo](a.png) Name", "logo Name"),
            ("[![build](b.svg)](ci) Name", "build Name"),
            ("snake_case and 2 * 3 * 4", "snake_case and 2 * 3 * 4"),
            (r"\*not\* \_marks\_", "*not* _marks_"),
            ("<a id=\"x\"></a>Words <https://e.org> a < b", "Words https://e.org a < b"),
            ("``a ` b`` and ` alone", "a ` b and ` alone"),
            ("{braces} stay", "{braces} stay"),
            ("~~gone~~ ~/home", "gone ~/home"),
            ("", ""),
        ] {
            assert_eq!(plain(source), expected);
        }
    }

    #[test]
    fn a_line_of_marks_takes_linear_time() {
        for mark in ["[", "<", "`", "(", "*", "[](", "``a"] {
            let line = mark.repeat(100_000);
            assert!(plain(&line).len() <= line.len());
        }
    }
}
