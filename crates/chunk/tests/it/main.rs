//! Chunks of arbitrary and of real texts.

mod limits;
mod properties;
mod samples;
mod support;
