//! A workspace's id: what names it wherever it is moved, and however its folder is called.
//!
//! Invariant: made once, at random, by the process that owns the workspace; no clone has its template's.
//! On disk: docs/format.md.

use crate::layout::Layout;
use crate::{Engine, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

fn file(layout: &Layout) -> PathBuf {
    layout.dir().join("id")
}

/// Makes the id where there is none.
pub(crate) fn make(layout: &Layout) -> Result<()> {
    if read(layout)?.is_some() {
        return Ok(());
    }
    let id = custody::new_workspace_id()?;
    let made = layout.write_whole(&file(layout), format!("{id}\n").as_bytes());
    if file(layout).is_dir() {
        // Nothing that is done here needs the id.
        tracing::warn!(path = %file(layout).display(), "the workspace has no id: a folder stands in its place");
        return Ok(());
    }
    made
}

/// What is no id counts as none.
fn read(layout: &Layout) -> Result<Option<String>> {
    match fs_err::read_to_string(file(layout)) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|id| custody::is_workspace_id(id))),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::InvalidData | ErrorKind::IsADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

impl Engine {
    /// An id that no workspace has.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new_id() -> Result<String> {
        Ok(custody::new_workspace_id()?)
    }

    /// The id of the workspace at `folder`, without opening it; none before a program that makes ids has opened it.
    ///
    /// # Errors
    /// When `folder` is no workspace, or its id cannot be read.
    pub fn id_of(folder: &Path) -> Result<Option<String>> {
        read(&Layout::of(folder)?)
    }
}
