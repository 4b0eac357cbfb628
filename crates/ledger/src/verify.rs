//! Reading everything, and saying what does not fit.

use std::ops::Range;

use crate::codec::{self, Head};
use crate::rows::Rows;
use crate::store::{Store, Trees};
use crate::{DocRecord, Error, load};
use corpus::Tier;

/// What [`Ledger::verify`](crate::Ledger::verify) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Documents that decode.
    pub docs: usize,
    /// Skipped files that decode.
    pub skips: usize,
    /// Vectors that decode.
    pub vectors: usize,
    /// Of those, how many are a teacher's.
    pub teacher_vectors: usize,
    /// Chunks of live documents without a vector; they are found by their words only, until they are embedded.
    pub missing_vectors: u64,
    /// Vectors that belong to no live document; they cost space and nothing else.
    pub orphan_vectors: u64,
    /// Documents whose chunks are another's too, or have numbers that were never given out.
    pub bad_ranges: usize,
    /// Rows that do not decode.
    pub damaged: Vec<DamagedRow>,
    /// Trees whose rows are not those that the last commit left, in words.
    pub incomplete: Vec<String>,
}

/// A row that does not decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedRow {
    /// Its tree.
    pub tree: &'static str,
    /// Its key in hexadecimal digits.
    pub key: String,
    /// What was found.
    pub why: &'static str,
}

impl VerifyReport {
    /// Whether every row decodes, no chunk has two owners, and all rows are those that the last commit left.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.is_readable() && self.incomplete.is_empty()
    }

    /// Whether every row decodes and no chunk has two owners: what is there can be used, even if it is not all there was. Orphan vectors
    /// do not count: they cost space and nothing else.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.damaged.is_empty() && self.bad_ranges == 0
    }
}

/// Reads every row. Fails only when the store itself cannot be walked to its end.
pub(crate) fn verify(store: &Store, head: &Head) -> Result<VerifyReport, Error> {
    let mut report = VerifyReport::default();
    let mut ranges: Vec<Range<u64>> = Vec::new();
    report.docs = walk(store, Trees::DOCS, codec::decode_doc, &mut report.damaged, |doc: DocRecord| {
        ranges.push(doc.chunks());
    })?;
    report.skips = walk(store, Trees::SKIPS, codec::decode_skip, &mut report.damaged, drop)?;
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let overlaps = ranges.windows(2).filter(|pair| pair[0].end > pair[1].start).count();
    report.bad_ranges = overlaps + ranges.iter().filter(|range| range.end > head.next_chunk).count();
    let mut owned = 0;
    let mut by_teacher = 0;
    let mut committed = 0;
    report.vectors = walk(store, Trees::VECTORS, codec::decode_vector, &mut report.damaged, |row| {
        by_teacher += usize::from(row.tier == Tier::Teacher);
        committed += u64::from(row.chunk.0 < head.next_chunk);
        let after = ranges.partition_point(|range| range.start <= row.chunk.0);
        owned += u64::from(after > 0 && ranges[after - 1].contains(&row.chunk.0));
    })?;
    let chunks = ranges.iter().fold(0_u64, |sum, range| sum.saturating_add(range.end - range.start));
    report.orphan_vectors = report.vectors as u64 - owned;
    report.missing_vectors = chunks.saturating_sub(owned);
    report.teacher_vectors = by_teacher;
    report.incomplete = incomplete(store, head, committed);
    Ok(report)
}

/// What is not as the last commit left it. Rows that do not decode are told elsewhere, and count as rows.
fn incomplete(store: &Store, head: &Head, vectors: u64) -> Vec<String> {
    let tables =
        load::tables(store, head, drop, drop).err().filter(|error| !matches!(error, Error::Corrupt { .. }));
    let lost = (vectors < head.vectors).then_some(Error::Incomplete {
        tree: codec::VECTORS,
        expected: head.vectors,
        found: vectors,
    });
    tables.into_iter().chain(lost).map(|error| error.to_string()).collect()
}

fn walk<T>(
    store: &Store,
    tree: usize,
    decode: fn(&[u8], &[u8]) -> Result<T, Error>,
    damaged: &mut Vec<DamagedRow>,
    mut each: impl FnMut(T),
) -> Result<usize, Error> {
    let mut n = 0;
    for row in Rows::new(store, store.dir(), tree, decode) {
        match row {
            Ok(row) => {
                n += 1;
                each(row);
            }
            Err(Error::Corrupt { tree, key, why }) => damaged.push(DamagedRow { tree, key, why }),
            Err(error) => return Err(error),
        }
    }
    Ok(n)
}
