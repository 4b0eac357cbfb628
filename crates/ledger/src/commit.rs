//! What changes at once: checked against the ledger, then turned into writes.

use std::ops::Range;

use corpus::{DocId, DocPath, Seq};

use crate::codec::{self, Head};
use crate::store::{Store, Trees, Write};
use crate::{DocRecord, Error, SkipRecord, VectorRow};

/// A set of changes that become durable and visible together. Removals are applied before additions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Its number, above that of every commit before.
    pub seq: Seq,
    /// Documents that are new or have a new version.
    pub puts: Vec<DocRecord>,
    /// Documents that are gone.
    pub removed: Vec<DocId>,
    /// Files that were seen and not indexed.
    pub skips: Vec<SkipRecord>,
    /// Files that are no longer skipped, because they were indexed or are gone.
    pub unskips: Vec<DocPath>,
    /// Vectors that are new or replace an earlier one of the same chunk.
    pub vectors: Vec<VectorRow>,
    /// Chunks whose vectors are deleted.
    pub dead_chunks: Vec<Range<u64>>,
    /// The full text was committed under the same number.
    pub text: bool,
    /// The next document's number; never below what it was. 0 leaves it as it was.
    pub next_doc: u64,
    /// The next chunk's number; never below what it was. 0 leaves it as it was.
    pub next_chunk: u64,
}

impl Commit {
    /// The head after this commit, if the commit agrees with itself and follows `head`.
    pub(crate) fn check(&self, head: Head) -> Result<Head, Error> {
        if self.seq.0 <= head.seq {
            return Err(Error::OutOfOrder { have: Seq(head.seq), got: self.seq });
        }
        let next = Head {
            seq: self.seq.0,
            next_doc: if self.next_doc == 0 { head.next_doc } else { self.next_doc },
            next_chunk: if self.next_chunk == 0 { head.next_chunk } else { self.next_chunk },
            text_seq: if self.text { self.seq.0 } else { head.text_seq },
            // Kept up by the transaction.
            ..head
        };
        let refuse = |why| Err(Error::Inconsistent { why });
        if next.next_doc < head.next_doc || next.next_chunk < head.next_chunk {
            return refuse("the next number falls back, so numbers would be used twice");
        }
        if self.puts.iter().any(|doc| doc.id.0 >= next.next_doc) {
            return refuse("a document's number is not below the next one");
        }
        if self.puts.iter().any(|doc| doc.chunks().end > next.next_chunk) {
            return refuse("a document's chunks are not below the next number");
        }
        if self.vectors.iter().any(|row| row.chunk.0 >= next.next_chunk) {
            return refuse("a vector's chunk is not below the next number");
        }
        Ok(next)
    }

    /// The rows to write, in order, but for the head. Reads the keys of dead vectors, so call it before the transaction: inside one, a plain read
    /// would wait for a lock that the same thread holds.
    pub(crate) fn writes(&self, store: &Store) -> Result<Vec<Write>, Error> {
        let mut out = Vec::with_capacity(self.vectors.len() + self.puts.len() + self.removed.len() + 1);
        for range in self.dead_chunks.iter().filter(|range| !range.is_empty()) {
            let keys = store.vector_keys(range)?;
            out.extend(keys.into_iter().map(|key| Write { tree: Trees::VECTORS, key, value: None }));
        }
        let number = |id: u64| id.to_be_bytes().to_vec();
        out.extend(self.removed.iter().map(|id| Write { tree: Trees::DOCS, key: number(id.0), value: None }));
        let path = |path: &DocPath| path.as_str().as_bytes().to_vec();
        out.extend(self.unskips.iter().map(|it| Write { tree: Trees::SKIPS, key: path(it), value: None }));
        for doc in &self.puts {
            out.push(Write {
                tree: Trees::DOCS,
                key: number(doc.id.0),
                value: Some(codec::encode_doc(doc)?),
            });
        }
        for skip in &self.skips {
            out.push(Write {
                tree: Trees::SKIPS,
                key: path(&skip.path),
                value: Some(codec::encode_skip(skip)?),
            });
        }
        for row in &self.vectors {
            let value = Some(codec::encode_vector(row)?);
            out.push(Write { tree: Trees::VECTORS, key: number(row.chunk.0), value });
        }
        Ok(out)
    }
}
