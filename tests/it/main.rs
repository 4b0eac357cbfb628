//! Whole-system tests: the real program and the public library on real folders.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod answering;
#[cfg(unix)]
mod audit;
mod autosave;
mod citations;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../../crates/telemetry/tests/it/collector.rs"]
mod collector;
mod documents;
mod errors;
mod eval;
mod extremes;
mod files;
mod first_minutes;
mod golden;
mod handoff;
mod install;
mod leases;
mod library;
mod lifecycle;
mod mcp;
#[cfg(unix)]
mod past;
mod paths;
mod scenarios;
mod serve;
#[cfg(unix)]
mod sharing;
mod teacher;
mod tokens;
mod traces;
mod versions;
mod views;
mod watching;
mod webhooks;
