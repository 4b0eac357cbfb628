//! Versions of files, remembered, so that a file which is read again and again is not hashed each time.
//!
//! Invariant: what is returned is the version of the bytes that the open file holds. A file that may change within its clock's tick is hashed
//! anew (as Git does with its index).
//! Not here: opening files.

use lru::LruCache;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use workroom::Entry;

/// Files to remember.
const ROOM: NonZeroUsize = NonZeroUsize::new(4096).expect("is not zero");
/// A file that was changed so lately could change again and look the same.
const FRESH_MS: i64 = 2_000;
const PORTION: usize = 1 << 16;

/// The versions that are known.
pub(crate) struct Versions {
    known: Mutex<LruCache<String, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    bytes: u64,
    modified_ms: i64,
    created_ms: Option<i64>,
    version: String,
}

impl Default for Versions {
    fn default() -> Self {
        Self { known: Mutex::new(LruCache::new(ROOM)) }
    }
}

impl Versions {
    /// The version of an open file. It is at its beginning before and after.
    pub(crate) fn of(&self, file: &mut File, entry: &Entry, now_ms: i64) -> io::Result<String> {
        let fits = |known: &Known| {
            (known.bytes, known.modified_ms, known.created_ms)
                == (entry.bytes, entry.modified_ms, entry.created_ms)
        };
        let is_settled = entry.modified_ms < now_ms - FRESH_MS;
        if is_settled {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = known.get(&entry.path).filter(|known| fits(known)) {
                return Ok(found.version.clone());
            }
        }
        let version = hash(file)?;
        if is_settled {
            let (bytes, modified_ms, created_ms) = (entry.bytes, entry.modified_ms, entry.created_ms);
            let found = Known { bytes, modified_ms, created_ms, version: version.clone() };
            self.known.lock().unwrap_or_else(PoisonError::into_inner).put(entry.path.clone(), found);
        }
        Ok(version)
    }
}

fn hash(file: &mut File) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut portion = vec![0; PORTION];
    loop {
        match file.read(&mut portion)? {
            0 => break,
            n => hasher.update(portion.get(..n).unwrap_or_default()),
        };
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(hasher.finalize().to_hex().to_string())
}
