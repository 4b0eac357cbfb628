//! Which file of the system is which node of the log.
//!
//! Invariant: a file is known by device and inode while it exists. The system gives an inode's number again once its file is gone, so each
//! file that begins to exist gets a node of its own, whatever had its number before.

use crate::log::{NodeId, Place, ROOT};
use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Nodes of the recorded folder.
pub(super) struct Nodes {
    pub(super) root: PathBuf,
    ids: HashMap<(u64, u64), NodeId>,
    next: u32,
}

impl Nodes {
    /// The nodes of a folder, by the numbers that the log gave to its paths.
    pub(super) fn of(
        root: &Path,
        numbers: &std::collections::BTreeMap<PathBuf, NodeId>,
    ) -> std::io::Result<Self> {
        let mut nodes = Self { root: root.canonicalize()?, ids: HashMap::new(), next: 0 };
        for (path, node) in numbers {
            nodes.ids.insert(key(&nodes.root.join(path).symlink_metadata()?), *node);
            nodes.next = nodes.next.max(node.0 + 1);
        }
        debug_assert_eq!(numbers.get(Path::new("")), Some(&ROOT));
        Ok(nodes)
    }

    /// Whether a path lies below the recorded folder or is it.
    pub(super) fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
    }

    /// The place of an absolute path whose folder is recorded.
    pub(super) fn place(&self, path: &Path) -> Option<Place> {
        let folder = path.parent().filter(|folder| self.holds(folder))?;
        let folder = self.node(&folder.symlink_metadata().ok()?)?;
        Some(Place { folder, name: crate::log::last_name(path) })
    }

    pub(super) fn node(&self, meta: &Metadata) -> Option<NodeId> {
        self.ids.get(&key(meta)).copied()
    }

    pub(super) fn add(&mut self, meta: &Metadata) -> NodeId {
        let node = NodeId(self.next);
        self.next += 1;
        self.ids.insert(key(meta), node);
        node
    }
}

fn key(meta: &Metadata) -> (u64, u64) {
    (meta.dev(), meta.ino())
}
