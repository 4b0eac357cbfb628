//! Whole folders, made, copied and removed through the API; and copies of files.
//!
//! Invariant: as for files: all or nothing, durable when it returns, and in the index by one commit. A copy is made apart and put in its place
//! in one step; what is removed is taken away in one step and deleted afterwards. Nobody writes below a folder while it is changed.
//! Not here: moving (`files`, which moves both).

use crate::files::own_path;
use crate::refusal::exists;
use crate::{Engine, Error, Result};
use corpus::DocPath;
use files::{Kind, Over};
use std::io;

/// Where in a temporary folder the thing itself lies: a folder that is made there is its user's as any other, which the temporary one is not.
const INSIDE: &str = "it";

impl Engine {
    /// Makes a folder and those above it. Returns whether it is new.
    ///
    /// # Errors
    /// When something else is there, or the path leads out of the workspace.
    pub fn make_folder(&self, path: &str) -> Result<bool> {
        let path = own_path(path)?;
        let _turn = self.turns.take(&[&path]);
        self.change(self.folder.files.make_folder(&path))
    }

    /// Removes a folder: an empty one, or with all that it holds, indexed or not. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Conflict`](crate::ErrorKind::Conflict) when it is not empty and was to be; or when the path
    /// leads out of the workspace.
    pub fn remove_folder(&self, path: &str, with_contents: bool) -> Result<u64> {
        let path = own_path(path)?;
        let _turn = self.turns.take(&[&path]);
        if !with_contents {
            self.look(self.folder.files.remove_folder(&path))?;
            return self.commit_paths(vec![path]);
        }
        // What cannot be deleted is left to the next opening, which sweeps.
        let gone = tempfile::Builder::new().prefix("gone-").tempdir_in(self.layout.temporary())?;
        self.look(self.folder.files.take_folder(&path, &gone.path().join(INSIDE)))?;
        self.commit_paths(vec![path])
    }

    /// Copies a file or a folder, with all that it holds, to a path where nothing is, making the folders above it. Returns the commit that shows
    /// it.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`Conflict`](crate::ErrorKind::Conflict) when something is at `to`; when a folder holds what
    /// cannot be copied, a link or a device, which is named; or when a path leads out of the workspace.
    pub fn copy(&self, from: &str, to: &str) -> Result<u64> {
        let (from, to) = (own_path(from)?, own_path(to)?);
        let _turn = self.turns.take(&[&from, &to]);
        if self.folder.files.stat(&to).is_ok() {
            return Err(exists(self.root(), &to));
        }
        match self.look(self.folder.files.stat(&from))?.kind {
            Kind::Folder => self.copy_folder(&from, &to)?,
            _ => self.copy_file(&from, &to)?,
        }
        self.commit_paths(vec![to])
    }

    fn copy_folder(&self, from: &DocPath, to: &DocPath) -> Result<()> {
        let copy = tempfile::Builder::new().prefix("copy-").tempdir_in(self.layout.temporary())?;
        let copied = copy.path().join(INSIDE);
        self.look(self.folder.files.copy_folder(from, to, &copied))?;
        self.change(self.folder.files.place_folder(&copied, to))
    }

    fn copy_file(&self, from: &DocPath, to: &DocPath) -> Result<()> {
        let (mut file, _) = self.look(self.folder.files.open_file(from))?;
        let mut copy = tempfile::Builder::new().prefix("copy-").tempfile_in(self.layout.temporary())?;
        // By the system itself where it can: without reading, and without using room twice.
        let copied = io::copy(&mut file, copy.as_file_mut()).and_then(|_| copy.as_file().sync_all());
        copied.map_err(|error| Error::from(error).at(from.to_fs(self.root())))?;
        let copy = copy.into_temp_path();
        self.change(self.folder.files.place(&copy, to, Over::Nothing))
    }
}
