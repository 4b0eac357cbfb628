//! A system call of a stopped thread: its arguments, and what they mean.
//!
//! Invariant: the thread is stopped while this is used, so that its memory and descriptors hold still.

use nix::sys::ptrace;
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::Result;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The longest path that Linux takes, in bytes.
const PATH_MAX: usize = 4096;

/// A system call at its beginning or end.
#[derive(Clone, Debug)]
pub struct Call {
    /// The thread that makes it.
    pub thread: i32,
    /// Its number.
    pub number: i64,
    /// Its arguments.
    pub args: [u64; 6],
}

impl Call {
    /// The call at which a thread is stopped.
    pub(crate) fn of(thread: Pid) -> nix::Result<Self> {
        let r = ptrace::getregs(thread)?;
        let args = [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9];
        Ok(Self { thread: thread.as_raw(), number: r.orig_rax.cast_signed(), args })
    }

    /// What the call returned, once it has.
    pub(crate) fn returned(thread: Pid) -> nix::Result<i64> {
        Ok(ptrace::getregs(thread)?.rax.cast_signed())
    }

    /// Lets the call fail without being made.
    pub(crate) fn fail(thread: Pid, error: i32) -> nix::Result<()> {
        let mut registers = ptrace::getregs(thread)?;
        // A number that no call has: the kernel does nothing and returns what is in the register of the result.
        registers.orig_rax = u64::MAX;
        registers.rax = i64::from(-error).cast_unsigned();
        ptrace::setregs(thread, registers)
    }

    /// An argument as a descriptor: its lower half, which may be negative.
    #[must_use]
    pub fn descriptor(&self, argument: usize) -> i32 {
        self.args[argument] as i32
    }

    /// Bytes of the program's memory.
    ///
    /// # Errors
    /// When there is no memory at that address.
    pub fn memory(&self, address: u64, bytes: &mut [u8]) -> Result<()> {
        File::open(format!("/proc/{}/mem", self.thread))?.read_exact_at(bytes, address)
    }

    /// Overwrites the program's memory.
    ///
    /// # Errors
    /// When there is no memory at that address.
    pub fn set_memory(&self, address: u64, bytes: &[u8]) -> Result<()> {
        let memory = File::options().write(true).open(format!("/proc/{}/mem", self.thread))?;
        memory.write_all_at(bytes, address)
    }

    /// A number in the program's memory.
    ///
    /// # Errors
    /// When there is no memory at that address.
    pub fn number_at(&self, address: u64) -> Result<u64> {
        let mut bytes = [0; 8];
        self.memory(address, &mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    /// Text in the program's memory, up to the first zero byte.
    fn text_at(&self, address: u64) -> Result<PathBuf> {
        let memory = File::open(format!("/proc/{}/mem", self.thread))?;
        let mut text = vec![0; PATH_MAX];
        // The memory may end behind the text.
        let n = memory.read_at(&mut text, address)?;
        let end = text.iter().take(n).position(|byte| *byte == 0).unwrap_or(n);
        text.truncate(end);
        Ok(OsString::from_vec(text).into())
    }

    /// What a path in an argument says, unresolved.
    ///
    /// # Errors
    /// When the argument is no address.
    pub fn text(&self, argument: usize) -> Result<PathBuf> {
        self.text_at(self.args[argument])
    }

    /// The place that a path argument names: absolute, the folder without links; the last name is kept as it is.
    ///
    /// # Errors
    /// When the argument is no address or its folder does not exist.
    pub fn path(&self, folder: Option<usize>, argument: usize) -> Result<PathBuf> {
        let text = self.text(argument)?;
        let base = match folder.map(|folder| self.descriptor(folder)) {
            Some(descriptor) if descriptor != libc::AT_FDCWD => self.descriptor_path(descriptor)?,
            _ => std::fs::read_link(format!("/proc/{}/cwd", self.thread))?,
        };
        let path = base.join(text);
        match (path.parent(), path.file_name()) {
            // `/proc/self` would be the tracer's.
            (Some(parent), Some(_)) if parent == Path::new("/proc/self/fd") => {
                Ok(Path::new(&format!("/proc/{}/fd", self.thread)).join(path.file_name().unwrap_or_default()))
            }
            (Some(parent), Some(name)) => Ok(parent.canonicalize()?.join(name)),
            _ => path.canonicalize(),
        }
    }

    /// What a descriptor is open on, as the kernel says: for a file without a name, its last one and ` (deleted)`.
    ///
    /// # Errors
    /// When it is not open.
    pub fn descriptor_path(&self, descriptor: i32) -> Result<PathBuf> {
        std::fs::read_link(self.descriptor_link(descriptor))
    }

    /// The file behind a descriptor, even if it has no name any more.
    ///
    /// # Errors
    /// When it is not open.
    pub fn descriptor_meta(&self, descriptor: i32) -> Result<Metadata> {
        std::fs::metadata(self.descriptor_link(descriptor))
    }

    /// The link through which the file behind a descriptor can be opened again.
    #[must_use]
    pub fn descriptor_link(&self, descriptor: i32) -> PathBuf {
        format!("/proc/{}/fd/{descriptor}", self.thread).into()
    }

    /// Where the next `write` to a descriptor goes.
    ///
    /// # Errors
    /// When it is not open.
    pub fn position(&self, descriptor: i32) -> Result<u64> {
        let info = std::fs::read_to_string(format!("/proc/{}/fdinfo/{descriptor}", self.thread))?;
        let field = |name: &str, radix| {
            let line = info.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| u64::from_str_radix(value.trim(), radix).ok()).unwrap_or(0)
        };
        let appends = field("flags:", 8) & u64::from(libc::O_APPEND.cast_unsigned()) != 0;
        if appends { Ok(self.descriptor_meta(descriptor)?.len()) } else { Ok(field("pos:", 10)) }
    }
}
