//! What one document may cost, whatever its objects say.
//!
//! Invariant: every loop over content that a document can repeat (pages, forms, glyphs) takes from here first, so that the whole reading
//! is bounded although forms may draw forms.
//! Not here: the bound on the text, which is the builder's.

use extract::Skip;

/// Bytes of streams after decompression. A book of 1000 pages has about 30 MiB.
const STREAM_BYTES: usize = 512 << 20;
/// Operators of all pages. A detailed map has about a million.
const OPERATORS: usize = 100_000_000;
/// What a form costs.
const FORM_OPERATORS: usize = 250;
/// Pages that are read.
pub(crate) const PAGES: usize = 50_000;
/// One stream, decompressed.
pub(crate) const ONE_STREAM_BYTES: usize = 128 << 20;
/// Characters drawn on one page. A newspaper has 60,000.
const PAGE_GLYPHS: usize = 1_000_000;
/// Forms within forms.
pub(crate) const FORM_DEPTH: usize = 12;

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: usize,
    operators: usize,
    page_is_full: bool,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { bytes: STREAM_BYTES, operators: OPERATORS, page_is_full: false }
    }

    /// The most that the next stream may unfold to.
    pub(crate) fn stream_bytes(&self) -> usize {
        self.bytes.min(ONE_STREAM_BYTES)
    }

    /// A stream of `bytes` was unfolded.
    pub(crate) fn took_stream(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Whether one more operator may run.
    pub(crate) fn take_operator(&mut self) -> bool {
        self.operators = self.operators.saturating_sub(1);
        self.operators > 0
    }

    /// Whether one more form may be drawn: finding and unfolding it is as much work as many operators.
    pub(crate) fn take_form(&mut self) -> bool {
        self.operators = self.operators.saturating_sub(FORM_OPERATORS);
        self.operators > 0
    }

    /// Whether a page with so many characters has room for more.
    pub(crate) fn has_room(&mut self, characters: usize) -> bool {
        self.page_is_full |= characters > PAGE_GLYPHS;
        !self.page_is_full
    }

    /// Why reading had to stop, if it had to.
    pub(crate) fn exceeded(&self) -> Option<Skip> {
        if self.bytes == 0 {
            return Some(Skip::too_much(format!("more than {} MiB of page content", STREAM_BYTES >> 20)));
        }
        if self.page_is_full {
            return Some(Skip::too_much(format!("a page of more than {PAGE_GLYPHS} characters")));
        }
        (self.operators == 0)
            .then(|| Skip::too_much(format!("more than {} million drawing operators", OPERATORS / 1_000_000)))
    }
}
