//! What the file system says about a path without reading its content.
//!
//! Invariant: symbolic links are never followed by the last component, so a link is not a file here.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::Path;

use crate::Error;

/// Size, time and identity of a regular file. Two equal values mean *probably* the same content.
///
/// A program may set the time of modification to whatever it likes, and many do after they wrote (`rsync -t`, `tar`, `touch -r`). The
/// time of the last status change, which no program can set, tells such a write all the same; it is part of [`Stat::inode`].
///
/// A file may be written twice within one tick of the file system's clock. So a value that [`Stat::is_racy`] proves nothing when it is
/// met again: hash the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Which file it is, and its last status change (ctime), as one number: another one for another file under the same name, and after
    /// every write, even if size and time of modification stay. 0 on systems that tell neither.
    pub inode: u64,
    /// Time of the last status change, in nanoseconds since 1970; that of the last modification on systems that do not tell.
    pub ctime_ns: i64,
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

        let ns = |secs: i64, nanos: i64| secs.saturating_mul(1_000_000_000).saturating_add(nanos);
        let ctime_ns = ns(metadata.ctime(), metadata.ctime_nsec());
        // Spread out, so that neighbouring inodes do not fall on neighbouring times.
        let inode = metadata.ino().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ ctime_ns.cast_unsigned();
        Self { size: metadata.len(), mtime_ns: ns(metadata.mtime(), metadata.mtime_nsec()), inode, ctime_ns }
    }

    /// From what the system says of an open file or a path.
    #[cfg(not(unix))]
    #[must_use]
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let since_1970 =
            metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let mtime_ns = since_1970.and_then(|age| i64::try_from(age.as_nanos()).ok()).unwrap_or(0);
        Self { size: metadata.len(), mtime_ns, inode: 0, ctime_ns: mtime_ns }
    }

    /// Of a file that cannot be looked at: equal to no file's.
    pub const UNKNOWN: Self = Self { size: 0, mtime_ns: 0, inode: 0, ctime_ns: 0 };

    /// Whether the file was changed so close to `now_ns` that a later write could leave this value unchanged.
    ///
    /// Goes by the status change: what a program claims about the modification, next year or before 1970, says nothing here.
    #[must_use]
    pub fn is_racy(&self, now_ns: i64) -> bool {
        let age = now_ns.saturating_sub(self.ctime_ns);
        -SKEW_NS < age && age < RACY_NS
    }
}

/// The coarsest clock of a file system in use (FAT) ticks every two seconds.
const RACY_NS: i64 = 2_000_000_000;

/// The clock of a file server may be ahead of ours by up to this. Beyond, it was ours that was set back, and then a second write gets
/// an earlier time: such a file would be racy for months for no good.
const SKEW_NS: i64 = 3_600_000_000_000;

/// Now, on the clock of [`Stat::mtime_ns`].
#[must_use]
pub fn wall_clock_ns() -> i64 {
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
        let at = SKEW_NS * 10;
        let stat = |mtime_ns| Stat { size: 0, mtime_ns, inode: 0, ctime_ns: at };
        // What a program says of the modification makes no difference: before 1970, now, far in the future.
        for stat in [stat(i64::MIN), stat(-1), stat(at), stat(i64::MAX)] {
            assert!(stat.is_racy(at) && stat.is_racy(at + RACY_NS - 1) && stat.is_racy(at - SKEW_NS + 1));
            assert!(!stat.is_racy(at + RACY_NS), "it is old enough");
            assert!(!stat.is_racy(at - SKEW_NS), "the clock was set back: it would be racy for long");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_write_shows_although_size_and_time_were_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let look = || Stat::from_metadata(&fs_err::symlink_metadata(&path).unwrap());
        let year_1960 = std::time::UNIX_EPOCH - std::time::Duration::from_secs(10 * 365 * 86_400);
        let set_time = || fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_modified(year_1960);
        fs_err::write(&path, "abc").unwrap();
        set_time().unwrap();
        let before = look();
        assert!(before.mtime_ns < 0);
        // Until the clock that files are stamped by has ticked on: within its tick there is the racy rule.
        while look() == before {
            fs_err::write(&path, "xyz").unwrap();
            set_time().unwrap();
        }
        let after = look();
        assert_eq!((after.size, after.mtime_ns), (before.size, before.mtime_ns));
        assert_ne!(after.inode, before.inode);
    }
}
