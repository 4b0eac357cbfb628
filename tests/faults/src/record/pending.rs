//! What a call will have done once it returns, worked out while its thread is stopped before it.
//!
//! Invariant: nothing here changes anything. `None` means that the call changes nothing that is recorded; an error, that what it does is
//! not understood.

use super::CHANGING_OPEN;
use super::nodes::Nodes;
use crate::log::{Kind, NodeId, Place};
use crate::trace::Call;
use std::path::{Path, PathBuf};

/// A change that waits for its call to return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// A file is opened that there was not.
    Create(PathBuf),
    /// A file without a name is made.
    Unnamed,
    /// A folder or link is made.
    Make(PathBuf, Kind),
    Link(NodeId, Place),
    Unname(Place),
    Move {
        from: Place,
        to: Place,
    },
    /// As many bytes as the call returns, read back through a descriptor.
    Write {
        node: NodeId,
        descriptor: i32,
        offset: u64,
    },
    /// That many bytes become zeros.
    Zero {
        node: NodeId,
        descriptor: i32,
        offset: u64,
        len: u64,
    },
    Resize(NodeId, u64),
    Sync(NodeId),
    SyncAll,
    /// No change as things are; no other call may come between that would make it one.
    Nothing,
    /// Something that is not understood. If its call fails, as an unusual one often does, no harm is done.
    Unclear(String),
    /// Bytes for the file of notes.
    Note {
        descriptor: i32,
        offset: u64,
    },
}

/// What is not understood, in words.
type Result = std::result::Result<Option<Pending>, String>;

/// Looks at calls for a recorder.
pub(super) struct Look<'a> {
    pub(super) nodes: &'a Nodes,
    pub(super) notes: &'a Path,
    pub(super) call: &'a Call,
}

impl Look<'_> {
    /// What the call will have done.
    pub(super) fn pending(&self) -> Result {
        let args = &self.call.args;
        match self.call.number {
            libc::SYS_open => self.open(None, 0, args[1]),
            libc::SYS_openat => self.open(Some(0), 1, args[2]),
            // Its flags come first in what the third argument points to; the rest can only make it fail.
            libc::SYS_openat2 => self.open(Some(0), 1, self.pointed(args[2])?.unwrap_or(0)),
            libc::SYS_creat => self.open(None, 0, u64::from((libc::O_CREAT | libc::O_TRUNC).cast_unsigned())),
            libc::SYS_write | libc::SYS_writev => self.write(0, None),
            // Offsets come in halves only where a word has 32 bits.
            libc::SYS_pwrite64 | libc::SYS_pwritev => self.write(0, Some(args[3])),
            libc::SYS_pwritev2 => self.write(0, (args[3] != u64::MAX).then_some(args[3])),
            libc::SYS_sendfile => self.write(0, None),
            libc::SYS_copy_file_range | libc::SYS_splice => self.write(2, self.pointed(args[3])?),
            libc::SYS_truncate => self.truncate(args[1]),
            libc::SYS_ftruncate => Ok(self.of_descriptor(0)?.map(|node| Pending::Resize(node, args[1]))),
            libc::SYS_fallocate => self.allocate(),
            libc::SYS_rename => self.rename(None, 0, None, 1, 0),
            libc::SYS_renameat => self.rename(Some(0), 1, Some(2), 3, 0),
            libc::SYS_renameat2 => self.rename(Some(0), 1, Some(2), 3, args[4]),
            libc::SYS_link => self.link(None, 0, None, 1, 0),
            libc::SYS_linkat => self.link(Some(0), 1, Some(2), 3, args[4]),
            libc::SYS_symlink => self.make(None, 1, Kind::Link(self.said(0)?)),
            libc::SYS_symlinkat => self.make(Some(1), 2, Kind::Link(self.said(0)?)),
            libc::SYS_unlink | libc::SYS_rmdir => self.unname(None, 0),
            libc::SYS_unlinkat => self.unname(Some(0), 1),
            libc::SYS_mkdir => self.make(None, 0, Kind::Folder),
            libc::SYS_mkdirat => self.make(Some(0), 1, Kind::Folder),
            libc::SYS_fsync | libc::SYS_fdatasync => Ok(self.of_descriptor(0)?.map(Pending::Sync)),
            libc::SYS_sync => Ok(Some(Pending::SyncAll)),
            libc::SYS_syncfs => Ok(self.of_descriptor(0)?.map(|_| Pending::SyncAll)),
            libc::SYS_mmap => self.refuse_writable_map(),
            libc::SYS_ioctl => self.refuse_cloning(),
            other => Err(format!("call {other}")),
        }
    }

    fn open(&self, folder: Option<usize>, argument: usize, flags: u64) -> Result {
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        if flags & u64::from(CHANGING_OPEN.cast_unsigned()) == 0 {
            return Ok(None);
        }
        let Some(path) = self.inside(folder, argument)? else { return Ok(None) };
        if has(libc::O_TMPFILE & !libc::O_DIRECTORY) {
            return Ok(Some(Pending::Unnamed));
        }
        match path.symlink_metadata() {
            Err(_) if has(libc::O_CREAT) => Ok(Some(Pending::Create(path))),
            Ok(meta) if meta.is_symlink() => Err(format!("opened through a link: {}", path.display())),
            Ok(meta) if has(libc::O_TRUNC) && meta.len() > 0 => {
                Ok(Some(Pending::Resize(self.known(&path)?, 0)))
            }
            _ => Ok(Some(Pending::Nothing)),
        }
    }

    fn write(&self, argument: usize, offset: Option<u64>) -> Result {
        let descriptor = self.call.descriptor(argument);
        let Ok(path) = self.call.descriptor_path(descriptor) else { return Ok(None) };
        if path != self.notes && !self.nodes.holds(&path) {
            return Ok(None);
        }
        let offset = offset.map_or_else(|| self.call.position(descriptor), Ok);
        let offset = offset.map_err(|error| format!("position in {}: {error}", path.display()))?;
        if path == self.notes {
            return Ok(Some(Pending::Note { descriptor, offset }));
        }
        Ok(self.of_descriptor(argument)?.map(|node| Pending::Write { node, descriptor, offset }))
    }

    fn truncate(&self, len: u64) -> Result {
        let Some(path) = self.inside(None, 0)? else { return Ok(None) };
        Ok(Some(Pending::Resize(self.known(&path)?, len)))
    }

    fn allocate(&self) -> Result {
        let Some(node) = self.of_descriptor(0)? else { return Ok(None) };
        let [_, mode, offset, len, ..] = self.call.args;
        let descriptor = self.call.descriptor(0);
        let size = self.call.descriptor_meta(descriptor).map_err(|error| error.to_string())?.len();
        let keeps_size = mode & u64::from(libc::FALLOC_FL_KEEP_SIZE.cast_unsigned()) != 0;
        let zeroing = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_ZERO_RANGE;
        let rest = mode & !u64::from((zeroing | libc::FALLOC_FL_KEEP_SIZE).cast_unsigned());
        match mode & u64::from(zeroing.cast_unsigned()) {
            _ if rest != 0 => Err(format!("fallocate of mode {mode}")),
            0 if keeps_size => Ok(None),
            0 => Ok((offset + len > size).then_some(Pending::Resize(node, offset + len))),
            _ if !keeps_size => Err(format!("fallocate of mode {mode}")),
            _ => Ok(Some(Pending::Zero {
                node,
                descriptor,
                offset,
                len: len.min(size.saturating_sub(offset)),
            })),
        }
    }

    fn rename(
        &self,
        from_folder: Option<usize>,
        from: usize,
        to_folder: Option<usize>,
        to: usize,
        flags: u64,
    ) -> Result {
        let (from, to) = (self.inside(from_folder, from)?, self.inside(to_folder, to)?);
        match (from, to) {
            (None, None) => Ok(None),
            _ if flags & u64::from(libc::RENAME_EXCHANGE) != 0 => Err("an exchange of names".to_owned()),
            (None, Some(to)) => Err(format!("moved in from outside: {}", to.display())),
            (Some(from), None) => Ok(Some(Pending::Unname(self.place(&from)?))),
            // Two names of one file: the system does nothing.
            (Some(from), Some(to)) if self.known(&from).is_ok_and(|node| self.known(&to) == Ok(node)) => {
                Ok(None)
            }
            (Some(from), Some(to)) => {
                Ok(Some(Pending::Move { from: self.place(&from)?, to: self.place(&to)? }))
            }
        }
    }

    fn link(
        &self,
        from_folder: Option<usize>,
        from: usize,
        to_folder: Option<usize>,
        to: usize,
        flags: u64,
    ) -> Result {
        let Some(to) = self.inside(to_folder, to)? else { return Ok(None) };
        let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
        let source = if has(libc::AT_EMPTY_PATH) && self.said(from)?.as_os_str().is_empty() {
            self.call.descriptor_meta(self.call.descriptor(from_folder.unwrap_or(0)))
        } else {
            let path = self.call.path(from_folder, from).map_err(|error| error.to_string())?;
            if has(libc::AT_SYMLINK_FOLLOW) { path.metadata() } else { path.symlink_metadata() }
        };
        let Ok(source) = source else { return Ok(None) };
        match self.nodes.node(&source) {
            Some(node) => Ok(Some(Pending::Link(node, self.place(&to)?))),
            None => Err(format!("linked in from outside: {}", to.display())),
        }
    }

    fn make(&self, folder: Option<usize>, argument: usize, kind: Kind) -> Result {
        Ok(self.inside(folder, argument)?.map(|path| Pending::Make(path, kind)))
    }

    fn unname(&self, folder: Option<usize>, argument: usize) -> Result {
        let Some(path) = self.inside(folder, argument)? else { return Ok(None) };
        Ok(Some(Pending::Unname(self.place(&path)?)))
    }

    fn refuse_writable_map(&self) -> Result {
        let writable = self.call.args[2] & u64::from(libc::PROT_WRITE.cast_unsigned()) != 0;
        match self.of_descriptor(4) {
            Ok(Some(_)) if writable => Err("a file mapped to be written".to_owned()),
            _ => Ok(None),
        }
    }

    fn refuse_cloning(&self) -> Result {
        let request = self.call.args[1] & u64::from(u32::MAX);
        if !matches!(request, libc::FICLONE | libc::FICLONERANGE) || self.of_descriptor(0)?.is_none() {
            return Ok(None);
        }
        Err("a file's blocks cloned".to_owned())
    }

    /// A path argument, if it lies in the recorded folder. A call whose path cannot be resolved is going to fail, but it must be held to
    /// that: were it let go, another thread might make the missing folder first.
    fn inside(&self, folder: Option<usize>, argument: usize) -> std::result::Result<Option<PathBuf>, String> {
        match self.call.path(folder, argument) {
            Ok(path) => Ok(Some(path).filter(|path| self.nodes.holds(path))),
            Err(error) => Err(format!("path argument: {error}")),
        }
    }

    /// The node behind a descriptor, if it is recorded.
    fn of_descriptor(&self, argument: usize) -> std::result::Result<Option<NodeId>, String> {
        let descriptor = self.call.descriptor(argument);
        let Ok(path) = self.call.descriptor_path(descriptor) else { return Ok(None) };
        if !self.nodes.holds(&path) {
            return Ok(None);
        }
        let meta = self.call.descriptor_meta(descriptor).map_err(|error| error.to_string())?;
        match self.nodes.node(&meta) {
            Some(node) => Ok(Some(node)),
            None => Err(format!("unknown file {}", path.display())),
        }
    }

    fn known(&self, path: &Path) -> std::result::Result<NodeId, String> {
        let meta = path.symlink_metadata().map_err(|error| format!("{}: {error}", path.display()))?;
        self.nodes.node(&meta).ok_or_else(|| format!("unknown file {}", path.display()))
    }

    fn place(&self, path: &Path) -> std::result::Result<Place, String> {
        self.nodes.place(path).ok_or_else(|| format!("unknown folder of {}", path.display()))
    }

    fn said(&self, argument: usize) -> std::result::Result<PathBuf, String> {
        self.call.text(argument).map_err(|error| format!("path argument: {error}"))
    }

    /// An offset that is handed over by its address; none where that is 0.
    fn pointed(&self, address: u64) -> std::result::Result<Option<u64>, String> {
        let offset = (address != 0).then(|| self.call.number_at(address)).transpose();
        offset.map_err(|error| format!("offset: {error}"))
    }
}
