//! What the index knows of some files' bytes, whatever they are called: documents to copy, failures not to repeat.

use corpus::ContentHash;
use index::{DocRecord, SkipRecord, Snapshot};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use watch::Found;

/// Documents and failures by the hash of their bytes.
#[derive(Default)]
pub(crate) struct Known {
    docs: HashMap<ContentHash, Arc<DocRecord>>,
    bad: HashMap<ContentHash, Arc<SkipRecord>>,
}

impl Known {
    /// Those that one of these files may be a copy of: those of the same size. One look at each, whether one file is asked for or all, and
    /// no more memory than the files need.
    pub(crate) fn of(snapshot: &Snapshot, files: &[Found]) -> Self {
        let sizes: HashSet<u64> = files.iter().map(|file| file.stat.size).collect();
        let docs = snapshot.docs().iter().filter(|doc| doc.container.is_none() && sizes.contains(&doc.size));
        let bad = snapshot.skips().values().filter(|skip| sizes.contains(&skip.size));
        Self {
            docs: docs.map(|doc| (doc.hash, Arc::clone(doc))).collect(),
            bad: bad.filter_map(|skip| Some((skip.hash?, Arc::clone(skip)))).collect(),
        }
    }

    pub(crate) fn doc(&self, hash: &ContentHash) -> Option<Arc<DocRecord>> {
        self.docs.get(hash).cloned()
    }

    pub(crate) fn bad(&self, hash: &ContentHash) -> Option<&SkipRecord> {
        self.bad.get(hash).map(|skip| &**skip)
    }
}
