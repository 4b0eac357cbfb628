//! One file's bytes, read once, bounded, without following a link out of the workspace.
//!
//! Invariant: the facts recorded of a file were true *before* its bytes were read. A file that changes while it is read therefore looks
//! changed at the next scan, and is read again.

use corpus::DocPath;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, SystemTime};
use watch::Stat;

/// A time stamp this close to now may stand for two versions of a file: file systems count in ticks.
const RACY: Duration = Duration::from_secs(2);

/// Why a file's bytes are not to be had.
pub(crate) enum Unread {
    /// It is gone.
    Gone,
    /// It is larger than the limit.
    TooLarge { size: u64 },
    /// The system refused.
    Failed(std::io::Error),
}

pub(crate) struct FileBytes {
    pub(crate) stat: Stat,
    pub(crate) racy: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a regular file of at most `max` bytes.
pub(crate) fn read(root: &Path, path: &DocPath, max: u64) -> Result<FileBytes, Unread> {
    let on_disk = path.to_fs(root);
    let file = std::fs::File::open(&on_disk).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    let stat = Stat::from_metadata(&meta);
    if stat.size > max {
        return Err(Unread::TooLarge { size: stat.size });
    }
    let mut bytes = Vec::with_capacity(stat.size as usize + 1);
    // One byte more than allowed tells a file that grew past the limit while it was read.
    file.take(max + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > max {
        return Err(Unread::TooLarge { size: bytes.len() as u64 });
    }
    Ok(FileBytes { racy: is_racy(&stat, SystemTime::now()), stat, bytes })
}

fn failed(error: std::io::Error) -> Unread {
    match error.kind() {
        std::io::ErrorKind::NotFound => Unread::Gone,
        _ => Unread::Failed(error),
    }
}

fn is_racy(stat: &Stat, now: SystemTime) -> bool {
    let now_ns = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_nanos() as i64);
    stat.mtime_ns.saturating_add(RACY.as_nanos() as i64) >= now_ns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_up_to_the_limit_and_says_why_not() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "12345").unwrap();
        std::fs::create_dir(dir.path().join("d")).unwrap();
        let read = |name: &str, max| read(dir.path(), &DocPath::new(name).unwrap(), max);
        let whole = read("a", 5).ok().unwrap();
        assert_eq!((whole.bytes.as_slice(), whole.stat.size, whole.racy), (&b"12345"[..], 5, true));
        assert!(matches!(read("a", 4), Err(Unread::TooLarge { size: 5 })));
        assert!(matches!(read("b", 4), Err(Unread::Gone)));
        assert!(matches!(read("d", 1 << 20), Err(Unread::Failed(_))));
    }

    #[test]
    fn only_a_fresh_time_stamp_is_racy() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let racy = |secs: i64| is_racy(&Stat { size: 0, mtime_ns: secs * 1_000_000_000, inode: 0 }, now);
        assert_eq!([racy(97), racy(98), racy(100), racy(500)], [false, true, true, true]);
    }
}
