//! Where a workspace keeps its own files, how one is found, and who owns it.
//!
//! Invariant: everything the program writes for itself lies under `.workroom/`; only [`crate::Engine::write`] and
//! [`crate::Engine::remove`] touch anything else. One process owns `.workroom/` at a time: the one that holds the lock.

use crate::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The folder inside a workspace that holds what the program keeps for itself.
pub const WORKROOM_DIR: &str = ".workroom";

/// The paths inside one workspace.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

impl Layout {
    /// The layout of the workspace at `root`, which must hold `.workroom/`.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let layout = Self { root: canonical(root)? };
        if layout.dir().is_dir() {
            return Ok(layout);
        }
        Err(Error::new(ErrorKind::NotAWorkspace, format!("{} is not a workspace", root.display())).at(root))
    }

    /// Makes the folders of a workspace at `root` where they are missing. Returns whether it is new.
    pub(crate) fn make(root: &Path) -> Result<(Self, bool)> {
        let layout = Self { root: canonical(root)? };
        let is_new = !layout.dir().is_dir();
        fs_err::create_dir_all(layout.temporary())?;
        Ok((layout, is_new))
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.root.join(WORKROOM_DIR)
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.dir().join("index")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    /// For files that are renamed into place. On the same file system as the workspace, and never watched.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.dir().join("tmp")
    }

    /// Writes one of the program's own files whole: it is the old one or the new one, never a part. Its bytes are durable; its name is when
    /// the system next writes the folder.
    pub(crate) fn write_whole(&self, to: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.temporary())?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(to).map_err(|error| error.error)?;
        Ok(())
    }

    /// Takes the workspace for this process.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.dir().join("lock");
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)?
            .into_parts()
            .0;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                writeln!(file, "{}", std::process::id())?;
                Ok(Lock(file))
            }
            Err(TryLockError::WouldBlock) => Err(self.locked(&mut file)),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    fn locked(&self, file: &mut File) -> Error {
        let mut pid = String::new();
        let read = file.rewind().and_then(|()| file.take(20).read_to_string(&mut pid));
        let who = if read.is_ok() && !pid.trim().is_empty() {
            format!(" (process {})", pid.trim())
        } else {
            String::new()
        };
        let message = format!("the workspace {} is in use by another process{who}", self.root.display());
        Error::new(ErrorKind::Locked, message).at(&self.root)
    }
}

/// The right to write under `.workroom/`, until it is dropped.
pub(crate) struct Lock(File);

impl Drop for Lock {
    /// Closing alone would not do: a process that another thread is starting just now holds a copy of the file until it has begun.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the workspace's lock was not released; it ends with this process");
        }
    }
}

/// The workspace that `start` lies in: the nearest folder, from `start` upwards, that holds `.workroom/`.
///
/// # Errors
/// When `start` does not exist.
pub fn find_workspace(start: &Path) -> Result<Option<PathBuf>> {
    let start = canonical(start)?;
    Ok(start.ancestors().find(|folder| folder.join(WORKROOM_DIR).is_dir()).map(Path::to_path_buf))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    let folder = std::fs::canonicalize(path).map_err(|error| {
        let kind =
            if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("cannot open the folder {}: {error}", path.display()))
            .at(path)
            .hint("name an existing folder with `-w DIR`")
    })?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let error = Error::new(ErrorKind::Invalid, format!("{} is not a folder", path.display()));
    Err(error.at(path).hint("name an existing folder with `-w DIR`"))
}
