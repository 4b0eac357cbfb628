//! The pipeline from files to the index: scan, read, hash, extract, chunk, embed (all on rayon), commit (one thread).
//!
//! Invariant: a file is indexed, or its path is recorded with the reason why not; one bad file never fails a batch.
//! Invariant: what is not plain text is parsed in another process (`fence`); a worker waits for it as it would for a disk.
//! Invariant: every queue is bounded. Source text is in flight for at most three windows ([`Limits::window_bytes`], and 512 files each):
//! one that is prepared, one that waits, one that is staged. A commit takes [`Limits::commit_bytes`] of source and 20,000 documents at
//! most. Only the list of a scan, a path and a stat for each file, grows with the folder.
//! Order: queries, then single changes ([`Ingest::apply`]), then bulk runs: the pipeline's threads run at a lower priority, and a bulk
//! run gives the index's writer up as soon as somebody waits for it.
//! Not here: what a chunk or a vector is; which events arrive (`watch`); any store (`index`).
//!
//! The principal types are [`Ingest`] (the pipeline bound to one folder and one index) and [`Summary`] (what a run did).

mod apply;
mod change;
mod commits;
mod diff;
mod error;
mod known;
mod pipeline;
mod precedence;
mod prepare;
mod priority;
mod progress;
mod read;
mod reading;

pub use apply::Applied;
pub use change::{Change, FileState};
pub use error::Error;
pub use pipeline::{Ingest, Limits, StudentInUse};
pub use progress::{NoProgress, Outcome, Progress, Summary};
pub use reading::Reading;
