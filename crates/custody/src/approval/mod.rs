//! Approvals: an agent asks before it does something, a person answers, and the agent waits for it.
//!
//! Invariant: an approval is answered once, by somebody else than whoever asked for it, or its time ends. What was answered is on the disk before
//! anybody hears of it.
//! Not here: who may answer (the callers' rights).
//! On disk: docs/format.md, "Custody".

#[expect(clippy::module_inception, reason = "the type it is named for")]
mod approval;
mod approvals;
mod table;
#[cfg(test)]
mod tests;

pub use approval::{Answered, Approval, NewApproval, State};
pub use approvals::Approvals;
