//! The nouns every other crate speaks in: paths, ids, hashes, spans, documents, chunks, vectors.
//!
//! Invariant: plain values. A value of these types is always valid; what could be invalid is refused where it is made.
//! Not here: I/O, serialisation, any store, any model.
//!
//! The principal types are [`DocPath`] (a file's place in its workspace), [`Document`] (its extracted text) and
//! [`Chunk`] (the unit that is embedded, searched and cited).

mod chunk;
mod document;
mod format;
mod hash;
mod id;
mod metadata;
mod path;
mod path_set;
mod place;
mod span;
mod token;
mod vector;

pub use chunk::{Chunk, ChunkText};
pub use document::{Document, Heading, Table};
pub use format::{Format, Language};
pub use hash::{ContentHash, TextHash};
pub use id::{ChunkId, DocId, ModelId, Seq};
pub use metadata::{LanguageCode, Metadata};
pub use path::{DocPath, PathError};
pub use path_set::PathSet;
pub use place::{Anchor, Place, Unit};
pub use span::{LineIndex, Position, Span};
pub use token::{MAX_INPUT_TOKENS, Token, Tokenizer};
pub use vector::{DIM, QuantizedVector, Tier};
