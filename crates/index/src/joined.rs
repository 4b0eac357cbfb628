//! Two indexes as one snapshot: of the one the documents that are wanted, of the other those that it does not have.
//!
//! Invariant: what is found in it is what would be found if all its documents were in one index: each is counted, compared and ranked once, and no
//! other has a share in it. Ids of the index beside begin where no other index comes to, so that none is of both.
//! Not here: which documents are wanted (the caller's), the search ([`View`](crate::View), of every set of paths, also of all).

use crate::chunks::KeptSets;
use crate::{Error, Index, OpenReport, SkipTable, Snapshot};
use ledger::DocRecord;
use roaring::RoaringTreemap;
use std::path::Path;
use std::sync::Arc;

/// From here on ids are of indexes beside: an index that made a million chunks a second would come here after nine years.
const BESIDE: u64 = 1 << 48;

impl Index {
    /// As [`Index::open`], of an index that stands beside another one, and whose snapshots can be [joined](Snapshot::joined) to that one's.
    ///
    /// # Errors
    /// As [`Index::open`].
    pub fn open_beside(dir: &Path) -> Result<(Self, OpenReport), Error> {
        Self::open_from(dir, BESIDE)
    }
}

impl Snapshot {
    /// The documents here for which `here` holds, and those of an index [beside](Index::open_beside) for which `there` does. Both are asked of
    /// files: a part goes with the file that it is in. Where both have a document, it is the one beside. What was skipped is in neither.
    #[must_use]
    pub fn joined(
        &self,
        beside: &Self,
        here: impl Fn(&DocRecord) -> bool,
        there: impl Fn(&DocRecord) -> bool,
    ) -> Self {
        let (mut docs, mut live) = (self.docs.clone(), RoaringTreemap::clone(&self.live));
        for doc in self.docs.iter().filter(|doc| !self.file_of(doc).is_some_and(&here)) {
            docs.remove(&doc.path);
            live.remove_range(doc.chunks());
        }
        for doc in beside.docs.iter().filter(|doc| beside.file_of(doc).is_some_and(&there)) {
            if let Some(replaced) = docs.insert(Arc::clone(doc)) {
                live.remove_range(replaced.chunks());
            }
            live.extend(doc.chunks().filter(|chunk| beside.live.contains(*chunk)));
        }
        let vectors = self.vectors.as_ref().zip(beside.vectors.as_ref());
        Self {
            seq: self.seq,
            docs,
            skips: SkipTable::default(),
            live: Arc::new(live),
            text: self.text.joined(&beside.text),
            vectors: vectors.map(|(here, there)| here.joined(there)),
            n_teacher: self.n_teacher,
            // What was kept of sets is of other documents.
            kept: Arc::new(KeptSets::default()),
            is_joined: true,
        }
    }

    /// The file that a document is a part of, or is.
    fn file_of<'a>(&'a self, doc: &'a Arc<DocRecord>) -> Option<&'a DocRecord> {
        match &doc.container {
            None => Some(doc),
            Some(container) => self.doc(container).map(|file| &**file),
        }
    }
}
