//! The pipeline on real folders, into a real index.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod folder;
#[cfg(target_os = "linux")]
mod hostile;
mod overlap;
