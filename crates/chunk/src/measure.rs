//! How much of a model's input a stretch of text takes.

use corpus::{Chunk, ChunkText, Document, MAX_INPUT_TOKENS, Token, Tokenizer};

use crate::chunk::MAX_CHUNK_BYTES;

/// The model's start and end marks.
const MARKS: usize = 2;
/// The least that is left for the text, however long its context: the context is cut to about as many characters.
const MIN_BUDGET: usize = 120;

/// A document's text with its word pieces.
pub(crate) struct Measure<'a> {
    document: &'a Document,
    tokens: &'a [Token],
    tokenizer: &'a dyn Tokenizer,
}

impl<'a> Measure<'a> {
    pub(crate) fn new(document: &'a Document, tokens: &'a [Token], tokenizer: &'a dyn Tokenizer) -> Self {
        Self { document, tokens, tokenizer }
    }

    pub(crate) fn text(&self) -> &'a str {
        &self.document.text
    }

    pub(crate) fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
        self.tokenizer.tokenize(text, out);
    }

    /// Pieces that begin in `start..end`. Exact when both ends stand between words.
    pub(crate) fn count(&self, start: usize, end: usize) -> usize {
        let first = self.tokens.partition_point(|token| (token.start as usize) < start);
        // Most stretches are short: growing steps find their end nearby.
        let mut width = 64;
        while self.tokens.get(first + width).is_some_and(|token| (token.start as usize) < end) {
            width *= 2;
        }
        let near = &self.tokens[first..self.tokens.len().min(first + width)];
        near.partition_point(|token| (token.start as usize) < end)
    }

    /// Whether `start..end` has at most `limit` pieces and is not too long in bytes either.
    pub(crate) fn fits(&self, start: usize, end: usize, limit: usize) -> bool {
        end - start <= MAX_CHUNK_BYTES && self.count(start, end) <= limit
    }

    /// The largest `end` such that `start..end` has at most `limit` pieces and bytes enough; a character boundary, past `start`.
    pub(crate) fn reach(&self, start: usize, limit: usize) -> usize {
        let first = self.tokens.partition_point(|token| (token.start as usize) < start);
        let by_tokens =
            self.tokens.get(first + limit).map_or(self.text().len(), |token| token.start as usize);
        let end = self.text().floor_char_boundary(by_tokens.min(start + MAX_CHUNK_BYTES));
        let next = self.text().ceil_char_boundary((start + 1).min(self.text().len()));
        end.max(next)
    }

    /// How many pieces a chunk under these headings and this table's header may have.
    pub(crate) fn budget(&self, headings: Vec<String>, header: Option<String>) -> usize {
        let taken = self.taken(headings, header);
        MAX_INPUT_TOKENS.saturating_sub(MARKS + taken).max(MIN_BUDGET)
    }

    /// How many pieces a table's header may have below these headings.
    pub(crate) fn room(&self, headings: Vec<String>) -> usize {
        MAX_INPUT_TOKENS.saturating_sub(MARKS + MIN_BUDGET + self.taken(headings, None))
    }

    /// The beginning of `text` that has at most `limit` pieces.
    pub(crate) fn cut<'t>(&self, text: &'t str, limit: usize) -> &'t str {
        let mut pieces = Vec::new();
        self.tokenizer.tokenize(text, &mut pieces);
        let end = pieces.get(limit).map_or(text.len(), |piece| piece.start as usize);
        text.get(..text.floor_char_boundary(end)).unwrap_or_default().trim_end()
    }

    /// The pieces of a chunk's context.
    fn taken(&self, headings: Vec<String>, header: Option<String>) -> usize {
        let chunk = Chunk { headings, header, ..Chunk::default() };
        let context = ChunkText::new(self.document.title.as_deref(), &chunk, "").context;
        if context.is_empty() { 0 } else { self.tokenizer.count(&context) }
    }

    /// Whether no word of any tokenizer runs across `at`: there is plain white space on one of its sides, or nothing.
    pub(crate) fn is_edge(&self, at: usize) -> bool {
        let plain = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        let bytes = self.text().as_bytes();
        plain(bytes.get(at)) || plain(at.checked_sub(1).and_then(|before| bytes.get(before)))
    }
}

/// The range without white space (and byte order marks) at its ends; empty when there is nothing else.
pub(crate) fn trim(text: &str, start: usize, end: usize) -> (usize, usize) {
    let piece = text.get(start..end).unwrap_or_default();
    let kept = piece.trim_start_matches(is_blank);
    let start = end - kept.len();
    (start, start + kept.trim_end_matches(is_blank).len())
}

/// White space, or a byte order mark that decoding left in place.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}
