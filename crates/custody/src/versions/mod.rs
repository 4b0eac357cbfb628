//! Versions: which file had which content when, what lies in the trash, which checkpoints there are, and a restore that is under way.
//!
//! Invariant: what was noted as durable is known after a restart. A checkpoint is there as a whole or not at all, and so is a restore: the one
//! record that makes it is written when all that it speaks of is on the disk.
//! Not here: the bytes (`content`), the files in their places (`engine` moves both), what somebody may see.
//! On disk: docs/format.md, "Versions".

mod log;
mod manifest;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod timeline;

pub use log::Versions;
pub use manifest::{Changed, FileAt, Manifest};
pub use record::{Checkpoint, How, Record, Restore, State, Stood, Trashed, Unrestored, Version};
pub use table::{Retention, Table, UndoRetention};
pub use timeline::Timelines;

use crate::{Result, random};

/// The characters of ids: none is taken for another.
const ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ID: usize = 8;

/// A new id for something of that kind: `trash`, `checkpoint`.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_id(kind: &str) -> Result<String> {
    Ok(format!("{kind}_{}", random::text(ALPHABET, ID)?))
}
