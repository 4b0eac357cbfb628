//! The one entry: a document's units by format, packed, trimmed, checked and given their places.

use corpus::{Chunk, Document, Format, Span, Token, Tokenizer};

use crate::measure::{Measure, trim};
use crate::outline::Outline;
use crate::pack::{Merge, Piece, pack};
use crate::unit::{Cut, Unit};
use crate::{code, headed, keyed, paragraph, places, rows, tables};

/// How many word pieces a chunk aims at: long enough to be about something, short enough to be about one thing.
pub const TARGET_TOKENS: usize = 200;

/// The longest chunk in bytes. Only text without words, which has few pieces, comes near.
pub const MAX_CHUNK_BYTES: usize = 4096;

/// Cuts `document` into chunks. `tokens` are the pieces that `tokenizer` gives for the whole of `document.text`.
///
/// Each chunk, joined with its context by [`corpus::ChunkText`], has at most [`corpus::MAX_INPUT_TOKENS`] pieces with the model's two
/// marks, provided the context has no more pieces than characters. Chunks overlap by a sentence or two inside long prose, nowhere
/// else. A document of white space has none. Deterministic: the same input gives the same chunks on every machine.
#[must_use]
pub fn chunk(document: &Document, tokens: &[Token], tokenizer: &dyn Tokenizer) -> Vec<Chunk> {
    let measure = Measure::new(document, tokens, tokenizer);
    let mut outline = Outline::new(&measure);
    let (units, merge) = units(document, &measure, &mut outline);
    let units = tables::apart(document, &measure, &mut outline, units);
    let pieces = pack(&measure, &outline, places::apart(document, units), merge);
    let pieces = settle(&measure, &outline, &pieces);
    place(document, &outline, &pieces)
}

fn units(document: &Document, measure: &Measure<'_>, outline: &mut Outline) -> (Vec<Unit>, Merge) {
    let text = document.text.as_str();
    if measure.fits(0, text.len(), outline.budget(Outline::ROOT)) && document.headings.is_empty() {
        return (vec![Unit::new(0, text.len(), Outline::ROOT, Cut::Lines)], Merge::Within);
    }
    match document.format {
        Format::Code(language) => (code::units(language, measure, outline), Merge::Within),
        Format::Csv => (rows::records(text), Merge::Within),
        Format::JsonLines => (rows::lines(text), Merge::Within),
        Format::Json => (vec![Unit::new(0, text.len(), Outline::ROOT, Cut::Brackets)], Merge::Within),
        Format::Yaml => (keyed::units(text, measure, outline, keyed::yaml_key), Merge::Siblings),
        Format::Toml => (keyed::units(text, measure, outline, keyed::toml_table), Merge::Siblings),
        _ if document.headings.is_empty() => (paragraph::units(text, document.format), Merge::Within),
        _ => (headed::units(document, measure, outline), Merge::Siblings),
    }
}

/// Trims the pieces and makes sure of their size: one that begins or ends inside a word is not made of the whole text's pieces, so it is
/// counted by itself, and cut again if that is too many.
fn settle(measure: &Measure<'_>, outline: &Outline, pieces: &[Piece]) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len());
    let mut own = Vec::new();
    for piece in pieces {
        // What a piece repeats of the one before may have become a piece of its own.
        let from =
            out.last().filter(|last: &&Piece| piece.start <= last.start).map_or(piece.start, |last| last.end);
        let (mut start, end) = trim(measure.text(), from, piece.end);
        let parts_words = !(measure.is_edge(start) && measure.is_edge(end));
        while parts_words && start < end {
            let Some(cut) = overflow(measure, start, end, outline.budget(piece.section), &mut own) else {
                break;
            };
            let (from, to) = trim(measure.text(), start, cut);
            out.push(Piece { start: from, end: to, ..*piece });
            (start, _) = trim(measure.text(), cut, end);
        }
        if start < end {
            out.push(Piece { start, end, ..*piece });
        }
    }
    out
}

/// Where to cut `start..end` so that the first part has at most `budget` pieces; `None` when all of it has.
fn overflow(
    measure: &Measure<'_>,
    start: usize,
    end: usize,
    budget: usize,
    own: &mut Vec<Token>,
) -> Option<usize> {
    let text = &measure.text()[start..end];
    own.clear();
    measure.tokenize(text, own);
    let over = own.get(budget)?.start as usize;
    let first = text.chars().next().map_or(1, char::len_utf8);
    Some(start + text.floor_char_boundary(over).max(first))
}

/// Gives the pieces their places in characters, lines and pages, walking the text once for their starts and once for their ends.
fn place(document: &Document, outline: &Outline, pieces: &[Piece]) -> Vec<Chunk> {
    let (mut starts, mut ends) = (Walk::new(&document.text), Walk::new(&document.text));
    let chunk_of = |piece: &Piece| {
        let ((from, first_line), (to, last_line)) = (starts.to(piece.start), ends.to(piece.end));
        Chunk {
            span: Span::new(piece.start, piece.end),
            chars: Span::new(from, to),
            lines: (first_line, last_line),
            headings: outline.path(piece.section),
            header: header(document, outline, piece),
            place: document.place_of(Span::new(piece.start, piece.end)),
        }
    };
    pieces.iter().map(chunk_of).collect()
}

/// The header of the table that the piece goes on with; a piece that begins with the header row needs none.
fn header(document: &Document, outline: &Outline, piece: &Piece) -> Option<String> {
    let header = outline.header(piece.section)?;
    document.header_at(piece.start as u32).map(|_| header.to_owned())
}

/// Counts characters and lines on the way through a text. A line index would count a long line again for each of its chunks.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    chars: usize,
    line: u32,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, chars: 0, line: 1 }
    }

    /// Characters before `offset`, and its line. Goes forward only; an offset behind counts as where it stands.
    fn to(&mut self, offset: usize) -> (usize, u32) {
        let passed = self.text.get(self.at..offset).unwrap_or_default();
        self.chars += passed.chars().count();
        self.line += passed.bytes().filter(|&byte| byte == b'\n').count() as u32;
        self.at = self.at.max(offset);
        (self.chars, self.line)
    }
}
