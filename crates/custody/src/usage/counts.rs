//! Counts: what acts add up to.

use crate::audit::{Act, Doing, Outcome};
use serde::{Deserialize, Serialize};

/// What somebody did in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Files that were read, and documents that were shown.
    pub reads: u64,
    /// Bytes of the files that were read.
    pub bytes_read: u64,
    /// Searches and questions.
    pub searches: u64,
    /// Milliseconds that the teacher took for them.
    pub teacher_ms: u64,
    /// Changes of any kind.
    pub changes: u64,
    /// Files that were made.
    pub files_made: u64,
    /// Bytes that were written.
    pub bytes_written: u64,
    /// What it asked for and may not.
    pub denials: u64,
}

impl Counts {
    /// What one act counts.
    #[must_use]
    pub fn of(act: &Act) -> Self {
        let none = Self::default();
        let bytes = act.bytes.unwrap_or(0);
        match (act.outcome, act.doing) {
            (Outcome::Denied, _) => Self { denials: 1, ..none },
            (Outcome::Begun | Outcome::Failed, _) => none,
            (Outcome::Done, Doing::FileRead) => Self { reads: 1, bytes_read: bytes, ..none },
            (Outcome::Done, Doing::DocumentShow) => Self { reads: 1, ..none },
            (Outcome::Done, Doing::Search | Doing::Ask) => {
                Self { searches: 1, teacher_ms: act.teacher_ms.unwrap_or(0), ..none }
            }
            (Outcome::Done, Doing::FileWrite) => {
                Self { changes: 1, bytes_written: bytes, files_made: u64::from(act.before.is_none()), ..none }
            }
            (
                Outcome::Done,
                Doing::FileRemove
                | Doing::FileMove
                | Doing::FileCopy
                | Doing::FileRestore
                | Doing::FolderMake
                | Doing::FolderRemove,
            ) => Self { changes: 1, ..none },
            (Outcome::Done, _) => none,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was done besides.
    pub fn add(&mut self, other: &Self) {
        let add = |to: &mut u64, n: u64| *to = to.saturating_add(n);
        add(&mut self.reads, other.reads);
        add(&mut self.bytes_read, other.bytes_read);
        add(&mut self.searches, other.searches);
        add(&mut self.teacher_ms, other.teacher_ms);
        add(&mut self.changes, other.changes);
        add(&mut self.files_made, other.files_made);
        add(&mut self.bytes_written, other.bytes_written);
        add(&mut self.denials, other.denials);
    }
}
