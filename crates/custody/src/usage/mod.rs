//! Usage: how much each principal does, what it may do at most, and what somebody should look at.
//!
//! Invariant: pure: a function of the acts of the audit log and the times at which they were noted. Whoever folds the same acts again has
//! the same counts.
//! Not here: the log (`audit`), what comes of an alert, settings files.

mod counts;
mod limits;
mod meter;
#[cfg(test)]
mod tests;
mod watch;

pub use counts::Counts;
pub use limits::{Over, Quotas};
pub use meter::{Meter, Usage};
pub use watch::{Alert, AlertKind, Thresholds};
