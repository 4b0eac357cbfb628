//! How much a child may take.

use std::num::NonZero;
use std::time::Duration;

/// The bounds of a [`Fence`](crate::Fence).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory that a child may take beyond what its program takes by itself.
    pub memory_bytes: u64,
    /// How long one file may take.
    pub time: Duration,
    /// The longest reply.
    pub output_bytes: u64,
    /// How many children there are at once, at most; at least one. Whoever comes when all are busy waits in line.
    pub children: usize,
    /// How long a child without work is kept.
    pub idle: Duration,
    /// After so many files a child is replaced, so that what a parser leaks has an end.
    pub requests_per_child: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            time: Duration::from_secs(30),
            // The text of a document and that of its parts are bounded by 64 MiB each; the rest is for headings and places.
            output_bytes: 192 << 20,
            children: std::thread::available_parallelism().map_or(1, NonZero::get),
            idle: Duration::from_secs(20),
            requests_per_child: 500,
        }
    }
}
