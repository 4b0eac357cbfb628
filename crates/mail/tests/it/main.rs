//! Messages as mail programs write them, and what becomes of them when they are cut or changed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod outlook;
mod samples;
