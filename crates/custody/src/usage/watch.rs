//! Watchfulness: what looks like an agent that has lost its way.
//!
//! Invariant: an alert is raised when a count reaches its threshold, and not again before its window has passed.
//! Not here: what comes of an alert.

use crate::audit::{Act, Doing, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// When an alert is raised. 0 is never.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// The time in which is counted, in seconds.
    pub window_seconds: u64,
    /// Small files that one principal makes.
    pub small_files: u64,
    /// A file is small that has fewer bytes.
    pub small_bytes: u64,
    /// How often one principal writes one file anew.
    pub rewrites: u64,
    /// What one principal asks for and may not.
    pub denials: u64,
    /// Whether the token that an alert is about is not accepted any more until an administrator resumes it.
    pub pause: bool,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            window_seconds: 60,
            small_files: 1000,
            small_bytes: 4096,
            rewrites: 200,
            denials: 50,
            pause: false,
        }
    }
}

impl Thresholds {
    /// Whether they are the usual ones.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertKind {
    /// Many small files were made.
    SmallFiles,
    /// One file was written again and again.
    Rewrites,
    /// Much was asked for that is not allowed.
    Denials,
}

impl AlertKind {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SmallFiles => "small_files",
            Self::Rewrites => "rewrites",
            Self::Denials => "denials",
        }
    }
}

/// Something that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What about.
    pub kind: AlertKind,
    /// Whose doing it is: the id of the principal.
    pub principal: String,
    /// What people call it.
    pub name: String,
    /// The last file or folder that it was about, if it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How often.
    pub count: u64,
    /// In how many seconds.
    pub seconds: u64,
}

impl std::fmt::Display for Alert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, count, seconds, .. } = self;
        match self.kind {
            AlertKind::SmallFiles => write!(f, "`{name}` made {count} small files in {seconds} s"),
            AlertKind::Rewrites => write!(f, "`{name}` wrote one file {count} times in {seconds} s"),
            AlertKind::Denials => {
                write!(f, "`{name}` asked {count} times in {seconds} s for what it may not")
            }
        }
    }
}

/// Files whose writing is counted for one principal at once. Whoever writes more of them writes none in a loop.
const MOST_FILES: usize = 1024;

/// What one principal does in a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    since_ms: i64,
    small_files: u64,
    denials: u64,
    rewrites: HashMap<String, u64>,
}

impl Window {
    /// Counts an act. Returns what is to be told.
    pub(super) fn note(&mut self, act: &Act, at_ms: i64, limits: &Thresholds) -> Option<Alert> {
        let span = i64::try_from(limits.window_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        // A clock that was set back begins a window as well.
        if at_ms < self.since_ms || at_ms.saturating_sub(self.since_ms) >= span {
            *self = Self { since_ms: at_ms, ..Self::default() };
        }
        let (kind, count, limit) = self.counted(act, limits)?;
        let alert = || Alert {
            kind,
            principal: act.by.principal.clone(),
            name: act.by.name.clone(),
            path: act.path.clone(),
            count,
            seconds: limits.window_seconds,
        };
        (limit > 0 && count == limit).then(alert)
    }

    fn counted(&mut self, act: &Act, limits: &Thresholds) -> Option<(AlertKind, u64, u64)> {
        match (act.outcome, act.doing) {
            (Outcome::Denied, _) => {
                self.denials += 1;
                Some((AlertKind::Denials, self.denials, limits.denials))
            }
            (Outcome::Done, Doing::FileWrite) if act.before.is_none() => {
                self.small_files += u64::from(act.bytes.unwrap_or(0) < limits.small_bytes);
                Some((AlertKind::SmallFiles, self.small_files, limits.small_files))
            }
            (Outcome::Done, Doing::FileWrite) => {
                let path = act.path.clone()?;
                if self.rewrites.len() >= MOST_FILES && !self.rewrites.contains_key(&path) {
                    return None;
                }
                let count = self.rewrites.entry(path).or_default();
                *count += 1;
                Some((AlertKind::Rewrites, *count, limits.rewrites))
            }
            _ => None,
        }
    }
}
