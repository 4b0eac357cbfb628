//! A power cut, and a hostile disk, on real processes that are not changed for it.
//!
//! - [`trace`]: runs a program under `ptrace` and stops it at chosen system calls, of every thread and child;
//! - [`record`]: writes down each change below a folder, in one total order, as a [`Log`];
//! - [`disk`]: what a disk may hold when the power goes at any position of a log;
//! - [`inject`]: lets chosen calls fail: no room, unreadable, too many open files, a clock that jumps;
//! - [`power`]: a workload, cut anywhere, opened again and held against what was acknowledged;
//! - [`custody`]: the workload and the check for all that cannot be made again from the files.
//!
//! Why `ptrace` and not a preloaded library: the standard library and the stores go through libc, but `tempfile` makes its files, links and
//! renames with raw system calls (through `rustix`), which no preloaded library sees. A kernel filter (`seccomp`) stops the process only
//! at the calls that matter, so it is fast enough too.
//!
//! Invariant: every choice follows from a seed. Where the tracing side does not work (any system but Linux on x86-64), only the pure part
//! is there. Not here: kills, damaged files, many processes (`tests/proof`).

pub mod disk;
pub mod log;
pub mod tree;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod custody;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod inject;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod power;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod record;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod trace;

pub use disk::{Disk, Medium};
pub use log::{Change, Log, NodeId};
pub use tree::Tree;
