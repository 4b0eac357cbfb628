//! The workspace's folder as it is on the disk, for any process to read.
//!
//! Invariant: what is read is what stands there at the call, whether the index knows it or not, and no path and no link leads out of it.
//! Not here: changes (`files`, `folders`), what was made of the files (`show`).

use crate::files::own_path;
use crate::layout::WORKROOM_DIR;
use crate::refusal::{Access, refused};
use crate::spool::SpoolWriter;
use crate::{Error, Result};
use corpus::{ContentHash, DocPath, PathSet};
use files::{Entry, Files, Find, Found, Page, Pattern};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folder of a workspace, open for reading.
pub struct Folder {
    root: PathBuf,
    pub(crate) files: Files,
}

impl Folder {
    /// Opens the folder at `root`, an absolute path without links.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(root: &Path) -> Result<Self> {
        let files = Files::open(root, WORKROOM_DIR).map_err(|error| Error::from(error).at(root))?;
        Ok(Self { root: root.to_path_buf(), files })
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), or when the path leads out of the workspace or is no file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let (mut file, entry) = self.open_file(path)?;
        let mut bytes = Vec::with_capacity(usize::try_from(entry.bytes).unwrap_or(0).min(1 << 24));
        file.read_to_end(&mut bytes).map_err(|error| Error::from(error).at(self.root.join(path)))?;
        Ok(bytes)
    }

    /// A file, open for reading, and what it is.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn open_file(&self, path: &str) -> Result<(File, Entry)> {
        self.said(self.files.open_file(&own_path(path)?))
    }

    /// The version of a file of any size, without holding it in memory.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn version(&self, path: &str) -> Result<String> {
        let (file, _) = self.open_file(path)?;
        let version = ContentHash::of_reader(file);
        Ok(version.map_err(|error| Error::from(error).at(self.root.join(path)))?.to_string())
    }

    /// What stands at a path; the empty path is the workspace's folder itself.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub fn stat(&self, path: &str) -> Result<Entry> {
        match folder_path(path)? {
            None => self.said(self.files.stat_root()),
            // A file's name has no slash at its end.
            Some(_) => self.said(self.files.stat(&own_path(path)?)),
        }
    }

    /// The entries of a folder that lie in `within` or lead there, by name; the empty path is the workspace's folder itself.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound), or when it is no folder, or leads out of the workspace.
    pub fn list(&self, folder: &str, within: &PathSet, page: &Page) -> Result<Found> {
        self.tree(folder, 1, within, page)
    }

    /// As [`Folder::list`], with what is in the folders it holds, `depth` levels deep.
    ///
    /// # Errors
    /// As [`Folder::list`].
    pub fn tree(&self, folder: &str, depth: usize, within: &PathSet, page: &Page) -> Result<Found> {
        let folder = folder_path(folder)?;
        let find = Find { folder: folder.as_ref(), depth, pattern: None, within };
        self.said(self.files.find(&find, page))
    }

    /// Files and folders at any depth whose path below `folder` is of a pattern, such as `**/*.md`.
    ///
    /// # Errors
    /// As [`Folder::list`], and [`Invalid`](crate::ErrorKind::Invalid) when the pattern makes no sense.
    pub fn glob(&self, folder: &str, pattern: &str, within: &PathSet, page: &Page) -> Result<Found> {
        let folder = folder_path(folder)?;
        let pattern = self.said(Pattern::new(pattern))?;
        let find = Find { folder: folder.as_ref(), depth: usize::MAX, pattern: Some(&pattern), within };
        self.said(self.files.find(&find, page))
    }

    /// Takes bytes for a file, as they come.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn spool(&self) -> Result<SpoolWriter> {
        SpoolWriter::create(&self.root)
    }

    fn said<T>(&self, result: files::Result<T>) -> Result<T> {
        result.map_err(|error| refused(&self.root, Access::Read, error))
    }
}

/// A folder's path as a caller writes it: the workspace's own folder is the empty path or a dot, and a slash may end it.
fn folder_path(path: &str) -> Result<Option<DocPath>> {
    match path.strip_suffix('/').unwrap_or(path) {
        "" if path == "/" => own_path(path).map(Some),
        "" | "." => Ok(None),
        path => own_path(path).map(Some),
    }
}
