//! Opening a file of the workspace so that nothing in it can keep us: no FIFO blocks, no link leads out.
//!
//! Invariant: what is returned is a regular file, by what its descriptor says and not its path, reached without a symbolic link below
//! the root. So it makes no difference what takes the path's place after a scan has looked at it.
//! Not here: how much of it is read.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::Stat;
use crate::scan::special_name;
use crate::stat::is_absence;

/// Why there is no regular file to read at a path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is nothing.
    #[error("there is no such file")]
    Absent,
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A symbolic link is there or on the way.
    #[error("a symbolic link is there or on the way")]
    Link,
    /// A FIFO, a socket or a device.
    #[error("skipped: a {0}")]
    Special(&'static str),
    /// The file system refused.
    #[error("{0}")]
    Refused(io::Error),
}

/// Opens the regular file at `path`, relative to `root` and `/`-separated, for reading. Never blocks on what is there.
///
/// # Errors
/// See [`OpenError`].
pub fn open(root: &Path, path: &str) -> Result<(File, Stat), OpenError> {
    let file = open_any(root, path)?;
    let metadata = file.metadata().map_err(OpenError::Refused)?;
    if metadata.is_dir() {
        return Err(OpenError::Folder);
    }
    if !metadata.is_file() {
        return Err(OpenError::Special(special_name(metadata.file_type())));
    }
    Ok((file, Stat::from_metadata(&metadata)))
}

#[cfg(unix)]
fn open_any(root: &Path, path: &str) -> Result<File, OpenError> {
    use rustix::fs::{Mode, OFlags};
    use rustix::io::Errno;

    // A FIFO without a writer opens at once; no terminal becomes ours.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    match beneath(root, path, flags)
        .unwrap_or_else(|| rustix::fs::open(root.join(path), flags, Mode::empty()))
    {
        Ok(descriptor) => Ok(File::from(descriptor)),
        Err(Errno::LOOP | Errno::XDEV | Errno::MLINK) => Err(OpenError::Link),
        // A socket, or a device that nothing drives.
        Err(Errno::NXIO | Errno::NODEV) => Err(OpenError::Special("socket or device")),
        Err(errno) => match io::Error::from(errno) {
            error if is_absence(error.kind()) => Err(OpenError::Absent),
            error => Err(OpenError::Refused(error)),
        },
    }
}

/// Has the kernel refuse every link on the way; `None` where it cannot.
#[cfg(target_os = "linux")]
fn beneath(
    root: &Path,
    path: &str,
    flags: rustix::fs::OFlags,
) -> Option<rustix::io::Result<rustix::fd::OwnedFd>> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    use rustix::io::Errno;

    let root = match openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(root) => root,
        Err(errno) => return Some(Err(errno)),
    };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match openat2(&root, path, flags, Mode::empty(), resolve) {
        // Older than Linux 5.6, or a sandbox that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => None,
        opened => Some(opened),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn beneath(_: &Path, _: &str, _: rustix::fs::OFlags) -> Option<rustix::io::Result<rustix::fd::OwnedFd>> {
    None
}

#[cfg(not(unix))]
fn open_any(root: &Path, path: &str) -> Result<File, OpenError> {
    let at = root.join(path);
    match at.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => return Err(OpenError::Folder),
        Ok(metadata) if metadata.is_symlink() => return Err(OpenError::Link),
        _ => {}
    }
    File::open(at).map_err(|error| match error {
        error if is_absence(error.kind()) => OpenError::Absent,
        error => OpenError::Refused(error),
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use fs_err::os::unix::fs::symlink;
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;

    #[test]
    fn regular_files_only_and_no_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("w"), dir.path().join("outside"));
        fs_err::create_dir_all(root.join("d")).unwrap();
        fs_err::create_dir(&outside).unwrap();
        fs_err::write(root.join("d/f"), "inside").unwrap();
        fs_err::write(outside.join("f"), "outside").unwrap();
        symlink(&outside, root.join("out")).unwrap();
        symlink(root.join("d"), root.join("in")).unwrap();
        symlink(root.join("d/f"), root.join("to-file")).unwrap();
        symlink(root.join("self"), root.join("self")).unwrap();
        mknodat(CWD, root.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();
        let shown = |path: &str| match open(&root, path) {
            Ok((mut file, stat)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                assert_eq!(stat.size, text.len() as u64);
                text
            }
            Err(error) => error.to_string(),
        };
        let link = "a symbolic link is there or on the way";
        assert_eq!(shown("d/f"), "inside");
        for path in ["out/f", "in/f", "to-file", "self", "out"] {
            assert_eq!(shown(path), link, "{path}");
        }
        assert_eq!(shown("d"), "it is a folder");
        for path in ["none", "d/none", "d/f/below", "none/f"] {
            assert_eq!(shown(path), "there is no such file", "{path}");
        }
        assert_eq!((&*shown("fifo"), &*shown("socket")), ("skipped: a FIFO", "skipped: a socket or device"));
        assert!(matches!(open(&root, &"x/".repeat(4096)), Err(OpenError::Refused(_) | OpenError::Absent)));
        assert!(matches!(open(&root, &"x".repeat(256)), Err(OpenError::Refused(_))));
    }

    #[test]
    fn a_device_is_not_read() {
        // The root is where devices are.
        assert!(matches!(open(Path::new("/dev"), "zero"), Err(OpenError::Special("character device"))));
    }
}
