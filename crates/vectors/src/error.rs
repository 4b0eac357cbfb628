//! What can go wrong, named by what the caller can do about it.

use corpus::ChunkId;

/// A refused vector or an unfinished graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Chunks must come in ascending order, and never twice: replace a vector that is there.
    #[error("chunk {got} does not come after chunk {last}")]
    OutOfOrder {
        /// The last chunk of the store.
        last: ChunkId,
        /// The refused one.
        got: ChunkId,
    },
    /// The vector has no direction: its scale is zero, negative or not finite.
    #[error("the vector of chunk {chunk} has no direction")]
    NoDirection {
        /// The refused chunk.
        chunk: ChunkId,
    },
    /// The caller asked to stop.
    #[error("building the graph was cancelled")]
    Cancelled,
}
