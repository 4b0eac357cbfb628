//! What of a snapshot somebody may see: all of it, or what lies in a set of paths, as if there were nothing else.
//!
//! Invariant: nothing outside the set changes any byte of what a view of it tells: no document, count, statistic, score or tie. A part of a file
//! is seen when the file is. A view of everything is the snapshot itself: the same answers at the same price.
//! Not here: who may see what (`custody`), which of it a query wants ([`Filter`]).

use crate::{Allowed, Counts, Error, Filter, Snapshot};
use corpus::{ChunkId, DocPath, LanguageCode, PathSet, QuantizedVector, Tier};
use ledger::{DocRecord, SkipRecord};
use lexicon::{ChunkOrder, LexicalHits};
use roaring::RoaringTreemap;
use std::cell::OnceCell;
use std::sync::Arc;
use vectors::Neighbour;

/// A snapshot as far as a set of paths shows it.
pub struct View<'a> {
    snapshot: &'a Snapshot,
    set: &'a PathSet,
    /// The chunks of the set, once they are asked for; never for a view of everything.
    chunks: OnceCell<Chunks>,
}

/// The chunks that a set of paths shows, in the order of their paths: their ids tell in which order everything was committed.
struct Chunks {
    order: ChunkOrder,
    live: Arc<RoaringTreemap>,
    languages: Vec<LanguageCode>,
}

/// The code of a symbolic link that was skipped because of what it leads to, or that it leads to nothing: a part of the workspace does not tell
/// what there is outside.
const LINK: &str = "link";
/// Neighbours beyond those wanted, to see whether the last of them are as near as others.
const SPARE: usize = 32;

impl Snapshot {
    /// What `set` shows of it.
    #[must_use]
    pub fn view<'a>(&'a self, set: &'a PathSet) -> View<'a> {
        View { snapshot: self, set, chunks: OnceCell::new() }
    }
}

impl<'a> View<'a> {
    /// What it is a view of, to look up what the view has named.
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Whether it shows everything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.set.is_all()
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
        self.part().map_or_else(|| self.snapshot.live().len(), |chunks| chunks.order.len())
    }

    /// Where a chunk stands among others that are as good.
    #[must_use]
    pub fn place(&self, chunk: ChunkId) -> u64 {
        self.part().map_or(chunk.0, |chunks| chunks.order.position(chunk).unwrap_or(u64::MAX))
    }

    /// Resolves a filter to chunks.
    #[must_use]
    pub fn allowed(&self, filter: &Filter) -> Allowed {
        match self.part() {
            None => self.snapshot.allowed(filter),
            Some(chunks) if filter.is_empty() => Allowed::only(Arc::clone(&chunks.live)),
            Some(chunks) => Allowed::only(Arc::new(filter.chunks_of(self.docs()) & &*chunks.live)),
        }
    }

    /// The best `k` chunks for a query's words, best first.
    ///
    /// # Errors
    /// When the full-text files cannot be read.
    pub fn search_text(&self, query: &str, k: usize, allowed: &Allowed) -> Result<LexicalHits, Error> {
        let Some(Chunks { order, languages, .. }) = self.part() else {
            return self.snapshot.search_text(query, k, allowed);
        };
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        self.snapshot.text.search_within(query, k, order, languages, &is_allowed).map_err(Error::Lexicon)
    }

    /// The best `k` chunks for a query's vector, best first, with their cosine and tier. In a part of the workspace every vector is compared,
    /// however many there are: what a graph finds depends on all that is in it.
    #[must_use]
    pub fn search_vectors(&self, query: &QuantizedVector, k: usize, allowed: &Allowed) -> Vec<Neighbour> {
        let Some(Chunks { order, .. }) = self.part() else {
            return self.snapshot.search_vectors(query, k, allowed);
        };
        let Some(vectors) = self.snapshot.vectors.as_ref().filter(|_| k > 0) else { return Vec::new() };
        let is_allowed = |chunk: ChunkId| allowed.contains(chunk);
        let mut n_asked = k.saturating_add(SPARE);
        loop {
            let mut found = vectors.search_exactly(query, n_asked, &is_allowed, Some(allowed.len()));
            // The scan stands equal ones by id, and might have left out one that comes first here.
            let cosine = |at: usize| found.get(at).map(|found| found.cosine);
            if found.len() < n_asked || cosine(k - 1) != cosine(n_asked - 1) {
                found.sort_by_key(|found| order.position(found.chunk));
                found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
                found.truncate(k);
                return found;
            }
            n_asked = n_asked.saturating_mul(2);
        }
    }

    /// Sizes, for `status`. In a part of the workspace only what can be told of it alone: no segments, and no memory.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Some(chunks) = self.part() else { return self.snapshot.counts() };
        let tiers = || chunks.live.iter().filter_map(|chunk| self.snapshot.tier(ChunkId(chunk)));
        Counts {
            documents: self.docs().count() as u64,
            skipped: self.skips().count() as u64,
            chunks: chunks.order.len(),
            vectors: tiers().count() as u64,
            teacher_vectors: tiers().filter(|tier| *tier == Tier::Teacher).count() as u64,
            segments: 0,
            vector_bytes: 0,
        }
    }

    /// The chunks of a view that does not show everything.
    fn part(&self) -> Option<&Chunks> {
        (!self.is_whole()).then(|| self.chunks.get_or_init(|| Chunks::of(self)))
    }
}

/// Whether the file that something is a part of lies in a set; also when it is no part.
fn has_file_in(set: &PathSet, container: Option<&DocPath>) -> bool {
    container.is_none_or(|container| set.contains(container.as_str()))
}

/// Whether a set shows what was skipped at a path in it.
fn tells(set: &PathSet, skip: &SkipRecord) -> bool {
    has_file_in(set, skip.container.as_ref()) && (set.is_all() || skip.code != LINK)
}

impl Chunks {
    /// One pass over the documents of the set.
    fn of(view: &View<'_>) -> Self {
        let all = view.snapshot.live();
        let (mut ranges, mut live, mut languages) = (Vec::new(), RoaringTreemap::new(), Vec::new());
        for doc in view.docs() {
            // A document that recovery hid stays hidden; its chunks live and die together.
            if all.contains(doc.first_chunk.0) && doc.n_chunks > 0 {
                live.insert_range(doc.chunks());
                ranges.push(doc.chunks());
                languages.extend(doc.metadata.language.filter(|language| !languages.contains(language)));
            }
        }
        Self { order: ChunkOrder::new(ranges), live: Arc::new(live), languages }
    }
}
