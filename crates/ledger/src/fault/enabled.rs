//! Failures on demand, by the crate `fail`.

use super::*;

/// Fails, panics or ends the process if a test says so.
pub(crate) fn point(name: &'static str) -> std::io::Result<()> {
    fail::fail_point!(name, |_| Err(std::io::Error::other(format!("failed on demand at {name}"))));
    Ok(())
}

/// All of them.
pub const ALL: &[&str] = &[
    OPEN,
    OPEN_UNSTAGE,
    OPEN_HEAD,
    REPLAY,
    SET_ASIDE,
    REPLACE,
    RECOUNT,
    STAGE,
    UNSTAGE,
    TRANSACTION,
    FLUSH,
    SYNC,
    SYNCED,
    WATERMARK,
];

impl crate::Ledger {
    /// Loses a vector without counting it, as damage would.
    ///
    /// # Errors
    /// Those of the store.
    pub fn lose_vector(&self, chunk: corpus::ChunkId) -> Result<(), crate::Error> {
        self.store.delete_vector(chunk.0)
    }
}
