//! What the file system says about a path without reading its content.
//!
//! Invariant: symbolic links are never followed by the last component, so a link is not a file here.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;

/// Size, time and identity of a regular file. Two equal values mean *probably* the same content.
///
/// A file may be written twice within one tick of the file system's clock. So when `mtime_ns` lies less than two seconds before the
/// moment of looking, an equal value later proves nothing: hash the file again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The inode's number; 0 on systems that have none.
    pub inode: u64,
}

/// What stands at a path right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A regular file.
    File(Stat),
    /// A folder.
    Folder,
    /// Nothing that could be indexed: no entry, a symbolic link, or a special file.
    Absent,
}

impl Presence {
    /// Looks at `path` (absolute, see [`corpus::DocPath::to_fs`]). Does not apply ignore rules.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the file system refuses to say, so that the path is neither known to be there nor to be gone.
    pub fn of(path: &Path) -> Result<Self, Error> {
        match fs_err::symlink_metadata(path) {
            Ok(metadata) => Ok(Self::from_metadata(&metadata)),
            Err(error) if is_absence(error.kind()) => Ok(Self::Absent),
            Err(error) => Err(Error::Unreadable(error)),
        }
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        if metadata.is_file() {
            Self::File(Stat::from_metadata(metadata))
        } else if metadata.is_dir() {
            Self::Folder
        } else {
            Self::Absent
        }
    }
}

/// Whether an error means that there is no such entry, rather than that it cannot be seen.
pub(crate) fn is_absence(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl Stat {
    /// From what the system says of an open file or a path.
    #[cfg(unix)]
    #[must_use]
    pub fn from_metadata(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;

        let mtime_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Self { size: metadata.len(), mtime_ns, inode: metadata.ino() }
    }

    /// From what the system says of an open file or a path.
    #[cfg(not(unix))]
    #[must_use]
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let since_1970 =
            metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let mtime_ns = since_1970.and_then(|age| i64::try_from(age.as_nanos()).ok()).unwrap_or(0);
        Self { size: metadata.len(), mtime_ns, inode: 0 }
    }

    /// Whether the file was written so close to `now_ns` that a later write could leave this value unchanged.
    pub(crate) fn is_racy(&self, now_ns: i64) -> bool {
        now_ns.saturating_sub(self.mtime_ns).saturating_abs() < RACY_NS
    }
}

/// The coarsest clock of a file system in use (FAT) ticks every two seconds.
const RACY_NS: i64 = 2_000_000_000;

/// Now, on the clock of [`Stat::mtime_ns`].
pub(crate) fn wall_clock_ns() -> i64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_1970.ok().and_then(|age| i64::try_from(age.as_nanos()).ok()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_of_each_kind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        fs_err::write(&file, "abc").unwrap();
        assert!(matches!(Presence::of(&file).unwrap(), Presence::File(Stat { size: 3, .. })));
        assert_eq!(Presence::of(dir.path()).unwrap(), Presence::Folder);
        assert_eq!(Presence::of(&dir.path().join("no")).unwrap(), Presence::Absent);
        assert_eq!(Presence::of(&file.join("below a file")).unwrap(), Presence::Absent);
        #[cfg(unix)]
        {
            let link = dir.path().join("l");
            fs_err::os::unix::fs::symlink(&file, &link).unwrap();
            assert_eq!(Presence::of(&link).unwrap(), Presence::Absent);
        }
    }

    #[test]
    fn a_stat_is_racy_while_its_clock_could_still_show_the_same_time() {
        let stat = Stat { size: 0, mtime_ns: 10 * RACY_NS, inode: 0 };
        assert!(
            stat.is_racy(10 * RACY_NS) && stat.is_racy(11 * RACY_NS - 1) && stat.is_racy(9 * RACY_NS + 1)
        );
        assert!(!stat.is_racy(11 * RACY_NS), "it is old enough");
        assert!(!stat.is_racy(0), "a time in the future stays there: it would be racy for ever");
    }
}
