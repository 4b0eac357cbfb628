//! Resource limits that a process sets on itself (POSIX `setrlimit`).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io;

/// Lowers a limit to `to`, for good. One that is lower already stays.
pub(super) fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let limit = now.maximum.map_or(to, |most| most.min(to));
    let limit = now.current.map_or(limit, |current| current.min(limit));
    Ok(setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?)
}

/// The limits that every Unix has.
pub(super) fn lower_common(cpu_seconds: u64, descriptors: u64) -> io::Result<()> {
    lower(Resource::Core, 0)?;
    lower(Resource::Fsize, 0)?;
    lower(Resource::Cpu, cpu_seconds)?;
    lower(Resource::Nofile, descriptors)
}

/// Processor time that this process has taken, in seconds.
pub(super) fn cpu_seconds() -> u64 {
    let taken = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    u64::try_from(taken.tv_sec).unwrap_or(0)
}
