//! Strings, characters, comments and regular expressions: where brackets mean nothing.
//!
//! Invariant: linear. An end that was looked for in vain is not looked for again, and what never ends is no passage.

use corpus::Language;
use memchr::{memchr, memchr_iter, memchr2, memmem};

/// The kinds of passage, as indexes.
#[derive(Clone, Copy)]
enum Kind {
    Single,
    Double,
    Pattern,
    Comment,
    TripleSingle,
    TripleDouble,
    Template,
    Lines,
    Raw,
}

/// Finds passages of one text, from its beginning on.
pub(super) struct Passages<'a> {
    bytes: &'a [u8],
    language: Language,
    /// For each kind, up to where it is known to have no end.
    endless_until: [usize; 9],
}

impl<'a> Passages<'a> {
    pub(super) fn new(text: &'a str, language: Language) -> Self {
        Self { bytes: text.as_bytes(), language, endless_until: [0; 9] }
    }

    /// One past the passage that begins at `at`, if one does.
    pub(super) fn end(&mut self, at: usize) -> Option<usize> {
        use Language::{Go, Java, JavaScript, Python, Rust, Tsx, TypeScript};
        let next = self.bytes.get(at + 1).copied();
        match (self.bytes[at], self.language) {
            (b'#', Python) => Some(line_end(self.bytes, at)),
            (b'/', Python) | (b'#', _) => None,
            (b'/', _) if next == Some(b'/') => Some(line_end(self.bytes, at)),
            (b'/', language) if next == Some(b'*') => {
                self.look(Kind::Comment, at, |bytes| comment_end(bytes, at, language == Rust))
            }
            (b'/', JavaScript | TypeScript | Tsx) if begins_expression(self.bytes, at) => {
                self.quoted(Kind::Pattern, at)
            }
            (b'"', Rust) => self.rust_string(at),
            (b'\'', Rust) => rust_char_end(self.bytes, at),
            (b'"', Python | Java) if self.bytes[at..].starts_with(b"\"\"\"") => {
                self.look(Kind::TripleDouble, at, |bytes| tripled_end(bytes, at))
            }
            (b'\'', Python) if self.bytes[at..].starts_with(b"'''") => {
                self.look(Kind::TripleSingle, at, |bytes| tripled_end(bytes, at))
            }
            (b'"', _) => self.quoted(Kind::Double, at),
            (b'\'', _) => self.quoted(Kind::Single, at),
            (b'`', JavaScript | TypeScript | Tsx) => {
                self.look(Kind::Template, at, |bytes| quoted_end(bytes, at, bytes.len()))
            }
            (b'`', Go) => {
                self.look(Kind::Template, at, |bytes| memchr(b'`', &bytes[at + 1..]).map(|n| at + 1 + n + 1))
            }
            _ => None,
        }
    }

    fn look(&mut self, kind: Kind, at: usize, find: impl FnOnce(&[u8]) -> Option<usize>) -> Option<usize> {
        self.look_until(kind, at, self.bytes.len(), find)
    }

    /// Within its line: a quote that is not closed there is something else.
    fn quoted(&mut self, kind: Kind, at: usize) -> Option<usize> {
        if at < self.endless_until[kind as usize] {
            return None;
        }
        let limit = line_end(self.bytes, at);
        self.look_until(kind, at, limit, |bytes| quoted_end(bytes, at, limit))
    }

    fn look_until(
        &mut self,
        kind: Kind,
        at: usize,
        limit: usize,
        find: impl FnOnce(&[u8]) -> Option<usize>,
    ) -> Option<usize> {
        let endless_until = &mut self.endless_until[kind as usize];
        if at < *endless_until {
            return None;
        }
        let end = find(self.bytes);
        if end.is_none() {
            *endless_until = limit;
        }
        end
    }

    /// `"..."`, or `r#"..."#` when what is before the quote says so.
    fn rust_string(&mut self, at: usize) -> Option<usize> {
        let hashes = self.bytes[..at].iter().rev().take_while(|&&byte| byte == b'#').count();
        if !self.bytes[..at - hashes].ends_with(b"r") {
            return self.look(Kind::Lines, at, |bytes| quoted_end(bytes, at, bytes.len()));
        }
        let closes = |bytes: &[u8], n: usize| {
            bytes[n + 1..].iter().take(hashes).take_while(|&&byte| byte == b'#').count() == hashes
        };
        self.look(Kind::Raw, at, |bytes| {
            memchr_iter(b'"', &bytes[at + 1..])
                .map(|n| at + 1 + n)
                .find(|&n| closes(bytes, n))
                .map(|n| n + 1 + hashes)
        })
    }
}

/// The line break that ends the line of `at`, or the end of the text.
fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n)
}

/// One past the next sign like the one at `at` that no backslash is before.
fn quoted_end(bytes: &[u8], at: usize, limit: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut next = at + 1;
    while next < limit {
        next += memchr2(quote, b'\\', &bytes[next..limit])?;
        if bytes[next] == quote {
            return Some(next + 1);
        }
        next += 2;
    }
    None
}

/// The end of a passage in three quotes.
fn tripled_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quotes = &bytes[at..at + 3];
    let ends = memmem::find_iter(&bytes[at + 3..], quotes).map(|n| at + 3 + n);
    ends.into_iter().find(|&n| bytes[n - 1] != b'\\').map(|n| n + 3)
}

fn comment_end(bytes: &[u8], at: usize, nests: bool) -> Option<usize> {
    let (mut depth, mut next) = (1_usize, at + 2);
    loop {
        next += memchr2(b'*', b'/', bytes.get(next..)?)?;
        match (bytes[next], bytes.get(next + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                next += 2;
                if depth == 0 {
                    return Some(next);
                }
            }
            (b'/', Some(b'*')) if nests => (depth, next) = (depth + 1, next + 2),
            _ => next += 1,
        }
    }
}

/// A character; a lifetime has no end.
fn rust_char_end(bytes: &[u8], at: usize) -> Option<usize> {
    // The longest is `'\u{10ffff}'`; without an escape it is one character of at most four bytes.
    let inside = &bytes[at + 1..bytes.len().min(at + 13)];
    if inside.first() == Some(&b'\\') {
        return inside.iter().skip(2).position(|&byte| byte == b'\'').map(|n| at + 1 + n + 3);
    }
    let n = inside.iter().take(5).position(|&byte| byte == b'\'')?;
    (n == 1 || (n > 1 && !inside[0].is_ascii())).then_some(at + 1 + n + 1)
}

/// Whether a slash here begins a regular expression, by what is before it.
fn begins_expression(bytes: &[u8], at: usize) -> bool {
    // Far enough back for a keyword; a run of spaces longer than this is followed by neither.
    let before = bytes[at.saturating_sub(64)..at].trim_ascii_end();
    before.last().is_none_or(|last| b"(,=:[!&|?{};+-*%~^".contains(last)) || before.ends_with(b"return")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with its passages replaced by dots.
    fn check(language: Language, text: &str, expected: &str) {
        let mut passages = Passages::new(text, language);
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let end = if b"/\"'`#".contains(&text.as_bytes()[at]) { passages.end(at) } else { None };
            out.push(if end.is_some() { b'.' } else { text.as_bytes()[at] });
            at = end.unwrap_or(at + 1);
        }
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn each_language_has_its_own() {
        use Language::{C, Go, Java, JavaScript, Python, Rust};
        check(
            Rust,
            "f<'a>(&'a) '{' '\\'' '\\u{7b}' 'é' \"{\\\"\n{\" /* { /* */ { */ // {\nb",
            "f<'a>(&'a) . . . . . . .\nb",
        );
        check(Rust, "r#\"{\"{\"# br\"{\\\" r##\"\"# {\"##", "r#. br. r##.");
        check(C, "'{' \"{\\\"\" /* { /* */ don't // {", ". . . don't .");
        check(Go, "`{\n\\` '`'", ". .");
        check(Java, "\"\"\"\n{ \" \\\"\"\" {\"\"\" \"{\"", ". .");
        check(JavaScript, "a = /[{]\\/{/; b / c; `{ ${d} \\` {`; return /{/", "a = .; b / c; .; return .");
        check(Python, "'''{\n''' \"\"\"'\"\"\" 'a' b # '", ". . . b .");
    }

    #[test]
    fn what_never_ends_is_no_passage() {
        for text in ["/* {", "\"{\nx", "'{\nx", "`{", "r#\"{", "'\\", "\"\\"] {
            for language in [Language::Rust, Language::Java, Language::Tsx, Language::Go] {
                check(language, text, text);
            }
        }
    }
}
