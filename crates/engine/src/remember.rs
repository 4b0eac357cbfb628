//! Teacher vectors that were made before: `.workroom/embeddings/`, beside the index and not in it, so that they outlive it.
//!
//! Invariant: a vector is taken from here only for the same text and the same weights. A cache that cannot be read or written costs time,
//! never an answer.
//! Not here: the file itself (`embed::VectorCache`).

use crate::layout::Layout;
use crate::teacher::Hurry;
use crate::{Engine, Result};
use corpus::{ChunkId, QuantizedVector, TextHash};
use index::StoredChunk;
use std::collections::HashSet;
use std::path::PathBuf;

/// Records beyond which it is looked whether most of them are of texts that are gone: so many for each live chunk, and some.
const PER_CHUNK: u64 = 4;
const AND_SOME: u64 = 1 << 16;

impl Layout {
    /// Where teacher vectors are kept.
    pub(crate) fn embeddings(&self) -> PathBuf {
        self.dir().join("embeddings")
    }
}

impl Engine {
    /// The teacher's vectors for some chunks, in order: remembered, or made now and remembered. `None` for a text without direction.
    pub(crate) fn teacher_vectors(
        &self,
        stored: &[StoredChunk],
        hurry: Hurry,
    ) -> Result<Vec<Option<QuantizedVector>>> {
        let keep = hurry != Hurry::AQueryWaits { keep: false };
        let cache = self.teacher.cache(&self.layout.embeddings()).filter(|_| keep);
        let known = |chunk: &StoredChunk| cache?.get(&chunk.text_hash).inspect_err(tell).ok().flatten();
        let mut vectors: Vec<Option<QuantizedVector>> = stored.iter().map(known).collect();
        let missing: Vec<usize> = (0..stored.len()).filter(|i| vectors[*i].is_none()).collect();
        if missing.is_empty() {
            return Ok(vectors);
        }
        let texts: Vec<String> =
            missing.iter().map(|i| crate::backfill::embedding_text(&stored[*i])).collect();
        let made = self.teacher.embed(&texts, hurry)?;
        for (i, vector) in missing.iter().zip(&made) {
            vectors[*i] = QuantizedVector::from_f32(vector);
        }
        if let Some(cache) = cache {
            let new = missing.iter().filter_map(|i| Some((stored[*i].text_hash, vectors[*i].as_ref()?)));
            // What is not remembered is made again one day.
            let _told = cache.append(new).inspect_err(tell);
        }
        Ok(vectors)
    }

    /// Gives back the memory that remembering takes, makes it durable, and forgets texts that are long gone. For when nothing waits.
    pub(crate) fn rest_cache(&self) {
        let Some(cache) = self.teacher.open_cache() else { return };
        let _told = cache.sync().inspect_err(tell);
        let snapshot = self.index.documents();
        if cache.size().records > PER_CHUNK * snapshot.live().len() + AND_SOME {
            let hash = |chunk: u64| Some(self.index.vector(ChunkId(chunk)).ok()??.text_hash);
            let live: HashSet<TextHash> = snapshot.live().iter().filter_map(hash).collect();
            let _told = cache.compact(|text| live.contains(text)).inspect_err(tell);
        }
        cache.unload();
    }
}

fn tell(error: &embed::Error) {
    tracing::warn!(%error, "the cache of embeddings is left out");
}
