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
pub use enabled::ALL;
#[cfg(feature = "failpoints")]
use enabled::point;

use crate::Error;
use std::path::Path;

/// Fails if a test says so.
pub(crate) fn at(name: &'static str) -> Result<(), Error> {
    point(name).map_err(Error::io(Path::new(name), "pass"))
}

/// Before anything is opened.
pub(crate) const OPEN: &str = "ledger::open";
/// Before what was staged for a commit that never came is deleted.
pub(crate) const OPEN_UNSTAGE: &str = "ledger::open-unstage";
/// Before the head is written on open.
pub(crate) const OPEN_HEAD: &str = "ledger::open-head";
/// Before a damaged log is replayed on a copy.
pub(crate) const REPLAY: &str = "ledger::replay";
/// Before a damaged store is moved out of the way.
pub(crate) const SET_ASIDE: &str = "ledger::set-aside";
/// Between a damaged store's leaving and the replayed one's taking its place.
pub(crate) const REPLACE: &str = "ledger::replace";
/// Before the tallies are made anew.
pub(crate) const RECOUNT: &str = "ledger::recount";
/// Before vectors are staged.
pub(crate) const STAGE: &str = "ledger::stage";
/// Before staged vectors are deleted.
pub(crate) const UNSTAGE: &str = "ledger::unstage";
/// Before a transaction.
pub(crate) const TRANSACTION: &str = "ledger::transaction";
/// After it, before sled's flush.
pub(crate) const FLUSH: &str = "ledger::flush";
/// After sled's flush, before the sync.
pub(crate) const SYNC: &str = "ledger::sync";
/// After the sync: the commit is durable and not acknowledged.
pub(crate) const SYNCED: &str = "ledger::synced";
/// Before the watermark is written.
pub(crate) const WATERMARK: &str = "ledger::watermark";
