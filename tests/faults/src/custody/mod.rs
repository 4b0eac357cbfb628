//! A workload on what a workspace keeps and cannot make again: versions, checkpoints, leases, tokens, transfers, comments, approvals, webhooks, events,
//! the audit log; and a check that holds what a power cut has left against what was acknowledged.
//!
//! Invariant: one thread, one act at a time: what was cut short is one act at most, and each choice follows from the seed.
//! Not here: the cuts (`power`), files and the index (`tests/proof`).

mod check;
mod held;
mod work;

pub use check::check;
pub use held::Held;
pub use work::work;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What files hold, by path.
pub type Files = BTreeMap<String, String>;

/// A line of the notes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// The workspace was opened, and this was there. What an earlier process had begun is settled by it.
    Opened(Files),
    /// An act was begun.
    Begin(Act),
    /// It was acknowledged, with what was given back.
    Done(Given),
}

/// What an act gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The name of what was made.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What is shown once.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret: String,
    /// A fencing token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<u64>,
}

/// One act. Numbers name what was made by an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is a call of the same name")]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    Write { path: String, text: String },
    Remove { path: String },
    Checkpoint { tag: String },
    Restore { tag: String },
    Lease { n: u64 },
    Release { n: u64 },
    Comment { n: u64, path: String },
    Resolve { n: u64 },
    Ask { n: u64 },
    Answer { n: u64 },
    Token { n: u64 },
    Revoke { n: u64 },
    Offer { n: u64 },
    Claim { n: u64 },
    Hook { n: u64 },
    Rotate { n: u64 },
    Unhook { n: u64 },
    Replay { n: u64 },
    Follow,
}

impl Act {
    /// Its kind, as counts name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Write { .. } => "write",
            Self::Remove { .. } => "remove",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Restore { .. } => "restore",
            Self::Lease { .. } => "lease",
            Self::Release { .. } => "release",
            Self::Comment { .. } => "comment",
            Self::Resolve { .. } => "resolve",
            Self::Ask { .. } => "ask",
            Self::Answer { .. } => "answer",
            Self::Token { .. } => "token",
            Self::Revoke { .. } => "revoke",
            Self::Offer { .. } => "offer",
            Self::Claim { .. } => "claim",
            Self::Hook { .. } => "hook",
            Self::Rotate { .. } => "rotate",
            Self::Unhook { .. } => "unhook",
            Self::Replay { .. } => "replay",
            Self::Follow => "follow",
        }
    }
}
