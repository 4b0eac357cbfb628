//! Webhooks against real receivers: signatures, order, failures, restarts, and addresses where nothing is sent.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test a panic is the report")]

mod addresses;
mod deliveries;
mod receiver;
mod stage;
