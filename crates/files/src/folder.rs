//! A folder on the way to a path, and the way there.
//!
//! Invariant: each folder is opened by its name alone, in the folder that was opened before it, and not if the name is a link. What was opened
//! stays the same folder whatever its path comes to mean.

use crate::entry::Kind;
use crate::error::{Error, Result};
use cap_fs_ext::{DirExt, MetadataExt};
use cap_std::fs::{Dir, Metadata};
use corpus::DocPath;
use std::io;

/// Device and number of a file or folder: what stays the same when it gets another name.
pub type Identity = (u64, u64);

pub(crate) fn identity(meta: &Metadata) -> Identity {
    (meta.dev(), meta.ino())
}

/// A folder that is open, with those above it up to the root.
pub(crate) struct Folder<'a> {
    root: &'a Dir,
    below: Vec<Dir>,
}

/// How often a look is taken again at what somebody swaps while it is opened.
const LOOKS: usize = 8;

impl<'a> Folder<'a> {
    pub(crate) fn root(root: &'a Dir) -> Self {
        Self { root, below: Vec::new() }
    }

    /// The folder itself.
    pub(crate) fn dir(&self) -> &Dir {
        self.below.last().unwrap_or(self.root)
    }

    /// Enters the folder `name` of this one, which is made first if `make` says so and it is missing. `path` is what the caller asked for, `at`
    /// the folder to be entered.
    pub(crate) fn enter(&mut self, name: &str, make: bool, path: &DocPath, at: &DocPath) -> Result<()> {
        let mut refused = None;
        for _ in 0..LOOKS {
            let error = match self.dir().open_dir_nofollow(name) {
                Ok(dir) => {
                    self.below.push(dir);
                    return Ok(());
                }
                Err(error) => error,
            };
            match self.dir().symlink_metadata(name).map(|meta| Kind::from(meta.file_type())) {
                // It was something else a moment ago, or the system has a reason of its own.
                Ok(Kind::Folder) => refused = Some(error),
                Ok(Kind::Link) => return Err(self.link(path, at)),
                Ok(kind) => return Err(Error::Below { path: path.clone(), file: at.clone(), kind }),
                Err(gone) if gone.kind() == io::ErrorKind::NotFound && make => {
                    match self.dir().create_dir(name) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                            return Err(Error::io("make the folder", at, error));
                        }
                        _ => {}
                    }
                }
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
                    return Err(Error::NotFound(path.clone()));
                }
                Err(error) => return Err(Error::io("look at", path, error)),
            }
        }
        let error = refused.unwrap_or_else(|| io::ErrorKind::ResourceBusy.into());
        Err(Error::io("open the folder", at, error))
    }

    /// What a link is that stands in the way. Where it points to is asked of the confined handle, which looks at nothing outside.
    fn link(&self, path: &DocPath, at: &DocPath) -> Error {
        let (path, link) = (path.clone(), at.clone());
        match self.root.metadata(at.as_str()) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Error::Outside { path, link },
            _ => Error::Through { path, link },
        }
    }

    /// Makes names that were given or taken away in this folder survive a power cut, and the name of the folder itself and of those above it.
    /// Which of them are new is not asked: a folder that another writer has just made may not be on the disk yet either.
    pub(crate) fn sync_up(&self) -> io::Result<()> {
        self.below.iter().rev().chain([self.root]).try_for_each(sync)
    }

    /// As [`Folder::sync_up`], of this folder alone.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync(self.dir())
    }
}

/// Systems other than Unix have no such call and need none.
pub(crate) fn sync(dir: &Dir) -> io::Result<()> {
    // The handle itself is only good for looking names up.
    if cfg!(unix) { dir.open(".")?.sync_all() } else { Ok(()) }
}
