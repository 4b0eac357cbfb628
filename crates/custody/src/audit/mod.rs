//! Audit: who did what, when, and what came of it, in a log of which nothing can be changed without a trace.
//!
//! Invariant: records are numbered without a gap, and each one's hash covers the one before it, so whatever is changed, missing, put in or
//! out of order is found, and where. An act that was noted as durable is on the disk before its doer hears that it was done.
//! Not here: what is noted (whoever does it), who may read it.
//! On disk: docs/format.md, "Audit".
//!
//! The chain is that of S. Haber and W. S. Stornetta, "How to time-stamp a digital document", 1991. What it proves, and what it does not: [`verify`].

mod act;
mod head;
mod left;
mod line;
mod log;
mod pending;
mod query;
mod segments;
#[cfg(test)]
mod tests;
mod verify;

pub use act::{Act, Doing, Outcome, Shown};
pub use head::Head;
pub use left::{Left, Met};
pub use log::Audit;
pub use pending::{Tail, pending, tail};
pub use query::{Filter, Page, each_since, last, query};
pub use verify::{Finding, Report, verify};

/// The folder of the log, beside the journals.
pub const FOLDER: &str = "audit";
