//! One commit over full text, ledger and vectors; immutable snapshots; recovery on open.
//!
//! Invariant: a chunk can be found only if it is in the snapshot's live set, and the live set changes only when the ledger's commit is durable.
//! Order of a commit: lexicon first, ledger second, memory last. So whatever a crash leaves behind is either complete or invisible.
//! Not here: reading files, chunking, embedding (`ingest`); ranking (`retrieve`).
//!
//! The principal types are [`Index`] (the owner of the stores), [`Transaction`] (one commit being put together) and [`Snapshot`]
//! (what a query sees from its start to its end).

mod chunks;
mod error;
mod fault;
mod filter;
mod format;
mod heal;
mod health;
mod joined;
mod open;
mod repairs;
mod revector;
mod snapshot;
mod table;
mod transaction;
mod view;

pub use error::Error;
pub use filter::{Allowed, Fact, Filter};
pub use health::{Health, ScrubCursor, ScrubStep};
pub use ledger::{DocRecord, SkipRecord, VectorRow};
pub use lexicon::{LexicalHits, StoredChunk};
pub use open::{Index, OpenReport};
pub use snapshot::{Counts, Snapshot};
pub use table::{DocTable, SkipTable};
pub use transaction::{Committed, PutChunk, PutDoc, Transaction};
pub use view::{Place, View};

/// The names of all places at which tests can make this crate or its stores fail.
#[cfg(feature = "failpoints")]
pub const FAILPOINTS: [&[&str]; 3] = [fault::ALL, lexicon::FAILPOINTS, ledger::FAILPOINTS];

#[cfg(test)]
mod tests;
