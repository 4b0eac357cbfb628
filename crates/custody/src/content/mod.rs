//! Contents: bytes kept under their hash, so that a version of a file outlives the file.
//!
//! Invariant: what is read under a hash has that hash, or is told as damaged, with its place. What was put is on the disk once [`Contents::sync`]
//! has returned. The same bytes are kept once. What a crash leaves half written is never taken for a content.
//! Not here: which file had which content when (`versions`), what is to be kept for how long (`engine`).
//! On disk: docs/format.md, "Contents".
//!
//! One process writes: the owner of the workspace. Packs only grow, and are never cut; one that holds little that is still needed is copied,
//! without what is not, into a new one that is renamed into place.

mod load;
mod pack;
mod store;
#[cfg(test)]
mod tests;

pub use store::{Contents, Damage, Freed};
