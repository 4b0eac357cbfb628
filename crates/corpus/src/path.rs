//! A file's place inside its workspace.
//!
//! Invariant: relative, `/`-separated, UTF-8, no empty, `.` or `..` component, no NUL. So joining one to a root never leaves the root
//! (symbolic links aside: whoever opens the file guards those).

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A path relative to the workspace's root, `/`-separated on every system. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocPath(Arc<str>);

/// Why a path cannot name a file of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing was left once the root was taken away.
    #[error("the path is empty")]
    Empty,
    /// The path is absolute, or climbs out with `..`, or holds `.` or an empty component.
    #[error("`{0}` is not a plain path inside the workspace")]
    NotInside(String),
    /// The name's bytes are not UTF-8, so it could not be shown, stored or asked for again.
    #[error("`{0}` is not a UTF-8 name")]
    NotUtf8(String),
    /// The path holds a NUL.
    #[error("`{0}` holds a NUL character")]
    Nul(String),
}

impl DocPath {
    /// Takes an already `/`-separated relative path.
    ///
    /// # Errors
    /// When it is empty, absolute, or holds an empty, `.` or `..` component or a NUL.
    pub fn new(path: &str) -> Result<Self, PathError> {
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        if path.contains('\0') {
            return Err(PathError::Nul(path.escape_debug().to_string()));
        }
        let bad = |c: &str| c.is_empty() || c == "." || c == "..";
        if path.split('/').any(bad) || has_drive(path) {
            return Err(PathError::NotInside(path.to_owned()));
        }
        Ok(Self(path.into()))
    }

    /// Takes a path of this system that lies under `root`, or is relative already.
    ///
    /// # Errors
    /// As [`DocPath::new`], and when a name is not UTF-8.
    pub fn from_fs(root: &Path, path: &Path) -> Result<Self, PathError> {
        let relative = match path.strip_prefix(root) {
            Ok(rest) => rest,
            Err(_) if path.is_relative() => path,
            Err(_) => return Err(PathError::NotInside(path.display().to_string())),
        };
        let mut joined = String::new();
        for component in relative.components() {
            match component {
                Component::Normal(name) => {
                    let Some(name) = name.to_str() else {
                        return Err(PathError::NotUtf8(relative.display().to_string()));
                    };
                    if !joined.is_empty() {
                        joined.push('/');
                    }
                    joined.push_str(name);
                }
                Component::CurDir => {}
                _ => return Err(PathError::NotInside(path.display().to_string())),
            }
        }
        Self::new(&joined)
    }

    /// The place of `name`, itself a path, below this one: of a file in a folder, of an attachment in its message.
    ///
    /// # Errors
    /// As [`DocPath::new`], for the name.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        let name = Self::new(name)?;
        Ok(Self(format!("{self}/{name}").into()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file's place on disk under `root`.
    #[must_use]
    pub fn to_fs(&self, root: &Path) -> PathBuf {
        let mut out = root.to_path_buf();
        out.extend(self.0.split('/'));
        out
    }

    /// The last component.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What follows the last dot of the file name, if the name does not begin with that dot.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        let (stem, extension) = self.file_name().rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then_some(extension)
    }

    /// Whether this is `folder` itself or lies below it. The empty string is the root, and everything lies below it.
    #[must_use]
    pub fn is_under(&self, folder: &str) -> bool {
        let folder = folder.trim_end_matches('/');
        match self.0.strip_prefix(folder) {
            Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }
}

fn has_drive(path: &str) -> bool {
    cfg!(windows) && path.contains([':', '\\'])
}

impl std::fmt::Display for DocPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for DocPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl AsRef<str> for DocPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_and_is_not_a_path_inside() {
        for good in ["a", "a/b.md", ".hidden", "a b/ü.txt", "..a", "a../b"] {
            assert_eq!(DocPath::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b"] {
            assert!(DocPath::new(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn from_fs_strips_the_root_and_nothing_else() {
        let root = Path::new("/w");
        assert_eq!(DocPath::from_fs(root, Path::new("/w/a/b.md")).unwrap().as_str(), "a/b.md");
        assert_eq!(DocPath::from_fs(root, Path::new("a/./b.md")).unwrap().as_str(), "a/b.md");
        assert_eq!(DocPath::from_fs(root, root), Err(PathError::Empty));
        assert!(DocPath::from_fs(root, Path::new("/x/a")).is_err());
        assert!(DocPath::from_fs(root, Path::new("../a")).is_err());
    }

    #[test]
    fn extension_and_folder() {
        let path = DocPath::new("a/b.tar.gz").unwrap();
        assert_eq!((path.file_name(), path.extension()), ("b.tar.gz", Some("gz")));
        assert_eq!(DocPath::new(".gitignore").unwrap().extension(), None);
        assert!(
            path.is_under("") && path.is_under("a") && path.is_under("a/") && path.is_under("a/b.tar.gz")
        );
        assert!(!path.is_under("a/b") && !path.is_under("b"));
    }

    proptest! {
        #[test]
        fn a_path_never_leaves_its_root(text in "[a./\\\\ü ]{0,12}") {
            if let Ok(path) = DocPath::new(&text) {
                let on_disk = path.to_fs(Path::new("/base/w"));
                prop_assert!(on_disk.starts_with("/base/w"));
                prop_assert!(on_disk.components().all(|c| c != Component::ParentDir));
                prop_assert_eq!(DocPath::from_fs(Path::new("/base/w"), &on_disk).unwrap(), path);
            }
        }
    }
}
