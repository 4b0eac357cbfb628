//! Full text: the words of chunks and the chunks themselves, over tantivy.
//!
//! Invariant: this is the only crate that names tantivy, and none of its types are in this crate's interface.
//! Not here: which chunks are live, vectors, the commit across stores.
//!
//! The principal types are [`Lexicon`] (the one writer), [`Searcher`] (an immutable snapshot) and [`LexiconDoc`] (what goes in).
//!
//! ```
//! use corpus::{Chunk, ChunkId, DocId, DocPath, Format, Seq, TextHash};
//! use workroom_lexicon::{Lexicon, LexiconDoc, LexiconOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let mut lexicon = Lexicon::open(dir.path(), LexiconOptions::default())?;
//! let body = "Refunds are paid within thirty days.";
//! lexicon.add(&LexiconDoc {
//!     chunk_id: ChunkId(1),
//!     doc_id: DocId(1),
//!     path: &DocPath::new("policy.md")?,
//!     title: None,
//!     about: "",
//!     language: None,
//!     chunk: &Chunk::default(),
//!     body,
//!     format: Format::Markdown,
//!     modified_ms: 0,
//!     text_hash: TextHash::of(body),
//! })?;
//! let searcher = lexicon.commit(Seq(1))?;
//! let found = searcher.search("when is a refund paid?", 10, &|_| true, false)?;
//! assert_eq!(found.hits[0].0, ChunkId(1));
//! # Ok(())
//! # }
//! ```

mod analysis;
mod check;
mod collect;
mod directory;
mod error;
mod fault;
mod languages;
mod leaders;
mod lexicon;
mod query;
mod record;
mod rows;
mod schema;
mod scores;
mod seal;
mod searcher;
mod within;

pub use analysis::Stemming;
pub use collect::SETTLED_STEP as SCORE_STEP;
pub use error::{Error, Source};
pub use lexicon::{Lexicon, LexiconDoc, LexiconOptions};
pub use query::QueryTerm;
pub use rows::Rows;
pub use searcher::{LexicalHits, Searcher, StoredChunk};

/// The names of all places at which tests can make this crate fail.
#[cfg(feature = "failpoints")]
pub use fault::ALL as FAILPOINTS;
