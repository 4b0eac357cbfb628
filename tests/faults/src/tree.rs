//! A folder as a value: taken from a disk, put on a disk, compared.
//!
//! Invariant: holds folders, files and symbolic links with their bytes; other kinds of entries are refused. Times and permissions are not
//! part of it.

use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

/// What a path names.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// A folder; what is in it has entries of its own.
    Folder,
    /// A file with its bytes.
    File(Vec<u8>),
    /// A symbolic link with what it says.
    Link(PathBuf),
}

impl std::fmt::Debug for Entry {
    /// Lengths, not bytes: a difference between two trees is to be read by people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder => f.write_str("folder"),
            Self::File(bytes) => write!(f, "file of {} bytes", bytes.len()),
            Self::Link(to) => write!(f, "link to {}", to.display()),
        }
    }
}

/// Everything below a folder, by path relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<PathBuf, Entry>);

impl Tree {
    /// Reads a folder.
    ///
    /// # Errors
    /// When it cannot be read, or holds what is no folder, file or link.
    pub fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.gather(root, Path::new(""))?;
        Ok(tree)
    }

    fn gather(&mut self, root: &Path, inside: &Path) -> Result<()> {
        for entry in std::fs::read_dir(root.join(inside))? {
            let entry = entry?;
            let (path, kind) = (inside.join(entry.file_name()), entry.file_type()?);
            if kind.is_dir() {
                self.0.insert(path.clone(), Entry::Folder);
                self.gather(root, &path)?;
            } else if kind.is_file() {
                self.0.insert(path, Entry::File(std::fs::read(entry.path())?));
            } else if kind.is_symlink() {
                self.0.insert(path, Entry::Link(std::fs::read_link(entry.path())?));
            } else {
                return Err(Error::other(format!("{} is no file, folder or link", entry.path().display())));
            }
        }
        Ok(())
    }

    /// Makes it below `root`, an empty folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, root: &Path) -> Result<()> {
        for (path, entry) in &self.0 {
            let at = root.join(path);
            match entry {
                Entry::Folder => std::fs::create_dir(at)?,
                Entry::File(bytes) => std::fs::write(at, bytes)?,
                Entry::Link(to) => link(to, &at)?,
            }
        }
        Ok(())
    }

    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, path: impl AsRef<Path>) -> Option<&[u8]> {
        match self.0.get(path.as_ref()) {
            Some(Entry::File(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The paths at which two trees are not the same, with what each holds there.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let paths: std::collections::BTreeSet<&PathBuf> = self.0.keys().chain(other.0.keys()).collect();
        let differing = paths.into_iter().filter(|path| self.0.get(*path) != other.0.get(*path));
        differing
            .map(|path| format!("{}: {:?} / {:?}", path.display(), self.0.get(path), other.0.get(path)))
            .collect()
    }
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<()> {
    std::os::unix::fs::symlink(to, at)
}

#[cfg(not(unix))]
fn link(_: &Path, at: &Path) -> Result<()> {
    Err(Error::other(format!("{}: no symbolic links here", at.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree(BTreeMap::from([
            ("a".into(), Entry::Folder),
            ("a/b".into(), Entry::File(b"bytes".to_vec())),
            ("c".into(), Entry::File(Vec::new())),
        ]));
        tree.write(dir.path()).unwrap();
        let mut read = Tree::read(dir.path()).unwrap();
        assert_eq!(tree.differences(&read), Vec::<String>::new());
        read.0.insert("c".into(), Entry::File(b"x".to_vec()));
        read.0.remove(Path::new("a/b"));
        assert_eq!(tree.differences(&read).len(), 2);
    }
}
