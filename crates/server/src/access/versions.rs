//! Versions, the trash and checkpoints, as far as a principal may.
//!
//! Invariant: a version is a file's: who may not read the file learns nothing of it, and who may not write it restores none. Of a checkpoint a
//! principal is shown what it may read of the files; sizes and counts of all of it only if it may read everything. Making, tagging and deleting one
//! concerns all files, so it needs the right to write all of them.

use super::{Access, Change};
use crate::refusal::{Refusal, Result};
use custody::Right;
use std::fs::File;
use workroom::{
    ChangedFile, CheckpointFile, CheckpointInfo, Condition, FileVersion, Restored, TrashEntry, VersionDiff,
};

/// A page of what there may be much of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows<T> {
    /// In the order of their paths.
    pub(crate) rows: Vec<T>,
    /// Where to go on, if there is more.
    pub(crate) next: Option<String>,
}

impl Access {
    /// The versions of a file, the newest first.
    pub(crate) fn versions(&self, path: &str) -> Result<Vec<FileVersion>> {
        let path = self.readable_path(path)?;
        self.read(path.as_str(), self.acting().versions(path.as_str()))
    }

    /// A version of a file, open for reading; with the whole of its name, and its size.
    pub(crate) fn open_version(&self, path: &str, version: &str) -> Result<(File, String, u64)> {
        let path = self.known_path(path)?;
        self.said(self.acting().open_version(&path, version))
    }

    /// How two versions of a file differ; without the second, how the first differs from what the file holds now.
    pub(crate) fn diff_versions(&self, path: &str, from: &str, to: Option<&str>) -> Result<VersionDiff> {
        let path = self.known_path(path)?;
        self.said(self.acting().diff_versions(&path, from, to))
    }

    /// Puts a version of a file back in its place.
    pub(crate) fn restore_version(&self, path: &str, version: &str, condition: &Condition) -> Result<Change> {
        let path = self.changeable_path(path)?;
        let path = path.as_str();
        // What was never there is told as such, before anything is said of versions.
        self.read(path, self.acting().versions(path))?;
        let created = Some(self.room.workspace.stat(path).is_err());
        let written = match self.acting().restore_version(path, version, condition) {
            Err(error) if error.kind() == workroom::ErrorKind::NotFound => return Err(self.refused(&error)),
            written => self.changed(path, condition, written)?,
        };
        Ok(Change { version: Some(written.version), seq: self.told(written.seq), created })
    }

    /// What lies in the trash and came from where it may read.
    pub(crate) fn trash(&self) -> Result<Vec<TrashEntry>> {
        self.said(self.acting().trash(&self.readable()))
    }

    /// Puts something from the trash back where it was, or elsewhere. Returns where it is.
    pub(crate) fn restore_from_trash(&self, id: &str, to: Option<&str>) -> Result<(String, Change)> {
        let entry = self.trashed(id)?;
        let to = self.changeable_path(to.unwrap_or(&entry.path))?;
        let restored = self.acting().restore_from_trash(id, Some(to.as_str()));
        let (path, seq) = self.changed(to.as_str(), &Condition::Any, restored)?;
        Ok((path, Change { seq: self.told(seq), created: Some(true), ..Change::default() }))
    }

    /// Deletes something in the trash for good, or all of it that it administers.
    pub(crate) fn empty_trash(&self, id: Option<&str>) -> Result<usize> {
        let administers = |entry: &TrashEntry| self.principal.may(Right::Admin, &entry.path);
        let ids: Vec<String> = match id {
            Some(id) => {
                let entry = self.trashed(id)?;
                if !administers(&entry) {
                    return Err(Refusal::forbidden(&self.principal, Right::Admin, &entry.path));
                }
                vec![entry.id]
            }
            None => {
                self.require_admin()?;
                self.trash()?.into_iter().filter(administers).map(|entry| entry.id).collect()
            }
        };
        self.said(self.acting().empty_trash(Some(&ids)))
    }

    fn trashed(&self, id: &str) -> Result<TrashEntry> {
        let found = self.trash()?.into_iter().find(|entry| entry.id == id);
        found.ok_or_else(|| {
            Refusal::new(crate::refusal::Kind::NotFound, format!("there is no `{id}` in the trash"))
                .hint("list the trash for the ids")
        })
    }

    /// Makes a checkpoint of all files.
    pub(crate) fn create_checkpoint(&self, note: &str, tags: &[String]) -> Result<CheckpointInfo> {
        self.require_all()?;
        self.said(self.acting().create_checkpoint(note, tags))
    }

    /// The checkpoints, the newest first.
    pub(crate) fn checkpoints(&self) -> Result<Vec<CheckpointInfo>> {
        if self.readable().is_empty() {
            return Err(Refusal::forbidden(&self.principal, Right::Read, ""));
        }
        let all = self.said(self.acting().checkpoints())?;
        Ok(all.into_iter().map(|checkpoint| self.shown_checkpoint(checkpoint)).collect())
    }

    /// What it may know of a checkpoint: the whole workspace's numbers only if it may read all of it.
    fn shown_checkpoint(&self, checkpoint: CheckpointInfo) -> CheckpointInfo {
        if self.readable().is_all() {
            return checkpoint;
        }
        // A note may name what it may not see.
        let note = if checkpoint.by.principal == self.principal.id { checkpoint.note } else { String::new() };
        CheckpointInfo { files: 0, bytes: 0, seq: 0, note, ..checkpoint }
    }

    /// The files of a checkpoint that it may read.
    pub(crate) fn checkpoint_files(
        &self,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Rows<CheckpointFile>> {
        let page = (after, limit + 1);
        let rows = self.said(self.acting().checkpoint_files(name, &self.readable(), page))?;
        Ok(Rows::of(rows, limit, |file| &file.path))
    }

    /// What became of the files that it may read, from a checkpoint to another one, or to now.
    pub(crate) fn diff_checkpoints(
        &self,
        (from, to): (&str, Option<&str>),
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Rows<ChangedFile>> {
        let page = (after, limit + 1);
        let rows = self.acting().diff_checkpoints((from, to), path, &self.readable(), page);
        Ok(Rows::of(self.said(rows)?, limit, |file| &file.path))
    }

    /// Puts the files of a checkpoint back at a path and below it; the empty path is the whole workspace.
    pub(crate) fn restore_checkpoint(&self, name: &str, path: &str) -> Result<Restored> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = match path {
            "" | "." => {
                self.require_all()?;
                String::new()
            }
            path => self.changeable_path(path)?.to_string(),
        };
        let restored = self.said(self.acting().restore_checkpoint(name, &path))?;
        let seq = self.told(restored.seq).unwrap_or_default();
        Ok(Restored { seq, ..restored })
    }

    /// Gives a checkpoint these tags.
    pub(crate) fn tag_checkpoint(&self, name: &str, tags: &[String]) -> Result<CheckpointInfo> {
        self.require_all()?;
        self.said(self.acting().tag_checkpoint(name, tags))
    }

    /// Deletes a checkpoint.
    pub(crate) fn delete_checkpoint(&self, name: &str) -> Result<CheckpointInfo> {
        if !self.principal.may(Right::Admin, "") {
            return Err(Refusal::forbidden(&self.principal, Right::Admin, ""));
        }
        self.said(self.acting().delete_checkpoint(name))
    }

    /// A path whose versions it may know of, of which there are some.
    fn known_path(&self, path: &str) -> Result<String> {
        let path = self.readable_path(path)?;
        self.read(path.as_str(), self.acting().versions(path.as_str()))?;
        Ok(path.to_string())
    }

    /// What concerns all files needs the right to read and write all of them.
    fn require_all(&self) -> Result<()> {
        let lacking = [Right::Read, Right::Write].into_iter().find(|right| !self.principal.may(*right, ""));
        lacking.map_or(Ok(()), |right| Err(Refusal::forbidden(&self.principal, right, "")))
    }
}

impl<T> Rows<T> {
    fn of(mut rows: Vec<T>, limit: usize, path: impl Fn(&T) -> &String) -> Self {
        let is_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| is_more).map(|row| path(row).clone());
        Self { rows, next }
    }
}
