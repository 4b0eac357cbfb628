//! What is kept of files that were changed or removed, and for how long: `[versions]` in the settings.
//!
//! Invariant: pure. What is not said is the default.

use custody::versions::{Retention, UndoRetention};
use serde::{Deserialize, Serialize};

/// Versions and trash, as the settings have them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VersionSettings {
    /// Whether versions are kept at all. Checkpoints keep what they need in any case.
    pub keep: bool,
    /// Older versions are dropped, in days; the newest of a file that is there stays.
    pub days: u32,
    /// More versions of a file than so many are dropped, the oldest first.
    pub count: u32,
    /// When versions take more on the disk, the oldest are dropped, in MiB.
    pub max_mb: u64,
    /// Of larger files no versions are kept, in MiB.
    pub max_file_mb: u64,
    /// What was removed stays in the trash for so many days; 0 removes for good at once.
    pub trash_days: u32,
    /// The checkpoints by which restores can be undone are dropped after so many days.
    pub undo_days: u32,
    /// More of them than so many are dropped, the oldest first; the last one always stays.
    pub undo_count: u32,
}

impl Default for VersionSettings {
    fn default() -> Self {
        Self {
            keep: true,
            days: 90,
            count: 100,
            max_mb: 4096,
            max_file_mb: 64,
            trash_days: 30,
            undo_days: 30,
            undo_count: 20,
        }
    }
}

const DAY_MS: i64 = 86_400_000;

impl VersionSettings {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn retention(&self) -> Retention {
        Retention {
            age_ms: i64::from(self.days) * DAY_MS,
            count: self.count.max(1) as usize,
            bytes: self.max_mb.saturating_mul(1 << 20),
        }
    }

    /// Whether versions of a file of that size are kept.
    pub(crate) fn keeps(&self, bytes: u64) -> bool {
        self.keep && bytes <= self.max_file_mb.saturating_mul(1 << 20)
    }

    pub(crate) fn undo_retention(&self) -> UndoRetention {
        UndoRetention { age_ms: i64::from(self.undo_days) * DAY_MS, count: self.undo_count.max(1) as usize }
    }

    pub(crate) fn trash_ms(&self) -> i64 {
        i64::from(self.trash_days) * DAY_MS
    }
}
