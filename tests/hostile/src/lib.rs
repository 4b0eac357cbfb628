//! What the parsers, and what reads custody's files, promise of any bytes, as one function for each entry: the fuzzers (`tests/fuzz`) and the tests here call the same.
//!
//! A function panics when a promise is broken; that it ends in time and within bounds of memory is for its caller to watch.
//!
//! Invariant: a target is a pure function of its input; what decides its format is the input's first byte.
//! Not here: which inputs are tried.

mod chunks;
mod custody;
pub mod input;
mod packages;
mod promises;
mod seeds;
mod targets;
pub mod zip;

pub use promises::{check_document, check_outcome};
pub use seeds::{seed_folders, seeds, write_seeds};
pub use targets::{TARGETS, Target, run};
