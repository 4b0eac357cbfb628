//! The brackets and comments of source code, by a scan that knows strings.
//!
//! Invariant: linear; what it reports are brackets and comments of the text as far as one can tell without a grammar. It may be mistaken
//! about what is a string; callers check.

use corpus::Language;

use super::passage::{line_end, passage_end};
use super::python;

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Open(Bracket),
    Close(Bracket),
    /// The inside of a comment, or of several lines of comment.
    Remark(usize, usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Brace,
    Round,
    Square,
    /// An indented block of Python: opens at its colon and closes at the end of its last line.
    Block,
}

/// A bracket and the line it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bracket {
    pub(super) kind: Kind,
    /// Its byte.
    pub(super) at: usize,
    /// Where its line starts.
    pub(super) line: usize,
    /// How far its line is indented, in bytes.
    pub(super) indent: usize,
    /// Whether nothing but space is before it.
    pub(super) begins_line: bool,
    /// Whether it holds the arguments of a call or the parameters of a definition, so that it may be empty.
    pub(super) calls: bool,
}

/// Calls `found` with everything in order. A language without a grammar has nothing.
pub(super) fn scan(text: &str, language: Language, mut found: impl FnMut(Event)) {
    match language {
        Language::Other => {}
        Language::Python => python::scan(text, &mut found),
        _ => scan_braces(text, language, &mut found),
    }
}

/// The line that a scan is in.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) indent: usize,
}

impl Line {
    pub(super) fn at(bytes: &[u8], start: usize) -> Self {
        let indent = bytes.get(start..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        Self { start, indent }
    }

    pub(super) fn begins_at(self, at: usize) -> bool {
        self.start + self.indent == at
    }

    pub(super) fn bracket(self, kind: Kind, at: usize, calls: bool) -> Bracket {
        Bracket { kind, at, line: self.start, indent: self.indent, begins_line: self.begins_at(at), calls }
    }
}

fn scan_braces(text: &str, language: Language, found: &mut impl FnMut(Event)) {
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, Line::at(bytes, 0));
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line = Line::at(bytes, at + 1),
            b'/' | b'"' | b'\'' | b'`' => {
                let end = comment_lines(bytes, at, line).unwrap_or_else(|| passage_end(bytes, at, language));
                let end = end.clamp(at + 1, bytes.len());
                if let Some((from, to)) = inside_of_comment(&bytes[..end], at) {
                    found(Event::Remark(from, to));
                }
                if let Some(last) = memchr::memrchr(b'\n', &bytes[at..end]) {
                    line = Line::at(bytes, at + last + 1);
                }
                at = end;
                continue;
            }
            byte => {
                if let Some((kind, opens)) = bracket_kind(byte) {
                    let calls = opens && (language == Language::Rust || is_called(&bytes[..at]));
                    let bracket = line.bracket(kind, at, calls);
                    found(if opens { Event::Open(bracket) } else { Event::Close(bracket) });
                }
            }
        }
        at += 1;
    }
}

/// The kind of a bracket, and whether it opens.
pub(super) fn bracket_kind(byte: u8) -> Option<(Kind, bool)> {
    match byte {
        b'{' => Some((Kind::Brace, true)),
        b'}' => Some((Kind::Brace, false)),
        b'(' => Some((Kind::Round, true)),
        b')' => Some((Kind::Round, false)),
        b'[' => Some((Kind::Square, true)),
        b']' => Some((Kind::Square, false)),
        _ => None,
    }
}

/// Whether a round bracket after this belongs to a name: straight behind it, and not a keyword.
fn is_called(before: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 9] = [b"if", b"for", b"while", b"switch", b"catch", b"with", b"return", b"synchronized", b"try"];
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    // No keyword is longer, so nor is the look back.
    let n = before.iter().rev().take(16).take_while(|byte| is_letter(byte)).count();
    n > 0 && !KEYWORDS.contains(&&before[before.len() - n..])
}

/// The end of a run of whole lines of comment with the same mark, such as `///`, that begins at `at`.
fn comment_lines(bytes: &[u8], at: usize, line: Line) -> Option<usize> {
    if !bytes[at..].starts_with(b"//") || !line.begins_at(at) {
        return None;
    }
    let mark = comment_mark(bytes, at);
    let mut end = line_end(bytes, at);
    loop {
        let next = Line::at(bytes, end + 1);
        let words = next.start + next.indent;
        if words >= bytes.len() || comment_mark(bytes, words) != mark {
            return Some(end);
        }
        end = line_end(bytes, words);
    }
}

/// `//` and the signs that make it documentation.
fn comment_mark(bytes: &[u8], at: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    let n = rest.iter().take(4).take_while(|byte| matches!(byte, b'/' | b'!')).count();
    if rest.starts_with(b"//") { &rest[..n] } else { &[] }
}

/// What is between the marks of the comment that begins at `at` and ends with `text`; `None` if it is no comment.
fn inside_of_comment(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    if rest.starts_with(b"//") {
        return Some((at + comment_mark(text, at).len(), text.len()));
    }
    (rest.starts_with(b"/*") && rest.len() >= 4 && rest.ends_with(b"*/")).then(|| (at + 2, text.len() - 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The brackets that are found, with remarks as dots.
    fn check(language: Language, text: &str, expected: &str) {
        let mut found = String::new();
        scan(text, language, |event| match event {
            Event::Close(Bracket { kind: Kind::Block, .. }) => found.push('$'),
            Event::Open(bracket) | Event::Close(bracket) => found.push_str(&text[bracket.at..=bracket.at]),
            Event::Remark(start, end) => found.push_str(if start < end { "." } else { "" }),
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        use Language::{C, Go, Java, JavaScript, Other, Rust};
        check(Rust, "fn f<'a>(x: &'a str) { '{'; '\\''; \"{\\\"{\"; /* { /* { */ { */ } // {", "(){.}.");
        check(Rust, "{ r#\"{\"{\"#; br\"{\\\"; 'é'; '{'; \"{\n{\" }", "{}");
        check(C, "{ '{'; \"{\\\"\"; /* { /* */ } // {", "{.}.");
        check(C, "don't {\n}", "}");
        check(Go, "{ `{\n\\`; }", "{}");
        check(Java, "{ \"\"\"\n{ \" {\"\"\"; }", "{}");
        check(JavaScript, "{ a = /[{]\\/{/; b / c; `{ ${d} \\` {`; return /{/ }", "{}");
        check(Other, "{}", "");
        for cut in ["'", "\"", "/*", "`", "r#\"", "'\\", "/", "//", "/*/"] {
            check(Rust, cut, "");
            check(JavaScript, cut, "");
        }
    }

    #[test]
    fn python_has_blocks_too() {
        check(Language::Python, "def f(a):\n  if a:\n    \"{\"\n  # {\n\n  b\nc = [':']  # {\nx: int = 1\n", "()::.$$[].");
        check(Language::Python, "class A:\n  \"\"\"\n{ \\\" \n\"\"\"\n  b = {1: 2}\n", ":{}$");
        for cut in ["'", "'''", "\"\"\"a", "#", "\\", "(", ":", "if a:\n"] {
            let brackets = cut.matches('(').collect::<String>();
            check(Language::Python, cut, &brackets);
        }
    }

    #[test]
    fn lines_of_comment_are_one_remark() {
        let text = "/// a\n  /// b\n// c\nd // e\n// f\n/*g*/ {";
        let (mut remarks, mut braces) = (Vec::new(), Vec::new());
        scan(text, Language::Rust, |event| match event {
            Event::Remark(start, end) => remarks.push(&text[start..end]),
            Event::Open(bracket) | Event::Close(bracket) => braces.push((bracket.at, bracket.line, bracket.begins_line)),
        });
        assert_eq!(remarks, [" a\n  /// b", " c", " e", " f", "g"]);
        assert_eq!(braces, [(37, 31, false)]);
    }

    #[test]
    fn arguments_are_told_from_conditions() {
        let calls = |text: &str| {
            let mut calls = Vec::new();
            scan(text, Language::C, |event| calls.extend(if let Event::Open(bracket) = event { Some(bracket.calls) } else { None }));
            calls
        };
        assert_eq!(calls("f(a) if(b) while (c) (d) diff(e)"), [true, false, false, false, true]);
    }
}
