//! What a child binds itself to before it sees a file: memory, processor time, descriptors, system calls.
//!
//! Invariant: it only ever takes away. On Linux all of it holds ([`Confinement::Full`]); other systems have the limits they know, and
//! the parent's deadline, which holds everywhere.
//! Not here: the deadline and the length of replies, which the parent keeps.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod calls;
#[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "confine/no_calls.rs"]
mod calls;
#[cfg(unix)]
mod pipes;
#[cfg(unix)]
mod rlimit;
#[cfg(target_os = "linux")]
#[path = "confine/linux.rs"]
mod system;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "confine/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "confine/elsewhere.rs"]
mod system;

#[cfg(unix)]
pub(crate) use pipes::{Pipes, unblock};
pub(crate) use system::{Own, confine};
#[cfg(not(unix))]
pub(crate) use system::{Pipes, unblock};

/// What holds a child back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Confinement {
    /// Only the parent's deadline and its bound on replies.
    Deadline,
    /// Also limits on processor time, descriptors and the files it may write, and on memory where the system keeps such a limit.
    Limits,
    /// Also a filter for system calls: no files, no network, no processes.
    Full,
}

impl Confinement {
    pub(crate) fn from_code(code: u8) -> Self {
        [Self::Deadline, Self::Limits, Self::Full]
            .into_iter()
            .find(|one| *one as u8 == code)
            .unwrap_or(Self::Deadline)
    }
}
