//! Files that are damaged, and files made to break their readers.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bombs;
mod damage;
