//! The searcher: an immutable view of one commit.
//!
//! Invariant: what a searcher sees never changes, whatever is committed or merged after it was taken; its files stay until it is dropped.
//! Not here: which chunks are live (the caller's `allowed`), fusion with vectors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpus::{Chunk, ChunkId, DocId, Format, LanguageCode, TextHash};
use roaring::RoaringTreemap;
use tantivy::query::{Bm25StatisticsProvider, BooleanQuery, EnableScoring, Query};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, SegmentReader, TERMINATED, TantivyDocument, TantivyError, Term};

use crate::analysis::{Language, Stemming};
use crate::check;
use crate::collect::{self, Walk};
use crate::error::{At, Error};
use crate::query::{Clause, Plan, QueryTerm, Searched};
use crate::record;
use crate::rows::Rows;
use crate::schema::{CHUNK, Fields};
use crate::within::Within;

/// A snapshot of the index. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Searcher {
    pub(crate) dir: Arc<Path>,
    pub(crate) inner: tantivy::Searcher,
    /// Of another index, whose chunks are seen as well.
    pub(crate) other: Option<tantivy::Searcher>,
    pub(crate) fields: Fields,
    pub(crate) stemming: Stemming,
    /// Those that its terms belong to, besides English.
    pub(crate) languages: Arc<[&'static Language]>,
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
    /// A score is a sum, and the order in which a walk adds up its terms depends on the walk and on where the segments' postings end. So
    /// a chunk's score is the same within one part in 2^16 ([`SCORE_STEP`](crate::SCORE_STEP)), not bit by bit, and two chunks nearer
    /// to each other than that can come out in either order. Equal scores are ordered by chunk id.
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
            let searched = self.searched(&self.languages, &self.inner);
            let Plan { clauses, bound, terms } = Plan::new(query, &searched)?;
            if clauses.is_empty() {
                return Ok(LexicalHits::default());
            }
            // A union, so that tantivy can skip what cannot reach the best hits.
            let union = BooleanQuery::union(clauses.into_iter().map(Clause::into_query).collect());
            let weight = union.weight(EnableScoring::enabled_from_searcher(&self.inner))?;
            let walk = if filtered { Walk::Exhaustive } else { Walk::Pruned };
            let hits = collect::best(&self.inner, &*weight, k, allowed, walk)?;
            Ok(LexicalHits { hits, bound, terms })
        })
    }

    /// This index and another one, with no chunk in common, as one: for [`rows_of`](Searcher::rows_of),
    /// [`search_within`](Searcher::search_within) and [`fetch`](Searcher::fetch). All else is of this one alone.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        Self { other: Some(other.inner.clone()), ..self.clone() }
    }

    fn both(&self) -> impl Iterator<Item = &tantivy::Searcher> {
        std::iter::once(&self.inner).chain(&self.other)
    }

    /// The segments of all that is searched within.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &SegmentReader> {
        self.both().flat_map(|searcher| searcher.segment_readers())
    }

    /// Where `chunks` are. What `before` knows is not looked up again; it must come of another snapshot of this index, for chunks that were
    /// chosen in the same way: of those that both snapshots have, all in one of them and none other are in the other.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn rows_of(&self, chunks: &RoaringTreemap, before: Option<&Rows>) -> Result<Rows, Error> {
        self.at("find chunks").reading(|| Rows::new(self.segments(), self.fields.text, chunks, before))
    }

    /// The best `k` chunks for `query` among those in `rows` that `allowed` admits, as if the index held the chunks of `rows` and nothing
    /// else: they alone are counted, so what is not among them changes no byte of the answer. `languages` are those of their documents. Every match
    /// is scored, in one order, so a score is the same bit by bit wherever the chunks lie; equal scores are in the order of `place`.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn search_within<P: Ord>(
        &self,
        query: &str,
        k: usize,
        rows: &Rows,
        languages: impl Iterator<Item = LanguageCode>,
        allowed: &(dyn Fn(ChunkId) -> bool + Sync),
        place: impl FnMut(ChunkId) -> P,
    ) -> Result<LexicalHits, Error> {
        let languages = languages.filter_map(Language::of);
        let languages: BTreeMap<&str, &'static Language> =
            languages.map(|language| (language.code(), language)).collect();
        let languages: Vec<&'static Language> = languages.into_values().collect();
        self.at("search").reading(|| {
            let within = Within::new(self, rows);
            if within.is_empty() {
                return Ok(LexicalHits::default());
            }
            let Plan { clauses, bound, terms } = Plan::new(query, &self.searched(&languages, &within))?;
            let hits = within.best(&clauses, k, allowed, place)?;
            Ok(LexicalHits { hits, bound, terms })
        })
    }

    fn searched<'a>(
        &self,
        languages: &'a [&'static Language],
        statistics: &'a dyn Bm25StatisticsProvider,
    ) -> Searched<'a> {
        Searched { stemming: self.stemming, languages, text: self.fields.text, statistics }
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

    /// The names of all files that the index consists of now, in order: those to scrub.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Corrupt`] when the list of segments cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>, Error> {
        self.at("list the files").reading(|| check::files(self.inner.index()))
    }

    /// Reads one of the [`files`](Searcher::files) and compares its checksum. Returns what is wrong with it; a file that a merge has
    /// replaced meanwhile is no more and not wrong. Takes as long as reading that file from disk.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk fails.
    pub fn verify_file(&self, name: &Path) -> Result<Option<String>, Error> {
        match self.at("verify").reading(|| check::file(self.inner.index(), &self.dir, name)) {
            Err(error) if error.is_damage() => Ok(Some(error.cause())),
            other => other,
        }
    }

    /// Reads every file of the index and every stored chunk of this snapshot, and returns what is wrong: a file and why, or a file's
    /// folder when it is a chunk that does not decode. Takes as long as reading the index from disk.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk fails.
    pub fn verify(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let mut damaged = Vec::new();
        let files = match self.files() {
            Err(error) if error.is_damage() => return Ok(vec![(PathBuf::from("meta.json"), error.cause())]),
            files => files?,
        };
        for name in files {
            if let Some(why) = self.verify_file(&name)? {
                damaged.push((name, why));
            }
        }
        // Damage that is already named would only be found again.
        if !damaged.is_empty() {
            return Ok(damaged);
        }
        match self.decode_all() {
            Err(error) if error.is_damage() => damaged.push((PathBuf::new(), error.cause())),
            decoded => decoded?,
        }
        Ok(damaged)
    }

    fn decode_all(&self) -> Result<(), Error> {
        let at = self.at("verify");
        for id in self.chunk_ids()? {
            at.reading(|| self.fetch_one(ChunkId(id)))?;
        }
        Ok(())
    }

    fn fetch_one(&self, id: ChunkId) -> Result<Option<StoredChunk>, TantivyError> {
        let mut found = None;
        for searcher in self.both() {
            if let Some(address) = self.locate(searcher, id)? {
                found = Some(searcher.doc::<TantivyDocument>(address)?);
                break;
            }
        }
        let Some(doc) = found else { return Ok(None) };
        let bytes = doc.get_first(self.fields.record).and_then(|value| value.as_bytes());
        let chunk = bytes.and_then(|bytes| record::decode(id, bytes));
        chunk.map(Some).ok_or_else(|| TantivyError::InternalError(format!("chunk {id} does not decode")))
    }

    fn locate(&self, searcher: &tantivy::Searcher, id: ChunkId) -> Result<Option<DocAddress>, TantivyError> {
        let term = Term::from_field_u64(self.fields.chunk, id.0);
        for (segment_ord, segment) in searcher.segment_readers().iter().enumerate() {
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
