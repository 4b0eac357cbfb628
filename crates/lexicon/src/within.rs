//! Search within some chunks, as if the index held nothing else.
//!
//! Invariant: the answer depends on those chunks and their order alone. What else is indexed, was deleted or was committed with them, and which
//! segments they lie in, changes no term, no statistic, no bit of a score and no tie.
//! Not here: who may see which chunks (the caller's), what a query is made of (`query`).
//!
//! BM25 is tantivy's, over statistics of our own: chunks, their lengths and the chunks that hold a term are counted among those that are seen.
//! Its union is not used: it adds up a chunk's terms in an order that depends on where postings end. Here each clause is walked by itself,
//! in the order of the plan.

use std::cell::RefCell;
use std::collections::HashMap;

use corpus::ChunkId;
use tantivy::query::{Bm25StatisticsProvider, EnableScoring, Query};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, SegmentReader, TERMINATED, TantivyError, Term};

use crate::collect::{self, settle};
use crate::order::ChunkOrder;
use crate::schema::CHUNK;
use crate::searcher::Searcher;

/// In place of a position: a row that is not seen.
const HIDDEN: u32 = u32::MAX;

/// What of the index is seen, and how much that is.
pub(crate) struct Within<'a> {
    searcher: &'a Searcher,
    order: &'a ChunkOrder,
    /// For each segment the position of each row's chunk.
    rows: Vec<Vec<u32>>,
    n_chunks: u64,
    n_tokens: u64,
    /// Chunks with a term: both the plan and its clauses ask.
    counted: RefCell<HashMap<Term, u64>>,
}

impl<'a> Within<'a> {
    /// Looks at every row of the index once.
    pub(crate) fn new(searcher: &'a Searcher, order: &'a ChunkOrder) -> Result<Self, TantivyError> {
        let (rows, counted) = (Vec::new(), RefCell::default());
        let mut within = Self { searcher, order, rows, n_chunks: 0, n_tokens: 0, counted };
        for segment in searcher.inner.segment_readers() {
            let rows = within.look_at(segment)?;
            within.rows.push(rows);
        }
        Ok(within)
    }

    fn look_at(&mut self, segment: &SegmentReader) -> Result<Vec<u32>, TantivyError> {
        let chunks = segment.fast_fields().u64(CHUNK)?.first_or_default_col(0);
        let lengths = segment.fieldnorms_readers().get_field(self.searcher.fields.text)?;
        let alive = segment.alive_bitset();
        let mut position_of = self.order.walk();
        let mut rows = vec![HIDDEN; segment.max_doc() as usize];
        for (row, at) in (0..).zip(&mut rows) {
            if alive.is_some_and(|alive| alive.is_deleted(row)) {
                continue;
            }
            let Some(position) = position_of(ChunkId(chunks.get_val(row))) else { continue };
            *at = u32::try_from(position).unwrap_or(HIDDEN);
            if *at != HIDDEN {
                self.n_chunks += 1;
                self.n_tokens += lengths.as_ref().map_or(1, |lengths| u64::from(lengths.fieldnorm(row)));
            }
        }
        Ok(rows)
    }

    /// Whether nothing is seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.n_chunks == 0
    }

    /// The best `k` chunks that any of `clauses` matches and `allowed` admits, best first, ties by position.
    pub(crate) fn best(
        &self,
        clauses: &[Box<dyn Query>],
        k: usize,
        allowed: collect::Allowed<'_>,
    ) -> Result<Vec<(ChunkId, f32)>, TantivyError> {
        let scores = self.scores(clauses)?;
        let matches = (0..).zip(scores).filter_map(|(position, score)| Some((position, settle(score?))));
        let may_be_hit = |position: u64| self.order.chunk(position).is_some_and(allowed);
        let best = collect::best_of(matches, k, &may_be_hit);
        let hit = |(position, score)| Some((self.order.chunk(position)?, score));
        Ok(best.into_iter().filter_map(hit).collect())
    }

    /// The score at each position, of those that match.
    fn scores(&self, clauses: &[Box<dyn Query>]) -> Result<Vec<Option<f32>>, TantivyError> {
        let mut scores: Vec<Option<f32>> = vec![None; self.order.len().min(u64::from(HIDDEN)) as usize];
        for clause in clauses {
            let scoring = EnableScoring::enabled_from_statistics_provider(self, &self.searcher.inner);
            let weight = clause.weight(scoring)?;
            for (segment, rows) in self.segments() {
                weight.for_each(segment, &mut |row, score| {
                    let position = rows.get(row as usize).copied().unwrap_or(HIDDEN);
                    if let Some(sum) = scores.get_mut(position as usize) {
                        *sum = Some(sum.unwrap_or(0.0) + score);
                    }
                })?;
            }
        }
        Ok(scores)
    }

    fn count(&self, term: &Term) -> Result<u64, TantivyError> {
        let mut n_chunks = 0;
        for (segment, rows) in self.segments() {
            let index = segment.inverted_index(term.field())?;
            let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? else { continue };
            let mut row = postings.doc();
            while row != TERMINATED {
                n_chunks += u64::from(rows.get(row as usize).is_some_and(|&at| at != HIDDEN));
                row = postings.advance();
            }
        }
        Ok(n_chunks)
    }

    fn segments(&self) -> impl Iterator<Item = (&SegmentReader, &Vec<u32>)> {
        self.searcher.inner.segment_readers().iter().zip(&self.rows)
    }
}

impl Bm25StatisticsProvider for Within<'_> {
    fn total_num_tokens(&self, _text: Field) -> Result<u64, TantivyError> {
        Ok(self.n_tokens)
    }

    fn total_num_docs(&self) -> Result<u64, TantivyError> {
        Ok(self.n_chunks)
    }

    fn doc_freq(&self, term: &Term) -> Result<u64, TantivyError> {
        if let Some(&known) = self.counted.borrow().get(term) {
            return Ok(known);
        }
        let n_chunks = self.count(term)?;
        self.counted.borrow_mut().insert(term.clone(), n_chunks);
        Ok(n_chunks)
    }
}
