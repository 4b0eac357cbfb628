//! Scores: what each row of a segment that is seen comes to, added up clause by clause.
//!
//! Invariant: a row's clauses are added up in their order, so that its score is the same bit by bit wherever it lies. What is passed over are
//! blocks of postings without a row that is seen, and rows that cannot be among the best any more, whatever is still to come: neither
//! changes what the best are.
//! Not here: what a clause weighs (`within`).

use std::borrow::Cow;

use corpus::ChunkId;
use tantivy::columnar::ColumnValues;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::BlockSegmentPostings;
use tantivy::query::{Bm25Weight, Weight};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId as RowId, SegmentReader, TantivyError, Term};

use crate::collect::{Allowed, SETTLED_STEP, settle};
use crate::leaders::Leaders;
use crate::rows::{RowSet, SegmentRows, lengths};
use crate::schema::CHUNK;

/// A clause, weighed.
pub(crate) enum Weighed<'a> {
    Term { term: &'a Term, weight: Bm25Weight, is_frequent: bool },
    Phrase(Box<dyn Weight>),
}

/// The scores of a segment's rows.
pub(crate) struct Scores<'a> {
    segment: &'a SegmentReader,
    /// Rows that are seen, and may be among the best.
    seen: Cow<'a, RowSet>,
    chunks: Box<dyn Fn(RowId) -> ChunkId + 'a>,
    allowed: Allowed<'a>,
    lengths: FieldNormReader,
    /// Of each row; 0 for one that is not seen or matches nothing.
    sums: Vec<f32>,
}

impl<'a> Scores<'a> {
    pub(crate) fn new(
        segment: &'a SegmentReader,
        rows: &'a SegmentRows,
        text: Field,
        allowed: Allowed<'a>,
    ) -> Result<Self, TantivyError> {
        let column = segment.fast_fields().u64(CHUNK)?.first_or_default_col(0);
        let chunks = Box::new(move |row| ChunkId(column.get_val(row)));
        let (seen, sums) = (Cow::Borrowed(&rows.set), vec![0.0; segment.max_doc() as usize]);
        Ok(Self { segment, seen, chunks, allowed, lengths: lengths(segment, text)?, sums })
    }

    /// Adds up the clauses, and offers what comes of them.
    pub(crate) fn lead(mut self, clauses: &[Weighed<'_>], leaders: &mut Leaders) -> Result<(), TantivyError> {
        for (at, clause) in clauses.iter().enumerate() {
            match clause {
                Weighed::Term { term, weight, is_frequent } => {
                    let (done, left) = clauses.split_at(at);
                    if *is_frequent && bound(done) > bound(left) && matches!(self.seen, Cow::Borrowed(_)) {
                        self.narrow(bound(left), leaders);
                    }
                    self.add_term(term, weight)?;
                }
                Weighed::Phrase(weight) => self.add_phrase(&**weight)?,
            }
        }
        self.offer_to(leaders);
        Ok(())
    }

    /// Looks no more at rows that cannot be among the best, even if they get all of `left` besides.
    fn narrow(&mut self, left: f32, leaders: &Leaders) {
        let mut best = leaders.clone();
        self.offer_to(&mut best);
        // Sums are rounded, and so are those that are compared with.
        let within_reach = best.floor() * (1.0 - 4.0 * SETTLED_STEP) - left * (1.0 + SETTLED_STEP);
        if within_reach > 0.0 {
            self.seen = Cow::Owned(RowSet::with(within_reach, &self.sums));
        }
    }

    fn offer_to(&self, leaders: &mut Leaders) {
        for (row, &score) in (0..).zip(&self.sums) {
            if score > 0.0 && leaders.wants(settle(score)) {
                let chunk = (self.chunks)(row);
                if (self.allowed)(chunk) {
                    leaders.offer(settle(score), chunk);
                }
            }
        }
    }

    fn add_term(&mut self, term: &Term, weight: &Bm25Weight) -> Result<(), TantivyError> {
        let index = self.segment.inverted_index(term.field())?;
        let Some(mut block) = index.read_block_postings(term, IndexRecordOption::WithFreqs)? else {
            return Ok(());
        };
        let (seen, lengths, sums) = (&*self.seen, &self.lengths, &mut self.sums);
        each_block(
            &mut block,
            |from| seen.next_from(from),
            |block| {
                for (&row, &n_times) in block.docs().iter().zip(block.freqs()) {
                    // Without a branch: whether the next row is seen cannot be foretold.
                    let is_seen = f32::from(u8::from(seen.contains(row)));
                    if let Some(sum) = sums.get_mut(row as usize) {
                        *sum += is_seen * weight.score(lengths.fieldnorm_id(row), n_times);
                    }
                }
            },
        );
        Ok(())
    }

    fn add_phrase(&mut self, weight: &dyn Weight) -> Result<(), TantivyError> {
        let (seen, sums) = (&*self.seen, &mut self.sums);
        weight.for_each(self.segment, &mut |row, score| {
            if let Some(sum) = sums.get_mut(row as usize).filter(|_| seen.contains(row)) {
                *sum += score;
            }
        })
    }
}

/// The most that clauses can add to a score.
fn bound(clauses: &[Weighed<'_>]) -> f32 {
    let bound = |clause: &Weighed<'_>| match clause {
        // As often as can be, in a text of no length.
        Weighed::Term { weight, .. } => weight.score(0, u32::MAX),
        Weighed::Phrase(_) => f32::INFINITY,
    };
    clauses.iter().map(bound).sum()
}

/// How many of `rows` hold a term.
pub(crate) fn count(segment: &SegmentReader, rows: &SegmentRows, term: &Term) -> Result<u64, TantivyError> {
    let index = segment.inverted_index(term.field())?;
    let Some(mut block) = index.read_block_postings(term, IndexRecordOption::Basic)? else { return Ok(0) };
    let n_all = u64::from(block.doc_freq());
    // Where most are seen, it is the others that are looked for: hidden ones, and those that were deleted.
    let (set, are_most) = (&rows.set, rows.are_most);
    let next = |from| if are_most { set.next_other(from) } else { set.next_from(from) };
    let mut n_found = 0;
    each_block(&mut block, next, |block| {
        n_found += block.docs().iter().map(|&row| u64::from(set.contains(row) != are_most)).sum::<u64>();
    });
    Ok(if are_most { n_all.saturating_sub(n_found) } else { n_found })
}

/// Looks at the blocks of some postings, but for those that hold none of the rows of which `next` is told the first from another on.
fn each_block(
    block: &mut BlockSegmentPostings,
    next: impl Fn(RowId) -> Option<RowId>,
    mut look: impl FnMut(&BlockSegmentPostings),
) {
    let mut wanted = next(0);
    while let Some(row) = wanted {
        block.seek(row);
        // The last block comes again when what is sought lies behind it.
        let Some(&last) = block.docs().last().filter(|&&last| last >= row) else { break };
        look(block);
        wanted = next(last + 1);
    }
}
