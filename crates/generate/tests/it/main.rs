//! A language model over real connections on this machine: its endpoint says what a script has it say.
//!
//! Invariant: no model answers here. What is shown is what is made of an endpoint's words, whatever they are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod checked;
mod failures;
mod mill;
mod scripted;
