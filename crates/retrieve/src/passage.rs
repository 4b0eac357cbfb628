//! Passages: the best chunks joined where they touch, within a budget of word pieces.
//!
//! Invariant: a passage's text is the byte-for-byte text of one version at one range; the passages' word pieces do not exceed the budget.

use crate::Ranked;
use corpus::{ChunkId, Place, Span, Tokenizer};
use index::{DocRecord, Error, Snapshot, StoredChunk};
use std::ops::Range;
use std::sync::Arc;

/// A stretch of one document that speaks to the query.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The document.
    pub doc: Arc<DocRecord>,
    /// The first chunk's place, with span, characters and lines stretched over all chunks joined.
    pub place: corpus::Chunk,
    /// The chunks joined, by their number in the document, from 0: first and last.
    pub chunks: (u64, u64),
    /// The place in the original of each chunk joined, with the chunk's bytes in the document's text.
    pub places: Vec<(Span, Option<Place>)>,
    /// The text of the range.
    pub text: String,
    /// Word pieces of the text.
    pub tokens: usize,
    /// The best of the chunks' places in the ranking.
    pub best: Ranked,
}

impl Passage {
    /// The place in the original of a range of its text, as far as one place holds it.
    #[must_use]
    pub fn place_of(&self, range: &Range<usize>) -> Option<&Place> {
        let start = self.place.span.start as usize;
        let (from, to) = (start + range.start, start + range.end);
        let holds = |span: &Span| span.start as usize <= from && to <= span.end as usize;
        let part = self.places.iter().find(|(span, _)| holds(span));
        part.map_or(self.place.place.as_ref(), |(_, place)| place.as_ref())
    }
}

/// The text of a chunk, without the white space that is stored behind it.
#[must_use]
pub fn quote(stored: &StoredChunk) -> &str {
    stored.body.get(..stored.chunk.span.len()).unwrap_or(&stored.body)
}

/// Takes chunks from the best down until the budget is full, joins those that touch, and orders the passages by their best chunk.
/// A first chunk larger than the whole budget is left out like any other: the budget is kept.
///
/// # Errors
/// When the full-text files cannot be read.
pub fn passages(
    snapshot: &Snapshot,
    ranked: &[Ranked],
    budget: usize,
    tokenizer: &dyn Tokenizer,
) -> Result<Vec<Passage>, Error> {
    let ids: Vec<ChunkId> = ranked.iter().map(|ranked| ranked.chunk).collect();
    let stored = snapshot.fetch(&ids)?;
    let mut left = budget;
    let mut singles = Vec::new();
    for (ranked, stored) in ranked.iter().zip(stored) {
        let (Some(stored), Some(doc)) = (stored, snapshot.docs().of_chunk(ranked.chunk)) else { continue };
        let tokens = tokenizer.count(quote(&stored));
        if tokens <= left {
            left -= tokens;
            singles.push(single(doc, stored, tokens, *ranked));
        }
    }
    let mut joined = join(singles);
    joined.sort_by(|a, b| b.best.score.total_cmp(&a.best.score).then(a.best.place.cmp(&b.best.place)));
    Ok(joined)
}

/// One chunk as a passage. Until passages are joined the text keeps the white space behind the chunk.
fn single(doc: &Arc<DocRecord>, stored: StoredChunk, tokens: usize, best: Ranked) -> Passage {
    let number = best.chunk.0 - doc.first_chunk.0;
    Passage {
        doc: Arc::clone(doc),
        places: vec![(stored.chunk.span, stored.chunk.place.clone())],
        place: stored.chunk,
        chunks: (number, number),
        text: stored.body,
        tokens,
        best,
    }
}

fn join(mut singles: Vec<Passage>) -> Vec<Passage> {
    singles.sort_by_key(|passage| (passage.doc.id, passage.chunks.0));
    let mut out: Vec<Passage> = Vec::new();
    for next in singles {
        match out.last_mut() {
            Some(last) if touches(last, &next) => extend(last, next),
            _ => out.push(next),
        }
    }
    for passage in &mut out {
        passage.text.truncate(passage.place.span.len());
    }
    out
}

/// Whether `next` goes on where `last` ends: the next chunk of the same version, with every byte between them at hand.
fn touches(last: &Passage, next: &Passage) -> bool {
    last.doc.id == next.doc.id
        && last.chunks.1 + 1 == next.chunks.0
        && last.place.span.start as usize + last.text.len() >= next.place.span.start as usize
}

fn extend(last: &mut Passage, next: Passage) {
    // Chunks of long prose overlap: what both hold is taken once.
    last.text.truncate((next.place.span.start - last.place.span.start) as usize);
    last.text.push_str(&next.text);
    last.place.span = Span { start: last.place.span.start, end: next.place.span.end };
    last.place.chars = Span { start: last.place.chars.start, end: next.place.chars.end };
    last.place.lines.1 = next.place.lines.1;
    last.place.place = match (&last.place.place, &next.place.place) {
        (Some(a), Some(b)) => a.merged(b),
        _ => None,
    };
    last.places.extend(next.places);
    last.chunks.1 = next.chunks.1;
    last.tokens += next.tokens;
    if next.best.score > last.best.score {
        last.best = next.best;
    }
    let shared = last.place.headings.iter().zip(&next.place.headings).take_while(|(a, b)| a == b).count();
    last.place.headings.truncate(shared.max(1));
}
