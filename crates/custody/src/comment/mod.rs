//! Comments: what people and agents say of a file or of a passage in it, to each other.
//!
//! Invariant: a comment says which version it was made on, and what stood there, so that anybody can see whether it still holds. A comment that was
//! acknowledged is on the disk. Nobody says anything in another's name.
//! Not here: who may comment (the callers' rights), whether a passage still stands where it stood (`engine`).
//! On disk: docs/format.md, "Custody".

#[expect(clippy::module_inception, reason = "the type it is named for")]
mod comment;
mod comments;
mod table;
#[cfg(test)]
mod tests;

pub use comment::{Comment, NewComment, Reply, Resolved, Stretch};
pub use comments::Comments;
