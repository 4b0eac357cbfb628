//! Scrubbing: reading every row a few at a time, beside everything else, to find what rots while nobody reads it.
//!
//! Invariant: a call reads a bounded number of rows, and holds nothing between calls.
//! Not here: how rows fit together (`verify`), when to scrub.

use std::ops::Bound;

use crate::codec::{decode_doc, decode_skip, decode_vector};
use crate::store::{Store, Trees};
use crate::{DamagedRow, Error};

/// How far a scrub has come. The default is the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScrubPlace {
    tree: usize,
    /// The last key that was read.
    after: Option<Vec<u8>>,
}

/// What one call found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Rows that were read.
    pub rows: usize,
    /// Those that do not decode.
    pub damaged: Vec<DamagedRow>,
    /// The end was reached: the next call begins anew.
    pub done: bool,
}

/// Reads the next rows, at most `limit`.
pub(crate) fn scrub(store: &Store, place: &mut ScrubPlace, limit: usize) -> Result<Scrubbed, Error> {
    const TREES: [usize; 3] = [Trees::DOCS, Trees::SKIPS, Trees::VECTORS];
    let mut found = Scrubbed::default();
    let Some(&tree) = TREES.get(place.tree) else {
        *place = ScrubPlace::default();
        return Ok(Scrubbed { done: true, ..found });
    };
    let from = place.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let rows = store.rows_from(tree, from, limit.max(1))?;
    found.rows = rows.len();
    place.after = rows.last().map(|(key, _)| key.to_vec());
    if place.after.is_none() {
        place.tree += 1;
    }
    for (key, value) in rows {
        let decoded = match tree {
            Trees::DOCS => decode_doc(&key, &value).map(drop),
            Trees::SKIPS => decode_skip(&key, &value).map(drop),
            _ => decode_vector(&key, &value).map(drop),
        };
        match decoded {
            Err(Error::Corrupt { tree, key, why }) => found.damaged.push(DamagedRow { tree, key, why }),
            decoded => decoded?,
        }
    }
    Ok(found)
}
