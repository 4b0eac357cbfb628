//! Quotas: what a token may do at most in some time.
//!
//! Invariant: what is not set does not limit. The owner is not limited.

use super::counts::Counts;
use crate::audit::Doing;
use serde::{Deserialize, Serialize};

/// What each token may do at most. Absent is without end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Changes in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes_per_minute: Option<u64>,
    /// Searches and questions in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searches_per_minute: Option<u64>,
    /// Files made in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_per_day: Option<u64>,
    /// Mebibytes written in a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_mb_per_day: Option<u64>,
}

/// A quota that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// Which one, by its name in the settings.
    pub quota: &'static str,
    /// What it allows.
    pub limit: u64,
    /// Milliseconds until there is some left.
    pub left_ms: i64,
}

impl Quotas {
    /// Whether nothing is limited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The first quota that an act would break, by what was done in the minute and in the day.
    pub(super) fn broken(
        &self,
        doing: Doing,
        minute: &Counts,
        day: &Counts,
    ) -> Option<(&'static str, u64, bool)> {
        const MIB: u64 = 1 << 20;
        let is_search = matches!(doing, Doing::Search | Doing::Ask);
        let searches = [("searches_per_minute", self.searches_per_minute, minute.searches, false)];
        let changes = [
            ("changes_per_minute", self.changes_per_minute, minute.changes, false),
            ("files_per_day", self.files_per_day, day.files_made, true),
            ("written_mb_per_day", self.written_mb_per_day, day.bytes_written / MIB, true),
        ];
        let all = if is_search { &searches[..] } else { &changes[..] };
        let broken = all.iter().find(|(_, limit, used, _)| limit.is_some_and(|limit| *used >= limit));
        broken.map(|(name, limit, _, by_day)| (*name, limit.unwrap_or(0), *by_day))
    }
}
