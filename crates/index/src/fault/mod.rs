//! Places at which tests make this crate fail.
//!
//! Invariant: without the feature `failpoints` a place costs nothing and cannot fail.
//! Not here: what a test does with them (`index/tests/failpoints`).

#[cfg(not(feature = "failpoints"))]
mod disabled;
#[cfg(feature = "failpoints")]
mod enabled;

#[cfg(not(feature = "failpoints"))]
use disabled::point;
#[cfg(feature = "failpoints")]
pub(crate) use enabled::ALL;
#[cfg(feature = "failpoints")]
use enabled::point;

use crate::Error;

/// Fails if a test says so.
pub(crate) fn at(name: &'static str) -> Result<(), Error> {
    Ok(point(name)?)
}

/// Before the format file is written.
pub(crate) const FORMAT: &str = "index::format";
/// Before the note of what is due is replaced.
pub(crate) const REPAIRS: &str = "index::repairs";
/// Before a lexicon that cannot be used is deleted.
pub(crate) const REBUILD: &str = "index::rebuild";
/// Before text that no document owns is dropped.
pub(crate) const RECONCILE: &str = "index::reconcile";
/// Before a commit's first step.
pub(crate) const COMMIT: &str = "index::commit";
/// Between the lexicon's commit and the ledger's.
pub(crate) const BETWEEN: &str = "index::between";
/// After the ledger's commit, before memory follows.
pub(crate) const APPLY: &str = "index::apply";
/// Before the new snapshot is published.
pub(crate) const PUBLISH: &str = "index::publish";
/// Before an abandoned transaction is rolled back.
pub(crate) const ROLLBACK: &str = "index::rollback";
