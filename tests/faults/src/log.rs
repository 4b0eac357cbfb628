//! What a process changed below a folder, in the order in which the system did it.
//!
//! Invariant: applied one after the other to the folder as it was, the changes give the folder as it is (`tests/recorder.rs` holds the
//! recorder to that). Files and folders are named by numbers, because their names change.

use crate::tree::{Entry, Tree};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file, folder or link for as long as it exists, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// The recorded folder itself.
pub const ROOT: NodeId = NodeId(0);

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The folder.
    pub folder: NodeId,
    /// The name in it.
    pub name: OsString,
}

/// What a node is when it begins to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder without entries.
    Folder,
    /// A file without bytes.
    File,
    /// A symbolic link.
    Link(PathBuf),
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A node begins to exist, without a name so far.
    Make(NodeId, Kind),
    /// A node gets a name; whatever had it loses it.
    Name(Place, NodeId),
    /// A name is taken away.
    Unname(Place),
    /// A node's name changes, in one step; whatever had the new name loses it.
    Move {
        /// The old name.
        from: Place,
        /// The new one.
        to: Place,
    },
    /// Bytes are written.
    Write {
        /// The file.
        node: NodeId,
        /// Where the first of them goes.
        offset: u64,
        /// They.
        bytes: Arc<[u8]>,
    },
    /// A file's length changes: the rest is cut off, or zeros are added.
    Resize(NodeId, u64),
    /// `fsync` or `fdatasync` returned.
    Sync(NodeId),
    /// A `sync` of everything returned.
    SyncAll,
    /// Bytes were added to the file of notes, which is outside the folder and never lost.
    Note(Arc<[u8]>),
}

/// Everything that was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The changes that make the folder as it was at the start, all of it durable.
    pub before: Vec<Change>,
    /// What was done to it since.
    pub changes: Vec<Change>,
    /// What could not be recorded. Where this is not empty, nothing follows from the log.
    pub unsupported: Vec<String>,
}

impl Log {
    /// A log that starts with this folder, and the number of each of its paths.
    #[must_use]
    pub fn starting_with(tree: &Tree) -> (Self, BTreeMap<PathBuf, NodeId>) {
        let mut before = Vec::new();
        let mut numbers = BTreeMap::from([(PathBuf::new(), ROOT)]);
        // Paths are ordered: a folder comes before what is in it.
        for (number, (path, entry)) in (1..).zip(&tree.0) {
            let node = NodeId(number);
            let folder = path.parent().and_then(|parent| numbers.get(parent)).copied().unwrap_or(ROOT);
            let kind = match entry {
                Entry::Folder => Kind::Folder,
                Entry::File(_) => Kind::File,
                Entry::Link(to) => Kind::Link(to.clone()),
            };
            before.push(Change::Make(node, kind));
            if let Entry::File(bytes) = entry {
                before.push(Change::Write { node, offset: 0, bytes: bytes.as_slice().into() });
            }
            before.push(Change::Name(Place { folder, name: last_name(path) }, node));
            numbers.insert(path.clone(), node);
        }
        (Self { before, ..Self::default() }, numbers)
    }

    /// What was noted before a position: the contents of the file of notes at that instant.
    #[must_use]
    pub fn notes(&self, cut: usize) -> Vec<u8> {
        let mut notes = Vec::new();
        for change in self.changes.iter().take(cut) {
            if let Change::Note(bytes) = change {
                notes.extend_from_slice(bytes);
            }
        }
        notes
    }
}

pub(crate) fn last_name(path: &Path) -> OsString {
    path.file_name().unwrap_or_default().to_owned()
}
