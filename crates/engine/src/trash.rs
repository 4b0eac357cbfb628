//! The trash: what was removed through the program, until it is put back or its time has come.
//!
//! Invariant: removing is one rename, into `.workroom/trash/ID/`, and so is putting back: whatever was removed is in its place or in the trash,
//! never in both and never in neither. What it is and who removed it was noted before; what was noted and not done is forgotten at the next opening.
//! Not here: versions of files, which outlive the trash (`keep`).

use crate::attempt::Step;
use crate::audit::{Doing, Noting};
use crate::files::own_path;
use crate::folders::GONE;
use crate::layout::sync_folder;
use crate::provenance::now_ms;
use crate::refusal::exists;
use crate::search::rfc3339;
use crate::{Act, Engine, Error, ErrorKind, Result};
use corpus::{DocPath, PathSet};
use custody::versions::{Record, Trashed, new_id};
use custody::{Actor, Trust};
use files::{Find, Kind, Page};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where in its folder of the trash the thing itself lies.
const INSIDE: &str = "it";

/// Something in the trash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashEntry {
    /// Its id.
    pub id: String,
    /// Where it was.
    pub path: String,
    /// Whether it is a folder, with all that it held.
    pub folder: bool,
    /// What it takes on the disk.
    pub bytes: u64,
    /// When it was removed, RFC 3339, UTC.
    pub at: String,
    /// Who removed it.
    pub by: Actor,
}

impl Engine {
    /// Takes a file or folder away, into the trash where there is one.
    pub(crate) fn throw_away(&self, path: &DocPath, kind: Kind, act: &Act) -> Result<()> {
        if self.config.versions.trash_days == 0 || !self.keep.versions.is_kept() {
            return self.take_away(path, kind, act);
        }
        let trashed = Trashed {
            id: new_id("trash")?,
            path: path.to_string(),
            folder: kind == Kind::Folder,
            bytes: self.bytes_at(path)?,
            at_ms: now_ms(),
            untrusted: self.holds_untrusted(path),
            by: act.by.clone(),
        };
        let folder = self.trash_of(&trashed.id);
        fs_err::create_dir_all(&folder)?;
        sync_folder(&self.layout.dir().join(TRASH))?;
        sync_folder(&self.layout.dir())?;
        let id = trashed.id.clone();
        self.keep.versions.note(&[Record::Trashed(trashed)])?;
        let take = || self.look(self.folder.files.take(path, &folder.join(INSIDE)));
        self.make(&act.attempt, || self.taken(path), take).inspect_err(|_| self.forget_trashed(&id))
    }

    /// For good.
    fn take_away(&self, path: &DocPath, kind: Kind, act: &Act) -> Result<()> {
        if kind != Kind::Folder {
            let remove = || self.look(self.folder.files.remove_file(path));
            return self.make(&act.attempt, || self.taken(path), remove);
        }
        // What cannot be deleted is left to the next opening, which sweeps.
        let gone = tempfile::Builder::new().prefix(GONE).tempdir_in(self.layout.temporary())?;
        let take = || self.look(self.folder.files.take(path, &gone.path().join(INSIDE)));
        self.make(&act.attempt, || self.taken(path), take)
    }

    /// What lies in the trash, the newest first, as far as it was `within`.
    #[must_use]
    pub fn trash(&self, within: &PathSet) -> Vec<TrashEntry> {
        let mut all: Vec<Trashed> = self.keep.versions.look(|table| table.trash().cloned().collect());
        all.retain(|trashed| DocPath::new(&trashed.path).is_ok_and(|path| within.contains(path.as_str())));
        all.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
        all.into_iter().map(entry).collect()
    }

    /// Puts something back where it was, or at `to`, where nothing may be. Returns where it is, and the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is nothing of that id in the trash; [`Conflict`](ErrorKind::Conflict) when something is at
    /// its place.
    pub fn restore_from_trash(&self, id: &str, to: Option<&str>, act: &Act) -> Result<(String, u64)> {
        let found = self.keep.versions.look(|table| table.trash().find(|trashed| trashed.id == id).cloned());
        let Some(trashed) = found else {
            return match to.filter(|_| self.was_made(&act.attempt)) {
                // It was answered for before, and the owner that did it is gone.
                Some(to) => Ok((to.to_owned(), self.commit_paths(vec![own_path(to)?])?)),
                None => Err(not_in_trash(id)),
            };
        };
        let (from, to) = (DocPath::new(&trashed.path)?, own_path(to.unwrap_or(&trashed.path))?);
        let _turn = self.turns.take(&[&to]);
        let _acting = self.events.act(&[&to], &act.by);
        if !self.was_made(&act.attempt) {
            self.noted(Doing::FileRestore, to.as_str(), act, |noting| {
                self.put_back((&trashed, &from), &to, act, noting)
            })?;
        }
        self.forget_trashed(id);
        self.keep.look_at([&to]);
        Ok((to.to_string(), self.commit_paths(vec![to])?))
    }

    fn put_back(
        &self,
        (trashed, from): (&Trashed, &DocPath),
        to: &DocPath,
        act: &Act,
        noting: &mut Noting<'_>,
    ) -> Result<()> {
        let _permit = self.permit(act, &[to])?;
        let inside = self.trash_of(&trashed.id).join(INSIDE);
        if self.folder.files.stat(to).is_ok() {
            return Err(exists(self.root(), to));
        }
        if trashed.untrusted && !act.by.is_owner() {
            self.history.moved((from, to), &act.by, now_ms(), std::slice::from_ref(to))?;
        }
        let step = || Ok(Step::Placed(files::identity_of(&inside)?, to.to_string()));
        noting.begin(None, None)?;
        noting.wait()?;
        self.make(&act.attempt, step, || self.change(self.folder.files.place_folder(&inside, to)))
    }

    /// Deletes these things for good, or all that lies in the trash. Returns how many.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is nothing of one of these ids in the trash, and when the disk refuses.
    pub fn empty_trash(&self, ids: Option<&[String]>, act: &Act) -> Result<usize> {
        let mut all = self.trash(&PathSet::all());
        // Asked again, what is gone already is as it should be.
        if let Some(missing) = ids.into_iter().flatten().find(|id| !all.iter().any(|one| one.id == **id))
            && !act.attempt.is_again()
        {
            return Err(not_in_trash(missing));
        }
        all.retain(|one| ids.is_none_or(|ids| ids.contains(&one.id)));
        for one in &all {
            self.noted(Doing::TrashPurge, &one.path, act, |noting| {
                noting.begin(None, None)?;
                self.delete_trashed(&one.id)
            })?;
        }
        Ok(all.len())
    }

    /// Deletes what has lain in the trash for its time.
    pub(crate) fn empty_old_trash(&self) -> Result<()> {
        let oldest = now_ms().saturating_sub(self.config.versions.trash_ms());
        let old: Vec<String> = self.keep.versions.look(|table| {
            table.trash().filter(|trashed| trashed.at_ms < oldest).map(|trashed| trashed.id.clone()).collect()
        });
        old.iter().try_for_each(|id| self.delete_trashed(id))
    }

    /// Forgets what was to go into the trash and did not, before anybody is let in.
    pub(crate) fn settle_trash(&self) -> Result<()> {
        if !self.keep.versions.is_kept() {
            return Ok(());
        }
        let known: Vec<String> =
            self.keep.versions.look(|table| table.trash().map(|one| one.id.clone()).collect());
        for id in &known {
            if std::fs::symlink_metadata(self.trash_of(id).join(INSIDE)).is_err() {
                self.forget_trashed(id);
            }
        }
        let Ok(entries) = std::fs::read_dir(self.layout.dir().join(TRASH)) else { return Ok(()) };
        for entry in entries.flatten() {
            if !known.iter().any(|id| entry.file_name() == id.as_str()) {
                // If it holds something it stays: the records of it may be what was lost.
                drop(std::fs::remove_dir(entry.path()));
            }
        }
        Ok(())
    }

    fn delete_trashed(&self, id: &str) -> Result<()> {
        // First out of the trash: half of a folder must not be put back. What cannot be deleted is left to the next opening, which sweeps.
        let gone = tempfile::Builder::new().prefix(GONE).tempdir_in(self.layout.temporary())?;
        match fs_err::rename(self.trash_of(id), gone.path().join(INSIDE)) {
            Ok(()) => sync_folder(&self.layout.dir().join(TRASH))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.keep.versions.note(&[Record::Untrashed { id: id.to_owned() }])?)
    }

    /// It is not in the trash, or not any more.
    fn forget_trashed(&self, id: &str) {
        let noted = self.keep.versions.note(&[Record::Untrashed { id: id.to_owned() }]);
        if let Err(error) = noted {
            tracing::warn!(%error, "the next opening finds out that something is not in the trash");
        }
        // Empty by now; what cannot be deleted is at the next opening.
        drop(std::fs::remove_dir(self.trash_of(id)));
    }

    fn trash_of(&self, id: &str) -> PathBuf {
        self.layout.dir().join(TRASH).join(id)
    }

    /// What a file, or all in a folder, takes on the disk.
    fn bytes_at(&self, path: &DocPath) -> Result<u64> {
        const AT_ONCE: usize = 4096;
        let entry = self.look(self.folder.files.stat(path))?;
        if entry.kind != Kind::Folder {
            return Ok(entry.bytes);
        }
        let (mut page, mut bytes, all) = (Page::first(AT_ONCE), 0, PathSet::all());
        loop {
            let find = Find { folder: Some(path), depth: usize::MAX, pattern: None, within: &all };
            let found = self.look(self.folder.files.find(&find, &page))?;
            bytes += found.entries.iter().map(|entry| entry.bytes).sum::<u64>();
            page.after = found.next;
            if page.after.is_none() {
                return Ok(bytes);
            }
        }
    }

    /// Whether something at a path or below it is labelled so.
    fn holds_untrusted(&self, path: &DocPath) -> bool {
        let snapshot = self.index.documents();
        let docs = snapshot.docs().under(path.as_str()).filter(|doc| doc.container.is_none());
        docs.into_iter().any(|doc| self.label(&doc.path, &doc.hash) == Trust::Untrusted)
    }
}

/// The folder of the trash, in the program's own.
const TRASH: &str = "trash";

fn entry(Trashed { id, path, folder, bytes, at_ms, by, .. }: Trashed) -> TrashEntry {
    TrashEntry { id, path, folder, bytes, at: rfc3339(at_ms), by }
}

fn not_in_trash(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no `{id}` in the trash"))
        .hint("`workroom trash list` shows the ids")
}
