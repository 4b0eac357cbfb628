//! The brackets, comments and indented blocks of Python.

use super::passage::{line_end, quoted_end, tripled_end};
use super::scan::{Event, Line, bracket_kind};
use super::scan::{Bracket, Kind};

/// Calls `found` with everything in order; see [`super::scan::scan`].
pub(super) fn scan(text: &str, found: &mut impl FnMut(Event)) {
    let mut scanner = Scanner { bytes: text.as_bytes(), blocks: Vec::new(), colon: None, depth: 0, last_end: 0 };
    let mut at = 0;
    let mut line = Line::at(scanner.bytes, 0);
    while at < text.len() {
        if line.begins_at(at) {
            scanner.begin_line(line, found);
        }
        at = scanner.step(at, &mut line, found);
    }
    scanner.close_blocks(0, found);
}

struct Scanner<'a> {
    bytes: &'a [u8],
    /// Open blocks, by the bracket that their colon is.
    blocks: Vec<Bracket>,
    /// The colon that was the last thing on its line so far.
    colon: Option<Bracket>,
    /// How many brackets are open: inside of them lines mean nothing.
    depth: usize,
    /// Where the last line with words on it ended.
    last_end: usize,
}

impl Scanner<'_> {
    /// Passes over one thing and returns where the next begins.
    fn step(&mut self, at: usize, line: &mut Line, found: &mut impl FnMut(Event)) -> usize {
        match self.bytes[at] {
            b'\n' => {
                *line = Line::at(self.bytes, at + 1);
                return at + 1;
            }
            b' ' | b'\t' | b'\r' => return at + 1,
            b'#' => {
                let end = line_end(self.bytes, at);
                found(Event::Remark(at + 1, end));
                return end;
            }
            b'\\' => return (at + 2).min(self.bytes.len()),
            _ => {}
        }
        let end = self.word(at, *line, found);
        if let Some(last) = memchr::memrchr(b'\n', &self.bytes[at..end]) {
            *line = Line::at(self.bytes, at + last + 1);
        }
        self.last_end = end;
        end
    }

    /// Passes over something that is neither space nor comment.
    fn word(&mut self, at: usize, line: Line, found: &mut impl FnMut(Event)) -> usize {
        self.colon = None;
        match self.bytes[at] {
            quote @ (b'"' | b'\'') => {
                let tripled = self.bytes[at..].starts_with(&[quote; 3]);
                return if tripled { tripled_end(self.bytes, at) } else { quoted_end(self.bytes, at, quote, false) };
            }
            b':' if self.depth == 0 => self.colon = Some(line.bracket(Kind::Block, at, false)),
            byte => {
                if let Some((kind, opens)) = bracket_kind(byte) {
                    let is_import = self.bytes[line.start..at].trim_ascii_end().ends_with(b"import");
                    let bracket = line.bracket(kind, at, !is_import);
                    self.depth = if opens { self.depth + 1 } else { self.depth.saturating_sub(1) };
                    found(if opens { Event::Open(bracket) } else { Event::Close(bracket) });
                }
            }
        }
        at + 1
    }

    /// A line with words (or a comment, or a string's inside) begins: it may begin a block or end some.
    fn begin_line(&mut self, line: Line, found: &mut impl FnMut(Event)) {
        let words = self.bytes.get(line.start + line.indent);
        if self.depth > 0 || matches!(words, None | Some(b'\n' | b'\r' | b'#')) {
            return;
        }
        match self.colon.take() {
            Some(colon) if colon.indent < line.indent => {
                found(Event::Open(colon));
                self.blocks.push(colon);
            }
            _ => self.close_blocks(line.indent, found),
        }
    }

    /// Ends the blocks whose head is indented as far or further.
    fn close_blocks(&mut self, indent: usize, found: &mut impl FnMut(Event)) {
        while let Some(block) = self.blocks.pop_if(|block| block.indent >= indent) {
            found(Event::Close(Bracket { at: self.last_end, begins_line: false, ..block }));
        }
    }
}
