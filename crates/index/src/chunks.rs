//! The chunks that a set of paths shows, kept from one query to the next.
//!
//! Invariant: what is kept and brought up to date is what would be found anew. It can be, because a chunk's id is never used again and rises with
//! every commit, and whether a set shows a chunk never changes: a newer snapshot shows of the kept ones those that still live, and those
//! of documents with higher ids.
//! Not here: what is told of them (`view`), where their text is (`lexicon::Rows`).
//!
//! At most [`MOST`] sets are kept, those that were asked for last. Each takes two bits for each chunk there is, and two bytes for each document,
//! at the most: 48 MB for all of them in a workspace of a million chunks in 250,000 documents.

use crate::view::has_file_in;
use crate::{Error, Snapshot};
use corpus::{LanguageCode, PathSet, Seq};
use ledger::DocRecord;
use lexicon::Rows;
use roaring::RoaringTreemap;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many sets are kept: about as many as there are agents at work.
const MOST: usize = 64;

/// The chunks that a set of paths shows of a snapshot.
pub(crate) struct Chunks {
    seq: Seq,
    pub(crate) live: Arc<RoaringTreemap>,
    /// The first chunks of the documents in each language: a document's chunks live and die together.
    languages: BTreeMap<LanguageCode, RoaringTreemap>,
    /// Above all chunks of the snapshot, shown or not.
    next: u64,
}

/// What is kept of one set. Whoever finds it out of date brings it up to date while others wait for that.
#[derive(Default)]
pub(crate) struct Kept {
    chunks: Mutex<Option<Arc<Chunks>>>,
    rows: Mutex<Option<Rows>>,
}

/// What is kept of an index, for all its snapshots.
#[derive(Default)]
pub(crate) struct KeptSets {
    /// Asked for last comes last.
    sets: Mutex<Vec<(PathSet, Arc<Kept>)>>,
}

impl KeptSets {
    /// What is kept of a set, from now on if nothing was.
    pub(crate) fn of(&self, set: &PathSet) -> Arc<Kept> {
        let mut sets = lock(&self.sets);
        let known = sets.iter().position(|(known, _)| known == set);
        let entry = match known {
            Some(at) => sets.remove(at),
            None => (set.clone(), Arc::default()),
        };
        let kept = Arc::clone(&entry.1);
        if sets.len() >= MOST {
            sets.remove(0);
        }
        sets.push(entry);
        kept
    }
}

impl Kept {
    /// The chunks that `set`, whose this is, shows of a snapshot.
    pub(crate) fn chunks(&self, snapshot: &Snapshot, set: &PathSet) -> Arc<Chunks> {
        let mut kept = lock(&self.chunks);
        match &*kept {
            Some(chunks) if chunks.seq == snapshot.seq => Arc::clone(chunks),
            // An older snapshot than the one that it was kept of: another query is ahead of this one.
            Some(chunks) if chunks.seq > snapshot.seq => Arc::new(Chunks::find(snapshot, set)),
            before => {
                let chunks = match before {
                    Some(before) => before.brought_up_to(snapshot, set),
                    None => Chunks::find(snapshot, set),
                };
                Arc::clone(kept.insert(Arc::new(chunks)))
            }
        }
    }

    /// Where those chunks are in the full text of the snapshot.
    pub(crate) fn rows(&self, snapshot: &Snapshot, chunks: &Chunks) -> Result<Rows, Error> {
        let mut kept = lock(&self.rows);
        let rows = snapshot.text.rows_of(&chunks.live, kept.as_ref()).map_err(Error::Lexicon)?;
        Ok(kept.insert(rows).clone())
    }
}

impl Chunks {
    /// One pass over the documents of the set.
    fn find(snapshot: &Snapshot, set: &PathSet) -> Self {
        let mut chunks = Self::none(snapshot);
        let mut docs: Vec<&Arc<DocRecord>> =
            set.prefixes().flat_map(|prefix| snapshot.docs.under(prefix)).collect();
        // Added in the order of their ids, which is many times as fast as any other.
        docs.sort_unstable_by_key(|doc| doc.first_chunk);
        chunks.add(docs.into_iter(), snapshot, set);
        chunks
    }

    /// One pass over the documents that were committed since, and some words for each thousand chunks.
    fn brought_up_to(&self, snapshot: &Snapshot, set: &PathSet) -> Self {
        let mut chunks = Self::none(snapshot);
        let live = |chunks: &RoaringTreemap| chunks & &*snapshot.live;
        chunks.live = Arc::new(live(&self.live));
        let languages = self.languages.iter().map(|(language, chunks)| (*language, live(chunks)));
        chunks.languages = languages.filter(|(_, chunks)| !chunks.is_empty()).collect();
        let newer = snapshot.docs.with_chunks_from(self.next).filter(|doc| set.contains(doc.path.as_str()));
        chunks.add(newer, snapshot, set);
        chunks
    }

    fn none(snapshot: &Snapshot) -> Self {
        let next = snapshot.live.max().map_or(0, |last| last + 1);
        Self { seq: snapshot.seq, live: Arc::default(), languages: BTreeMap::new(), next }
    }

    /// Adds documents at paths of the set.
    fn add<'a>(
        &mut self,
        docs: impl Iterator<Item = &'a Arc<DocRecord>>,
        snapshot: &Snapshot,
        set: &PathSet,
    ) {
        let live = Arc::make_mut(&mut self.live);
        // A document that recovery hid stays hidden; its chunks live and die together.
        let is_live = |doc: &DocRecord| doc.n_chunks > 0 && snapshot.live.contains(doc.first_chunk.0);
        for doc in docs.filter(|doc| is_live(doc) && has_file_in(set, doc.container.as_ref())) {
            live.insert_range(doc.chunks());
            if let Some(language) = doc.metadata.language {
                self.languages.entry(language).or_default().insert(doc.first_chunk.0);
            }
        }
    }

    /// The languages of its documents.
    pub(crate) fn languages(&self) -> impl Iterator<Item = LanguageCode> {
        self.languages.keys().copied()
    }
}

/// What is kept is replaced as a whole, so a panic elsewhere leaves it sound.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
