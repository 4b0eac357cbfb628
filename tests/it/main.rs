//! Whole-system tests: the real program and the public library on real folders.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod citations;
mod documents;
mod errors;
mod eval;
mod extremes;
mod files;
mod golden;
mod library;
mod lifecycle;
mod mcp;
#[cfg(unix)]
mod sharing;
mod teacher;
mod tokens;
mod watching;
