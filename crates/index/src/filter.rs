//! Which documents a query may see, resolved to a set of chunks before anything is ranked.

use crate::Snapshot;
use corpus::{ChunkId, Format};
use ledger::DocRecord;
use roaring::RoaringTreemap;
use std::sync::Arc;

/// Conditions on a document. All must hold; an empty filter lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this file, or files below this folder.
    pub path: Option<String>,
    /// Only these formats; empty means any.
    pub formats: Vec<Format>,
    /// Only files modified at or after this time, in milliseconds since 1970 (UTC).
    pub modified_since_ms: Option<i64>,
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn matches(&self, doc: &DocRecord) -> bool {
        (self.formats.is_empty() || self.formats.contains(&doc.format))
            && self.modified_since_ms.is_none_or(|since| doc.mtime_ns / 1_000_000 >= since)
    }
}

/// The chunks a query may return. Filtering happens inside the searches, so `k` results are found whenever `k` exist.
#[derive(Clone, Debug)]
pub struct Allowed {
    chunks: Arc<RoaringTreemap>,
    filtered: bool,
}

impl Allowed {
    /// Whether a chunk may be returned.
    #[must_use]
    pub fn contains(&self, chunk: ChunkId) -> bool {
        self.chunks.contains(chunk.0)
    }

    /// Number of chunks that may be returned.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.chunks.len()
    }

    /// Whether nothing may be returned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether a filter narrowed it below the whole live set.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.filtered
    }
}

impl Snapshot {
    /// Resolves a filter to chunks. An empty filter costs nothing; others one pass over the documents (about 1 ms for 10,000).
    #[must_use]
    pub fn allowed(&self, filter: &Filter) -> Allowed {
        if filter.is_empty() {
            return Allowed { chunks: Arc::clone(self.live()), filtered: false };
        }
        let mut chunks = RoaringTreemap::new();
        for doc in self.docs().under(filter.path.as_deref().unwrap_or("")).filter(|doc| filter.matches(doc)) {
            chunks.insert_range(doc.chunks());
        }
        // A document that recovery hid stays hidden.
        chunks &= &**self.live();
        Allowed { chunks: Arc::new(chunks), filtered: true }
    }
}
