//! The pipeline from files to the index: scan, read, hash, extract, chunk, embed (all on rayon), commit (one thread).
//!
//! Invariant: a file is indexed, or its path is recorded with the reason why not; one bad file never fails a batch.
//! Memory is bounded by bytes: at most three windows of source text are in flight ([`Limits::window_bytes`]).
//! Not here: what a chunk or a vector is; which events arrive (`watch`); any store (`index`).
//!
//! The principal types are [`Ingest`] (the pipeline bound to one folder and one index) and [`Summary`] (what a run did).

mod apply;
mod diff;
mod error;
mod pipeline;
mod prepare;
mod progress;
mod read;

pub use apply::Applied;
pub use error::Error;
pub use pipeline::{Ingest, Limits, StudentInUse};
pub use progress::{NoProgress, Outcome, Progress, Summary};
