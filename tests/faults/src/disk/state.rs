//! The disk as a whole: follows a log, and is cut.
//!
//! Invariant: pure. The same log, position, medium and seed give the same tree.

use super::Medium;
use super::content::{self, Content};
use super::names::{self, Half, Names};
use crate::log::{Change, Kind, Log, NodeId, Place, ROOT};
use crate::tree::{Entry, Tree};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is durable, and what is on its way.
#[derive(Clone, Debug)]
pub struct Disk {
    medium: Medium,
    folders: BTreeMap<NodeId, Names>,
    files: BTreeMap<NodeId, Content>,
    links: BTreeMap<NodeId, PathBuf>,
    /// Changes so far.
    now: usize,
}

impl Disk {
    /// The disk at the start of a log: everything is durable.
    #[must_use]
    pub fn new(log: &Log, medium: Medium) -> Self {
        let mut disk = Self {
            medium,
            folders: BTreeMap::from([(ROOT, Names::default())]),
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            now: 0,
        };
        log.before.iter().for_each(|change| disk.apply(change));
        disk.sync_all();
        disk
    }

    /// The disk when `cut` changes of a log have been made.
    #[must_use]
    pub fn at(log: &Log, medium: Medium, cut: usize) -> Self {
        let mut disk = Self::new(log, medium);
        log.changes.iter().take(cut).for_each(|change| disk.apply(change));
        disk
    }

    /// The next change is made.
    pub fn apply(&mut self, change: &Change) {
        self.now += 1;
        match change {
            Change::Make(node, kind) => self.make(*node, kind),
            Change::Name(place, node) => self.put(place, *node),
            Change::Unname(place) => self.drop_name(place, None),
            Change::Move { from, to } => self.rename(from, to),
            Change::Write { node, offset, bytes } => {
                self.edit(*node, content::Edit::Write { offset: *offset, bytes: bytes.clone() });
            }
            Change::Resize(node, len) => self.edit(*node, content::Edit::Resize(*len)),
            Change::Sync(node) => self.sync(*node),
            Change::SyncAll => self.sync_all(),
            Change::Note(_) => {}
        }
    }

    fn make(&mut self, node: NodeId, kind: &Kind) {
        match kind {
            Kind::Folder => drop(self.folders.insert(node, Names::default())),
            Kind::File => drop(self.files.insert(node, Content::default())),
            Kind::Link(to) => drop(self.links.insert(node, to.clone())),
        }
    }

    fn edit(&mut self, node: NodeId, edit: content::Edit) {
        self.files.entry(node).or_default().edit(edit);
    }

    fn put(&mut self, place: &Place, node: NodeId) {
        let edit = names::Edit::Put(place.name.clone(), node);
        self.folders.entry(place.folder).or_default().edit(Half { at: self.now, edit, moved_to: None });
    }

    fn drop_name(&mut self, place: &Place, moved_to: Option<NodeId>) {
        let edit = names::Edit::Drop(place.name.clone());
        self.folders.entry(place.folder).or_default().edit(Half { at: self.now, edit, moved_to });
    }

    fn rename(&mut self, from: &Place, to: &Place) {
        let node = self.folders.get(&from.folder).and_then(|names| names.live.get(&from.name)).copied();
        if let Some(node) = node {
            self.drop_name(from, Some(to.folder));
            self.put(to, node);
        }
    }

    fn sync(&mut self, node: NodeId) {
        if let Some(content) = self.files.get_mut(&node) {
            content.sync();
        }
        match self.medium {
            Medium::Strict => self.sync_names(node, usize::MAX),
            Medium::Ordered => self.sync_all_names(),
        }
    }

    /// A lost name is durable only with the new one that the file got instead.
    fn sync_names(&mut self, folder: NodeId, until: usize) {
        let mut ahead = vec![(folder, until)];
        while let Some((folder, until)) = ahead.pop() {
            if let Some(names) = self.folders.get_mut(&folder) {
                ahead.extend(names.sync(until));
            }
        }
    }

    fn sync_all_names(&mut self) {
        self.folders.values_mut().for_each(|names| drop(names.sync(usize::MAX)));
    }

    fn sync_all(&mut self) {
        self.files.values_mut().for_each(Content::sync);
        self.sync_all_names();
    }

    /// What the program sees.
    #[must_use]
    pub fn live(&self) -> Tree {
        let mut tree = Tree::default();
        self.walk(ROOT, Path::new(""), &mut tree, &|_, names| names.live.clone(), &mut Content::live);
        tree
    }

    /// What is found when the power comes back.
    #[must_use]
    pub fn after_cut(&self, seed: u64) -> Tree {
        let mut rng = Rng::with_seed(seed);
        let arrived = match self.medium {
            Medium::Strict => self.arrived_by_folder(&mut rng),
            Medium::Ordered => self.arrived_in_order(&mut rng),
        };
        let mut tree = Tree::default();
        let names = |folder: NodeId, names: &Names| names.until(arrived.get(&folder).copied().unwrap_or(0));
        self.walk(ROOT, Path::new(""), &mut tree, &names, &mut |content| {
            content.after_cut(self.medium, &mut rng)
        });
        tree
    }

    /// One position up to which all changes of names have arrived.
    fn arrived_in_order(&self, rng: &mut Rng) -> BTreeMap<NodeId, usize> {
        let all: Vec<usize> =
            self.folders.values().flat_map(|names| names.pending.iter().map(|half| half.at)).collect();
        let until = choose(&all, rng);
        self.folders.keys().map(|folder| (*folder, until)).collect()
    }

    /// For each folder a position up to which its changes have arrived.
    fn arrived_by_folder(&self, rng: &mut Rng) -> BTreeMap<NodeId, usize> {
        let mut arrived: BTreeMap<NodeId, usize> = BTreeMap::new();
        for (folder, names) in &self.folders {
            let all: Vec<usize> = names.pending.iter().map(|half| half.at).collect();
            arrived.insert(*folder, choose(&all, rng));
        }
        // A name is not lost before the new one has arrived. Holding one folder back can make another wait too.
        while let Some((folder, until)) = self.too_early(&arrived) {
            arrived.insert(folder, until);
        }
        arrived
    }

    /// A folder in which a renamed file's old name is gone while the new one has not arrived, and the position to hold it back to.
    fn too_early(&self, arrived: &BTreeMap<NodeId, usize>) -> Option<(NodeId, usize)> {
        self.folders.iter().find_map(|(folder, names)| {
            let until = arrived.get(folder).copied().unwrap_or(0);
            let gone = names.pending.iter().take_while(|half| half.at <= until);
            let mut early = gone.filter(|half| {
                half.moved_to.is_some_and(|to| {
                    let awaits = self.folders.get(&to).is_some_and(|names| names.awaits(half.at));
                    awaits && arrived.get(&to).is_some_and(|until| half.at > *until)
                })
            });
            early.next().map(|half| (*folder, half.at - 1))
        })
    }

    fn walk(
        &self,
        folder: NodeId,
        path: &Path,
        tree: &mut Tree,
        names: &dyn Fn(NodeId, &Names) -> BTreeMap<std::ffi::OsString, NodeId>,
        bytes: &mut dyn FnMut(&Content) -> Vec<u8>,
    ) {
        let Some(here) = self.folders.get(&folder) else { return };
        for (name, node) in names(folder, here) {
            let path = path.join(name);
            if let Some(content) = self.files.get(&node) {
                tree.0.insert(path, Entry::File(bytes(content)));
            } else if let Some(to) = self.links.get(&node) {
                tree.0.insert(path, Entry::Link(to.clone()));
            } else if path.components().count() < MAX_DEPTH {
                tree.0.insert(path.clone(), Entry::Folder);
                self.walk(node, &path, tree, names, bytes);
            }
        }
    }
}

/// Deeper than any folder here. A strict disk could show a moved folder inside itself, as no file system does.
const MAX_DEPTH: usize = 64;

/// Nothing, everything, or up to one of these positions.
fn choose(positions: &[usize], rng: &mut Rng) -> usize {
    match rng.u8(0..4) {
        0 => 0,
        1 => usize::MAX,
        _ => rng.choice(positions).copied().unwrap_or(0),
    }
}
