//! What a run tells its caller while it goes on and when it has ended.

use corpus::DocPath;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It is searchable as this many chunks.
    Indexed {
        /// Number of chunks.
        chunks: usize,
    },
    /// Its bytes are what the index has already.
    Unchanged,
    /// It is not searchable.
    Skipped {
        /// A stable word for the kind of reason.
        code: Cow<'static, str>,
        /// The reason in a sentence fragment.
        reason: String,
    },
    /// It is no longer there.
    Removed,
}

/// Hears of a run's progress, from several threads. Bytes are the honest denominator: files differ too much in size.
pub trait Progress: Sync {
    /// The folder was scanned: this much is to be read.
    fn planned(&self, files: u64, bytes: u64) {
        let _ = (files, bytes);
    }

    /// A file was dealt with; `bytes` of the plan are done. It is searchable only after the commit that follows.
    fn file(&self, path: &DocPath, bytes: u64, outcome: &Outcome) {
        let _ = (path, bytes, outcome);
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Files that the ignore rules let through.
    pub seen: u64,
    /// Files that were read and indexed.
    pub indexed: u64,
    /// Files whose bytes were known already.
    pub unchanged: u64,
    /// Documents that are gone.
    pub removed: u64,
    /// Files that are not searchable, all of them, counted by the kind of reason.
    pub skipped: BTreeMap<String, u64>,
    /// Bytes of the files that were indexed.
    pub bytes: u64,
    /// Chunks that were written.
    pub chunks: u64,
    /// Time the run took.
    pub elapsed: Duration,
}

impl Summary {
    pub(crate) fn count(&mut self, outcome: &Outcome, bytes: u64) {
        match outcome {
            Outcome::Indexed { chunks } => {
                self.indexed += 1;
                self.bytes += bytes;
                self.chunks += *chunks as u64;
            }
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Skipped { code, .. } => *self.skipped.entry(code.to_string()).or_default() += 1,
            Outcome::Removed => self.removed += 1,
        }
    }

    /// Number of files that are not searchable.
    #[must_use]
    pub fn n_skipped(&self) -> u64 {
        self.skipped.values().sum()
    }
}
