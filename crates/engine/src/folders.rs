//! Whole folders, made, copied and removed through the API; and copies of files.
//!
//! Invariant: as for files: all or nothing, durable when it returns, and in the index by one commit. A copy is made apart and put in its place
//! in one step; what is removed is taken away in one step and deleted afterwards. Nobody writes below a folder while it is changed.
//! Not here: moving (`files`, which moves both).

use crate::attempt::Step;
use crate::audit::{Doing, Noting};
use crate::files::own_path;
use crate::refusal::exists;
use crate::{Act, Engine, Error, Result};
use corpus::{ContentHash, DocPath};
use files::{Kind, Over};
use std::io;
use std::path::Path;

/// Where in a temporary folder the thing itself lies: a folder that is made there is its user's as any other, which the temporary one is not.
const INSIDE: &str = "it";
/// How the names of what only an owner makes there begin.
pub(crate) const OWNERS: [&str; 3] = [GONE, COPY, PAST];
pub(crate) const GONE: &str = "gone-";
pub(crate) const COPY: &str = "copy-";
/// Indexes of what files held before.
pub(crate) const PAST: &str = "past-";

impl Engine {
    /// Makes a folder and those above it. Returns whether it is new.
    ///
    /// # Errors
    /// When something else is there, or the path leads out of the workspace.
    pub fn make_folder(&self, path: &str, act: &Act) -> Result<bool> {
        let path = self.note_refused(Doing::FolderMake, path, act, own_path(path))?;
        let _turn = self.turns.take(&[&path]);
        let _acting = self.events.act(&[&path], &act.by);
        self.noted(Doing::FolderMake, path.as_str(), act, |noting| {
            let make = || self.change(self.folder.files.make_folder(&path));
            if self.folder.files.stat(&path).is_ok() {
                // What is there is synced, with the folders above it.
                return Ok(make()? || self.was_made(&act.attempt));
            }
            let _permit = self.permit(act, &[&path])?;
            noting.begin(None, None)?;
            noting.wait()?;
            self.make(&act.attempt, || Ok(Step::Made(path.to_string())), make)
        })
    }

    /// Removes a folder: an empty one, or with all that it holds, indexed or not. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Conflict`](crate::ErrorKind::Conflict) when it is not empty and was to be; or when the path
    /// leads out of the workspace.
    pub fn remove_folder(&self, path: &str, with_contents: bool, act: &Act) -> Result<u64> {
        let path = self.note_refused(Doing::FolderRemove, path, act, own_path(path))?;
        let _turn = self.turns.take(&[&path]);
        let _acting = self.events.act(&[&path], &act.by);
        if !self.was_made(&act.attempt) {
            self.noted(Doing::FolderRemove, path.as_str(), act, |noting| {
                let _permit = self.permit(act, &[&path])?;
                noting.begin(None, None)?;
                noting.wait()?;
                self.take_folder(&path, with_contents, act)
            })?;
        }
        // Of an empty one nobody wrote anything. An owner that took it away and ended may not have come to note it.
        if with_contents {
            self.note_gone(&path, &act.by);
            self.keep.gone(&path);
        }
        self.commit_paths(vec![path])
    }

    fn take_folder(&self, path: &DocPath, with_contents: bool, act: &Act) -> Result<()> {
        if !with_contents {
            let change = || self.look(self.folder.files.remove_folder(path));
            return self.make(&act.attempt, || self.taken(path), change);
        }
        if self.look(self.folder.files.stat(path))?.kind != Kind::Folder {
            // It says what is wrong with it.
            return self.look(self.folder.files.remove_folder(path));
        }
        self.preserve_below(path)?;
        self.throw_away(path, Kind::Folder, act)
    }

    /// Copies a file or a folder, with all that it holds, to a path where nothing is, making the folders above it. Returns the commit that shows
    /// it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Conflict`](crate::ErrorKind::Conflict) when something is at `to`; when a folder holds what
    /// cannot be copied, a link or a device, which is named; or when a path leads out of the workspace.
    pub fn copy(&self, from: &str, to: &str, act: &Act) -> Result<u64> {
        let paths = own_path(from).and_then(|from| Ok((from, own_path(to)?)));
        let (from, to) = self.note_refused(Doing::FileCopy, from, act, paths)?;
        let _turn = self.turns.take(&[&from, &to]);
        let _acting = self.events.act(&[&from, &to], &act.by);
        if self.was_made(&act.attempt) {
            return self.commit_paths(vec![to]);
        }
        self.noted(Doing::FileCopy, from.as_str(), act, |noting| {
            noting.to(to.as_str());
            let _permit = self.permit(act, &[&to])?;
            if self.folder.files.stat(&to).is_ok() {
                return Err(exists(self.root(), &to));
            }
            match self.look(self.folder.files.stat(&from))?.kind {
                Kind::Folder => self.copy_folder(&from, &to, act, noting),
                _ => self.copy_file(&from, &to, act, noting),
            }
        })?;
        self.keep.look_at([&to]);
        self.commit_paths(vec![to])
    }

    fn copy_folder(&self, from: &DocPath, to: &DocPath, act: &Act, noting: &mut Noting<'_>) -> Result<()> {
        let copy = tempfile::Builder::new().prefix(COPY).tempdir_in(self.layout.temporary())?;
        let copied = copy.path().join(INSIDE);
        self.look(self.folder.files.copy_folder(from, to, &copied))?;
        noting.begin(None, None)?;
        self.note_copied((from, to), versions_below(&copied)?, &act.by)?;
        noting.wait()?;
        let place = || self.change(self.folder.files.place_folder(&copied, to));
        self.make(&act.attempt, || placed(&copied, to), place).inspect_err(|_| self.note_gone(to, &act.by))
    }

    fn copy_file(&self, from: &DocPath, to: &DocPath, act: &Act, noting: &mut Noting<'_>) -> Result<()> {
        let (mut file, _) = self.look(self.folder.files.open_file(from))?;
        let mut copy = tempfile::Builder::new().prefix(COPY).tempfile_in(self.layout.temporary())?;
        // By the system itself where it can: without reading, and without using room twice.
        let copied = io::copy(&mut file, copy.as_file_mut()).and_then(|_| copy.as_file().sync_all());
        copied.map_err(|error| Error::from(error).at(from.to_fs(self.root())))?;
        let copy = copy.into_temp_path();
        let versions = versions_below(&copy)?;
        let version = versions.first().map(|(_, version)| version.to_string());
        noting.begin(version.clone(), version)?;
        self.note_copied((from, to), versions, &act.by)?;
        noting.wait()?;
        let place = || self.change(self.folder.files.place(&copy, to, Over::Nothing));
        self.make(&act.attempt, || placed(&copy, to), place).inspect_err(|_| self.note_gone(to, &act.by))
    }
}

/// The version of a copied file, or of each in a copied folder by its path below it.
fn versions_below(copy: &Path) -> Result<Vec<(String, ContentHash)>> {
    let version = |file: &Path| fs_err::File::open(file).and_then(ContentHash::of_reader);
    if copy.is_file() {
        return Ok(vec![(String::new(), version(copy)?)]);
    }
    let (mut files, mut folders) = (Vec::new(), vec![(copy.to_path_buf(), String::new())]);
    while let Some((folder, below)) = folders.pop() {
        for entry in fs_err::read_dir(folder)? {
            let entry = entry?;
            let below = format!("{below}/{}", entry.file_name().to_string_lossy());
            match entry.file_type()?.is_dir() {
                true => folders.push((entry.path(), below)),
                false => files.push((below, version(&entry.path())?)),
            }
        }
    }
    Ok(files)
}

/// The step by which a copy comes into its place.
fn placed(copy: &Path, to: &DocPath) -> Result<Step> {
    Ok(Step::Placed(files::identity_of(copy)?, to.to_string()))
}
