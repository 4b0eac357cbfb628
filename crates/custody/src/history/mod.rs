//! History: which version of which file was written by whom, when and how.
//!
//! Invariant: a record is on the disk before the bytes it is about take their place, so that of no acknowledged write the writer is missing. What was
//! written past the program has no record, and none is made up.
//! Not here: the bytes, the versions that are kept (`engine` writes both), what somebody may see.
//! On disk: docs/format.md, "Custody".
//!
//! A record whose write never came about is harmless: it speaks of one version of one file, by its hash, and nobody asks for a version that is not
//! there. For the same reason what goes away is noted afterwards, and need not be synced.

mod log;
mod record;
mod table;
#[cfg(test)]
mod tests;

pub use log::History;
pub use record::Source;
pub use table::{Known, Origin};
