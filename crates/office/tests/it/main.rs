//! The crate from outside: files that real programs made, packages written here for what those do not show, and damaged copies of all.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod features;
mod render;
mod samples;
mod zip;
