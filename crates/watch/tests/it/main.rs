//! The crate against real folders and the real watcher of this system.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod native;
mod poll;
mod room;
mod rules;
mod scan;
