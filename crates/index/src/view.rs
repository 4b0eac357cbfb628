//! What of a snapshot somebody may see: all of it, or what lies in a set of paths, as if there were nothing else.
//!
//! Invariant: nothing outside the set changes any byte of what a view of it tells: no document, count, statistic, score or tie. A part of a file
//! is seen when the file is. A view of everything is the snapshot itself: the same answers at the same price.
//! Not here: who may see what (`custody`), which of it a query wants ([`Filter`]).

use crate::chunks::{Chunks, Kept};
use crate::{Allowed, Counts, Error, Filter, Snapshot};
use corpus::{ChunkId, DocPath, PathSet, QuantizedVector, Tier};
use ledger::{DocRecord, SkipRecord};
use lexicon::LexicalHits;
use std::cell::OnceCell;
use std::sync::Arc;
use vectors::Neighbour;

/// A snapshot as far as a set of paths shows it.
pub struct View<'a> {
    snapshot: &'a Snapshot,
    set: &'a PathSet,
    /// The chunks of the set, once they are asked for; never for a view of everything.
    part: OnceCell<Part>,
}

/// What a set of paths shows, where that is not everything.
struct Part {
    chunks: Arc<Chunks>,
    kept: Arc<Kept>,
}

/// Where a chunk stands among others that are as good. In a part of the workspace that is by its path: ids tell in which order everything
/// was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'a> {
    path: Option<&'a DocPath>,
    chunk: ChunkId,
}

/// The code of a symbolic link that was skipped because of what it leads to, or that it leads to nothing: a part of the workspace does not tell
/// what there is outside.
const LINK: &str = "link";
/// Neighbours beyond those wanted, to see whether the last of them are as near as others.
const SPARE: usize = 32;

impl Place<'_> {
    /// The chunk that stands there.
    #[must_use]
    pub fn chunk(&self) -> ChunkId {
        self.chunk
    }
}

impl Snapshot {
    /// What `set` shows of it.
    #[must_use]
    pub fn view<'a>(&'a self, set: &'a PathSet) -> View<'a> {
        View { snapshot: self, set, part: OnceCell::new() }
    }
}

impl<'a> View<'a> {
    /// What it is a view of, to look up what the view has named.
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Whether it is the snapshot itself. Of one that is joined of two, no view is: only what a view counts is of both.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.set.is_all() && !self.snapshot.is_joined
    }

    /// Whether a path lies in the set, be there anything or not.
    #[must_use]
    pub fn covers(&self, path: &DocPath) -> bool {
        self.set.contains(path.as_str())
    }

    /// The documents, of each prefix of the set ordered by path.
    pub fn docs(&self) -> impl Iterator<Item = &'a Arc<DocRecord>> {
        let (docs, set) = (self.snapshot.docs(), self.set);
        set.prefixes()
            .flat_map(|prefix| docs.under(prefix))
            .filter(|doc| has_file_in(set, doc.container.as_ref()))
    }

    /// The files that were seen and not indexed, of each prefix of the set ordered by path.
    pub fn skips(&self) -> impl Iterator<Item = &'a Arc<SkipRecord>> {
        let (snapshot, set) = (self.snapshot, self.set);
        set.prefixes().flat_map(|prefix| snapshot.skips_under(prefix)).filter(|skip| tells(set, skip))
    }

    /// The document at a path.
    #[must_use]
    pub fn doc(&self, path: &DocPath) -> Option<&'a Arc<DocRecord>> {
        self.snapshot
            .doc(path)
            .filter(|doc| self.covers(path) && has_file_in(self.set, doc.container.as_ref()))
    }

    /// Why the file at a path is not indexed, if it was seen.
    #[must_use]
    pub fn skip(&self, path: &DocPath) -> Option<&'a Arc<SkipRecord>> {
        self.snapshot.skips().get(path).filter(|skip| self.covers(path) && tells(self.set, skip))
    }

    /// Number of chunks.
    #[must_use]
    pub fn n_chunks(&self) -> u64 {
        self.part().map_or_else(|| self.snapshot.live(), |part| &part.chunks.live).len()
    }

    /// Where a chunk of a document stands among others that are as good.
    #[must_use]
    pub fn place<'d>(&self, chunk: ChunkId, doc: Option<&'d Arc<DocRecord>>) -> Place<'d> {
        Place { path: doc.filter(|_| !self.is_whole()).map(|doc| &doc.path), chunk }
    }

    /// Resolves a filter to chunks.
    #[must_use]
    pub fn allowed(&self, filter: &Filter) -> Allowed {
        match self.part() {
            None => self.snapshot.allowed(filter),
            Some(part) if filter.is_empty() => Allowed::only(Arc::clone(&part.chunks.live)),
            Some(part) => Allowed::only(Arc::new(filter.chunks_of(self.docs()) & &*part.chunks.live)),
        }
    }

    /// The best `k` chunks for a query's words, best first.
    ///
    /// # Errors
    /// When the full-text files cannot be read.
    pub fn search_text(&self, query: &str, k: usize, allowed: &Allowed) -> Result<LexicalHits, Error> {
        let Some(Part { chunks, kept }) = self.part() else {
            return self.snapshot.search_text(query, k, allowed);
        };
        let rows = kept.rows(self.snapshot, chunks)?;
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        let mut doc_of = self.snapshot.docs().of_chunks();
        let place = |chunk: ChunkId| self.place(chunk, doc_of(chunk));
        let text = &self.snapshot.text;
        text.search_within(query, k, &rows, chunks.languages(), &is_allowed, place).map_err(Error::Lexicon)
    }

    /// The best `k` chunks for a query's vector, best first, with their cosine and tier. In a part of the workspace every vector is compared,
    /// however many there are: what a graph finds depends on all that is in it.
    #[must_use]
    pub fn search_vectors(&self, query: &QuantizedVector, k: usize, allowed: &Allowed) -> Vec<Neighbour> {
        if self.is_whole() {
            return self.snapshot.search_vectors(query, k, allowed);
        }
        let Some(vectors) = self.snapshot.vectors.as_ref().filter(|_| k > 0) else { return Vec::new() };
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        let mut n_asked = k.saturating_add(SPARE);
        loop {
            let mut found = if vectors.are_few(allowed.len()) {
                vectors.search_among(query, n_asked, allowed.iter())
            } else {
                vectors.search_exactly(query, n_asked, &is_allowed)
            };
            // The scan stands equal ones by id, and might have left out one that comes first here.
            let cosine = |at: usize| found.get(at).map(|found| found.cosine);
            if found.len() < n_asked || cosine(k - 1) != cosine(n_asked - 1) {
                let mut doc_of = self.snapshot.docs().of_chunks();
                for equal in found.chunk_by_mut(|a, b| a.cosine == b.cosine).filter(|equal| equal.len() > 1) {
                    equal.sort_by_cached_key(|found| self.place(found.chunk, doc_of(found.chunk)));
                }
                found.truncate(k);
                return found;
            }
            n_asked = n_asked.saturating_mul(2);
        }
    }

    /// Sizes, for `status`. In a part of the workspace only what can be told of it alone: no segments, and no memory.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Some(Part { chunks, .. }) = self.part() else { return self.snapshot.counts() };
        let tiers = || chunks.live.iter().filter_map(|chunk| self.snapshot.tier(ChunkId(chunk)));
        Counts {
            documents: self.docs().count() as u64,
            skipped: self.skips().count() as u64,
            chunks: chunks.live.len(),
            vectors: tiers().count() as u64,
            teacher_vectors: tiers().filter(|tier| *tier == Tier::Teacher).count() as u64,
            segments: 0,
            vector_bytes: 0,
        }
    }

    /// What it shows, unless that is everything.
    fn part(&self) -> Option<&Part> {
        let found = || {
            let kept = self.snapshot.kept.of(self.set);
            Part { chunks: kept.chunks(self.snapshot, self.set), kept }
        };
        (!self.is_whole()).then(|| self.part.get_or_init(found))
    }
}

/// Whether the file that something is a part of lies in a set; also when it is no part.
pub(crate) fn has_file_in(set: &PathSet, container: Option<&DocPath>) -> bool {
    container.is_none_or(|container| set.contains(container.as_str()))
}

/// Whether a set shows what was skipped at a path in it.
fn tells(set: &PathSet, skip: &SkipRecord) -> bool {
    has_file_in(set, skip.container.as_ref()) && (set.is_all() || skip.code != LINK)
}
