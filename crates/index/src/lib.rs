//! One commit over full text, ledger and vectors; immutable snapshots; recovery on open.
//!
//! Invariant: a chunk can be found only if it is in the snapshot's live set, and the live set changes only when the ledger's commit is durable.
//! Order of a commit: lexicon first, ledger second, memory last. So whatever a crash leaves behind is either complete or invisible.
//! Not here: reading files, chunking, embedding (`ingest`); ranking (`retrieve`).
//!
//! The principal types are [`Index`] (the owner of the stores), [`Transaction`] (one commit being put together) and [`Snapshot`]
//! (what a query sees from its start to its end).

mod error;
mod filter;
mod open;
mod revector;
mod snapshot;
mod table;
mod transaction;

pub use error::Error;
pub use filter::{Allowed, Filter};
pub use ledger::{DocRecord, SkipRecord, VectorRow};
pub use lexicon::{LexicalHits, StoredChunk};
pub use open::{Index, OpenReport};
pub use snapshot::{Counts, Snapshot};
pub use table::{DocTable, SkipTable};
pub use transaction::{Committed, PutChunk, PutDoc, Transaction};

#[cfg(test)]
mod tests;
