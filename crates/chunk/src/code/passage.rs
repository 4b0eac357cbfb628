//! Where strings, characters, comments and regular expressions end.
//!
//! Invariant: an end is never before its beginning nor past the text, whatever is cut off or misread.

use corpus::Language;
use memchr::{memchr, memchr_iter, memchr2, memmem};

/// One past the comment or string that begins at `at`; `at` if none does.
pub(super) fn passage_end(bytes: &[u8], at: usize, language: Language) -> usize {
    let is_script = matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx);
    match (bytes[at], bytes.get(at + 1)) {
        (b'/', Some(b'/')) => line_end(bytes, at),
        (b'/', Some(b'*')) => comment_end(bytes, at, language == Language::Rust),
        (b'/', _) if is_script && begins_expression(bytes, at) => quoted_end(bytes, at, b'/', false),
        (b'"', _) if language == Language::Rust => rust_string_end(bytes, at),
        (b'"', _) if language == Language::Java && bytes[at..].starts_with(b"\"\"\"") => tripled_end(bytes, at),
        (b'"', _) => quoted_end(bytes, at, b'"', false),
        (b'\'', _) if language == Language::Rust => rust_char_end(bytes, at),
        (b'\'', _) => quoted_end(bytes, at, b'\'', false),
        (b'`', _) if is_script => quoted_end(bytes, at, b'`', true),
        (b'`', _) if language == Language::Go => memchr(b'`', &bytes[at + 1..]).map_or(bytes.len(), |n| at + 1 + n + 1),
        _ => at,
    }
}

/// The line break that ends the line of `at`, or the end of the text.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n)
}

/// The end of a passage in three quotes.
pub(super) fn tripled_end(bytes: &[u8], at: usize) -> usize {
    let quotes = &bytes[at..at + 3];
    let mut next = at + 3;
    while let Some(n) = memmem::find(&bytes[next..], quotes) {
        next += n + 3;
        if bytes[next - 4] != b'\\' || next - 4 < at + 3 {
            return next;
        }
    }
    bytes.len()
}

/// The end of a quoted passage with backslash escapes. One that may not span lines ends with its line: the quote was something else.
pub(super) fn quoted_end(bytes: &[u8], at: usize, quote: u8, spans_lines: bool) -> usize {
    let mut next = at + 1;
    while let Some(&byte) = bytes.get(next) {
        match byte {
            b'\\' => next += 1,
            b'\n' if !spans_lines => return next,
            _ if byte == quote => return next + 1,
            _ => {}
        }
        next += 1;
    }
    bytes.len()
}

fn comment_end(bytes: &[u8], at: usize, nests: bool) -> usize {
    let (mut depth, mut next) = (1_usize, at + 2);
    while let Some(n) = memchr2(b'*', b'/', &bytes[next.min(bytes.len())..]) {
        next += n;
        match (bytes[next], bytes.get(next + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                next += 2;
                if depth == 0 {
                    return next;
                }
            }
            (b'/', Some(b'*')) if nests => (depth, next) = (depth + 1, next + 2),
            _ => next += 1,
        }
    }
    bytes.len()
}

/// `"..."`, or `r#"..."#` when what is before the quote says so.
fn rust_string_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[..at].iter().rev().take_while(|&&byte| byte == b'#').count();
    let is_raw = bytes[..at - hashes].ends_with(b"r");
    if !is_raw {
        return quoted_end(bytes, at, b'"', true);
    }
    let closes = |n: usize| bytes[n + 1..].iter().take(hashes).take_while(|&&byte| byte == b'#').count() == hashes;
    memchr_iter(b'"', &bytes[at + 1..]).map(|n| at + 1 + n).find(|&n| closes(n)).map_or(bytes.len(), |n| n + 1 + hashes)
}

/// A character, or a lifetime, which has no end.
fn rust_char_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at + 1) == Some(&b'\\') {
        return quoted_end(bytes, at, b'\'', false);
    }
    // The closing quote follows one character, of at most four bytes.
    let close = bytes[at + 1..].iter().take(5).position(|&byte| byte == b'\'').filter(|&n| n > 0);
    match close {
        Some(n) if n == 1 || !bytes[at + 1].is_ascii() => at + 1 + n + 1,
        _ => at + 1,
    }
}

/// Whether a slash here begins a regular expression, by what is before it.
fn begins_expression(bytes: &[u8], at: usize) -> bool {
    // Far enough back for a keyword; a run of spaces longer than this is followed by neither.
    let before = bytes[at.saturating_sub(64)..at].trim_ascii_end();
    before.last().is_none_or(|last| b"(,=:[!&|?{};+-*%~^".contains(last)) || before.ends_with(b"return")
}
