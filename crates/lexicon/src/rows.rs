//! Rows: where some chunks are in an index, and how long they are together.
//!
//! Invariant: a row is one of them exactly if its chunk is and it is not deleted. What is kept of a segment is used again only while the segment
//! is the same, or has lost rows since.
//! Not here: which chunks (the caller's), the search among them (`within`).

use std::sync::Arc;

use roaring::RoaringTreemap;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::schema::Field;
use tantivy::{DocId as RowId, Opstamp, SegmentReader, TantivyError};

use crate::schema::CHUNK;
use crate::searcher::Searcher;

/// Rows of one snapshot of an index. Takes a bit for each row there is; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Of each segment, in the order of the snapshot's.
    segments: Vec<Arc<SegmentRows>>,
}

/// Rows of a segment.
#[derive(Debug)]
pub(crate) struct SegmentRows {
    segment: SegmentId,
    /// Which of the segment's rows were deleted by then: the number rises with each time that some are.
    deletes: Option<Opstamp>,
    pub(crate) set: RowSet,
    n_rows: u64,
    n_tokens: u64,
    /// Whether they are more than half of the segment's.
    pub(crate) are_most: bool,
}

/// A set of rows of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowSet {
    /// A bit for each row.
    bits: Vec<u64>,
}

impl Rows {
    /// Those of `chunks`. What `before` knows of a segment is not looked up again: it is of the same index, and of chunks that were chosen in
    /// the same way.
    pub(crate) fn new<'a>(
        segments: impl Iterator<Item = &'a SegmentReader>,
        text: Field,
        chunks: &RoaringTreemap,
        before: Option<&Self>,
    ) -> Result<Self, TantivyError> {
        let known = |segment: &SegmentReader| {
            let mut known = before?.segments.iter();
            known
                .find(|rows| rows.segment == segment.segment_id() && rows.deletes <= segment.delete_opstamp())
        };
        let rows = |segment: &SegmentReader| match known(segment) {
            Some(rows) if rows.is_of(segment) => Ok(Arc::clone(rows)),
            Some(rows) => rows.without_deleted(segment, text).map(Arc::new),
            None => SegmentRows::find(segment, text, chunks).map(Arc::new),
        };
        let segments: Result<_, _> = segments.map(rows).collect();
        Ok(Self { segments: segments? })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.segments.iter().map(|rows| rows.n_rows).sum()
    }

    /// The tokens of all of them.
    pub(crate) fn n_tokens(&self) -> u64 {
        self.segments.iter().map(|rows| rows.n_tokens).sum()
    }

    /// The rows of each segment of the snapshot that they are of.
    pub(crate) fn by_segment<'a>(
        &'a self,
        searcher: &'a Searcher,
    ) -> impl Iterator<Item = (&'a SegmentReader, &'a SegmentRows)> {
        let segments = searcher.segments().zip(&self.segments);
        // Of another snapshot than the one that they are of, they say nothing.
        segments.map(|(segment, rows)| (segment, &**rows)).filter(|(segment, rows)| rows.is_of(segment))
    }
}

impl SegmentRows {
    /// Looks at every row once.
    fn find(segment: &SegmentReader, text: Field, chunks: &RoaringTreemap) -> Result<Self, TantivyError> {
        let column = segment.fast_fields().u64(CHUNK)?.first_or_default_col(0);
        let alive = segment.alive_bitset();
        let mut ids = [0; 64];
        let mut bits = vec![0; segment.max_doc().div_ceil(64) as usize];
        for (word, first) in bits.iter_mut().zip((0..segment.max_doc()).step_by(64)) {
            let n = (segment.max_doc() - first).min(64) as usize;
            column.get_range(u64::from(first), &mut ids[..n]);
            for (row, &chunk) in (first..).zip(&ids[..n]) {
                let is_one = chunks.contains(chunk) && alive.is_none_or(|alive| alive.is_alive(row));
                *word |= u64::from(is_one) << (row - first);
            }
        }
        Self::counted(segment, text, RowSet { bits })
    }

    /// Those that are left.
    fn without_deleted(&self, segment: &SegmentReader, text: Field) -> Result<Self, TantivyError> {
        let mut left = vec![0; self.set.bits.len()];
        for row in self.set.iter().filter(|&row| !segment.is_deleted(row)) {
            left[row as usize / 64] |= 1 << (row % 64);
        }
        Self::counted(segment, text, RowSet { bits: left })
    }

    fn counted(segment: &SegmentReader, text: Field, set: RowSet) -> Result<Self, TantivyError> {
        let (id, deletes) = (segment.segment_id(), segment.delete_opstamp());
        let lengths = lengths(segment, text)?;
        let add = |(n, tokens), row| (n + 1, tokens + u64::from(lengths.fieldnorm(row)));
        let (n_rows, n_tokens) = set.iter().fold((0, 0), add);
        let are_most = n_rows * 2 > u64::from(segment.max_doc());
        Ok(Self { segment: id, deletes, set, n_rows, n_tokens, are_most })
    }

    fn is_of(&self, segment: &SegmentReader) -> bool {
        self.segment == segment.segment_id() && self.deletes == segment.delete_opstamp()
    }
}

impl RowSet {
    /// Of all rows, of which these are the scores, those that have so much.
    pub(crate) fn with(at_least: f32, scores: &[f32]) -> Self {
        let word = |scores: &[f32]| {
            (0..).zip(scores).fold(0, |word, (at, &score)| word | u64::from(score >= at_least) << at)
        };
        Self { bits: scores.chunks(64).map(word).collect() }
    }

    pub(crate) fn contains(&self, row: RowId) -> bool {
        self.bits.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// The first row of it from another on.
    pub(crate) fn next_from(&self, row: RowId) -> Option<RowId> {
        self.next(row, 0)
    }

    /// The first row that is not in it from another on; it may be one after the last there is.
    pub(crate) fn next_other(&self, row: RowId) -> Option<RowId> {
        self.next(row, u64::MAX)
    }

    fn next(&self, row: RowId, flipped: u64) -> Option<RowId> {
        let mut at = row as usize / 64;
        let mut word = (self.bits.get(at)? ^ flipped) & (u64::MAX << (row % 64));
        while word == 0 {
            at += 1;
            word = self.bits.get(at)? ^ flipped;
        }
        Some(at as RowId * 64 + word.trailing_zeros())
    }

    fn iter(&self) -> impl Iterator<Item = RowId> {
        let mut next = self.next_from(0);
        std::iter::from_fn(move || {
            let row = next?;
            next = self.next_from(row + 1);
            Some(row)
        })
    }
}

/// How many tokens each row has, rounded as BM25 takes them.
pub(crate) fn lengths(segment: &SegmentReader, text: Field) -> Result<FieldNormReader, TantivyError> {
    let lengths = segment.fieldnorms_readers().get_field(text)?;
    Ok(lengths.unwrap_or_else(|| FieldNormReader::constant(segment.max_doc(), 1)))
}
