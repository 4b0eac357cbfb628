//! Spool: bytes on their way to their place, written by whoever has them.
//!
//! Invariant: the bytes are durable before anybody is asked to put them in their place, so the workspace's owner never holds a caller's
//! file in memory and never waits for a slow one. What was not spooled to its end leaves nothing behind.
//! Not here: the place (`files`).

use crate::layout::Layout;
use crate::{Error, ErrorKind, Result};
use corpus::ContentHash;
use serde::{Deserialize, Serialize};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file in the workspace's temporary folder whose bytes are durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spooled {
    name: String,
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
    /// How many there are.
    pub bytes: u64,
}

/// Takes bytes as they come, however many.
pub struct SpoolWriter {
    file: NamedTempFile,
    hasher: blake3::Hasher,
    bytes: u64,
}

/// The version of a file with these bytes: BLAKE3, in hexadecimal.
#[must_use]
pub fn version_of(bytes: &[u8]) -> String {
    ContentHash::of(bytes).to_string()
}

const PREFIX: &str = "put-";

impl SpoolWriter {
    /// A new temporary file of the workspace at `root`.
    ///
    /// # Errors
    /// When there is no workspace, or the disk refuses.
    pub fn create(root: &Path) -> Result<Self> {
        let folder = Layout::of(root)?.temporary();
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(&folder)?;
        Ok(Self { file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Takes all that a reader gives.
    ///
    /// # Errors
    /// When it fails, or the disk is full.
    pub fn take(&mut self, reader: impl Read) -> io::Result<u64> {
        /// Large enough that neither the disk nor the hash is called too often.
        const PORTION: usize = 1 << 18;
        io::copy(&mut BufReader::with_capacity(PORTION, reader), self)
    }

    /// The version of a file with the bytes that came until now.
    #[must_use]
    pub fn version(&self) -> String {
        ContentHash::from_bytes(*self.hasher.finalize().as_bytes()).to_string()
    }

    /// Makes the bytes durable.
    ///
    /// # Errors
    /// When the disk refuses; nothing is left then.
    pub fn finish(self) -> Result<Spooled> {
        self.file.as_file().sync_all()?;
        let (version, bytes) = (self.version(), self.bytes);
        let (_, path) = self.file.keep().map_err(|error| error.error)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Spooled { name, version, bytes })
    }
}

impl Write for SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Spooled {
    /// Writes `bytes` to a new temporary file of the workspace at `root`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(root: &Path, bytes: &[u8]) -> Result<Self> {
        let mut spool = SpoolWriter::create(root)?;
        spool.write_all(bytes)?;
        spool.finish()
    }

    /// The bytes, as long as they were not put in their place.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when they are gone.
    pub fn read(&self, root: &Path) -> Result<Vec<u8>> {
        Ok(fs_err::read(self.find(&Layout::of(root)?)?)?)
    }

    /// The file that holds the bytes, open for reading. What is [discarded](Spooled::discard) meanwhile can be read to its end.
    ///
    /// # Errors
    /// As [`Spooled::read`].
    pub fn open(&self, root: &Path) -> Result<std::fs::File> {
        Ok(fs_err::File::open(self.find(&Layout::of(root)?)?)?.into())
    }

    /// Deletes the bytes, if they were not put in their place.
    pub fn discard(&self, root: &Path) {
        if let Ok(path) = Layout::of(root).and_then(|layout| self.find(&layout)) {
            // What cannot be deleted now is swept later.
            drop(std::fs::remove_file(path));
        }
    }

    /// Where the bytes are.
    pub(crate) fn find(&self, layout: &Layout) -> Result<PathBuf> {
        let plain = self.name.starts_with(PREFIX) && !self.name.contains(['/', '\\', '\0']);
        let path = layout.temporary().join(&self.name);
        if !plain || !std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_file()) {
            let error =
                Error::new(ErrorKind::NotFound, format!("the spooled bytes {:?} are gone", self.name));
            return Err(error.at(path).hint("hand the bytes over again; they can be put in one place only"));
        }
        Ok(path)
    }
}
