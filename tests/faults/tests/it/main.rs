//! A power cut, and a hostile disk, on real processes.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends by a panic, and says its seed")]

mod disk;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod checkpoint;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod claim;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod denied;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod hostile;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod killed;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod power;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod recorder;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod stage;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod takeover;
