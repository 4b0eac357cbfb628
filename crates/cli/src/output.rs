//! Printing: the pieces that several commands share.
//!
//! Invariant: on a terminal no line is wider than it; elsewhere no colour and no cutting of what a program may read.

use console::{Style, Term, measure_text_width, truncate_str};
use serde::Serialize;
use std::io::{self, Write};
use workroom::{Hit, Origin, Place, Trust};

/// Width for text that goes elsewhere than to a terminal.
const PIPE_WIDTH: usize = 100;
/// So much of a path is always shown.
const MIN_PATH: usize = 16;
/// Lines of a quote that a hit shows.
const QUOTE_LINES: usize = 3;

/// Standard output with what is known of it.
pub(crate) struct Out {
    out: io::BufWriter<io::StdoutLock<'static>>,
    width: usize,
    is_term: bool,
    colour: bool,
}

impl Out {
    /// Standard output.
    pub(crate) fn new() -> Self {
        let term = Term::stdout();
        let width =
            term.size_checked().map_or(PIPE_WIDTH, |(_, columns)| usize::from(columns).clamp(20, 120));
        let is_term = term.is_term();
        let colour = is_term && console::colors_enabled();
        Self { out: io::BufWriter::new(io::stdout().lock()), width, is_term, colour }
    }

    /// One line, cut to the width.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", truncate_str(text, self.width, "…"))
    }

    /// One line, as it is.
    pub(crate) fn whole(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// A value as JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, value)?;
        writeln!(self.out)
    }

    /// A value as JSON in one line.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        writeln!(self.out)?;
        self.flush()
    }

    /// Hands everything on.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.styled(text, Style::new().dim())
    }

    fn styled(&self, text: &str, style: Style) -> String {
        if self.colour { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// A hit: where it is, under which headings, how it scored, and the first lines of the quote.
    pub(crate) fn hit(&mut self, number: usize, hit: &Hit) -> io::Result<()> {
        let origin = origin(hit.place.as_ref());
        let lines = lines(hit.start_line, hit.end_line);
        let stale = if hit.fresh { "" } else { "  (changed since)" };
        let score = format!("{:.3}", hit.score);
        // A long path gives way: where in the file it is says more than how the file's folders are called.
        let taken = measure_text_width(&format!("{number:>2}. :{lines}{origin}{stale}  {score}"));
        let room = if self.is_term { self.width.saturating_sub(taken).max(MIN_PATH) } else { usize::MAX };
        let path = fitting(&hit.path, room);
        let head = format!("{number:>2}. {}{origin}{stale}", self.bold(&format!("{path}:{lines}")));
        let head = format!("{head}  {}", self.dim(&score));
        if self.is_term {
            self.line(&head)?
        } else {
            self.whole(&head)?
        }
        if let Some(context) = context(hit) {
            let context = self.dim(&context);
            self.line(&format!("    {context}"))?;
        }
        if let Some(header) = &hit.header {
            let header = self.dim(&clean(header));
            self.line(&format!("    {header}"))?;
        }
        if let Some(known) = known(hit) {
            let known = self.dim(&clean(&known));
            self.line(&format!("    {known}"))?;
        }
        for line in excerpt(&hit.quote, self.width.saturating_sub(4)) {
            self.line(&format!("    {line}"))?;
        }
        Ok(())
    }
}

/// A path cut at its beginning to fit; whole where the width is no matter.
fn fitting(path: &str, width: usize) -> String {
    if measure_text_width(path) <= width {
        return path.to_owned();
    }
    let (mut cut, mut left) = (path.len(), width.saturating_sub(1));
    for (at, c) in path.char_indices().rev() {
        let Some(rest) = left.checked_sub(measure_text_width(c.encode_utf8(&mut [0; 4]))) else { break };
        (cut, left) = (at, rest);
    }
    format!("…{}", &path[cut..])
}

/// Where in the original it is, behind two spaces: `  page 3`.
pub(crate) fn origin(place: Option<&Place>) -> String {
    place.map_or(String::new(), |place| format!("  {}", clean(&place.label)))
}

/// Where a hit comes from, if that is worth a line: that the owner wrote it and nobody says more is not.
fn known(hit: &Hit) -> Option<String> {
    let told = |origin: &&Origin| !origin.by.is_owner() || origin.source_url.is_some();
    let written = hit.origin.as_ref().filter(told).map(written);
    let parts: Vec<String> = label(hit.trust).map(str::to_owned).into_iter().chain(written).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A label, where somebody has given one.
pub(crate) fn label(trust: Trust) -> Option<&'static str> {
    (!trust.is_unknown()).then(|| trust.name())
}

/// Who wrote a version, when and how: `written by reader (mcp, claude-code 2.1) at 2026-11-21T08:00:00.000Z`.
pub(crate) fn written(origin: &Origin) -> String {
    let by = &origin.by;
    let client = by.client.as_ref().map(|client| format!(", {client}")).unwrap_or_default();
    let url = origin.source_url.as_ref().map(|url| format!(", from {url}")).unwrap_or_default();
    format!("{} by {} ({}{client}) at {}{url}", origin.source.name(), by.name, by.via.name(), origin.at)
}

/// `12` or `12-18`.
pub(crate) fn lines(first: u32, last: u32) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// Title and headings in one line.
pub(crate) fn context(hit: &Hit) -> Option<String> {
    let title = hit.title.iter().filter(|title| hit.headings.first() != Some(title));
    let parts: Vec<&str> = title.chain(&hit.headings).map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" > "))
}

/// The first lines of a quote, wrapped at words, without blank ones.
fn excerpt(quote: &str, width: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in quote.lines().map(clean).filter(|line| !line.trim().is_empty()) {
        wrap(&line, width, &mut out);
        if out.len() > QUOTE_LINES {
            break;
        }
    }
    if out.len() > QUOTE_LINES {
        out.truncate(QUOTE_LINES);
        if let Some(last) = out.last_mut() {
            *last = format!("{} …", truncate_str(last, width.saturating_sub(2), ""));
        }
    }
    out
}

/// A file's text must not steer the terminal: control characters become visible.
pub(crate) fn clean(line: &str) -> String {
    let visible = |c: char| {
        if c == '\t' {
            ' '
        } else if c.is_control() {
            '\u{fffd}'
        } else {
            c
        }
    };
    line.chars().map(visible).collect()
}

fn wrap(line: &str, width: usize, out: &mut Vec<String>) {
    let mut current = line.chars().take_while(|c| *c == ' ').collect::<String>();
    let mut empty = true;
    for word in line.split_whitespace() {
        if !empty && measure_text_width(&current) + 1 + measure_text_width(word) > width {
            out.push(std::mem::take(&mut current));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    out.push(current);
}

/// A number with thin grouping: `12,345`.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A size in the unit that fits.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// `1 file`, `2 files`.
pub(crate) fn count(n: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(excerpt("one two three", 8), ["one two", "three"]);
        assert_eq!(excerpt("\n\n  a\n\nb\n", 20), ["  a", "b"]);
        assert_eq!(excerpt("1\n2\n3\n4\n5", 20), ["1", "2", "3 …"]);
        assert_eq!(excerpt("a\u{1b}[31mb\tc", 20), ["a\u{fffd}[31mb c"]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1000), grouped(1234567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([count(1, "file"), count(2, "file")], ["1 file", "2 files"]);
    }
}
