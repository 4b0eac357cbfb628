//! Restoring: the files of a checkpoint put back in their places, all of them or none.
//!
//! Invariant: a checkpoint of what is there is made first, so that a restore can be undone. Then one durable record says what is to be: before it nothing
//! has changed, from it on the restore comes to its end, by this owner or by the next one before it lets anybody in. Whatever a step finds done it
//! leaves, so a restore may be begun again at any point. Files that neither the checkpoint nor the one before it has are not touched. The next owner
//! passes over what it cannot restore, says so for as long as no other restore is made, and does not try again: nobody is kept out for good.
//! Not here: making checkpoints (`checkpoint`).

use crate::audit;
use crate::checkpoint::{folder_path, set_mode};
use crate::doctor::Finding;
use crate::folders::COPY;
use crate::keep::kept;
use crate::provenance::now_ms;
use crate::{Act, Config, Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath, PathSet};
use custody::Actor;
use custody::NewEvent;
use custody::audit::Doing;
use custody::versions::{Changed, FileAt, How, Record, Restore, Unrestored, Version};
use files::{Find, Kind, Page};
use ingest::NoProgress;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// What a restore came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The checkpoint whose files stand there now.
    pub checkpoint: String,
    /// The checkpoint of what stood there before: restoring it undoes this.
    pub before: String,
    /// Files that were written.
    pub written: u64,
    /// Files that were removed.
    pub removed: u64,
    /// The commit that shows it.
    pub seq: u64,
}

impl Engine {
    /// Puts the files of a checkpoint, by its id or a tag, back in their places, at `path` and below it; the empty path is the whole workspace. What is
    /// there and was not then is removed. Nobody writes through the program meanwhile.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such checkpoint, or it has nothing at `path` and nothing is there;
    /// [`Conflict`](ErrorKind::Conflict) when something that is no part of the workspace is in the way; [`Io`](ErrorKind::Io) when a content is
    /// damaged, or the disk refuses. Nothing has changed then, unless the disk refuses half way: then the restore comes to its end when the
    /// workspace is opened next.
    pub fn restore_checkpoint(&self, name: &str, path: &str, act: &Act) -> Result<Restored> {
        let path = folder_path(path)?;
        let _alone = self.turns.take_all();
        if let Some(done) = self.restore_of_attempt(act) {
            return Ok(done);
        }
        let checkpoint = self.find_checkpoint(name)?;
        let target = self.manifest_of(&checkpoint)?;
        let note = format!("before {} was restored", checkpoint.id);
        // Without the attempt: it is this restore's.
        let (before, now) = self.checkpoint_now(&note, &[], &Act::of(act.by.clone()), true)?;
        self.noted(Doing::CheckpointRestore, &path, act, |noting| {
            let changes = now.changes_to(&target, &path);
            let changed: Vec<&DocPath> = changes.iter().map(|(path, _)| path).collect();
            let is_anything = [&target, &now].iter().any(|files| files.under(&path).next().is_some());
            let ready = self.permit(act, &changed).and_then(|permit| {
                if !is_anything {
                    return Err(nothing_at(&checkpoint.id, &path));
                }
                self.refuse_obstacles(&changes)?;
                self.check_contents(&changes)?;
                Ok(permit)
            });
            let _permit = ready.inspect_err(|_| self.forget_checkpoint(&before.id))?;
            noting.begin(Some(before.id.clone()), Some(checkpoint.id.clone()))?;
            noting.wait()?;
            let _acting = self.events.act(&changed, &act.by);
            let restored = self.begin_restore((&checkpoint.id, &before.id), &path, &changes, act)?;
            self.drop_old_undos().unwrap_or_else(|error| {
                tracing::warn!(%error, "checkpoints of earlier restores are dropped later");
            });
            Ok(restored)
        })
    }

    /// Of a restore that came to nothing there is nothing to undo.
    fn forget_checkpoint(&self, id: &str) {
        if let Err(error) = self.keep.versions.note_unsynced(&[Record::Deleted { id: id.to_owned() }]) {
            tracing::warn!(%error, id, "a checkpoint is left that nothing was changed after");
        }
    }

    /// From here on it comes to its end.
    fn begin_restore(
        &self,
        (checkpoint, before): (&str, &str),
        path: &str,
        changes: &[(DocPath, Changed)],
        act: &Act,
    ) -> Result<Restored> {
        let restore = Restore {
            checkpoint: checkpoint.to_owned(),
            before: before.to_owned(),
            path: path.to_owned(),
            at_ms: now_ms(),
            by: act.by.clone(),
            attempt: act.attempt.id().map(str::to_owned),
        };
        self.keep.versions.note(&[Record::Restoring(restore.clone())])?;
        self.carry_out(&restore, changes, &mut Refused::Ends)
    }

    /// Brings to its end what the last owner began, as far as it can be.
    pub(crate) fn finish_restore(&self) -> Result<()> {
        let Some(restore) = self.keep.versions.look(|table| table.restoring().cloned()) else {
            return Ok(());
        };
        tracing::info!(checkpoint = %restore.checkpoint, "going on with a restore that was cut short");
        let mut refused = Refused::Told(Vec::new());
        match self.changes_of(&restore) {
            Ok(changes) => {
                let paths: Vec<&DocPath> = changes.iter().map(|(path, _)| path).collect();
                let _acting = self.events.act(&paths, &restore.by);
                self.carry_out(&restore, &changes, &mut refused)?;
            }
            Err(error) => {
                refused.admit(self, &restore.path, Err(error))?;
                self.keep.versions.note(&[Record::Restored { unrestored: refused.told() }])?;
            }
        }
        self.note_finished(&restore, &refused.told());
        Ok(())
    }

    fn note_finished(&self, restore: &Restore, unrestored: &[Unrestored]) {
        let is_it = |act: &audit::Act| {
            act.doing == Doing::CheckpointRestore
                && (act.before.as_ref(), act.after.as_ref())
                    == (Some(&restore.before), Some(&restore.checkpoint))
        };
        let mut detail =
            "its process ended before it was done; the next one brought it to its end".to_owned();
        if !unrestored.is_empty() {
            tracing::error!(checkpoint = %restore.checkpoint, "files could not be restored: {}", listed(unrestored));
            detail = format!("{detail}, but for {}", listed(unrestored));
        }
        self.note_end_of(is_it, detail);
    }

    /// What the last restore could not restore and what to do about it, if that is so.
    pub(crate) fn restore_problem(&self) -> Option<String> {
        let (unrestored, last) =
            self.keep.versions.look(|table| (table.unrestored().to_vec(), table.restored().cloned()));
        let last = last.filter(|_| !unrestored.is_empty())?;
        let Restore { checkpoint, before, .. } = last;
        Some(format!(
            "a restore of {checkpoint} was cut short, and some of it could not be made: {}; these files are as they \
             were. `workroom checkpoint restore {before}` puts back what was there before it",
            listed(&unrestored)
        ))
    }

    /// Whether the last restore was made as a whole.
    pub(crate) fn check_restores(&self) -> Finding {
        let problem = self.restore_problem();
        let ok = problem.is_none();
        let details = vec![problem.unwrap_or_else(|| "none was made in part".to_owned())];
        Finding { check: "restores".to_owned(), ok, details }
    }

    fn changes_of(&self, restore: &Restore) -> Result<Vec<(DocPath, Changed)>> {
        let target = self.manifest_of(&self.find_checkpoint(&restore.checkpoint)?)?;
        let before = self.manifest_of(&self.find_checkpoint(&restore.before)?)?;
        Ok(before.changes_to(&target, &restore.path))
    }

    /// Does what is left to be done of a restore.
    fn carry_out(
        &self,
        restore: &Restore,
        changes: &[(DocPath, Changed)],
        refused: &mut Refused,
    ) -> Result<Restored> {
        let (mut written, mut removed, mut versions) = (0, 0, Vec::new());
        // First what is in the way of others.
        for (path, change) in changes {
            if matches!(change, Changed::Removed(_)) {
                removed += refused.admit(self, path.as_str(), self.remove_for(path, &restore.by))?;
            }
        }
        self.prune(
            changes.iter().filter(|(_, change)| matches!(change, Changed::Removed(_))).map(|(path, _)| path),
        );
        for (path, change) in changes {
            if let Changed::Created(file) | Changed::Modified(_, file) = change
                && refused.admit(self, path.as_str(), self.write_for(path, file))? > 0
            {
                written += 1;
                versions.push(self.restored_version(path, file, restore));
            }
        }
        // All of it at once, rather than file by file: until then the record stands that has it done again.
        self.folder.files.sync_all().map_err(|error| Error::from(error).at(self.root()))?;
        self.index(&NoProgress)?;
        let seq = self.index.documents().seq().0;
        let unrestored = refused.told();
        let n_unrestored = unrestored.len();
        versions.push(Record::Restored { unrestored });
        self.keep.versions.note(&versions)?;
        let Restore { checkpoint, before, path, by, .. } = restore.clone();
        let mut data =
            json!({ "checkpoint": checkpoint, "before": before, "written": written, "removed": removed });
        if n_unrestored > 0 {
            data["unrestored"] = n_unrestored.into();
        }
        self.tell(NewEvent::new("checkpoint.restored").at(path).by(&by).data(data));
        Ok(Restored { checkpoint, before, written, removed, seq })
    }

    /// Removes a file, if it is there.
    fn remove_for(&self, path: &DocPath, by: &Actor) -> Result<()> {
        // What is a folder by now holds what was to be there instead.
        if !self.folder.files.stat(path).is_ok_and(|entry| entry.kind == Kind::File) {
            return Ok(());
        }
        // An editor may have written it since the checkpoint before.
        self.preserve(path)?;
        self.look(self.folder.files.remove_file(path))?;
        self.note_gone(path, by);
        self.keep.gone(path);
        Ok(())
    }

    /// Writes a file as the checkpoint has it, unless it is so.
    fn write_for(&self, path: &DocPath, file: &FileAt) -> Result<()> {
        if !self.holds(path, &file.hash) {
            self.preserve(path)?;
            let copy = self.unpacked(path, file)?;
            self.change(self.folder.files.replace(&copy, path))?;
        }
        Ok(set_mode(&path.to_fs(self.root()), file.mode)?)
    }

    fn holds(&self, path: &DocPath, hash: &ContentHash) -> bool {
        let Ok((file, _)) = self.folder.files.open_file(path) else { return false };
        ContentHash::of_reader(file).is_ok_and(|found| found == *hash)
    }

    /// A content in a temporary file, not synced.
    fn unpacked(&self, path: &DocPath, file: &FileAt) -> Result<tempfile::TempPath> {
        let mut copy = tempfile::Builder::new().prefix(COPY).tempfile_in(self.layout.temporary())?;
        let what = format!("version {} of `{path}`", file.hash);
        kept(&what, self.keep.contents.copy_to(&file.hash, copy.as_file_mut()))?;
        Ok(copy.into_temp_path())
    }

    /// Removes folders that hold nothing any more, now that these files are gone.
    fn prune<'a>(&self, gone: impl Iterator<Item = &'a DocPath>) {
        let above = |path: &DocPath| -> Vec<String> {
            let path = path.as_str();
            path.match_indices('/').filter_map(|(at, _)| path.get(..at)).map(str::to_owned).collect()
        };
        let folders: BTreeSet<String> = gone.flat_map(above).collect();
        // The innermost first. One that holds something stays, which is no failure.
        for folder in folders.iter().rev().filter_map(|folder| DocPath::new(folder).ok()) {
            drop(self.folder.files.remove_folder(&folder));
        }
    }

    fn restored_version(&self, path: &DocPath, file: &FileAt, restore: &Restore) -> Record {
        let (hash, bytes) = (file.hash, file.bytes);
        let by = Some(restore.by.clone());
        let is = Version { hash, bytes, at_ms: restore.at_ms, how: How::Restored, by };
        Record::Version { path: path.to_string(), is }
    }

    /// Refuses a restore that something stands in the way of which it may not remove.
    fn refuse_obstacles(&self, changes: &[(DocPath, Changed)]) -> Result<()> {
        let removed: BTreeSet<&DocPath> = changes
            .iter()
            .filter(|(_, change)| matches!(change, Changed::Removed(_)))
            .map(|(path, _)| path)
            .collect();
        for (path, _) in changes.iter().filter(|(_, change)| matches!(change, Changed::Created(_))) {
            let obstacle = match self.folder.files.stat(path) {
                Ok(entry) if entry.kind == Kind::File => None,
                Ok(entry) if entry.kind == Kind::Folder => self.stays_in(path, &removed)?,
                Ok(_) => Some(path.to_string()),
                Err(files::Error::NotFound(_)) => None,
                Err(files::Error::Below { file, .. }) if removed.contains(&file) => None,
                Err(error) => {
                    return Err(self
                        .change::<()>(Err(error))
                        .err()
                        .unwrap_or_else(|| in_the_way(path.as_str())));
                }
            };
            if let Some(obstacle) = obstacle {
                return Err(in_the_way(&obstacle));
            }
        }
        Ok(())
    }

    /// Something in a folder that the restore does not remove.
    fn stays_in(&self, folder: &DocPath, removed: &BTreeSet<&DocPath>) -> Result<Option<String>> {
        const AT_ONCE: usize = 1024;
        let (mut page, all) = (Page::first(AT_ONCE), PathSet::all());
        loop {
            let find = Find { folder: Some(folder), depth: usize::MAX, pattern: None, within: &all };
            let found = self.look(self.folder.files.find(&find, &page))?;
            let goes = |path: &str| DocPath::new(path).is_ok_and(|path| removed.contains(&path));
            let stays =
                found.entries.into_iter().find(|entry| entry.kind != Kind::Folder && !goes(&entry.path));
            page.after = found.next;
            if stays.is_some() || page.after.is_none() {
                return Ok(stays.map(|entry| entry.path));
            }
        }
    }

    /// Makes sure that all that is to be written can be.
    fn check_contents(&self, changes: &[(DocPath, Changed)]) -> Result<()> {
        for (path, change) in changes {
            if let Changed::Created(file) | Changed::Modified(_, file) = change {
                let what = format!("version {} of `{path}`", file.hash);
                kept(&what, self.keep.contents.copy_to(&file.hash, &mut std::io::sink()))?;
            }
        }
        Ok(())
    }

    /// What an earlier attempt at a restore came to.
    fn restore_of_attempt(&self, act: &Act) -> Option<Restored> {
        let id = act.attempt.id().filter(|_| act.attempt.is_again())?;
        let last = self.keep.versions.look(|table| table.restored().cloned())?;
        let done = last.attempt.as_deref() == Some(id);
        done.then(|| self.outcome_of(&last)).and_then(Result::ok)
    }

    /// What the restore that came to its end last came to.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none.
    pub fn last_restore(&self) -> Result<Restored> {
        let last = self.keep.versions.look(|table| table.restored().cloned());
        let none = || Error::new(ErrorKind::NotFound, "nothing was restored");
        self.outcome_of(&last.ok_or_else(none)?)
    }

    fn outcome_of(&self, restore: &Restore) -> Result<Restored> {
        let changes = self.changes_of(restore)?;
        let removed =
            changes.iter().filter(|(_, change)| matches!(change, Changed::Removed(_))).count() as u64;
        Ok(Restored {
            checkpoint: restore.checkpoint.clone(),
            before: restore.before.clone(),
            written: changes.len() as u64 - removed,
            removed,
            seq: self.index.documents().seq().0,
        })
    }

    /// Makes a new workspace of the files of a checkpoint, with the settings of this one, in a folder that is not there or empty. Returns how many files it
    /// has. It is no workspace before it has all of them.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such checkpoint, [`Conflict`](ErrorKind::Conflict) when there is something in the folder,
    /// and as [`Engine::restore_checkpoint`].
    pub fn branch_checkpoint(&self, name: &str, folder: &Path) -> Result<u64> {
        let manifest = self.manifest_of(&self.find_checkpoint(name)?)?;
        // What it needs must be there to the end.
        let _held = self.keep.hold();
        fs_err::create_dir_all(folder)?;
        let folder = fs_err::canonicalize(folder)?;
        if folder.starts_with(self.root()) {
            let what = format!("{} lies in the workspace", folder.display());
            return Err(Error::new(ErrorKind::Invalid, what).at(folder).hint("name a folder outside of it"));
        }
        if fs_err::read_dir(&folder)?.next().is_some() {
            let what = format!("{} is not empty", folder.display());
            return Err(Error::new(ErrorKind::Conflict, what)
                .at(folder)
                .hint("name a folder that is not there yet"));
        }
        for (path, file) in &manifest.files {
            let at = path.to_fs(&folder);
            at.parent().map_or(Ok(()), fs_err::create_dir_all)?;
            let mut to = fs_err::File::create_new(&at)?;
            let what = format!("version {} of `{path}`", file.hash);
            kept(&what, self.keep.contents.copy_to(&file.hash, &mut to))?;
            set_mode(&at, file.mode)?;
        }
        files::sync_all(&folder).map_err(|error| Error::from(error).at(&folder))?;
        Self::init_with(&folder, &Config { archived: false, ..self.config.clone() })?;
        Ok(manifest.files.len() as u64)
    }
}

/// What becomes of a restore when something of it is refused.
enum Refused {
    /// It ends, for its caller to hear of it; the next owner goes on with it.
    Ends,
    /// It goes on without that, which is told.
    Told(Vec<Unrestored>),
}

impl Refused {
    /// So many are listed by name.
    const MOST: usize = 100;

    /// How many files a step has changed, if the restore goes on.
    fn admit(&mut self, engine: &Engine, path: &str, step: Result<()>) -> Result<u64> {
        match (step, self) {
            (Ok(()), _) => Ok(1),
            (Err(error), Self::Ends) => Err(error),
            (Err(error), Self::Told(all)) => {
                all.push(Unrestored { path: path.to_owned(), why: engine.told(&error) });
                Ok(0)
            }
        }
    }

    fn told(&self) -> Vec<Unrestored> {
        let Self::Told(all) = self else { return Vec::new() };
        let mut told: Vec<Unrestored> = all.iter().take(Self::MOST).cloned().collect();
        if let Some(more) = all.len().checked_sub(Self::MOST).filter(|more| *more > 0) {
            told.push(Unrestored { path: String::new(), why: format!("{more} more files") });
        }
        told
    }
}

/// Files that could not be restored, in words: the first of them.
fn listed(unrestored: &[Unrestored]) -> String {
    const SHOWN: usize = 10;
    let one = |Unrestored { path, why }: &Unrestored| match path.is_empty() {
        true => why.clone(),
        false => format!("`{path}` ({why})"),
    };
    let mut shown: Vec<String> = unrestored.iter().take(SHOWN).map(one).collect();
    if let Some(more) = unrestored.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

fn nothing_at(checkpoint: &str, path: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("checkpoint {checkpoint} has nothing at `{path}`"))
        .hint("`workroom checkpoint show` lists its files")
}

fn in_the_way(path: &str) -> Error {
    Error::new(
        ErrorKind::Conflict,
        format!("nothing was restored: `{path}` is in the way, and is no part of the workspace"),
    )
    .hint("move it elsewhere, then try again")
}
