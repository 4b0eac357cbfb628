//! Linux: limits, no new privileges, death with the parent, and the filter for system calls.

use super::{Confinement, Pipes, calls, rlimit};
use crate::wire::Setup;
use rustix::process::{DumpableBehavior, Resource, Signal};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

/// Descriptors are numbered below this: the three standard ones, the two pipes, the process's own statistics.
const DESCRIPTORS: u64 = 8;

/// What this process takes of the machine. Opened before files are forbidden.
pub(crate) struct Own {
    statm: Option<File>,
}

impl Own {
    pub(crate) fn new() -> Self {
        // Where `/proc` is not mounted it knows nothing, and the limits hold all the same.
        Self { statm: File::open("/proc/self/statm").ok() }
    }

    /// Bytes in memory.
    pub(crate) fn resident_bytes(&self) -> u64 {
        self.pages(1)
    }

    /// Processor time taken.
    pub(crate) fn cpu_seconds(&self) -> u64 {
        rlimit::cpu_seconds()
    }

    /// Bytes of one kind (see proc(5)): 1 is what is in memory, 5 what can be written.
    fn pages(&self, field: usize) -> u64 {
        let mut text = [0; 256];
        let length = self.statm.as_ref().and_then(|statm| statm.read_at(&mut text, 0).ok()).unwrap_or(0);
        let text = std::str::from_utf8(text.get(..length).unwrap_or_default()).unwrap_or_default();
        let pages = text.split_ascii_whitespace().nth(field).and_then(|pages| pages.parse::<u64>().ok());
        pages.unwrap_or(0).saturating_mul(rustix::param::page_size() as u64)
    }
}

/// Binds this process, all its threads, for good.
pub(crate) fn confine(setup: &Setup, pipes: &Pipes, own: &Own) -> io::Result<Confinement> {
    // The parent starts children from a thread that lives as long as they do: to the system, that thread is their parent.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::thread::set_no_new_privs(true)?;
    rlimit::lower_common(setup.cpu_seconds, DESCRIPTORS)?;
    // Memory that can be written, not address space: allocators set much of that aside and never use it.
    rlimit::lower(Resource::Data, own.pages(5).saturating_add(setup.memory_bytes))?;
    let mut readable = vec![pipes.from.as_raw_fd(), io::stdin().as_raw_fd()];
    readable.extend(own.statm.as_ref().map(AsRawFd::as_raw_fd));
    let writable = [pipes.to.as_raw_fd(), io::stdout().as_raw_fd(), io::stderr().as_raw_fd()];
    match calls::forbid(&readable, &writable) {
        Ok(()) => Ok(Confinement::Full),
        // A kernel or a container without the filter: the limits hold all the same, and the parent is told.
        Err(_) => Ok(Confinement::Limits),
    }
}
