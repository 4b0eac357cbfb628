//! Manifests: the files of a checkpoint, by path, and how two of them differ.
//!
//! Invariant: pure. Files are in the order of their paths, each once; what is written is read back as it was.
//! Not here: where a manifest is kept (among the contents, under its hash).

use super::record::{read_hash, write_hash};
use corpus::{ContentHash, DocPath};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAt {
    /// What it held.
    pub hash: ContentHash,
    /// Its size.
    pub bytes: u64,
    /// Its permissions, where the system has such; 0 for the usual.
    pub mode: u32,
}

/// The files of a checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// By path.
    pub files: BTreeMap<DocPath, FileAt>,
}

/// What became of a file from one checkpoint to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is only in the second.
    Created(FileAt),
    /// It is only in the first.
    Removed(FileAt),
    /// It held something else.
    Modified(FileAt, FileAt),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    #[serde(rename = "version", serialize_with = "write_hash", deserialize_with = "read_hash")]
    hash: ContentHash,
    bytes: u64,
    #[serde(default, skip_serializing_if = "is_usual")]
    mode: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_usual(mode: &u32) -> bool {
    *mode == 0
}

impl Manifest {
    /// As it is kept: a line of JSON for each file.
    ///
    /// # Errors
    /// None that there is a reason for.
    pub fn encode(&self) -> serde_json::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.files.len() * 128);
        for (path, FileAt { hash, bytes: size, mode }) in &self.files {
            let line = Line { path: path.to_string(), hash: *hash, bytes: *size, mode: *mode };
            serde_json::to_writer(&mut bytes, &line)?;
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    /// What was kept; `None` when it is none, or a newer program's.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let files = lines.map(|line| {
            let Line { path, hash, bytes, mode } = serde_json::from_slice(line).ok()?;
            Some((DocPath::new(&path).ok()?, FileAt { hash, bytes, mode }))
        });
        Some(Self { files: files.collect::<Option<_>>()? })
    }

    /// The files at a path and below it; the empty path is the whole workspace.
    pub fn under<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a DocPath, &'a FileAt)> + 'a {
        self.files.iter().filter(move |(file, _)| file.is_under(path))
    }

    /// Their size together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// What is to be done to come from here to `other` at a path and below it, by path.
    #[must_use]
    pub fn changes_to(&self, other: &Self, path: &str) -> Vec<(DocPath, Changed)> {
        let mut changes = Vec::new();
        for (file, old) in self.under(path) {
            match other.files.get(file) {
                Some(new) if (new.hash, new.mode) == (old.hash, old.mode) => {}
                Some(new) => changes.push((file.clone(), Changed::Modified(*old, *new))),
                None => changes.push((file.clone(), Changed::Removed(*old))),
            }
        }
        let created = other.under(path).filter(|(file, _)| !self.files.contains_key(*file));
        changes.extend(created.map(|(file, new)| (file.clone(), Changed::Created(*new))));
        changes.sort_by(|a, b| a.0.cmp(&b.0));
        changes
    }
}
