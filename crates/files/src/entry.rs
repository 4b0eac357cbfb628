//! What stands at a path.

use cap_fs_ext::MetadataExt;
use cap_std::fs::{FileType, Metadata};
use corpus::DocPath;
use serde::{Deserialize, Serialize};
use std::time::UNIX_EPOCH;

/// What kind of thing stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, which is never followed.
    Link,
    /// A pipe, socket or device, which is never opened.
    Special,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        match kind {
            kind if kind.is_file() => Self::File,
            kind if kind.is_dir() => Self::Folder,
            kind if kind.is_symlink() => Self::Link,
            _ => Self::Special,
        }
    }
}

/// What stands at a path, as the system tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Relative to the workspace.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// A file's size; 0 for anything else.
    pub bytes: u64,
    /// When it was last written to, in milliseconds since 1970.
    pub modified_ms: i64,
    /// When it was made, where the system knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_ms: Option<i64>,
    /// How many names a file has; more than one is a hard link, and the others may lie outside.
    pub links: u64,
}

impl Entry {
    pub(crate) fn new(path: &DocPath, meta: &Metadata) -> Self {
        Self { path: path.to_string(), ..Self::root(meta) }
    }

    /// Of the workspace's folder, whose path is empty.
    pub(crate) fn root(meta: &Metadata) -> Self {
        let ms = |time: cap_std::time::SystemTime| match time.into_std().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        let kind = Kind::from(meta.file_type());
        Self {
            path: String::new(),
            kind,
            bytes: if kind == Kind::File { meta.len() } else { 0 },
            modified_ms: meta.modified().map_or(0, ms),
            created_ms: meta.created().ok().map(ms),
            links: meta.nlink(),
        }
    }

    /// No more than that it is there: times and counts tell of what lies in a folder.
    pub(crate) fn bare(self) -> Self {
        Self { bytes: 0, modified_ms: 0, created_ms: None, links: 1, ..self }
    }

    /// The last component of its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}
