//! Checkpoints: all files of the workspace at one instant.
//!
//! Invariant: a checkpoint is made while nobody writes through the program, of contents that are durable before it is; one record makes it, so it is
//! there as a whole or not at all. It copies nothing that is kept already. What ignore rules leave out of the workspace is no part of it, nor
//! is a file that cannot be read.
//! Not here: putting one back (`restore`), the list of files as it is written (`custody`).

use crate::keep::{kept, known_hash};
use crate::provenance::now_ms;
use crate::search::rfc3339;
use crate::{Act, Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath, PathSet, Seq};
use custody::audit::Doing;
use custody::versions::{Changed, Checkpoint, FileAt, Manifest, Record, new_id};
use custody::{Actor, NewEvent};
use ingest::NoProgress;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use watch::ScanItem;

/// What is known of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// Its id.
    pub id: String,
    /// When it was made, RFC 3339, UTC.
    pub at: String,
    /// Who made it.
    pub by: Actor,
    /// What it is for, in its maker's words.
    pub note: String,
    /// Names by which it is found, besides its id.
    pub tags: Vec<String>,
    /// How many files it has.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// The commit of the index that showed them.
    pub seq: u64,
}

/// A file of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointFile {
    /// Where it was.
    pub path: String,
    /// BLAKE3 of what it held.
    pub version: String,
    /// Its size.
    pub bytes: u64,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// It was not there before.
    Created,
    /// It held something else before.
    Modified,
    /// It is not there any more.
    Removed,
}

/// A file that differs between two checkpoints, or a checkpoint and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Where.
    pub path: String,
    /// What became of it.
    pub change: FileChange,
    /// What it held before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it held after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Tags of one checkpoint, and characters of one.
const MOST_TAGS: usize = 16;
const LONGEST_TAG: usize = 64;
const LONGEST_NOTE: usize = 1000;

impl Engine {
    /// Makes a checkpoint of all files, once nobody writes. Nobody does through the program until it is made.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when another checkpoint has one of the tags, [`Invalid`](ErrorKind::Invalid) when a tag or note makes no
    /// sense, and when the folder cannot be walked, or the disk refuses. Nothing was made then.
    pub fn create_checkpoint(&self, note: &str, tags: &[String], act: &Act) -> Result<CheckpointInfo> {
        let _alone = self.turns.take_all();
        if let Some(made) = self.checkpoint_of_attempt(act) {
            return Ok(info(&made));
        }
        self.noted(Doing::CheckpointCreate, "", act, |noting| {
            let (checkpoint, _) = self.checkpoint_now(note, tags, act, false)?;
            // It changed nothing that was there, so its end is all there is to note.
            noting.begin(None, Some(checkpoint.id.clone()))?;
            Ok(info(&checkpoint))
        })
    }

    /// As [`Engine::create_checkpoint`], of somebody who keeps all others from writing. One that is `automatic` is dropped in time.
    pub(crate) fn checkpoint_now(
        &self,
        note: &str,
        tags: &[String],
        act: &Act,
        automatic: bool,
    ) -> Result<(Checkpoint, Manifest)> {
        self.require_kept()?;
        if note.chars().count() > LONGEST_NOTE {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("a note has at most {LONGEST_NOTE} characters"),
            ));
        }
        self.check_tags(tags, None)?;
        // Until the record is there, nothing but this says that its contents are needed.
        let _held = self.keep.hold();
        let (manifest, mut records, seq) = self.files_now()?;
        let listed = manifest.encode().map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
        let (listed, _) = self.keep.contents.put(listed.as_slice())?;
        self.keep.contents.sync()?;
        let checkpoint = Checkpoint {
            id: new_id("checkpoint")?,
            manifest: listed,
            files: manifest.files.len() as u64,
            bytes: manifest.bytes(),
            seq: seq.0,
            at_ms: now_ms(),
            by: act.by.clone(),
            note: note.to_owned(),
            tags: tags.to_vec(),
            attempt: act.attempt.id().map(str::to_owned),
            automatic,
        };
        records.push(Record::Checkpoint(checkpoint.clone()));
        self.keep.versions.note(&records)?;
        let Checkpoint { id, files, bytes, .. } = &checkpoint;
        let data = json!({ "checkpoint": id, "files": files, "bytes": bytes, "note": note });
        self.tell(NewEvent::new("checkpoint.created").by(&act.by).data(data));
        Ok((checkpoint, manifest))
    }

    /// All files as they are, each with its content kept; the versions among them that are not noted yet, so that a restore need not note them
    /// one by one; and the commit that shows them.
    fn files_now(&self) -> Result<(Manifest, Vec<Record>, Seq)> {
        self.index(&NoProgress)?;
        let snapshot = self.index.documents();
        let (mut manifest, mut records) = (Manifest::default(), Vec::new());
        for item in watch::scan(&self.rules(), None) {
            // What cannot be read is a problem of its own, which `status` tells.
            let ScanItem::File(found) = item else { continue };
            let known = known_hash(&snapshot, &found.path, &found.stat);
            let (hash, bytes) = match known {
                Some(hash) if self.keep.contents.contains(&hash)? => (hash, found.stat.size),
                _ => match self.folder.files.open_file(&found.path) {
                    Ok((file, _)) => self.keep.contents.put(file)?,
                    Err(error) => {
                        tracing::warn!(%error, path = %found.path, "a file is no part of a checkpoint");
                        continue;
                    }
                },
            };
            if self.config.versions.keeps(bytes) && !self.keep.is_newest(&found.path, &hash) {
                let is = self.version_of(&found.path, hash, bytes, found.stat.mtime_ns / 1_000_000);
                records.push(Record::Version { path: found.path.to_string(), is });
            }
            let mode = mode_of(&found.path.to_fs(self.root()));
            manifest.files.insert(found.path, FileAt { hash, bytes, mode });
        }
        Ok((manifest, records, snapshot.seq()))
    }

    /// The checkpoints, the newest first.
    #[must_use]
    pub fn checkpoints(&self) -> Vec<CheckpointInfo> {
        let mut all: Vec<Checkpoint> =
            self.keep.versions.look(|table| table.checkpoints().cloned().collect());
        all.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
        all.iter().map(info).collect()
    }

    /// The files of a checkpoint, by its id or a tag, that lie `within`, behind `after` in the order of paths, `limit` at most.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such checkpoint, [`Io`](ErrorKind::Io) when its list is damaged.
    pub fn checkpoint_files(
        &self,
        name: &str,
        within: &PathSet,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Vec<CheckpointFile>> {
        let manifest = self.manifest_of(&self.find_checkpoint(name)?)?;
        let wanted = manifest.files.iter().filter(|(path, _)| {
            within.contains(path.as_str()) && after.is_none_or(|after| path.as_str() > after)
        });
        let file = |(path, file): (&DocPath, &FileAt)| CheckpointFile {
            path: path.to_string(),
            version: file.hash.to_string(),
            bytes: file.bytes,
        };
        Ok(wanted.take(limit).map(file).collect())
    }

    /// What became of the files at `path` and below it, as far as they lie `within`, from a checkpoint to another one, or to now; those behind `after`,
    /// `limit` at most.
    ///
    /// # Errors
    /// As [`Engine::checkpoint_files`].
    pub fn diff_checkpoints(
        &self,
        from: &str,
        to: Option<&str>,
        path: &str,
        within: &PathSet,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Vec<ChangedFile>> {
        let from = self.manifest_of(&self.find_checkpoint(from)?)?;
        let to = match to {
            Some(to) => self.manifest_of(&self.find_checkpoint(to)?)?,
            None => self.manifest_now()?,
        };
        let path = folder_path(path)?;
        let changes = from.changes_to(&to, &path).into_iter();
        let seen = changes.filter(|(path, _)| {
            within.contains(path.as_str()) && after.is_none_or(|after| path.as_str() > after)
        });
        Ok(seen.take(limit).map(|(path, changed)| changed_file(&path, changed)).collect())
    }

    /// As [`Engine::files_now`], for comparing: nothing is kept, and the index is asked as it is.
    fn manifest_now(&self) -> Result<Manifest> {
        let snapshot = self.index.documents();
        let mut manifest = Manifest::default();
        for item in watch::scan(&self.rules(), None) {
            let ScanItem::File(found) = item else { continue };
            let hash = match known_hash(&snapshot, &found.path, &found.stat) {
                Some(hash) => hash,
                None => match self
                    .folder
                    .files
                    .open_file(&found.path)
                    .map(|(file, _)| ContentHash::of_reader(file))
                {
                    Ok(Ok(hash)) => hash,
                    // It is gone just now, or cannot be read.
                    _ => continue,
                },
            };
            let mode = mode_of(&found.path.to_fs(self.root()));
            manifest.files.insert(found.path, FileAt { hash, bytes: found.stat.size, mode });
        }
        Ok(manifest)
    }

    /// Gives a checkpoint these tags, in place of those it had.
    ///
    /// # Errors
    /// As [`Engine::create_checkpoint`], and [`NotFound`](ErrorKind::NotFound).
    pub fn tag_checkpoint(&self, name: &str, tags: &[String]) -> Result<CheckpointInfo> {
        let checkpoint = self.find_checkpoint(name)?;
        self.check_tags(tags, Some(&checkpoint.id))?;
        self.keep.versions.note(&[Record::Tagged { id: checkpoint.id.clone(), tags: tags.to_vec() }])?;
        Ok(info(&Checkpoint { tags: tags.to_vec(), ..checkpoint }))
    }

    /// Deletes a checkpoint. What only it needed is dropped with old versions.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), and when the disk refuses.
    pub fn delete_checkpoint(&self, name: &str, act: &Act) -> Result<CheckpointInfo> {
        // Not while one is being put back.
        let _alone = self.turns.take_all();
        let checkpoint = self.find_checkpoint(name)?;
        self.noted(Doing::CheckpointRemove, "", act, |noting| {
            noting.begin(Some(checkpoint.id.clone()), None)?;
            self.keep.versions.note(&[Record::Deleted { id: checkpoint.id.clone() }])?;
            Ok(info(&checkpoint))
        })
    }

    pub(crate) fn find_checkpoint(&self, name: &str) -> Result<Checkpoint> {
        self.require_kept()?;
        self.keep.versions.look(|table| table.checkpoint(name).cloned()).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no checkpoint `{name}`"))
                .hint("`workroom checkpoint list` shows their ids and tags")
        })
    }

    pub(crate) fn manifest_of(&self, checkpoint: &Checkpoint) -> Result<Manifest> {
        let what = format!("the list of the files of checkpoint {}", checkpoint.id);
        let bytes = kept(&what, self.keep.contents.read(&checkpoint.manifest))?;
        Manifest::decode(&bytes).ok_or_else(|| {
            Error::new(ErrorKind::Incompatible, format!("{what} is a newer program's"))
                .hint("use that program")
        })
    }

    /// Every content that a checkpoint needs.
    pub(crate) fn needed_by_checkpoints(&self) -> Result<HashSet<ContentHash>> {
        let all: Vec<Checkpoint> = self.keep.versions.look(|table| table.checkpoints().cloned().collect());
        let mut needed = HashSet::new();
        for checkpoint in all {
            needed.insert(checkpoint.manifest);
            let manifest = self.manifest_of(&checkpoint)?;
            needed.extend(manifest.files.values().map(|file| file.hash));
        }
        Ok(needed)
    }

    fn checkpoint_of_attempt(&self, act: &Act) -> Option<Checkpoint> {
        let id = act.attempt.id().filter(|_| act.attempt.is_again())?;
        let made = |checkpoint: &&Checkpoint| checkpoint.attempt.as_deref() == Some(id);
        self.keep.versions.look(|table| table.checkpoints().find(made).cloned())
    }

    fn check_tags(&self, tags: &[String], own: Option<&str>) -> Result<()> {
        let is_plain = |tag: &&String| {
            let usual = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            !tag.is_empty() && tag.chars().count() <= LONGEST_TAG && tag.chars().all(usual)
        };
        if tags.len() > MOST_TAGS {
            return Err(Error::new(ErrorKind::Invalid, format!("a checkpoint has at most {MOST_TAGS} tags")));
        }
        if let Some(bad) = tags.iter().find(|tag| !is_plain(tag)) {
            let what = format!("`{bad}` is no tag: letters, digits, `-`, `_` and `.`, at most {LONGEST_TAG}");
            return Err(Error::new(ErrorKind::Invalid, what));
        }
        let taken = |tag: &&String| {
            self.keep.versions.look(|table| {
                table.checkpoint(tag).is_some_and(|checkpoint| Some(checkpoint.id.as_str()) != own)
            })
        };
        match tags.iter().find(taken) {
            Some(tag) => {
                Err(Error::new(ErrorKind::Conflict, format!("another checkpoint is called `{tag}`"))
                    .hint("choose another tag, or take that one away first"))
            }
            None => Ok(()),
        }
    }

    fn require_kept(&self) -> Result<()> {
        match self.keep.versions.problem() {
            None => Ok(()),
            Some(problem) => Err(Error::new(ErrorKind::Io, format!("checkpoints are not known: {problem}"))
                .hint("put the journal of versions back from a copy, or move it away")),
        }
    }
}

/// A folder as a caller names it; the workspace's own is the empty path.
pub(crate) fn folder_path(path: &str) -> Result<String> {
    match path.strip_suffix('/').unwrap_or(path) {
        "" | "." => Ok(String::new()),
        path => Ok(crate::files::own_path(path)?.to_string()),
    }
}

pub(crate) fn info(checkpoint: &Checkpoint) -> CheckpointInfo {
    let Checkpoint { id, files, bytes, seq, at_ms, by, note, tags, .. } = checkpoint.clone();
    CheckpointInfo { id, at: rfc3339(at_ms), by, note, tags, files, bytes, seq }
}

fn changed_file(path: &DocPath, changed: Changed) -> ChangedFile {
    let hex = |file: FileAt| Some(file.hash.to_string());
    let (change, before, after) = match changed {
        Changed::Created(new) => (FileChange::Created, None, hex(new)),
        Changed::Removed(old) => (FileChange::Removed, hex(old), None),
        Changed::Modified(old, new) => (FileChange::Modified, hex(old), hex(new)),
    };
    ChangedFile { path: path.to_string(), change, before, after }
}

/// The permissions of most files, which a manifest leaves out.
const USUAL: u32 = 0o644;

/// The permissions of a file, as a manifest has them.
#[cfg(unix)]
fn mode_of(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    let mode = std::fs::symlink_metadata(path).map_or(USUAL, |meta| meta.mode() & 0o777);
    if mode == USUAL { 0 } else { mode }
}

#[cfg(not(unix))]
fn mode_of(_: &Path) -> u32 {
    0
}

/// Gives a file the permissions that a manifest has for it.
#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if mode == 0 { USUAL } else { mode & 0o777 };
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
