//! The engine over real folders.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod provenance;
mod views;
