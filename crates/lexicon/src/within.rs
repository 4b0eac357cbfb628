//! Search within some chunks, as if the index held nothing else.
//!
//! Invariant: the answer depends on those chunks and their places alone. What else is indexed, was deleted or was committed with them, and which
//! segments they lie in, changes no term, no statistic, no bit of a score and no tie.
//! Not here: who may see which chunks (the caller's), what a query is made of (`query`).
//!
//! BM25 is tantivy's, over statistics of our own: chunks, their lengths and the chunks that hold a term are counted among those that are seen.
//! Its union is not used: it adds up a chunk's terms in an order that depends on where postings end, and what it skips depends on all that
//! a block of postings holds. Here each clause is walked by itself, phrases first and the rest in the order of the plan (`scores`).

use std::cell::RefCell;
use std::collections::HashMap;

use corpus::ChunkId;
use tantivy::query::{Bm25StatisticsProvider, Bm25Weight, EnableScoring, Query};
use tantivy::schema::Field;
use tantivy::{TantivyError, Term};

use crate::collect::Allowed;
use crate::leaders::Leaders;
use crate::query::Clause;
use crate::rows::Rows;
use crate::scores::{self, Scores, Weighed};
use crate::searcher::Searcher;

/// Of how many chunks that are seen one must hold a term for a look at what can still be among the best to cost less than its postings.
const FREQUENT: u64 = 4;

/// What of the index is seen.
pub(crate) struct Within<'a> {
    searcher: &'a Searcher,
    rows: &'a Rows,
    n_chunks: u64,
    /// Chunks with a term: both the plan and its clauses ask.
    counted: RefCell<HashMap<Term, u64>>,
}

impl<'a> Within<'a> {
    pub(crate) fn new(searcher: &'a Searcher, rows: &'a Rows) -> Self {
        Self { searcher, rows, n_chunks: rows.len(), counted: RefCell::default() }
    }

    /// Whether nothing is seen.
    pub(crate) fn is_empty(&self) -> bool {
        self.n_chunks == 0
    }

    /// The best `k` chunks that any of `clauses` matches and `allowed` admits, best first, ties by `place`.
    pub(crate) fn best<P: Ord>(
        &self,
        clauses: &[Clause],
        k: usize,
        allowed: Allowed<'_>,
        place: impl FnMut(ChunkId) -> P,
    ) -> Result<Vec<(ChunkId, f32)>, TantivyError> {
        let mut weighed: Vec<Weighed<'_>> =
            clauses.iter().map(|clause| self.weighed(clause)).collect::<Result<_, _>>()?;
        // What a phrase can come to is not known; so what is left to come is, from the first term on.
        weighed.sort_by_key(|clause| matches!(clause, Weighed::Term { .. }));
        let mut leaders = Leaders::new(k);
        for (segment, rows) in self.rows.by_segment(self.searcher) {
            Scores::new(segment, rows, self.searcher.fields.text, allowed)?.lead(&weighed, &mut leaders)?;
        }
        Ok(leaders.into_sorted(place))
    }

    fn weighed<'c>(&self, clause: &'c Clause) -> Result<Weighed<'c>, TantivyError> {
        Ok(match clause {
            Clause::Term { term, weight } => {
                let mean_length = self.rows.n_tokens() as f32 / self.n_chunks as f32;
                let n_hits = self.doc_freq(term)?;
                let bm25 = Bm25Weight::for_one_term_without_explain(n_hits, self.n_chunks, mean_length);
                let is_frequent = n_hits.saturating_mul(FREQUENT) > self.n_chunks;
                Weighed::Term { term, weight: bm25.boost_by(*weight), is_frequent }
            }
            Clause::Phrase(phrase) => {
                let scoring = EnableScoring::enabled_from_statistics_provider(self, &self.searcher.inner);
                Weighed::Phrase(phrase.weight(scoring)?)
            }
        })
    }

    fn count(&self, term: &Term) -> Result<u64, TantivyError> {
        let mut n_chunks = 0;
        for (segment, rows) in self.rows.by_segment(self.searcher) {
            n_chunks += scores::count(segment, rows, term)?;
        }
        Ok(n_chunks)
    }
}

impl Bm25StatisticsProvider for Within<'_> {
    fn total_num_tokens(&self, _text: Field) -> Result<u64, TantivyError> {
        Ok(self.rows.n_tokens())
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
