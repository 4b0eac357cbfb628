//! Unix systems other than Linux: limits. Most of them keep none on memory.

use super::{Confinement, rlimit};
use crate::wire::Setup;
use rustix::fs::OFlags;
use rustix::process::Resource;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Descriptors are numbered below this: the three standard ones and the two pipes.
const DESCRIPTORS: u64 = 8;

/// The pipes to the parent, out of the reach of parsers that print.
pub(crate) struct Pipes {
    pub(crate) from: File,
    pub(crate) to: File,
}

impl Pipes {
    /// Takes standard input and output for the messages and leaves `/dev/null` in their places. Standard error stays for last words, and never blocks.
    pub(crate) fn take() -> io::Result<Self> {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let from = File::from(stdin.as_fd().try_clone_to_owned()?);
        let to = File::from(stdout.as_fd().try_clone_to_owned()?);
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdin(&nothing)?;
        rustix::stdio::dup2_stdout(&nothing)?;
        unblock(&stderr)?;
        Ok(Self { from, to })
    }
}

/// Lets reads and writes end at once where they would wait.
pub(crate) fn unblock(stream: &impl AsFd) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(stream)?;
    Ok(rustix::fs::fcntl_setfl(stream, flags | OFlags::NONBLOCK)?)
}

/// What this process takes of the machine.
pub(crate) struct Own;

impl Own {
    pub(crate) fn new() -> Self {
        Self
    }

    /// Bytes in memory; not known here.
    pub(crate) fn resident_bytes(&self) -> u64 {
        0
    }

    /// Processor time taken.
    pub(crate) fn cpu_seconds(&self) -> u64 {
        rlimit::cpu_seconds()
    }
}

/// Binds this process for good.
pub(crate) fn confine(setup: &Setup, _: &Pipes, _: &Own) -> io::Result<Confinement> {
    rlimit::lower_common(setup.cpu_seconds, DESCRIPTORS)?;
    // Not every system takes this one.
    let _taken = rlimit::lower(Resource::As, setup.memory_bytes);
    Ok(Confinement::Limits)
}
