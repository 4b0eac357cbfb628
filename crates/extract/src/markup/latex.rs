//! LaTeX source: sections, title, authors.
//!
//! Invariant: commands in comments and in verbatim text are words. Arguments are looked for within [`MAX_ARGUMENT`] bytes, so a brace that
//! nobody closes costs no more than that.

use unicode_normalization::char::compose;

use super::Found;

/// The longest argument of a command that is read.
const MAX_ARGUMENT: usize = 2048;
/// Sectioning commands, outermost first.
const SECTIONS: [&str; 8] =
    ["part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph", "frametitle"];
/// Environments whose inside is no markup.
const VERBATIM: [&str; 8] =
    ["verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "comment", "filecontents", "filecontents*"];
/// Commands in a title that say nothing by their argument.
const SILENT: [&str; 8] = ["label", "footnote", "thanks", "index", "cite", "ref", "vspace", "hspace"];

pub(super) fn scan(text: &str) -> Found {
    let mut scanner = Scanner { text, at: 0, found: Found::default() };
    while scanner.step() {}
    let mut found = scanner.found;
    // An article's outermost level is the section.
    let outermost = found.headings.iter().map(|heading| heading.level).min().unwrap_or(1);
    for heading in &mut found.headings {
        heading.level = (heading.level - outermost + 1).clamp(1, super::MAX_LEVEL);
    }
    found
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    found: Found,
}

impl<'a> Scanner<'a> {
    /// Goes to the next comment or command and reads it. Whether there was one.
    fn step(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let Some(next) = memchr::memchr2(b'\\', b'%', rest.as_bytes()) else { return false };
        let after = &rest[next + 1..];
        if rest.as_bytes()[next] == b'%' {
            self.at += next + 1 + memchr::memchr(b'\n', after.as_bytes()).unwrap_or(after.len());
            return true;
        }
        let start = self.at + next;
        let name = &after[..after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len()];
        // `\%` and `\\` are characters.
        let one = after.chars().next().map_or(0, char::len_utf8);
        self.at = start + 1 + name.len().max(if name.is_empty() { one } else { 0 });
        self.command(start, name);
        true
    }

    fn command(&mut self, start: usize, name: &str) {
        match name {
            "begin" => self.environment(),
            "verb" | "lstinline" => self.verb(),
            "title" | "date" => {
                if let Some(value) = self.argument() {
                    self.found.field(name, &plain(value));
                }
            }
            "author" => self.authors(),
            _ => self.section(start, name),
        }
    }

    fn section(&mut self, start: usize, name: &str) {
        let Some(level) = SECTIONS.iter().position(|known| *known == name) else { return };
        if let Some(words) = self.argument() {
            // Slides have their titles on one level.
            let level = if name == "frametitle" { 4 } else { level.min(5) + 1 };
            self.found.heading(start, self.at, level, &plain(words));
        }
    }

    fn authors(&mut self) {
        let Some(value) = self.argument() else { return };
        if self.found.metadata.authors.is_empty() {
            let names = value.split("\\and").map(|name| plain(name.split("\\\\").next().unwrap_or(name)));
            self.found.metadata.authors = names.filter_map(|name| crate::title::tidy(&name)).collect();
        }
    }

    /// Passes over what is verbatim. Without its end, everything is.
    fn environment(&mut self) {
        let Some(name) = self.argument() else { return };
        if VERBATIM.contains(&name) {
            let end = format!("\\end{{{name}}}");
            let rest = &self.text[self.at..];
            self.at += rest.find(&end).map_or(rest.len(), |at| at + end.len());
        }
    }

    /// `\verb|...|`: up to the next of the mark, on the same line.
    fn verb(&mut self) {
        let rest = &self.text[self.at..];
        let near = &rest[..rest.floor_char_boundary(MAX_ARGUMENT)];
        let line = near.split('\n').next().unwrap_or(near);
        let inside = line.strip_prefix('*').unwrap_or(line);
        let Some(mark) = inside.chars().next().filter(|c| !c.is_whitespace() && !matches!(c, '{' | '['))
        else {
            return;
        };
        let inner = &inside[mark.len_utf8()..];
        if let Some(end) = inner.find(mark) {
            self.at += line.len() - inner.len() + end + mark.len_utf8();
        }
    }

    /// The argument in braces that follows, behind a star and an option. Goes past it.
    fn argument(&mut self) -> Option<&'a str> {
        let rest = self.text[self.at..].strip_prefix('*').unwrap_or(&self.text[self.at..]).trim_start();
        let rest = match group(rest, b'[', b']') {
            Some(option) => rest[option.len() + 2..].trim_start(),
            None => rest,
        };
        let argument = group(rest, b'{', b'}')?;
        self.at = self.text.len() - rest.len() + argument.len() + 2;
        Some(argument)
    }
}

/// What stands between an opening bracket at the beginning of `text` and its partner.
fn group(text: &str, open: u8, close: u8) -> Option<&str> {
    if text.as_bytes().first() != Some(&open) {
        return None;
    }
    let (mut depth, mut escaped) = (0_usize, false);
    for (at, &byte) in text.as_bytes().iter().enumerate().take(MAX_ARGUMENT) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            // An option may have braces, a group may have brackets; they nest among their own kind.
            _ if byte == open => depth += 1,
            _ if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return text.get(1..at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The words of an argument, as they are set.
fn plain(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => rest = command(rest, &mut out),
            '{' | '}' | '$' => {}
            '~' => out.push(' '),
            '%' => rest = rest.split_once('\n').map_or("", |(_, rest)| rest),
            _ => out.push(c),
        }
    }
    out.replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
}

/// Reads a command in a title; what follows it.
fn command<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let after = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let name = &rest[..rest.len() - after.len()];
    if name.is_empty() {
        let Some(c) = rest.chars().next() else { return rest };
        let rest = &rest[c.len_utf8()..];
        return match accent(c) {
            Some(mark) => accented(rest, mark, out),
            None => {
                out.push(if c == '\\' || c == ',' { ' ' } else { c });
                rest
            }
        };
    }
    if SILENT.contains(&name) {
        return group(after, b'{', b'}').map_or(after, |argument| &after[argument.len() + 2..]);
    }
    let spelled = match name {
        "ss" => "ß",
        "ae" => "æ",
        "AE" => "Æ",
        "oe" => "œ",
        "OE" => "Œ",
        "o" => "ø",
        "O" => "Ø",
        "aa" => "å",
        "AA" => "Å",
        "l" => "ł",
        "LaTeX" => "LaTeX",
        "TeX" => "TeX",
        "ldots" | "dots" => "…",
        "c" => return accented(after, '\u{327}', out),
        "v" => return accented(after, '\u{30c}', out),
        "H" => return accented(after, '\u{30b}', out),
        "u" => return accented(after, '\u{306}', out),
        // The argument stays, in its braces or not.
        _ => return after.strip_prefix(' ').unwrap_or(after),
    };
    out.push_str(spelled);
    after.strip_prefix(' ').unwrap_or(after)
}

/// The combining character for an accent.
fn accent(c: char) -> Option<char> {
    const ACCENTS: [(char, char); 7] = [
        ('`', '\u{300}'),
        ('\'', '\u{301}'),
        ('^', '\u{302}'),
        ('~', '\u{303}'),
        ('"', '\u{308}'),
        ('=', '\u{304}'),
        ('.', '\u{307}'),
    ];
    ACCENTS.iter().find(|(known, _)| *known == c).map(|(_, mark)| *mark)
}

/// Puts the accent on the letter that follows, in braces or not.
fn accented<'a>(rest: &'a str, mark: char, out: &mut String) -> &'a str {
    let letters = rest.trim_start_matches(['{', ' ', '\\']);
    let Some(letter) = letters.chars().next().filter(|c| c.is_alphabetic()) else { return rest };
    out.push(compose(letter, mark).unwrap_or(letter));
    &letters[letter.len_utf8()..]
}
