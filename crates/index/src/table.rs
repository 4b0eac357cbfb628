//! The live documents, in memory: by path and by chunk.
//!
//! Invariant: both maps hold the same records; the chunk ranges of two records never overlap.
//! Cloning shares everything (persistent trees), so every snapshot has its own table for the price of a pointer.

use corpus::{ChunkId, DocPath};
use ledger::{DocRecord, SkipRecord};
use rpds::RedBlackTreeMapSync;
use std::ops::Bound;
use std::sync::Arc;

/// Files that were seen and not indexed, by path.
pub type SkipTable = RedBlackTreeMapSync<DocPath, Arc<SkipRecord>>;

/// The live documents.
#[derive(Clone, Default)]
pub struct DocTable {
    by_path: RedBlackTreeMapSync<DocPath, Arc<DocRecord>>,
    /// Keyed by the first chunk id; documents without chunks are not in it.
    by_chunk: RedBlackTreeMapSync<u64, Arc<DocRecord>>,
}

impl DocTable {
    /// The document at a path.
    #[must_use]
    pub fn get(&self, path: &DocPath) -> Option<&Arc<DocRecord>> {
        self.by_path.get(path)
    }

    /// The document that a chunk belongs to.
    #[must_use]
    pub fn of_chunk(&self, chunk: ChunkId) -> Option<&Arc<DocRecord>> {
        let (_, record) = self.by_chunk.range(..=chunk.0).next_back()?;
        record.chunks().contains(&chunk.0).then_some(record)
    }

    /// As [`of_chunk`](Self::of_chunk), for chunks that come by rising id: most are of the document of the one before.
    pub fn of_chunks<'a>(&'a self) -> impl FnMut(ChunkId) -> Option<&'a Arc<DocRecord>> {
        let mut last: Option<&'a Arc<DocRecord>> = None;
        move |chunk| {
            if !last.is_some_and(|doc| doc.chunks().contains(&chunk.0)) {
                last = self.of_chunk(chunk);
            }
            last
        }
    }

    /// The documents of which the first chunk has that id or a higher one, by rising id.
    pub(crate) fn with_chunks_from(&self, first: u64) -> impl Iterator<Item = &Arc<DocRecord>> {
        self.by_chunk.range(first..).map(|(_, record)| record)
    }

    /// All documents, ordered by path.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<DocRecord>> {
        self.by_path.values()
    }

    /// The documents at `folder` or below, ordered by path. The empty string is the whole workspace.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Arc<DocRecord>> + 'a {
        let folder = folder.trim_matches('/');
        let from = match DocPath::new(folder) {
            Ok(path) => Bound::Included(path),
            Err(_) => Bound::Unbounded,
        };
        self.by_path
            .range((from, Bound::Unbounded))
            .map(|(_, record)| record)
            // `a.md` sorts between `a` and `a/b`, so the run under `a` is interrupted by longer names, but never ends before `a0`.
            .take_while(move |record| record.path.as_str().starts_with(folder))
            .filter(move |record| record.path.is_under(folder))
    }

    /// Number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_path.size()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    pub(crate) fn insert(&mut self, record: Arc<DocRecord>) -> Option<Arc<DocRecord>> {
        let old = self.remove(&record.path);
        if record.n_chunks > 0 {
            self.by_chunk.insert_mut(record.first_chunk.0, Arc::clone(&record));
        }
        self.by_path.insert_mut(record.path.clone(), record);
        old
    }

    pub(crate) fn remove(&mut self, path: &DocPath) -> Option<Arc<DocRecord>> {
        let old = self.by_path.get(path).cloned()?;
        self.by_path.remove_mut(path);
        if old.n_chunks > 0 {
            self.by_chunk.remove_mut(&old.first_chunk.0);
        }
        Some(old)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use corpus::{ContentHash, DocId, Format};

    pub(crate) fn record(path: &str, id: u64, first: u64, n_chunks: u32) -> DocRecord {
        DocRecord {
            id: DocId(id),
            path: DocPath::new(path).unwrap(),
            hash: ContentHash::of(path.as_bytes()),
            size: 1,
            mtime_ns: 0,
            inode: id,
            racy: false,
            format: Format::Text,
            title: None,
            first_chunk: ChunkId(first),
            n_chunks,
            indexed_at_ms: 0,
            encoding: "UTF-8".into(),
            metadata: corpus::Metadata::default(),
            parser: "text 1".into(),
            container: None,
        }
    }

    #[test]
    fn finds_by_path_prefix_and_chunk() {
        let mut table = DocTable::default();
        for (i, path) in ["a", "a.md", "a/b", "a/b/c", "a0", "b"].iter().enumerate() {
            table.insert(Arc::new(record(path, i as u64, i as u64 * 10, if *path == "b" { 0 } else { 3 })));
        }
        let under = |folder| table.under(folder).map(|r| r.path.to_string()).collect::<Vec<_>>();
        assert_eq!(under("a"), ["a", "a/b", "a/b/c"]);
        assert_eq!(under("a/"), ["a", "a/b", "a/b/c"]);
        assert_eq!(under("a/b"), ["a/b", "a/b/c"]);
        assert_eq!(under("").len(), 6);
        assert_eq!(under("zz").len(), 0);
        let of = |chunk| table.of_chunk(ChunkId(chunk)).map(|r| r.path.to_string());
        assert_eq!([of(0), of(2), of(3)], [Some("a".into()), Some("a".into()), None]);
        assert_eq!([of(22), of(50), of(999)], [Some("a/b".into()), None, None]);
    }

    #[test]
    fn replacing_a_document_forgets_its_old_chunks() {
        let mut table = DocTable::default();
        table.insert(Arc::new(record("a", 1, 0, 3)));
        let before = table.clone();
        let old = table.insert(Arc::new(record("a", 1, 3, 2)));
        assert_eq!(old.map(|r| r.n_chunks), Some(3));
        assert!(table.of_chunk(ChunkId(1)).is_none() && table.of_chunk(ChunkId(4)).is_some());
        assert!(before.of_chunk(ChunkId(1)).is_some(), "a snapshot keeps what it had");
        table.remove(&DocPath::new("a").unwrap());
        assert!(table.is_empty() && table.of_chunk(ChunkId(4)).is_none());
    }
}
