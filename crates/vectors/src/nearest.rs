//! What a search is: the trait that the exact scan and the graph share.

use corpus::{ChunkId, QuantizedVector, Tier};

/// Which chunks may be returned. Asked only about rows that would be, so it may cost a little.
pub type Allowed<'a> = &'a (dyn Fn(ChunkId) -> bool + Sync);

/// A way to find the rows nearest to a query.
pub trait NearestNeighbours {
    /// At most `k` allowed chunks with their cosines, best first, ties by ascending chunk.
    fn nearest(&self, query: &QuantizedVector, k: usize, allowed: Allowed<'_>) -> Vec<(ChunkId, f32)>;
}

/// A row that a search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    /// The chunk.
    pub chunk: ChunkId,
    /// Its cosine to the query: the dot product of the two quantised vectors, -1 to 1 but for rounding of about 0.01.
    pub cosine: f32,
    /// How good the vector is that was compared.
    pub tier: Tier,
}
