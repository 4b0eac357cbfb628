//! The tally: how many rows of a tree there should be, and which.
//!
//! Sled answers some damage by leaving rows out, or by bringing old ones back, each with a checksum that is right. So the head row
//! carries, for each tree, the number of its rows and the sum of their checksums. Both are kept up from what each write of a
//! transaction replaces, which costs no reading.
//!
//! Invariant: after a commit the tally is that of exactly the rows in the tree.
//! Not here: what to do when it is not (`Ledger::load`, `Ledger::recount`).

use serde::{Deserialize, Serialize};

use crate::codec::checksum_of;

/// Number and sum of the rows of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    /// Sum of the rows' checksums, without the carry.
    pub(crate) sum: u32,
}

impl Tally {
    /// A row was written, deleted or replaced.
    pub(crate) fn replace(&mut self, before: Option<&[u8]>, after: Option<&[u8]>) {
        if let Some(before) = before {
            self.rows = self.rows.saturating_sub(1);
            self.sum = self.sum.wrapping_sub(checksum_of(before));
        }
        if let Some(after) = after {
            self.add(after);
        }
    }

    /// A row was found.
    pub(crate) fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(checksum_of(row));
    }
}
