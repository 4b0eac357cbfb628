//! Changes: a file into its place, folders made, things moved and taken away.
//!
//! Invariant: each is one step of the file system, so it happens whole or not at all, and it is durable when it returns. Nothing that stands
//! at a path is replaced but by [`Over::File`].
//! Not here: where a file's bytes come from, and that nobody else writes the same path (`engine`).

use crate::entry::Kind;
use crate::error::{Error, Result};
use crate::files::{Files, only_file};
use crate::folder::{Folder, Identity, identity, sync};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use corpus::DocPath;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// What may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Nothing: it fails when something is there.
    Nothing,
    /// A file, whose permissions stay.
    File,
}

impl Files {
    /// Puts a file of the program's own, whose bytes are durable, into its place, making folders. It must lie on the same file system.
    ///
    /// # Errors
    /// [`Exists`](Error::Exists) when something is there that may not be replaced, and when the path leads elsewhere or the system refuses.
    pub fn place(&self, from: &Path, to: &DocPath, over: Over) -> Result<()> {
        let (source, name) = outer(from).map_err(|error| Error::io("put a file at", to, error))?;
        let folder = self.parent(to, true)?;
        let mode = match self.look(&folder, to) {
            Ok(_) if over == Over::Nothing => return Err(Error::Exists(to.clone())),
            Ok(meta) => {
                only_file(to, &meta)?;
                Some(meta)
            }
            Err(Error::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        let kept = keep_permissions(&source, name, mode.as_ref());
        kept.map_err(|error| Error::io("put a file at", to, error))?;
        let placed = match over {
            Over::Nothing => rename_to_nothing(&source, name, folder.dir(), to.file_name().as_ref()),
            Over::File => source.rename(name, folder.dir(), to.file_name()),
        };
        placed.map_err(|error| Error::io("write", to, error))?;
        folder.sync_up().map_err(|error| Error::io("write", to, error))
    }

    /// Puts a folder of the program's own, whose contents are durable, where nothing is. It must lie on the same file system.
    ///
    /// # Errors
    /// As [`Files::place`].
    pub fn place_folder(&self, from: &Path, to: &DocPath) -> Result<()> {
        let placed = |error| Error::io("write", to, error);
        let (source, name) = outer(from).map_err(placed)?;
        let folder = self.parent(to, true)?;
        self.refuse_taken(&folder, to)?;
        rename_to_nothing(&source, name, folder.dir(), to.file_name().as_ref()).map_err(placed)?;
        folder.sync_up().map_err(placed)
    }

    /// Makes a folder and those above it. Returns whether it is new.
    ///
    /// # Errors
    /// When something else is there, or as [`Files::place`].
    pub fn make_folder(&self, path: &DocPath) -> Result<bool> {
        let folder = self.parent(path, true)?;
        let is_new = match self.look(&folder, path) {
            Ok(meta) if meta.is_dir() => false,
            Ok(meta) => {
                return Err(Error::Other { path: path.clone(), kind: Kind::from(meta.file_type()) });
            }
            Err(Error::NotFound(_)) => match folder.dir().create_dir(path.file_name()) {
                Ok(()) => true,
                Err(error) => return Err(Error::io("make the folder", path, error)),
            },
            Err(error) => return Err(error),
        };
        folder.sync_up().map_err(|error| Error::io("make the folder", path, error))?;
        Ok(is_new)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As [`Files::open_file`], and when the system refuses.
    pub fn remove_file(&self, path: &DocPath) -> Result<()> {
        let folder = self.parent(path, false)?;
        only_file(path, &self.look(&folder, path)?)?;
        folder.dir().remove_file(path.file_name()).map_err(|error| Error::io("remove", path, error))?;
        folder.sync().map_err(|error| Error::io("remove", path, error))
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// [`NotEmpty`](Error::NotEmpty), when it is no folder, or when the system refuses.
    pub fn remove_folder(&self, path: &DocPath) -> Result<()> {
        let folder = self.parent(path, false)?;
        only_folder(path, self.kind(&folder, path)?)?;
        folder.dir().remove_dir(path.file_name()).map_err(|error| Error::io("remove", path, error))?;
        folder.sync().map_err(|error| Error::io("remove", path, error))
    }

    /// Takes a file, or a folder and all in it, out of the workspace, to a path of the program's own where nothing is.
    ///
    /// # Errors
    /// When it is neither, or when the system refuses.
    pub fn take(&self, path: &DocPath, to: &Path) -> Result<()> {
        let taken = |error| Error::io("remove", path, error);
        let (target, name) = outer(to).map_err(taken)?;
        let folder = self.parent(path, false)?;
        match self.kind(&folder, path)? {
            Kind::File | Kind::Folder => {}
            kind => return Err(Error::Other { path: path.clone(), kind }),
        }
        rename_to_nothing(folder.dir(), path.file_name().as_ref(), &target, name).map_err(taken)?;
        // The new name first: what a power cut leaves under both names is found, what it leaves under neither is lost.
        sync(&target).map_err(taken)?;
        folder.sync().map_err(taken)
    }

    /// Puts a file of the program's own into its place, over a file that may be there, making folders. Durable only after
    /// [`Files::sync_all`]: for many files that are put in their places together, and again after a power cut.
    ///
    /// # Errors
    /// When the path leads elsewhere, something else than a file is there, or the system refuses.
    pub fn replace(&self, from: &Path, to: &DocPath) -> Result<()> {
        let (source, name) = outer(from).map_err(|error| Error::io("put a file at", to, error))?;
        let folder = self.parent(to, true)?;
        match self.look(&folder, to) {
            Ok(meta) => only_file(to, &meta)?,
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        source.rename(name, folder.dir(), to.file_name()).map_err(|error| Error::io("write", to, error))
    }

    /// Makes all that was written and renamed survive a power cut.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn sync_all(&self) -> io::Result<()> {
        sync_file_system(&self.root_file()?)
    }

    /// Moves a file or folder to a path where nothing is, making the folders above it. Returns what it was.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), [`Exists`](Error::Exists), [`IntoItself`](Error::IntoItself), when it is a link or special, or when a path
    /// leads elsewhere.
    pub fn rename(&self, from: &DocPath, to: &DocPath) -> Result<Kind> {
        let source = self.parent(from, false)?;
        let kind = self.kind(&source, from)?;
        if !matches!(kind, Kind::File | Kind::Folder) {
            return Err(Error::Other { path: from.clone(), kind });
        }
        // Before folders are made for it. What lies below a file is no place at all, and is told so.
        if kind == Kind::Folder {
            apart(from, to)?;
        }
        let target = self.parent(to, true)?;
        self.refuse_taken(&target, to)?;
        let (old, new) = (from.file_name().as_ref(), to.file_name().as_ref());
        rename_to_nothing(source.dir(), old, target.dir(), new)
            .map_err(|error| Error::io("rename", to, error))?;
        // The new name first: a file that a power cut leaves under both names is found, one under neither is lost.
        target.sync_up().map_err(|error| Error::io("rename", to, error))?;
        source.sync().map_err(|error| Error::io("rename", from, error))?;
        Ok(kind)
    }

    fn kind(&self, folder: &Folder<'_>, path: &DocPath) -> Result<Kind> {
        Ok(Kind::from(self.look(folder, path)?.file_type()))
    }

    /// Whatever stands there is in the way, also what the program keeps for itself under another spelling.
    fn refuse_taken(&self, folder: &Folder<'_>, path: &DocPath) -> Result<()> {
        match self.look(folder, path) {
            Ok(_) => Err(Error::Exists(path.clone())),
            Err(Error::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Refuses a place for a folder below itself.
pub(crate) fn apart(from: &DocPath, to: &DocPath) -> Result<()> {
    if from != to && to.is_under(from.as_str()) {
        return Err(Error::IntoItself { from: from.clone(), to: to.clone() });
    }
    Ok(())
}

fn only_folder(path: &DocPath, kind: Kind) -> Result<()> {
    if kind == Kind::Folder { Ok(()) } else { Err(Error::Other { path: path.clone(), kind }) }
}

/// What stands at a path of the program's own.
///
/// # Errors
/// When nothing does, or the system refuses.
pub fn identity_of(path: &Path) -> io::Result<Identity> {
    let (folder, name) = outer(path)?;
    Ok(identity(&folder.symlink_metadata(name)?))
}

/// Makes all that was written and renamed in a folder survive a power cut, with all else on its file system.
///
/// # Errors
/// When the system refuses.
pub fn sync_all(folder: &Path) -> io::Result<()> {
    sync_file_system(&std::fs::File::open(folder)?)
}

#[cfg(target_os = "linux")]
fn sync_file_system(folder: &std::fs::File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(folder)?)
}

/// Where one file system cannot be synced alone, all are.
#[cfg(all(unix, not(target_os = "linux")))]
fn sync_file_system(_: &std::fs::File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

#[cfg(not(unix))]
fn sync_file_system(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The folder of a path of the program's own, and its last name.
fn outer(path: &Path) -> io::Result<(Dir, &OsStr)> {
    let (folder, name) = path.parent().zip(path.file_name()).ok_or(io::ErrorKind::InvalidInput)?;
    Ok((Dir::open_ambient_dir(folder, ambient_authority())?, name))
}

/// A file that is replaced keeps its permissions; a temporary file is its owner's alone otherwise. What runs with its owner's rights does not go
/// on doing so with other bytes.
#[cfg(unix)]
fn keep_permissions(source: &Dir, name: &OsStr, replaced: Option<&cap_std::fs::Metadata>) -> io::Result<()> {
    use cap_std::fs::{Permissions, PermissionsExt};
    const USUAL: u32 = 0o644;
    const PLAIN: u32 = 0o777;
    let mode = replaced.map_or(USUAL, |meta| meta.permissions().mode() & PLAIN);
    source.set_permissions(name, Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn keep_permissions(_: &Dir, _: &OsStr, _: Option<&cap_std::fs::Metadata>) -> io::Result<()> {
    Ok(())
}

/// Renames in one step that fails when something is there, where the system has such a step.
fn rename_to_nothing(from: &Dir, old: &OsStr, to: &Dir, new: &OsStr) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(from, old, to, new, RenameFlags::NOREPLACE) {
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            done => return Ok(done?),
        }
    }
    if to.symlink_metadata(new).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    from.rename(old, to, new)
}
