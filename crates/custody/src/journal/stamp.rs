//! Which file is at a path, and whether it has changed: one call to the system.
//!
//! Invariant: two equal stamps of a file that only grows, or is replaced, are of the same bytes.

use std::fs::Metadata;

/// What the system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    identity: (u64, u64),
    pub(super) size: u64,
    modified: (i64, i64),
}

impl Stamp {
    #[cfg(unix)]
    pub(super) fn of(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let modified = (meta.mtime(), meta.mtime_nsec());
        Self { identity: (meta.dev(), meta.ino()), size: meta.len(), modified }
    }

    /// Where the system gives files no number, the time at which one was made stands for it.
    #[cfg(not(unix))]
    pub(super) fn of(meta: &Metadata) -> Self {
        let since = |time: std::io::Result<std::time::SystemTime>| {
            let time = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            time.map_or((0, 0), |time| (time.as_secs() as i64, i64::from(time.subsec_nanos())))
        };
        let made = since(meta.created());
        Self { identity: (made.0 as u64, made.1 as u64), size: meta.len(), modified: since(meta.modified()) }
    }

    /// Whether both are of one file, be it changed or not.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}
