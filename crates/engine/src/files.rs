//! Files of the workspace, read and written through the API.
//!
//! Invariant: a write is all or nothing, and durable when it returns: bytes in a temporary file, fsync, rename, fsync of the folder.
//! No path leads out of the workspace, not even through a symbolic link.

use crate::layout::WORKROOM_DIR;
use crate::{Error, ErrorKind, Result, Engine};
use corpus::{ContentHash, DocPath};
use ingest::NoProgress;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
    /// The commit that shows it: every search from now on does.
    pub seq: u64,
}

impl Engine {
    /// Writes a file, making its folders, and indexes it. When it returns, the bytes are durable and every search sees them.
    ///
    /// # Errors
    /// When the path leads out of the workspace or into `.workroom/`, or the disk refuses.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        let path = own_path(path)?;
        let target = self.inside(&path, true)?;
        let mut file = tempfile::NamedTempFile::new_in(self.layout.temporary())?;
        file.write_all(bytes)?;
        keep_permissions(&file, &target)?;
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        sync_folder(&target)?;
        let applied = self.ingest.apply(&self.rules(), &[path], &NoProgress)?;
        Ok(Written { version: ContentHash::of(bytes).to_string(), seq: applied.seq.0 })
    }

    /// The bytes of a file as they are on disk.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = own_path(path)?;
        let target = self.inside(&path, false)?;
        Ok(fs_err::read(target)?)
    }

    /// Removes a file from the disk and from the index.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn remove(&self, path: &str) -> Result<()> {
        let path = own_path(path)?;
        let target = self.inside(&path, false)?;
        fs_err::remove_file(&target)?;
        sync_folder(&target)?;
        self.ingest.apply(&self.rules(), &[path], &NoProgress)?;
        Ok(())
    }

    /// The place of `path` on disk, once it is certain that it lies in the workspace.
    fn inside(&self, path: &DocPath, make_folders: bool) -> Result<PathBuf> {
        let target = path.to_fs(&self.layout.root);
        let folder = target.parent().unwrap_or(&self.layout.root);
        if make_folders {
            // Checked before anything is made: an existing link on the way must not lead folders to be made elsewhere.
            self.refuse_outside(nearest_existing(folder), path)?;
            fs_err::create_dir_all(folder)?;
        }
        if !folder.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, format!("no such file: {path}")).at(&target));
        }
        self.refuse_outside(folder, path)?;
        if std::fs::symlink_metadata(&target).is_ok_and(|meta| meta.is_symlink()) {
            let error = Error::new(ErrorKind::Invalid, format!("`{path}` is a symbolic link"));
            return Err(error.at(&target).hint("name the file that it points to"));
        }
        Ok(target)
    }

    fn refuse_outside(&self, folder: &Path, path: &DocPath) -> Result<()> {
        if fs_err::canonicalize(folder)?.starts_with(&self.layout.root) {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Invalid, format!("`{path}` leads out of the workspace"));
        Err(error
            .at(folder)
            .hint("a symbolic link on the way points elsewhere; name a path inside the workspace"))
    }
}

/// A path that a caller may read and write: inside, and not the program's own.
pub(crate) fn own_path(path: &str) -> Result<DocPath> {
    let path = DocPath::new(path.trim_start_matches("./"))?;
    if path.is_under(WORKROOM_DIR) {
        let error = Error::new(ErrorKind::Invalid, format!("`{path}` belongs to the program"));
        return Err(error.hint("files of yours live outside `.workroom/`"));
    }
    Ok(path)
}

fn nearest_existing(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder)
}

/// A file that is replaced keeps its permissions; a temporary file is its owner's alone otherwise.
fn keep_permissions(file: &tempfile::NamedTempFile, target: &Path) -> Result<()> {
    match std::fs::metadata(target) {
        Ok(meta) => file.as_file().set_permissions(meta.permissions())?,
        Err(_) => usual_permissions(file)?,
    }
    Ok(())
}

#[cfg(unix)]
fn usual_permissions(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn usual_permissions(_: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

/// Makes a rename or removal survive a power cut.
fn sync_folder(target: &Path) -> Result<()> {
    if cfg!(unix)
        && let Some(folder) = target.parent()
    {
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
