//! Files of the workspace, read and written through the API.
//!
//! Invariant: a write is all or nothing, and durable when it returns: bytes in a temporary file, fsync, rename, fsync of the folder and of
//! every folder that was made on the way. No path leads out of the workspace, not even through a symbolic link. Two writers of one path
//! never interleave, and one that names the version it expects replaces no other.
//! Not here: where the temporary file comes from (`spool`), who waits for whom (`turns`).

use crate::layout::{Layout, WORKROOM_DIR, sync_folder};
use crate::spool::Spooled;
use crate::{Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocPath, Seq};
use ingest::NoProgress;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
    /// The commit that shows it: every search from now on does.
    pub seq: u64,
}

/// What must be at a path for a change to take place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// Whatever is there.
    #[default]
    Any,
    /// Nothing.
    Absent,
    /// A file with these bytes: their version, as [`Written::version`] and [`Hit::version`](crate::Hit::version) give it.
    Version(String),
}

impl Engine {
    /// Puts spooled bytes in their place if `condition` holds, making folders, and indexes the file. When it returns, the bytes are durable
    /// and every search sees them.
    ///
    /// # Errors
    /// When the path leads out of the workspace or into `.workroom/`, or the disk refuses; [`Conflict`](ErrorKind::Conflict) when the
    /// condition does not hold, and nothing has changed; [`Corrupt`](ErrorKind::Corrupt) when the file is in its place and the index must
    /// be opened again to show it.
    pub fn put(&self, path: &str, spooled: &Spooled, condition: &Condition) -> Result<Written> {
        let bytes = spooled.open(&self.layout)?;
        let path = own_path(path)?;
        let _turn = self.turns.take(&[&path]);
        let target = self.inside(&path, true)?;
        self.require(&path, &target, condition)?;
        keep_permissions(&bytes, &target)?;
        place(bytes, &target, *condition == Condition::Absent)
            .map_err(|error| failed(error, &path, &target))?;
        sync_folders(&self.layout.root, &target)?;
        let seq = self.commit_paths(vec![path])?;
        Ok(Written { version: spooled.version.clone(), seq })
    }

    /// The bytes of a file of the workspace at `root` as they are on disk.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn read_at(root: &Path, path: &str) -> Result<Vec<u8>> {
        let path = own_path(path)?;
        Ok(fs_err::read(inside(root, &path, false)?)?)
    }

    /// Removes a file from the disk and from the index, if `condition` holds. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Conflict`](ErrorKind::Conflict), or when the path leads out of the workspace.
    pub fn remove(&self, path: &str, condition: &Condition) -> Result<u64> {
        let path = own_path(path)?;
        let _turn = self.turns.take(&[&path]);
        let target = self.inside(&path, false)?;
        self.require(&path, &target, condition)?;
        fs_err::remove_file(&target).map_err(|error| failed(error, &path, &target))?;
        target.parent().map_or(Ok(()), sync_folder)?;
        self.commit_paths(vec![path])
    }

    /// Moves a file to a path where nothing is, making its folders, if `condition` holds of the file. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when something is at `to`, or the condition does not hold;
    /// or when a path leads out of the workspace.
    pub fn rename(&self, from: &str, to: &str, condition: &Condition) -> Result<u64> {
        let (from, to) = (own_path(from)?, own_path(to)?);
        let _turn = self.turns.take(&[&from, &to]);
        let source = self.inside(&from, false)?;
        self.require(&from, &source, condition)?;
        if !source.is_file() {
            return Err(no_file(&from, &source));
        }
        let target = self.inside(&to, true)?;
        rename_to_nothing(&source, &target).map_err(|error| failed(error, &to, &target))?;
        // The new name first: a file that a power cut leaves under both names is found, one under neither is lost.
        sync_folders(&self.layout.root, &target)?;
        source.parent().map_or(Ok(()), sync_folder)?;
        self.commit_paths(vec![from, to])
    }

    /// Brings the index to where these paths are on disk. Returns the commit that shows them.
    ///
    /// # Errors
    /// When a path makes no sense, or the index fails.
    pub fn refresh(&self, paths: &[&str]) -> Result<u64> {
        self.commit_paths(paths.iter().map(|path| own_path(path)).collect::<Result<_>>()?)
    }

    fn commit_paths(&self, paths: Vec<DocPath>) -> Result<u64> {
        let commit = |paths: &[DocPath]| -> Result<Seq> {
            Ok(self.ingest.apply(&self.rules(), paths, &NoProgress)?.seq)
        };
        Ok(self.turns.commit(paths, commit)?.0)
    }

    fn inside(&self, path: &DocPath, make_folders: bool) -> Result<PathBuf> {
        inside(&self.layout.root, path, make_folders)
    }

    /// Whether what is at a path is what the caller expects there.
    fn require(&self, path: &DocPath, target: &Path, condition: &Condition) -> Result<()> {
        let there = match condition {
            Condition::Any => return Ok(()),
            Condition::Absent if std::fs::symlink_metadata(target).is_ok() => {
                return Err(exists(path, target));
            }
            Condition::Absent => None,
            Condition::Version(expected) => match version_at(target) {
                Ok(found) => (found != *expected).then(|| format!("it has version {found}")),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some("it is gone".to_owned()),
                Err(error) => return Err(Error::from(error).at(target)),
            },
        };
        match there {
            None => Ok(()),
            Some(why) => {
                Err(Error::new(ErrorKind::Conflict, format!("`{path}` was not changed: {why}")).at(target))
            }
        }
    }
}

/// The place of `path` on disk, once it is certain that it lies in the workspace.
fn inside(root: &Path, path: &DocPath, make_folders: bool) -> Result<PathBuf> {
    let target = path.to_fs(root);
    let folder = target.parent().unwrap_or(root);
    if !folder.is_dir() {
        // Checked before anything is told or made: a link on the way must neither show what lies elsewhere nor have folders made there.
        refuse_outside(root, nearest_existing(folder), path)?;
        if let Some(file) = file_above(root, path) {
            return Err(below_file(path, &file, &target, make_folders));
        }
        if !make_folders {
            return Err(no_file(path, &target));
        }
        fs_err::create_dir_all(folder)?;
    }
    refuse_outside(root, folder, path)?;
    match std::fs::symlink_metadata(&target) {
        Ok(meta) if meta.is_symlink() => {
            let error = Error::new(ErrorKind::Invalid, format!("`{path}` is a symbolic link"));
            Err(error.at(&target).hint("name the file that it points to"))
        }
        Ok(meta) if !meta.is_file() => {
            let what = if meta.is_dir() { "a folder" } else { "no regular file" };
            let error = Error::new(ErrorKind::Invalid, format!("`{path}` is {what}"));
            Err(error.at(&target).hint("name a file"))
        }
        _ => Ok(target),
    }
}

/// The version of a file of any size, without holding it in memory.
fn version_at(target: &Path) -> std::io::Result<String> {
    Ok(ContentHash::of_reader(std::fs::File::open(target)?)?.to_string())
}

/// The file that stands where `path` would need a folder.
fn file_above(root: &Path, path: &DocPath) -> Option<DocPath> {
    let ends = path.as_str().match_indices('/').map(|(at, _)| &path.as_str()[..at]);
    let mut above = ends.filter_map(|above| DocPath::new(above).ok());
    above.find(|above| std::fs::symlink_metadata(above.to_fs(root)).is_ok_and(|meta| meta.is_file()))
}

fn below_file(path: &DocPath, file: &DocPath, target: &Path, writes: bool) -> Error {
    let kind = if writes { ErrorKind::Invalid } else { ErrorKind::NotFound };
    let error = Error::new(kind, format!("`{path}` is no file of its own: `{file}` is a file")).at(target);
    error.hint(format!(
        "what a message or an archive holds is shown by `workroom show`; it changes with `{file}` itself"
    ))
}

fn no_file(path: &DocPath, target: &Path) -> Error {
    Error::new(ErrorKind::NotFound, format!("no such file: {path}")).at(target)
}

fn refuse_outside(root: &Path, folder: &Path, path: &DocPath) -> Result<()> {
    if fs_err::canonicalize(folder)?.starts_with(root) {
        return Ok(());
    }
    let error = Error::new(ErrorKind::Invalid, format!("`{path}` leads out of the workspace"));
    Err(error
        .at(folder)
        .hint("a symbolic link on the way points elsewhere; name a path inside the workspace"))
}

fn exists(path: &DocPath, target: &Path) -> Error {
    let error = Error::new(ErrorKind::Conflict, format!("`{path}` was not changed: it exists"));
    error.at(target).hint("name another path, or remove what is there first")
}

/// What the system says no to, in the caller's words.
fn failed(error: std::io::Error, path: &DocPath, target: &Path) -> Error {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path, target),
        std::io::ErrorKind::NotFound => no_file(path, target),
        _ => Error::from(error).at(target),
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
fn keep_permissions(bytes: &TempPath, target: &Path) -> Result<()> {
    match std::fs::metadata(target) {
        Ok(meta) => fs_err::set_permissions(bytes, meta.permissions())?,
        Err(_) => usual_permissions(bytes)?,
    }
    Ok(())
}

#[cfg(unix)]
pub(crate) fn usual_permissions(bytes: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(bytes, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(crate) fn usual_permissions(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Puts the temporary file in its place, in one step. It is gone if that fails.
fn place(bytes: TempPath, target: &Path, only_if_absent: bool) -> std::io::Result<()> {
    let placed = if only_if_absent { bytes.persist_noclobber(target) } else { bytes.persist(target) };
    placed.map_err(|error| error.error)
}

/// Renames in one step that fails when something is there, where the system has such a step.
fn rename_to_nothing(from: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            done => return Ok(done?),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(from, to)
}

/// Makes a new name survive a power cut, and the names of the folders that lead to it.
fn sync_folders(root: &Path, target: &Path) -> Result<()> {
    // Which of the folders are new is not asked: a folder that another writer has just made may not be on the disk yet either.
    for folder in target.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        sync_folder(folder)?;
    }
    Ok(())
}

impl Layout {
    /// Deletes what writers that never came to an end left behind.
    pub(crate) fn sweep_temporary(&self) -> Result<()> {
        /// Far longer than anybody takes from writing the bytes to asking for them to be put in their place.
        const AGE: std::time::Duration = std::time::Duration::from_secs(600);
        for entry in fs_err::read_dir(self.temporary())? {
            let entry = entry?;
            let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > AGE) {
                // What cannot be deleted now is tried again the next time.
                let _left = std::fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}
