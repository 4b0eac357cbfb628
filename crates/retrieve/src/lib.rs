//! From a snapshot and a query to ranked chunks, passages within a budget, and an answer made of quoted sentences.
//!
//! Invariant: pure over a [`index::View`] of a snapshot: nothing here writes, waits, or looks at the disk beyond the snapshot's own files.
//! Every text that leaves here is a byte-for-byte part of an indexed version.
//! Not here: embedding the query (the caller brings the vector), freshness against the disk, JSON.

mod answer;
mod fuse;
mod passage;
mod rank;
mod sentence;

pub use answer::{Answer, EmbedPieces, Sentence, answer};
pub use fuse::STUDENT_FIDELITY;
pub use passage::{Passage, passages, quote};
pub use rank::{Candidates, Mode, Query, Ranked, Recency};
pub use sentence::sentences;
