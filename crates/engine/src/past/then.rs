//! Then: which files there were at an instant, and what each held.
//!
//! Invariant: of a checkpoint it is the list that it wrote. Of a time it is what the timelines of versions say, and what stands in the index that no
//! version tells of yet, since when that is known to stand there.

use super::instant::Instant;
use super::{State, keep_last};
use crate::{Engine, Result};
use corpus::{ContentHash, DocPath};
use custody::versions::{Checkpoint, FileAt, Stood};
use index::{DocRecord, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The files of an instant.
pub(super) struct Then {
    /// What names the instant.
    pub(super) name: String,
    pub(super) at_ms: i64,
    pub(super) checkpoint: Option<String>,
    /// Shared by all instants that have the same.
    pub(super) files: Arc<Files>,
    /// What it was made of: another state of that may make another. `None` for what can only be one.
    made_of: Option<(u64, u64)>,
}

/// Which files there were.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    pub(super) held: BTreeMap<DocPath, FileThen>,
    /// Of whose contents nothing is known any more.
    pub(super) forgotten: BTreeSet<DocPath>,
}

/// What a file held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileThen {
    pub(super) hash: ContentHash,
    pub(super) bytes: u64,
    /// Since when.
    pub(super) at_ms: i64,
}

impl Files {
    /// Whether an indexed file is one of them: the same bytes at the same place.
    pub(super) fn has(&self, doc: &DocRecord) -> bool {
        self.held.get(&doc.path).is_some_and(|file| file.hash == doc.hash)
    }
}

impl Engine {
    /// The files of an instant, kept in mind for the next who asks.
    pub(super) fn then(&self, state: &mut State, instant: &Instant, now: &Snapshot) -> Result<Arc<Then>> {
        let made_of = match instant {
            Instant::Checkpoint(_) => None,
            Instant::Time(_) => Some((self.keep.versions.revision(), now.seq().0)),
        };
        let name = instant.name();
        let known = state.thens.iter().position(|then| then.name == name && then.made_of == made_of);
        let then = match known {
            Some(at) => state.thens.remove(at),
            None => {
                let (checkpoint, files) = match instant {
                    Instant::Checkpoint(found) => (Some(found.id.clone()), self.files_of_checkpoint(found)?),
                    Instant::Time(at_ms) => (None, self.files_of_time(*at_ms, now)),
                };
                // Ages are of another time whenever they are said, and mostly of the same files.
                let same = state.thens.iter().find(|known| *known.files == files);
                let files = same.map_or_else(|| Arc::new(files), |known| Arc::clone(&known.files));
                Arc::new(Then { name, at_ms: instant.at_ms(), checkpoint, files, made_of })
            }
        };
        keep_last(&mut state.thens, super::MOST, Arc::clone(&then));
        Ok(then)
    }

    fn files_of_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Files> {
        let at_ms = checkpoint.at_ms;
        let manifest = self.manifest_of(checkpoint)?;
        let file = |(path, FileAt { hash, bytes, .. })| (path, FileThen { hash, bytes, at_ms });
        let mut held: BTreeMap<DocPath, FileThen> = manifest.files.into_iter().map(file).collect();
        // Since when each was so is said by its versions, where they are known.
        self.keep.versions.look(|table| {
            for (path, file) in &mut held {
                let mut known = table.versions(path.as_str()).iter().rev();
                let same = known.find(|known| known.hash == file.hash && known.at_ms <= at_ms);
                file.at_ms = same.map_or(at_ms, |known| known.at_ms);
            }
        });
        Ok(Files { held, forgotten: BTreeSet::new() })
    }

    fn files_of_time(&self, at_ms: i64, now: &Snapshot) -> Files {
        let Files { mut held, mut forgotten } = Files::default();
        let mut unnoted = Vec::new();
        self.keep.versions.look(|table| {
            let timelines = table.timelines();
            for (path, state) in timelines.at(at_ms) {
                let Ok(path) = DocPath::new(path) else { continue };
                match state.is {
                    Stood::Content { hash, bytes } => {
                        held.insert(path, FileThen { hash, bytes, at_ms: state.at_ms });
                    }
                    Stood::Forgotten => {
                        forgotten.insert(path);
                    }
                    Stood::Nothing => {}
                }
            }
            for doc in now.docs().iter().filter(|doc| doc.container.is_none()) {
                let last = timelines.last(doc.path.as_str());
                let is_noted = |is: Stood| matches!(is, Stood::Content { hash, .. } if hash == doc.hash);
                if !last.is_some_and(|last| is_noted(last.is)) {
                    unnoted.push((doc, last.map(|last| last.at_ms)));
                }
            }
        });
        for (doc, after) in unnoted {
            let is = self.version_of(&doc.path, doc.hash, doc.size, doc.mtime_ns / 1_000_000);
            // No earlier than what stood there before.
            let since = after.map_or(is.at_ms, |after| is.at_ms.max(after));
            if since <= at_ms {
                forgotten.remove(&doc.path);
                held.insert(doc.path.clone(), FileThen { hash: doc.hash, bytes: doc.size, at_ms: since });
            }
        }
        // What the workspace leaves out now it may have left out then: its versions were kept because the program changed it.
        let rules = self.rules();
        let mut judge = rules.judge();
        let mut is_part = |path: &DocPath| now.doc(path).is_some() || judge.takes_in(path);
        held.retain(|path, _| is_part(path));
        forgotten.retain(is_part);
        Files { held, forgotten }
    }
}
