//! Unix systems other than Linux: limits. Most of them keep none on memory.

use super::{Confinement, Pipes, rlimit};
use crate::wire::Setup;
use rustix::process::Resource;
use std::io;

/// Descriptors are numbered below this: the three standard ones and the two pipes.
const DESCRIPTORS: u64 = 8;

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
