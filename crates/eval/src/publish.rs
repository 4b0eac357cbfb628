//! Files of text as one step: others see the old one or the new one, whole.
//!
//! Invariant: a failure leaves what was there.

use crate::{Error, Result};
use std::io::Write;
use std::path::Path;

/// Writes a file, and the folders on the way to it.
pub(crate) fn publish(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    };
    written().map(drop).map_err(Error::writing(path))
}
