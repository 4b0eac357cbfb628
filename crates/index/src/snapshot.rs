//! What a query sees: one state of all stores, unchanged from the query's start to its end.

use crate::chunks::KeptSets;
use crate::{DocTable, Error, SkipTable};
use corpus::{ChunkId, DocPath, QuantizedVector, Seq, Tier};
use ledger::{DocRecord, SkipRecord};
use lexicon::{LexicalHits, Searcher, StoredChunk};
use roaring::RoaringTreemap;
use std::ops::Bound;
use std::sync::Arc;
use vectors::{Neighbour, VectorView};

/// An immutable view of the index as of one commit. Cheap to clone; keeps nothing locked.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) seq: Seq,
    pub(crate) docs: DocTable,
    pub(crate) skips: SkipTable,
    pub(crate) live: Arc<RoaringTreemap>,
    pub(crate) text: Searcher,
    /// `None` until the first query wanted them.
    pub(crate) vectors: Option<VectorView>,
    /// Live chunks whose vector is the teacher's; 0 until the vectors are known.
    pub(crate) n_teacher: u64,
    /// What sets of paths show, of this snapshot and those before and after it.
    pub(crate) kept: Arc<KeptSets>,
    /// Whether it is of two indexes.
    pub(crate) is_joined: bool,
}

/// Sizes of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Indexed documents.
    pub documents: u64,
    /// Files seen and not indexed, each with its reason.
    pub skipped: u64,
    /// Live chunks.
    pub chunks: u64,
    /// Live chunks with a vector.
    pub vectors: u64,
    /// Live chunks whose vector is the teacher's.
    pub teacher_vectors: u64,
    /// Segments of the full-text store.
    pub segments: u64,
    /// Bytes of the vectors in memory.
    pub vector_bytes: u64,
}

impl Snapshot {
    /// Number of the commit it shows.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The live documents.
    #[must_use]
    pub fn docs(&self) -> &DocTable {
        &self.docs
    }

    /// Files that were seen and not indexed.
    #[must_use]
    pub fn skips(&self) -> &SkipTable {
        &self.skips
    }

    /// Files that were seen and not indexed at `folder` or below, ordered by path, without a look at all the others. The empty string is the
    /// whole workspace.
    pub fn skips_under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Arc<SkipRecord>> + 'a {
        let from = DocPath::new(folder).map_or(Bound::Unbounded, Bound::Included);
        let skips = self.skips.range((from, Bound::Unbounded)).map(|(_, skip)| skip);
        // What begins with the folder's name stands together; not all of it is below it.
        skips
            .take_while(move |skip| skip.path.as_str().starts_with(folder))
            .filter(move |skip| skip.path.is_under(folder))
    }

    /// The documents that the file at `path` holds: attachments of a message, members of an archive.
    pub fn parts<'a>(&'a self, path: &'a DocPath) -> impl Iterator<Item = &'a Arc<DocRecord>> + 'a {
        self.docs.under(path.as_str()).filter(move |doc| doc.container.as_ref() == Some(path))
    }

    /// What else the file at `path` holds, seen and not indexed.
    pub fn bad_parts<'a>(&'a self, path: &'a DocPath) -> impl Iterator<Item = &'a Arc<SkipRecord>> + 'a {
        self.skips_under(path.as_str()).filter(move |skip| skip.container.as_ref() == Some(path))
    }

    /// The ids of all chunks that may be shown.
    #[must_use]
    pub fn live(&self) -> &Arc<RoaringTreemap> {
        &self.live
    }

    /// Whether it knows the vectors. One from [`Index::snapshot`](crate::Index::snapshot) does.
    #[must_use]
    pub fn has_vectors(&self) -> bool {
        self.vectors.is_some()
    }

    /// The vector of a live chunk and which model it is from.
    #[must_use]
    pub fn vector(&self, chunk: ChunkId) -> Option<(Tier, QuantizedVector)> {
        self.vectors.as_ref()?.get(chunk)
    }

    /// Which model the vector of a live chunk is from.
    #[must_use]
    pub fn tier(&self, chunk: ChunkId) -> Option<Tier> {
        self.vectors.as_ref()?.tier(chunk)
    }

    /// The best `k` chunks for a query's words, best first.
    ///
    /// # Errors
    /// When the full-text files cannot be read.
    pub fn search_text(&self, query: &str, k: usize, allowed: &crate::Allowed) -> Result<LexicalHits, Error> {
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        self.text.search(query, k, &is_allowed, allowed.is_filtered()).map_err(Error::Lexicon)
    }

    /// The best `k` chunks for a query's vector, best first, with their cosine and tier.
    #[must_use]
    pub fn search_vectors(
        &self,
        query: &QuantizedVector,
        k: usize,
        allowed: &crate::Allowed,
    ) -> Vec<Neighbour> {
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        let expected = allowed.is_filtered().then(|| allowed.len());
        self.vectors.as_ref().map(|view| view.search(query, k, &is_allowed, expected)).unwrap_or_default()
    }

    /// The stored text of chunks, in the order asked; `None` for one that is not live.
    ///
    /// # Errors
    /// When the full-text files cannot be read. [`Error::Corrupt`] when a live chunk is not in them.
    pub fn fetch(&self, chunks: &[ChunkId]) -> Result<Vec<Option<StoredChunk>>, Error> {
        let mut found = self.text.fetch(chunks).map_err(Error::Lexicon)?;
        for (stored, id) in found.iter_mut().zip(chunks) {
            if !self.live.contains(id.0) {
                *stored = None;
            } else if stored.is_none() {
                return Err(Error::Corrupt { what: format!("chunk {id} is live and has no text") });
            }
        }
        Ok(found)
    }

    /// All chunks of a document, in order.
    ///
    /// # Errors
    /// When the full-text files cannot be read.
    pub fn chunks_of(&self, doc: &DocRecord) -> Result<Vec<StoredChunk>, Error> {
        let ids: Vec<ChunkId> = doc.chunks().map(ChunkId).collect();
        Ok(self.fetch(&ids)?.into_iter().flatten().collect())
    }

    /// The document at a path.
    #[must_use]
    pub fn doc(&self, path: &DocPath) -> Option<&Arc<DocRecord>> {
        self.docs.get(path)
    }

    /// Sizes, for `status`.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            documents: self.docs.len() as u64,
            skipped: self.skips.size() as u64,
            chunks: self.live.len(),
            vectors: self.vectors.as_ref().map_or(0, |view| view.len() as u64),
            teacher_vectors: self.n_teacher,
            segments: self.text.n_segments() as u64,
            vector_bytes: self.vectors.as_ref().map_or(0, |view| view.size_bytes() as u64),
        }
    }
}
