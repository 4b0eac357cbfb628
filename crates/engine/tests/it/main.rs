//! The engine over real folders.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod handoff;
mod leases;
mod provenance;
mod versions;
mod views;
