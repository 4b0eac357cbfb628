//! tantivy's directory, with what that leaves out: a checksum on the two files that are replaced in place.
//!
//! tantivy puts a checksum at the end of every segment file, but none on `meta.json` (which segments there are) and `.managed.json`
//! (which files are its own): a digit that flips there is believed. Here a last line holds their checksum. It is written and renamed
//! into place with the content, so the two can never disagree after a crash, and it is compared on each read.
//!
//! Invariant: what `atomic_read` returns is what `atomic_write` was given, or it fails.
//! Not here: the segment files (see `seal`).

use std::io;
use std::path::Path;
use std::sync::Arc;

use tantivy::Directory;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    DirectoryLock, FileHandle, Lock, MmapDirectory, WatchCallback, WatchHandle, WritePtr,
};

use crate::fault;

/// Memory-mapped files, and checksums where tantivy has none.
#[derive(Clone, Debug)]
pub(crate) struct CheckedDirectory {
    inner: MmapDirectory,
}

impl CheckedDirectory {
    /// The directory `dir`, which must exist.
    pub(crate) fn open(dir: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { inner: MmapDirectory::open(dir)? })
    }
}

/// What the last line begins with; eight hexadecimal digits and a line break follow.
const MARK: &[u8] = b"#crc32 ";
const LINE: usize = MARK.len() + 8 + 1;

fn seal_line(content: &[u8]) -> Vec<u8> {
    let digits = format!("{:08x}\n", crc32fast::hash(content));
    [MARK, digits.as_bytes()].concat()
}

/// The content of a file whose last line agrees with it.
fn unseal(mut bytes: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    let Some(end) = bytes.len().checked_sub(LINE) else { return Err("it is too short to hold its checksum") };
    let (content, line) = bytes.split_at(end);
    if line != seal_line(content) {
        return Err("its checksum does not match");
    }
    bytes.truncate(end);
    Ok(bytes)
}

impl Directory for CheckedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        self.inner.get_file_handle(path)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.inner.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.inner.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        fault::point(fault::SEGMENT).map_err(|error| OpenWriteError::wrap_io_error(error, path.into()))?;
        self.inner.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        unseal(self.inner.atomic_read(path)?).map_err(|why| {
            let error = io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", path.display()));
            OpenReadError::wrap_io_error(error, path.into())
        })
    }

    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        fault::point(fault::BEFORE_RENAME)?;
        self.inner.atomic_write(path, &[content, &seal_line(content)].concat())?;
        fault::point(fault::AFTER_RENAME)
    }

    fn sync_directory(&self) -> io::Result<()> {
        fault::point(fault::SYNC_FOLDER)?;
        self.inner.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.inner.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.inner.watch(callback)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_changed_byte_or_length_is_noticed(content in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let sealed = [content.clone(), seal_line(&content)].concat();
            prop_assert_eq!(unseal(sealed.clone()).unwrap(), content);
            let mut bad = sealed.clone();
            bad[at.index(sealed.len())] ^= flip;
            prop_assert!(unseal(bad).is_err());
            prop_assert!(unseal(sealed[..at.index(sealed.len())].to_vec()).is_err());
        }
    }

    #[test]
    fn what_tantivy_alone_wrote_is_refused() {
        for bytes in ["", "{}", "{\"segments\":[],\"opstamp\":0}\n"] {
            assert!(unseal(bytes.into()).is_err(), "{bytes}");
        }
    }
}
