//! Places at which tests make this crate fail.
//!
//! Invariant: without the feature `failpoints` a place costs nothing and cannot fail.
//! Not here: what a test does with them (`index/tests/failpoints`).

#[cfg(not(feature = "failpoints"))]
mod disabled;
#[cfg(feature = "failpoints")]
mod enabled;

#[cfg(not(feature = "failpoints"))]
pub(crate) use disabled::point;
#[cfg(feature = "failpoints")]
pub use enabled::ALL;
#[cfg(feature = "failpoints")]
pub(crate) use enabled::point;

/// Before anything is opened.
pub(crate) const OPEN: &str = "lexicon::open";
/// Before files that are not sealed are read.
pub(crate) const OPEN_CHECK: &str = "lexicon::open-check";
/// Before a commit closes its segment.
pub(crate) const PREPARE: &str = "lexicon::prepare";
/// Before a segment file is made, also by a merge.
pub(crate) const SEGMENT: &str = "lexicon::segment";
/// Before the commit replaces the list of segments.
pub(crate) const COMMIT: &str = "lexicon::commit";
/// Before `meta.json` or `.managed.json` is replaced.
pub(crate) const BEFORE_RENAME: &str = "lexicon::before-rename";
/// After `meta.json` or `.managed.json` was replaced.
pub(crate) const AFTER_RENAME: &str = "lexicon::after-rename";
/// Before the folder is synced.
pub(crate) const SYNC_FOLDER: &str = "lexicon::sync-folder";
/// Before the commit becomes visible to new searchers.
pub(crate) const RELOAD: &str = "lexicon::reload";
/// Before the seal is written.
pub(crate) const SEAL: &str = "lexicon::seal";
/// Before what is staged is forgotten.
pub(crate) const ROLLBACK: &str = "lexicon::rollback";
/// Before the writer's threads change.
pub(crate) const SET_BULK: &str = "lexicon::set-bulk";
/// Before merges are waited for.
pub(crate) const FINISH: &str = "lexicon::finish";
