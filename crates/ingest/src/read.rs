//! One file's bytes: one version of it, bounded, without following a link out of the workspace and without waiting for anybody.
//!
//! Invariant: the bytes are those of one version. A file that changes while it is read is read again; one that only grows is taken up to
//! where it was; one that never stands still is reported as such.
//! Invariant: the facts recorded of a file were true *before* its bytes were read. So whatever changes later looks changed at the next
//! scan, and is read again.

use corpus::DocPath;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use watch::{OpenError, Stat, wall_clock_ns};

/// A file that has changed during each of so many readings does not stand still.
const ATTEMPTS: usize = 3;

/// Why a file's bytes are not to be had.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It is gone, or a folder has taken its place.
    Gone,
    /// It is larger than the limit.
    TooLarge { size: u64 },
    /// It changes faster than it can be read.
    Changing,
    /// A symbolic link has taken its place.
    Link,
    /// A FIFO, a socket or a device has.
    Special(String),
    /// The system refused.
    Failed(std::io::Error),
}

#[derive(Debug)]
pub(crate) struct FileBytes {
    pub(crate) stat: Stat,
    pub(crate) racy: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a regular file of at most `max` bytes.
pub(crate) fn read(root: &Path, path: &DocPath, max: u64) -> Result<FileBytes, Unread> {
    read_while(root, path, max, &|| {})
}

/// As [`read`]; `in_between` is called when a reading has ended, before it is known whether the file has changed under it.
fn read_while(root: &Path, path: &DocPath, max: u64, in_between: &dyn Fn()) -> Result<FileBytes, Unread> {
    for attempt in 1.. {
        let (mut file, stat) = watch::open(root, path.as_str()).map_err(unread)?;
        if stat.size > max {
            return Err(Unread::TooLarge { size: stat.size });
        }
        let mut bytes = Vec::with_capacity(stat.size as usize + 1);
        // One byte more than allowed tells a file that grew past the limit while it was read.
        (&file).take(max + 1).read_to_end(&mut bytes).map_err(Unread::Failed)?;
        in_between();
        let after = Stat::from_metadata(&file.metadata().map_err(Unread::Failed)?);
        if after == stat && bytes.len() as u64 <= max {
            return Ok(FileBytes { racy: stat.is_racy(wall_clock_ns()), stat, bytes });
        }
        if attempt == ATTEMPTS {
            return only_grew(&mut file, stat, bytes).map_err(Unread::Failed)?.ok_or(Unread::Changing);
        }
    }
    Err(Unread::Changing)
}

/// A log that is written all the time: what it held when it was opened is a version of it, if it is still the same.
fn only_grew(file: &mut File, stat: Stat, mut bytes: Vec<u8>) -> std::io::Result<Option<FileBytes>> {
    if (bytes.len() as u64) < stat.size {
        return Ok(None);
    }
    bytes.truncate(stat.size as usize);
    let mut again = Vec::with_capacity(bytes.len());
    file.seek(SeekFrom::Start(0))?;
    file.take(stat.size).read_to_end(&mut again)?;
    Ok((again == bytes).then_some(FileBytes { stat, racy: true, bytes }))
}

fn unread(error: OpenError) -> Unread {
    match error {
        OpenError::Absent | OpenError::Folder => Unread::Gone,
        OpenError::Link => Unread::Link,
        OpenError::Special(_) => Unread::Special(error.to_string()),
        OpenError::Refused(error) => Unread::Failed(error),
        _ => Unread::Failed(std::io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            folder.write("first version");
            folder
        }

        fn write(&self, text: &str) {
            std::fs::write(self.0.path().join("f"), text).unwrap();
        }

        fn append(&self, text: &str) {
            let mut file = std::fs::OpenOptions::new().append(true).open(self.0.path().join("f")).unwrap();
            std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        }

        /// What is read when `change` happens during each of the first `n` readings.
        fn read(&self, n: usize, change: &dyn Fn(usize)) -> Result<String, Unread> {
            let times = Cell::new(0);
            let in_between = || {
                times.set(times.get() + 1);
                if times.get() <= n {
                    change(times.get());
                }
            };
            let read = read_while(self.0.path(), &DocPath::new("f").unwrap(), 100, &in_between);
            read.map(|file| String::from_utf8(file.bytes).unwrap())
        }
    }

    #[test]
    fn reads_up_to_the_limit_and_says_why_not() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "12345").unwrap();
        std::fs::create_dir(dir.path().join("d")).unwrap();
        let read = |name: &str, max| read(dir.path(), &DocPath::new(name).unwrap(), max);
        let whole = read("a", 5).unwrap();
        assert_eq!((whole.bytes.as_slice(), whole.stat.size, whole.racy), (&b"12345"[..], 5, true));
        assert!(matches!(read("a", 4), Err(Unread::TooLarge { size: 5 })));
        assert!(matches!(read("b", 4), Err(Unread::Gone)));
        assert!(matches!(read("d", 1 << 20), Err(Unread::Gone)));
    }

    #[test]
    fn a_change_during_the_reading_means_reading_again() {
        let folder = Folder::new();
        let rewritten =
            folder.read(2, &|n| folder.write(&format!("version {n} of another length{}", "!".repeat(n))));
        assert_eq!(rewritten.unwrap(), "version 2 of another length!!");
        let shrunk = folder.read(1, &|_| folder.write("short"));
        assert_eq!(shrunk.unwrap(), "short");
        let grown = folder.read(1, &|_| folder.append(" and more"));
        assert_eq!(grown.unwrap(), "short and more");
    }

    #[test]
    fn a_file_that_grows_all_the_time_is_taken_as_far_as_it_was() {
        let folder = Folder::new();
        assert_eq!(folder.read(ATTEMPTS, &|n| folder.append(&n.to_string())).unwrap(), "first version12");
    }

    #[test]
    fn a_file_that_never_stands_still_is_no_version() {
        let folder = Folder::new();
        let restless = folder.read(ATTEMPTS, &|n| folder.write(&n.to_string().repeat(20 + n)));
        assert!(matches!(restless, Err(Unread::Changing)), "{restless:?}");
    }

    #[test]
    fn a_file_that_outgrows_the_limit_while_it_is_read() {
        let folder = Folder::new();
        let outgrown = folder.read(1, &|_| folder.write(&"x".repeat(101)));
        assert!(matches!(outgrown, Err(Unread::TooLarge { size: 101 })), "{outgrown:?}");
    }

    #[test]
    fn another_file_in_its_place_leaves_the_one_that_was_opened_whole() {
        let folder = Folder::new();
        let replace = |_| {
            std::fs::write(folder.0.path().join("new"), "another file").unwrap();
            std::fs::rename(folder.0.path().join("new"), folder.0.path().join("f")).unwrap();
        };
        // A rename over it unlinks the file, which changes its status: it is looked at again.
        assert_eq!(folder.read(1, &replace).unwrap(), "another file");
    }
}
