//! Reading everything, and saying what does not fit.

use std::ops::Range;

use crate::codec::{self, Head};
use crate::rows::Rows;
use crate::store::{Store, Trees};
use crate::{DocRecord, Error};

/// What [`Ledger::verify`](crate::Ledger::verify) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Documents that decode.
    pub docs: usize,
    /// Skipped files that decode.
    pub skips: usize,
    /// Vectors that decode.
    pub vectors: usize,
    /// Chunks of live documents without a vector; they are found by their words only, until they are embedded.
    pub missing_vectors: u64,
    /// Vectors that belong to no live document; they cost space and nothing else.
    pub orphan_vectors: u64,
    /// Documents whose chunks are another's too, or have numbers that were never given out.
    pub bad_ranges: usize,
    /// Rows that do not decode.
    pub damaged: Vec<DamagedRow>,
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
    /// Whether every row decodes and no chunk has two owners. Missing and orphan vectors do not count: both heal by themselves.
    #[must_use]
    pub fn is_sound(&self) -> bool {
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
    report.vectors = walk(store, Trees::VECTORS, codec::decode_vector, &mut report.damaged, |row| {
        let after = ranges.partition_point(|range| range.start <= row.chunk.0);
        owned += u64::from(after > 0 && ranges[after - 1].contains(&row.chunk.0));
    })?;
    let chunks = ranges.iter().fold(0_u64, |sum, range| sum.saturating_add(range.end - range.start));
    report.orphan_vectors = report.vectors as u64 - owned;
    report.missing_vectors = chunks.saturating_sub(owned);
    Ok(report)
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
