//! Preserving: what a change through the program takes the place of, and what it writes, kept at the change itself.
//!
//! Invariant: what [`Engine::preserve`] was asked for is durable when it returns, with the record that it was a version of its file.
//! Not here: what is kept in the background, and how long (`keep`).

use crate::{Engine, Error, Result};
use corpus::{ContentHash, DocPath};
use custody::versions::Record;
use std::path::Path;

impl Engine {
    /// Makes sure that what stands at a path outlives a change there, if versions are kept of it. What is no file has none.
    pub(crate) fn preserve(&self, path: &DocPath) -> Result<()> {
        let Ok((file, entry)) = self.folder.files.open_file(path) else { return Ok(()) };
        if !self.config.versions.keeps(entry.bytes) || !self.keep.versions.is_kept() {
            return Ok(());
        }
        let _held = self.keep.hold();
        if let Some(hash) = self.indexed_as(path)
            && self.keep.has(path, &hash)?
        {
            return self.sync_version(path, &hash);
        }
        let (hash, bytes) = self.keep.contents.put(file)?;
        if self.keep.is_newest(path, &hash) {
            return self.sync_version(path, &hash);
        }
        self.keep.contents.sync()?;
        let is = self.version_of(path, hash, bytes, entry.modified_ms);
        Ok(self.keep.versions.note(&[Record::Version { path: path.to_string(), is }])?)
    }

    /// Has a version on the disk, with the record of it, that was written a moment ago: both at once, which the disk takes together.
    fn sync_version(&self, path: &DocPath, hash: &ContentHash) -> Result<()> {
        let (contents, versions) = std::thread::scope(|scope| {
            let noted = self.keep.versions.is_unsynced(path.as_str()).then(|| {
                let thread = std::thread::Builder::new().name("workroom-sync".to_owned());
                thread.spawn_scoped(scope, || self.keep.versions.sync())
            });
            let contents = self.keep.contents.sync_of(hash);
            let versions = match noted {
                None => Ok(()),
                Some(Ok(thread)) => thread.join().unwrap_or_else(|_| self.keep.versions.sync()),
                Some(Err(_)) => self.keep.versions.sync(),
            };
            (contents, versions)
        });
        contents?;
        Ok(versions?)
    }

    /// Keeps the bytes of a file that is about to be put in its place, unless they are many: not synced, for they are soon. Whoever asked for a
    /// change gets it all the same where they cannot be kept: they are again from their place.
    pub(crate) fn keep_new(&self, bytes: &Path, size: u64) {
        /// Copied in a small part of the time that syncing them takes.
        const MOST: u64 = 1 << 20;
        if size > MOST || !self.config.versions.keeps(size) || !self.keep.versions.is_kept() {
            return;
        }
        let put = fs_err::File::open(bytes).map_err(Error::from);
        if let Err(error) = put.and_then(|file| Ok(self.keep.contents.put(file)?)) {
            tracing::warn!(%error, "a version is kept later");
        }
    }
}
