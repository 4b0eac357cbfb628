//! Changes: what a commit changed about files, for whoever keeps account of them.
//!
//! Invariant: of two changes of one path the one that was committed first is told first, and what was not committed is not told.
//! Not here: who made a change, what is told of it.

use crate::prepare::Prepared;
use corpus::{ContentHash, DocPath};
use index::{DocRecord, SkipRecord, Snapshot};

/// A file as a commit found it, and as it left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub path: DocPath,
    /// What was known of it before; nothing if it was not there.
    pub before: Option<FileState>,
    /// What is known of it now; nothing if it is gone.
    pub after: Option<FileState>,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The hash of its bytes, if they were read.
    pub version: Option<ContentHash>,
    /// Their number.
    pub size: u64,
    /// The file's number on its disk; 0 where there is none.
    pub inode: u64,
    /// When it was last written, nanoseconds since 1970; 0 where that was not looked at.
    pub mtime_ns: i64,
    /// Its chunks, or why it has none: a stable word.
    pub chunks: Result<u64, String>,
}

/// Hears of each commit's changes.
pub(crate) type Told = Box<dyn Fn(Vec<Change>) + Send + Sync>;

impl Change {
    /// What staging this will change, as the index stands.
    pub(crate) fn of(base: &Snapshot, one: &Prepared) -> Option<Self> {
        let path = one.path();
        let before = FileState::known(base, path);
        let after = match one {
            Prepared::Touch { .. } => return None,
            Prepared::Gone(_) => None,
            Prepared::Skip(skip) => Some(FileState::of_skip(skip)),
            Prepared::Put(put) => {
                let chunks =
                    put.doc.chunks.len() + put.parts.iter().map(|part| part.chunks.len()).sum::<usize>();
                let doc = &put.doc;
                let (version, size) = (Some(doc.hash), doc.size);
                Some(FileState {
                    version,
                    size,
                    inode: doc.inode,
                    mtime_ns: doc.mtime_ns,
                    chunks: Ok(chunks as u64),
                })
            }
        };
        let is_nothing = match (&before, &after) {
            (None, None) => true,
            // A reason that is found again.
            (Some(before), Some(after)) => {
                after.chunks.is_err() && before.chunks.is_err() && after.has_bytes_of(before)
            }
            _ => false,
        };
        (!is_nothing).then(|| Self { path: path.clone(), before, after })
    }
}

impl FileState {
    /// Whether these are the same bytes, as far as anybody has looked.
    #[must_use]
    pub fn has_bytes_of(&self, before: &Self) -> bool {
        if let (Some(old), Some(new)) = (&before.version, &self.version) {
            return old == new;
        }
        if self.size != before.size {
            return false;
        }
        match before.mtime_ns != 0 && self.mtime_ns != 0 {
            true => (before.mtime_ns, before.inode) == (self.mtime_ns, self.inode),
            // What was looked at for the first time may be another; what cannot be looked at any more is said to be the same.
            false => self.version.is_none(),
        }
    }

    fn known(base: &Snapshot, path: &DocPath) -> Option<Self> {
        let doc = base.doc(path).filter(|doc| doc.container.is_none());
        let skip = || base.skips().get(path).filter(|skip| skip.container.is_none());
        doc.map(|doc| Self::of_doc(doc)).or_else(|| skip().map(|skip| Self::of_skip(skip)))
    }

    fn of_doc(doc: &DocRecord) -> Self {
        let (version, chunks) = (Some(doc.hash), Ok(u64::from(doc.n_chunks)));
        Self { version, size: doc.size, inode: doc.inode, mtime_ns: doc.mtime_ns, chunks }
    }

    fn of_skip(skip: &SkipRecord) -> Self {
        let SkipRecord { hash, size, inode, mtime_ns, code, .. } = skip;
        Self { version: *hash, size: *size, inode: *inode, mtime_ns: *mtime_ns, chunks: Err(code.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_as_far_as_they_are_known() {
        let state = |version: Option<&str>, size, mtime_ns| FileState {
            version: version.map(|text| ContentHash::of(text.as_bytes())),
            size,
            inode: 1,
            mtime_ns,
            chunks: Ok(1),
        };
        let check = |before: FileState, after: FileState, same: bool| {
            assert_eq!(after.has_bytes_of(&before), same, "{before:?} {after:?}");
        };
        check(state(Some("a"), 1, 5), state(Some("a"), 1, 6), true);
        check(state(Some("a"), 1, 5), state(Some("b"), 1, 5), false);
        check(state(None, 1, 5), state(None, 1, 5), true);
        check(state(None, 1, 5), state(None, 1, 6), false);
        check(state(None, 1, 0), state(None, 2, 0), false);
        check(state(Some("a"), 1, 5), state(None, 1, 0), true);
        check(state(None, 1, 0), state(Some("a"), 1, 5), false);
    }
}
