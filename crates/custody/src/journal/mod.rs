//! Journals: append-only files of checksummed records, from which a state is made again.
//!
//! Invariant: a record whose [`append`](Writer::append) returned is on the disk and is read again, in its order, by every handle in every
//! process; or [`Damaged`](crate::Error::Damaged) says where the first one lies that cannot be. What a crash left half written is no
//! record: it is cut off by the next writer. What was acknowledged is never cut off.
//! Not here: what records mean, and which of them a smaller journal needs.
//! On disk: docs/format.md, "Custody".
//!
//! How damage is told from what a crash left: the file notes how far it was acknowledged, in two marks that are written in turn. Before
//! that place, whatever does not verify is damage; behind it, it is an append that never came to its end.

mod kept;
mod layout;
mod log;
mod stamp;
#[cfg(test)]
mod tests;
mod turn;
mod writer;

pub(crate) use kept::{Kept, Records, decode};
pub use layout::{Format, MAX_RECORD};
pub use log::{Journal, Replay, Unfit};
pub use writer::Writer;
pub(crate) use writer::{sync_folder, write_whole};

/// Options for a file that nobody but its owner may look into.
pub(crate) fn private() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
