//! Places to cut what is laid out in lines and nested: source code of any language, and YAML.
//!
//! Invariant: linear, whatever the text. Brackets and indentation correct each other: a bracket that a string or a comment of an odd kind
//! made up is forgotten at the next line that stands further out.
//! Not here: grammars. A parser knows more, but the parsers there are take minutes and gigabytes for some small broken files, and cannot
//! be stopped on the way.

mod passage;

use corpus::Language;

use crate::nest::Mark;
use passage::Passages;

/// What a bracket counts in columns of indentation: more than lines are indented in earnest.
const BRACKET: u32 = 1024;
/// What a tab counts.
const TAB: u32 = 4;

/// A mark before each line of `start..end` that begins something. Comments and annotations stay with the line after them; closing
/// brackets, and lines that go on another, with the line before. Without a language only the indentation counts.
pub(crate) fn marks(text: &str, start: usize, end: usize, language: Language) -> Vec<Mark> {
    let mut marker = Marker { marks: Vec::new(), lead: None, after_blank: false };
    let mut brackets = Brackets::default();
    let mut passages = Passages::new(text, language);
    // Where the string or comment ends that runs over the line's beginning.
    let mut inside_until = start;
    let mut at = start;
    for line in text[start..end].split_inclusive('\n') {
        let words = line.trim_start();
        if at >= inside_until {
            let columns = columns(&line[..line.len() - words.len()]);
            marker.line(at, columns, words, &mut brackets);
        }
        if language != Language::Other {
            inside_until =
                brackets.scan(text.as_bytes(), at.max(inside_until), at + line.len(), &mut passages);
        }
        at += line.len();
    }
    marker.marks
}

fn columns(space: &str) -> u32 {
    space.bytes().map(|byte| if byte == b'\t' { TAB } else { 1 }).sum::<u32>().min(BRACKET - 1)
}

struct Marker {
    marks: Vec<Mark>,
    /// Depth of the comments or annotations that wait for the line they are about.
    lead: Option<u32>,
    after_blank: bool,
}

impl Marker {
    fn line(&mut self, at: usize, columns: u32, words: &str, brackets: &mut Brackets) {
        if words.is_empty() {
            (self.after_blank, self.lead) = (true, None);
            return;
        }
        brackets.begin_line(columns, words);
        if goes_on(words) {
            return;
        }
        let depth = brackets.depth() + columns;
        if self.lead != Some(depth) {
            self.marks.push(Mark { at, depth, apart: self.after_blank });
        }
        if self.lead.is_none_or(|lead| depth <= lead) {
            self.lead = leads(words).then_some(depth);
        }
        self.after_blank = false;
    }
}

/// The brackets that are open, each with the indentation of its line.
#[derive(Default)]
struct Brackets {
    open: Vec<(u8, u32)>,
    n_braces: usize,
    /// Indentation of the line.
    columns: u32,
}

impl Brackets {
    fn depth(&self) -> u32 {
        (self.open.len() as u32).saturating_mul(BRACKET).min(u32::MAX / 2)
    }

    /// A line that is no further in than the line of an open bracket is not inside of it, unless it says that it goes on there.
    fn begin_line(&mut self, columns: u32, words: &str) {
        self.columns = columns;
        let is_label = words.trim_end().ends_with(':') || words.starts_with('#');
        if !is_label && !goes_on(words) {
            while self.pop_if(|_, of_line| of_line >= columns) {}
        }
    }

    /// Notes the brackets in `at..end`, which is in no string or comment. Returns where the last of those ends that begins there.
    fn scan(&mut self, bytes: &[u8], mut at: usize, end: usize, passages: &mut Passages<'_>) -> usize {
        while at < end {
            match bytes[at] {
                open @ (b'(' | b'[' | b'{') => self.push(open),
                b')' => self.close(b'('),
                b']' => self.close(b'['),
                b'}' => self.close(b'{'),
                b'/' | b'"' | b'\'' | b'`' | b'#' => {
                    if let Some(next) = passages.end(at) {
                        at = next;
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        at
    }

    fn close(&mut self, opening: u8) {
        // A brace closes what was forgotten inside of it.
        if opening == b'{' && self.n_braces > 0 {
            while self.pop_if(|open, _| open != b'{') {}
        }
        self.pop_if(|open, _| open == opening);
    }

    fn push(&mut self, opening: u8) {
        self.n_braces += usize::from(opening == b'{');
        self.open.push((opening, self.columns));
    }

    fn pop_if(&mut self, condition: impl Fn(u8, u32) -> bool) -> bool {
        let popped = self.open.pop_if(|(open, columns)| condition(*open, *columns));
        self.n_braces -= usize::from(popped.is_some_and(|(open, _)| open == b'{'));
        popped.is_some()
    }
}

/// Whether the line belongs to the one before.
fn goes_on(words: &str) -> bool {
    const WORDS: [&str; 9] = ["where", "end", "else", "elif", "elsif", "catch", "except", "finally", "then"];
    let first = words.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    words.starts_with(['}', ')', ']', '{', '.', '?'])
        || words.starts_with("&&")
        || words.starts_with("||")
        || WORDS.contains(&first)
}

/// Whether the line is about the one after.
fn leads(words: &str) -> bool {
    const STARTS: [&str; 10] = ["//", "#", "--", ";", "/*", "*", "@", "%", "\"\"\"", "template"];
    STARTS.iter().any(|start| words.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are marked, each with its brackets and columns, and a dot when it is set apart.
    fn check(language: Language, text: &str, expected: &[&str]) {
        let marks = marks(text, 0, text.len(), language);
        let show = |mark: &Mark| {
            let line = text[mark.at..].lines().next().unwrap_or_default().trim();
            let apart = if mark.apart { "." } else { "" };
            format!("{}+{}{apart} {line}", mark.depth / BRACKET, mark.depth % BRACKET)
        };
        assert_eq!(marks.iter().map(show).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn indentation_alone() {
        let text = "# about f\nf() {\n  a\n  b\n}\n\ng()\n{\n\tc\n}\nelse\n";
        check(Language::Other, text, &["0+0 # about f", "0+2 a", "0+2 b", "0+0. g()", "0+4 c"]);
    }

    #[test]
    fn brackets_tell_where_indentation_does_not() {
        let text = "class A\n{\npublic:\n  int a;\n#if x\n  int b;\n};\nint c = f(1,\n  2);\n";
        check(
            Language::Cpp,
            text,
            &[
                "0+0 class A",
                "1+0 public:",
                "1+2 int a;",
                "1+0 #if x",
                "1+2 int b;",
                "0+0 int c = f(1,",
                "1+2 2);",
            ],
        );
    }

    #[test]
    fn comments_and_annotations_go_with_the_next_line() {
        let text = "/// a\n#[b(\n  c\n)]\nfn d() {}\n/* e\nf */\nfn g() {}\n\n// h\n\nfn i() {}\n";
        check(Language::Rust, text, &["0+0 /// a", "2+2 c", "0+0 /* e", "0+0. // h", "0+0. fn i() {}"]);
    }

    #[test]
    fn strings_hide_lines_and_brackets() {
        let text = "a = \"\"\"\n( b\n\"\"\"\nc = '('\nd = {  # {\n  1: 2}\ne\n";
        check(
            Language::Python,
            text,
            &["0+0 a = \"\"\"", "0+0 c = '('", "0+0 d = {  # {", "1+2 1: 2}", "0+0 e"],
        );
        check(
            Language::Rust,
            "let a = r#\"\n}\"{\"#;\nlet b = '{';\nc\n",
            &["0+0 let a = r#\"", "0+0 let b = '{';", "0+0 c"],
        );
    }

    #[test]
    fn a_misread_bracket_is_forgotten() {
        check(
            Language::C,
            "int f() {\n  x = {;\n  y;\n}\nint g() {\n  z;\n",
            &["0+0 int f() {", "1+2 x = {;", "1+2 y;", "0+0 int g() {", "1+2 z;"],
        );
    }
}
