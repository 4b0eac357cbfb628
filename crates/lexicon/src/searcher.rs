//! The searcher: an immutable view of one commit.
//!
//! Invariant: what a searcher sees never changes, whatever is committed or merged after it was taken; its files stay until it is dropped.
//! Not here: which chunks are live (the caller's `allowed`), fusion with vectors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpus::{Chunk, ChunkId, DocId, Format, TextHash};
use roaring::RoaringTreemap;
use tantivy::query::{EnableScoring, Query};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, TERMINATED, TantivyDocument, TantivyError, Term};

use crate::analysis::Stemming;
use crate::collect::{self, Walk};
use crate::error::{At, Error};
use crate::query::{Plan, QueryTerm};
use crate::record;
use crate::schema::{CHUNK, Fields};

/// A snapshot of the index. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Searcher {
    pub(crate) dir: Arc<Path>,
    pub(crate) inner: tantivy::Searcher,
    pub(crate) fields: Fields,
    pub(crate) stemming: Stemming,
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LexicalHits {
    /// Chunks and their BM25 scores, best first; equal scores by rising chunk id.
    pub hits: Vec<(ChunkId, f32)>,
    /// The theoretical maximum of this query's score: the sum over its terms of weight * idf * (k1 + 1). 0 when no term occurs.
    pub bound: f32,
    /// The terms that were searched for, rarest first; terms that do not occur are left out.
    pub terms: Vec<QueryTerm>,
}

/// A chunk as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredChunk {
    /// The document it belongs to.
    pub doc_id: DocId,
    /// Its id.
    pub chunk_id: ChunkId,
    /// Where it stands in the document.
    pub chunk: Chunk,
    /// Its text.
    pub body: String,
    /// The document's title.
    pub title: Option<String>,
    /// The document's format.
    pub format: Format,
    /// When the document was last modified, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Names its vector.
    pub text_hash: TextHash,
}

impl Searcher {
    /// The best `k` chunks for `query` among those `allowed` admits (which must not panic). `filtered` says that `allowed` refuses more
    /// than a few dead chunks: then every match is scored, and the result is exact; else blocks of postings that cannot reach the
    /// result are skipped, which can, rarely, miss a hit at the end of the result when segments differ much in the length of their texts.
    /// Every string is a query.
    ///
    /// Chunks deleted but not yet merged away are never hits but still count in the term statistics.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Corrupt`] when the index cannot be read.
    pub fn search(
        &self,
        query: &str,
        k: usize,
        allowed: &(dyn Fn(ChunkId) -> bool + Sync),
        filtered: bool,
    ) -> Result<LexicalHits, Error> {
        self.at("search").reading(|| {
            let Plan { union, bound, terms } =
                Plan::new(query, self.stemming, self.fields.text, &self.inner)?;
            let Some(union) = union else { return Ok(LexicalHits::default()) };
            let weight = union.weight(EnableScoring::enabled_from_searcher(&self.inner))?;
            let walk = if filtered { Walk::Exhaustive } else { Walk::Pruned };
            let hits = collect::best(&self.inner, &*weight, k, allowed, walk)?;
            Ok(LexicalHits { hits, bound, terms })
        })
    }

    /// The stored chunks, in the order asked for; `None` for those this snapshot does not have.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Corrupt`] when the index cannot be read.
    pub fn fetch(&self, ids: &[ChunkId]) -> Result<Vec<Option<StoredChunk>>, Error> {
        let at = self.at("fetch a chunk");
        at.reading(|| ids.iter().map(|&id| self.fetch_one(id)).collect())
    }

    /// The ids of all chunks that are not deleted.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Corrupt`] when the index cannot be read.
    pub fn chunk_ids(&self) -> Result<RoaringTreemap, Error> {
        self.at("list the chunks").reading(|| {
            let mut ids = RoaringTreemap::new();
            for segment in self.inner.segment_readers() {
                let chunks = segment.fast_fields().u64(CHUNK)?.first_or_default_col(0);
                ids.extend(segment.doc_ids_alive().map(|row| chunks.get_val(row)));
            }
            Ok(ids)
        })
    }

    /// Number of chunks that are not deleted.
    #[must_use]
    pub fn n_chunks(&self) -> u64 {
        self.inner.num_docs()
    }

    /// Number of segments: a measure of how much merging is outstanding.
    #[must_use]
    pub fn n_segments(&self) -> usize {
        self.inner.segment_readers().len()
    }

    /// Bytes on disk of the files this snapshot reads.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Corrupt`] when the index cannot be read.
    pub fn size_bytes(&self) -> Result<u64, Error> {
        self.at("measure").reading(|| Ok(self.inner.space_usage()?.total().get_bytes()))
    }

    /// Reads every file of the index and every stored chunk of this snapshot, and returns the names of files whose checksum is wrong.
    /// Takes as long as reading the index from disk.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a file is missing or a chunk does not decode, [`Error::Io`] when the disk fails.
    pub fn verify(&self) -> Result<Vec<PathBuf>, Error> {
        let at = self.at("verify");
        let mut damaged: Vec<PathBuf> =
            at.reading(|| self.inner.index().validate_checksum())?.into_iter().collect();
        damaged.sort();
        // Damage that is already named would only be found again.
        if damaged.is_empty() {
            for id in self.chunk_ids()? {
                at.reading(|| self.fetch_one(ChunkId(id)))?;
            }
        }
        Ok(damaged)
    }

    fn fetch_one(&self, id: ChunkId) -> Result<Option<StoredChunk>, TantivyError> {
        let Some(address) = self.locate(id)? else { return Ok(None) };
        let doc: TantivyDocument = self.inner.doc(address)?;
        let bytes = doc.get_first(self.fields.record).and_then(|value| value.as_bytes());
        let chunk = bytes.and_then(|bytes| record::decode(id, bytes));
        chunk.map(Some).ok_or_else(|| TantivyError::InternalError(format!("chunk {id} does not decode")))
    }

    fn locate(&self, id: ChunkId) -> Result<Option<DocAddress>, TantivyError> {
        let term = Term::from_field_u64(self.fields.chunk, id.0);
        for (segment_ord, segment) in self.inner.segment_readers().iter().enumerate() {
            let index = segment.inverted_index(self.fields.chunk)?;
            let Some(info) = index.get_term_info(&term)? else { continue };
            let mut rows = index.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
            while rows.doc() != TERMINATED {
                if !segment.is_deleted(rows.doc()) {
                    return Ok(Some(DocAddress::new(segment_ord as u32, rows.doc())));
                }
                rows.advance();
            }
        }
        Ok(None)
    }

    fn at(&self, op: &'static str) -> At<'_> {
        At { dir: &self.dir, op }
    }
}
