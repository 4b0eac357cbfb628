//! Chunks of arbitrary and of real texts.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod built;
mod limits;
mod properties;
mod samples;
mod support;
