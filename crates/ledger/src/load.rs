//! Reading whole trees, and holding them against what the last commit left.
//!
//! Invariant: what is told is only rows that decode; that all of them were told is known when the call succeeds.
//! Not here: how rows fit together (`verify`).

use crate::codec::{self, DOCS, Head, SKIPS, VECTORS};
use crate::rows::Rows;
use crate::store::{Store, Trees};
use crate::tally::Tally;
use crate::{DocRecord, Error, SkipRecord, VectorRow};

/// Tells all documents and all skipped files.
pub(crate) fn tables(
    store: &Store,
    head: &Head,
    doc: impl FnMut(DocRecord),
    skip: impl FnMut(SkipRecord),
) -> Result<(), Error> {
    let docs = tell(Rows::new(store, store.dir(), Trees::DOCS, codec::decode_doc), doc)?;
    let skips = tell(Rows::new(store, store.dir(), Trees::SKIPS, codec::decode_skip), skip)?;
    compare(DOCS, head.docs, docs)?;
    compare(SKIPS, head.skips, skips)
}

/// Tells all vectors that belong to commits.
pub(crate) fn vectors(store: &Store, head: &Head, mut each: impl FnMut(VectorRow)) -> Result<(), Error> {
    let mut found = 0;
    tell(Rows::new(store, store.dir(), Trees::VECTORS, codec::decode_vector), |row: VectorRow| {
        if row.chunk.0 < head.next_chunk {
            found += 1;
            each(row);
        }
    })?;
    if found < head.vectors {
        return Err(Error::Incomplete { tree: VECTORS, expected: head.vectors, found });
    }
    Ok(())
}

/// `head` with the tallies of what is there.
pub(crate) fn recount(store: &Store, head: Head) -> Result<Head, Error> {
    let docs = tell(Rows::new(store, store.dir(), Trees::DOCS, codec::decode_doc), drop)?;
    let skips = tell(Rows::new(store, store.dir(), Trees::SKIPS, codec::decode_skip), drop)?;
    let mut n_vectors = 0;
    vectors(store, &Head { vectors: 0, ..head }, |_| n_vectors += 1)?;
    Ok(Head { docs, skips, vectors: n_vectors, ..head })
}

fn tell<T>(mut rows: Rows<T>, mut each: impl FnMut(T)) -> Result<Tally, Error> {
    for row in rows.by_ref() {
        each(row?);
    }
    Ok(rows.tally())
}

pub(crate) fn compare(tree: &'static str, expected: Tally, found: Tally) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    Err(Error::Incomplete { tree, expected: expected.rows, found: found.rows })
}
