//! Nearest neighbours over quantised unit vectors, in memory.
//!
//! Invariant: a [`VectorView`] never changes; writers make new ones and share what did not change. What a search returns was scored
//! exactly, whichever way it was found, and ties stand by ascending chunk.
//! Not here: the disk (the ledger keeps the vectors, a graph is built again), which chunks a caller may see (that is a filter).
//!
//! The principal types are [`VectorStore`] (the one writer), [`VectorView`] (a snapshot to search) and [`Graph`] (built from a view in
//! the background, for many vectors).
//!
//! ```
//! use corpus::{ChunkId, DIM, QuantizedVector, Tier};
//! use workroom_vectors::{Options, VectorStore};
//!
//! let mut store = VectorStore::new(&Options::default());
//! let vector = QuantizedVector::from_f32(&[0.5; DIM]).unwrap();
//! store.insert(ChunkId(7), Tier::Student, &vector)?;
//! let nearest = store.snapshot().search(&vector, 10, &|_| true, None);
//! assert_eq!(nearest[0].chunk, ChunkId(7));
//! # Ok::<(), workroom_vectors::Error>(())
//! ```

mod block;
mod error;
mod exact;
mod graph;
mod kernel;
mod nearest;
mod store;
mod top;
mod view;

pub use error::Error;
pub use exact::Exact;
pub use graph::Graph;
pub use nearest::{Allowed, NearestNeighbours, Neighbour};
pub use store::{Options, VectorStore};
pub use view::{GRAPH_FROM, VectorView};
