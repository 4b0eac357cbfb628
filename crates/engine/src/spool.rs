//! Spool: bytes on their way to their place, written by whoever has them.
//!
//! Invariant: the bytes are durable before anybody is asked to put them in their place, so the workspace's owner never holds a caller's
//! file in memory and never waits for a slow one.
//! Not here: the place (`files`).

use crate::layout::Layout;
use crate::{Error, ErrorKind, Result};
use corpus::ContentHash;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use tempfile::TempPath;

/// A file in the workspace's temporary folder whose bytes are durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spooled {
    name: String,
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
}

/// The version of a file with these bytes: BLAKE3, in hexadecimal.
#[must_use]
pub fn version_of(bytes: &[u8]) -> String {
    ContentHash::of(bytes).to_string()
}

const PREFIX: &str = "put-";

impl Spooled {
    /// Writes `bytes` to a new temporary file of the workspace at `root`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(root: &Path, bytes: &[u8]) -> Result<Self> {
        let folder = Layout::of(root)?.temporary();
        let mut file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(&folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        let (_, path) = file.keep().map_err(|error| error.error)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, version: version_of(bytes) })
    }

    /// The file, which is deleted when what is returned is dropped before it was put in its place.
    pub(crate) fn open(&self, layout: &Layout) -> Result<TempPath> {
        let plain = self.name.starts_with(PREFIX) && !self.name.contains(['/', '\\', '\0']);
        let path = layout.temporary().join(&self.name);
        if !plain || !std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file()) {
            return Err(Error::new(ErrorKind::NotFound, format!("no spooled file {:?}", self.name)).at(path));
        }
        Ok(TempPath::try_from_path(path)?)
    }
}
