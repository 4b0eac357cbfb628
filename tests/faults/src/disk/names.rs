//! The names in one folder: those that are durable, and changes that are on their way.
//!
//! Invariant: the changes of one folder arrive in their order. Both halves of a rename have the same number, so that they arrive together.

use crate::log::NodeId;
use std::collections::BTreeMap;
use std::ffi::OsString;

/// Half a change: what it does to one folder.
#[derive(Clone, Debug)]
pub(super) struct Half {
    /// The position in the log, from 1.
    pub(super) at: usize,
    pub(super) edit: Edit,
    /// For the lost name of a rename, the folder that gets the new one.
    pub(super) moved_to: Option<NodeId>,
}

#[derive(Clone, Debug)]
pub(super) enum Edit {
    Put(OsString, NodeId),
    Drop(OsString),
}

/// A folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) durable: BTreeMap<OsString, NodeId>,
    pub(super) live: BTreeMap<OsString, NodeId>,
    pub(super) pending: Vec<Half>,
}

impl Names {
    pub(super) fn edit(&mut self, half: Half) {
        half.edit.apply(&mut self.live);
        self.pending.push(half);
    }

    /// Makes all changes up to a position durable, and returns those whose other half must be durable now too.
    pub(super) fn sync(&mut self, until: usize) -> Vec<(NodeId, usize)> {
        let n = self.pending.partition_point(|half| half.at <= until);
        let mut others = Vec::new();
        for half in self.pending.drain(..n) {
            half.edit.apply(&mut self.durable);
            others.extend(half.moved_to.map(|folder| (folder, half.at)));
        }
        others
    }

    /// The names when all changes up to a position have arrived.
    pub(super) fn until(&self, until: usize) -> BTreeMap<OsString, NodeId> {
        let mut names = self.durable.clone();
        self.pending.iter().take_while(|half| half.at <= until).for_each(|half| half.edit.apply(&mut names));
        names
    }

    /// Whether the change at a position has not been made durable.
    pub(super) fn awaits(&self, at: usize) -> bool {
        self.pending.iter().any(|half| half.at == at)
    }
}

impl Edit {
    fn apply(&self, names: &mut BTreeMap<OsString, NodeId>) {
        match self {
            Self::Put(name, node) => {
                names.insert(name.clone(), *node);
            }
            Self::Drop(name) => {
                names.remove(name);
            }
        }
    }
}
