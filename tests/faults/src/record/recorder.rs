//! From calls to changes.
//!
//! Invariant: a change is written down when its call has returned well, and before any other call that matters is let go.

use super::nodes::Nodes;
use super::pending::{Look, Pending};
use crate::log::{Change, Kind, Log};
use crate::trace::{Call, Hook, Verdict, Watched};
use crate::tree::Tree;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Records what a program does to a folder.
pub struct Recorder {
    nodes: Nodes,
    /// The file of notes: what is appended to it is part of the log's order.
    notes: PathBuf,
    pending: Option<Pending>,
    log: Log,
}

impl Recorder {
    /// A recorder for the folder `root`, as it is now, and a file of notes outside it.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn of(root: &Path, notes: &Path) -> std::io::Result<Self> {
        let (log, numbers) = Log::starting_with(&Tree::read(root)?);
        let notes = match (notes.parent(), notes.file_name()) {
            (Some(folder), Some(name)) => folder.canonicalize()?.join(name),
            _ => notes.to_path_buf(),
        };
        Ok(Self { nodes: Nodes::of(root, &numbers)?, notes, pending: None, log })
    }

    /// What was recorded.
    #[must_use]
    pub fn into_log(self) -> Log {
        self.log
    }

    fn push(&mut self, change: Change) {
        self.log.changes.push(change);
    }

    fn apply(&mut self, pending: Pending, call: &Call, returned: u64) -> Result<(), String> {
        match pending {
            Pending::Create(path) => self.made(&path, Kind::File)?,
            Pending::Make(path, kind) => self.made(&path, kind)?,
            Pending::Unnamed => {
                let descriptor = i32::try_from(returned).map_err(|error| error.to_string())?;
                let meta = call.descriptor_meta(descriptor).map_err(|error| error.to_string())?;
                let node = self.nodes.add(&meta);
                self.push(Change::Make(node, Kind::File));
            }
            Pending::Link(node, place) => self.push(Change::Name(place, node)),
            Pending::Unname(place) => self.push(Change::Unname(place)),
            Pending::Move { from, to } => self.push(Change::Move { from, to }),
            Pending::Write { node, descriptor, offset } => {
                let bytes = read_back(call, descriptor, offset, returned)?;
                self.push(Change::Write { node, offset, bytes });
            }
            Pending::Zero { node, descriptor, offset, len } => {
                let bytes = read_back(call, descriptor, offset, len)?;
                self.push(Change::Write { node, offset, bytes });
            }
            Pending::Note { descriptor, offset } => {
                let bytes = read_back(call, descriptor, offset, returned)?;
                self.push(Change::Note(bytes));
            }
            Pending::Resize(node, len) => self.push(Change::Resize(node, len)),
            Pending::Sync(node) => self.push(Change::Sync(node)),
            Pending::SyncAll => self.push(Change::SyncAll),
            Pending::Nothing => {}
            Pending::Unclear(what) => return Err(what),
        }
        Ok(())
    }

    fn made(&mut self, path: &Path, kind: Kind) -> Result<(), String> {
        let meta = path.symlink_metadata().map_err(|error| format!("{}: {error}", path.display()))?;
        let place = self.nodes.place(path).ok_or_else(|| format!("unknown folder of {}", path.display()))?;
        let node = self.nodes.add(&meta);
        self.push(Change::Make(node, kind));
        self.push(Change::Name(place, node));
        Ok(())
    }

    fn unsupported(&mut self, call: &Call, what: String) {
        self.log.unsupported.push(format!("call {} of thread {}: {what}", call.number, call.thread));
    }
}

/// The bytes that a file now holds where a call has written.
fn read_back(call: &Call, descriptor: i32, offset: u64, len: u64) -> Result<Arc<[u8]>, String> {
    let mut bytes = vec![0; usize::try_from(len).map_err(|error| error.to_string())?];
    let read = File::open(call.descriptor_link(descriptor));
    let read = read.and_then(|file| file.read_exact_at(&mut bytes, offset));
    read.map_err(|error| format!("reading back {len} bytes at {offset}: {error}"))?;
    Ok(bytes.into())
}

impl Hook for Recorder {
    fn watched(&self) -> Vec<Watched> {
        super::watched()
    }

    fn enter(&mut self, call: &Call) -> Verdict {
        let look = Look { nodes: &self.nodes, notes: &self.notes, call };
        self.pending = look.pending().unwrap_or_else(|what| Some(Pending::Unclear(what)));
        if self.pending.is_some() { Verdict::Follow } else { Verdict::Pass }
    }

    fn leave(&mut self, call: &Call, returned: i64) {
        let (Some(pending), Ok(returned)) = (self.pending.take(), u64::try_from(returned)) else { return };
        if let Err(what) = self.apply(pending, call, returned) {
            self.unsupported(call, what);
        }
    }
}
