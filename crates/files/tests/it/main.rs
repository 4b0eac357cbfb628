//! The folder from outside: every operation over paths that lead elsewhere, links that are swapped meanwhile, walks over anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod escapes;
mod find;
mod operations;
mod room;
mod swapped;
