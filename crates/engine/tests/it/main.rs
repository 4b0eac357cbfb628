//! The engine over real folders.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod handoff;
mod ignored;
mod kept;
mod lease_ends;
mod leases;
mod past;
mod provenance;
mod restores;
mod room;
mod versions;
mod views;
