//! What the ledger knows of a file and of a chunk.

use std::ops::Range;

use corpus::{
    ChunkId, ContentHash, DocId, DocPath, Format, Metadata, ModelId, QuantizedVector, TextHash, Tier,
};

/// The live version of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocRecord {
    /// The document; stays the same through all versions.
    pub id: DocId,
    /// Its place in the workspace.
    pub path: DocPath,
    /// The version: the hash of the file's bytes.
    pub hash: ContentHash,
    /// The file's size in bytes.
    pub size: u64,
    /// The file's modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The file's inode, or 0 where there is none.
    pub inode: u64,
    /// The modification time was too near to the scan to be trusted: hash again at the next scan.
    pub racy: bool,
    /// How it was read.
    pub format: Format,
    /// Its title, if the text has one.
    pub title: Option<String>,
    /// The first of its chunks; the others follow without a gap.
    pub first_chunk: ChunkId,
    /// Number of its chunks.
    pub n_chunks: u32,
    /// When it was indexed, milliseconds since 1970.
    pub indexed_at_ms: i64,
    /// The encoding its bytes were read as, by WHATWG name.
    pub encoding: String,
    /// What it says of itself.
    pub metadata: Metadata,
    /// The parser that read it, with its version: `pdf 1`.
    pub parser: String,
    /// The file that it is a part of, for an attachment or the member of an archive: `size`, `mtime_ns`, `inode` and `racy` are that file's.
    pub container: Option<DocPath>,
}

impl DocRecord {
    /// The numbers of its chunks.
    #[must_use]
    pub fn chunks(&self) -> Range<u64> {
        self.first_chunk.0..self.first_chunk.0.saturating_add(u64::from(self.n_chunks))
    }
}

/// A file that was seen and not indexed, so that it is not tried again until it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkipRecord {
    /// Its place in the workspace.
    pub path: DocPath,
    /// The file's size in bytes.
    pub size: u64,
    /// The file's modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The file's inode, or 0 where there is none.
    pub inode: u64,
    /// Why, for programs: one stable word.
    pub code: String,
    /// Why, for people.
    pub reason: String,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// The version that no text was found in, where its bytes were looked at: it need not be looked at again under another name.
    pub hash: Option<ContentHash>,
    /// The parser that found none, with its version; another version tries again.
    pub parser: Option<String>,
    /// The file that it is a part of; `size`, `mtime_ns` and `inode` are that file's.
    pub container: Option<DocPath>,
}

/// The vector of one chunk.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorRow {
    /// The chunk.
    pub chunk: ChunkId,
    /// The model that made the vector.
    pub model: ModelId,
    /// How good it is.
    pub tier: Tier,
    /// The text it was made from; an equal text under the same model has an equal vector.
    pub text_hash: TextHash,
    /// The vector.
    pub vector: QuantizedVector,
}
