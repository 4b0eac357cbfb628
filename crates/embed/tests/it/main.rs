//! Tests against the real model and runtime, which `cargo xtask setup` fetches.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod student;
mod teacher;
mod tokenizer;

use std::path::PathBuf;

/// The models folder of this repository. Fails with a hint when it was not set up: a test that needs it must not pass without it.
fn models() -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/models");
    assert!(dir.is_dir(), "no models in {}: run `cargo xtask setup`", dir.display());
    dir
}
