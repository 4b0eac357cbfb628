//! The operations of the workload, and what each does to which file.
//!
//! Invariant: an operation names everything it does; what a kill left can be judged from the journal alone.

use crate::Version;
use serde::{Deserialize, Serialize};

/// Something that the workload does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// Opens the workspace, or makes it.
    Open,
    /// Closes it in good order.
    Close,
    /// `Workspace::write`.
    Write {
        /// Path inside the workspace.
        path: String,
        /// What is written.
        version: Version,
    },
    /// `Workspace::remove`.
    Remove {
        /// Path inside the workspace.
        path: String,
    },
    /// `Workspace::rename`.
    Rename {
        /// Old path.
        from: String,
        /// New path.
        to: String,
        /// What it holds.
        version: Version,
    },
    /// A file written by an editor: in place, or beside it and then renamed.
    Edit {
        /// Path inside the workspace.
        path: String,
        /// What is written.
        version: Version,
        /// Whether the file itself is truncated and written.
        in_place: bool,
    },
    /// A file deleted outside the API.
    Delete {
        /// Path inside the workspace.
        path: String,
    },
    /// A file renamed outside the API.
    Move {
        /// Old path.
        from: String,
        /// New path.
        to: String,
        /// What it holds; unknown where an earlier write was cut short.
        version: Version,
    },
    /// `Workspace::index`.
    Index,
    /// `Workspace::backfill`, until it is cancelled.
    Backfill,
    /// `Workspace::search` for the marker of a version.
    Search {
        /// What is looked for.
        version: Version,
    },
}

/// What an operation does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Path inside the workspace.
    pub path: String,
    /// What the file holds afterwards; `None` when it is gone.
    pub after: Option<Version>,
    /// What any part of, from its beginning, the file may hold while the operation goes on.
    pub meanwhile: Option<Version>,
    /// Whether the operation itself brings it into the index.
    pub indexes: bool,
}

impl Op {
    /// The kind of operation, as counts name it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Write { .. } => "write",
            Self::Remove { .. } => "remove",
            Self::Rename { .. } => "rename",
            Self::Edit { .. } => "edit",
            Self::Delete { .. } => "delete",
            Self::Move { .. } => "move",
            Self::Index => "index",
            Self::Backfill => "backfill",
            Self::Search { .. } => "search",
        }
    }

    /// What it does to files.
    #[must_use]
    pub fn effects(&self) -> Vec<Effect> {
        let effect =
            |path: &str, after, indexes| Effect { path: path.to_owned(), after, meanwhile: None, indexes };
        match self {
            Self::Write { path, version } => vec![effect(path, Some(*version), true)],
            Self::Remove { path } => vec![effect(path, None, true)],
            Self::Rename { from, to, version } => {
                vec![effect(from, None, true), effect(to, Some(*version), true)]
            }
            Self::Edit { path, version, in_place: true } => {
                vec![Effect { meanwhile: Some(*version), ..effect(path, Some(*version), false) }]
            }
            Self::Edit { path, version, in_place: false } => vec![
                Effect { meanwhile: Some(*version), ..effect(&beside(path), None, false) },
                effect(path, Some(*version), false),
            ],
            Self::Delete { path } => vec![effect(path, None, false)],
            Self::Move { from, to, version } => {
                vec![effect(from, None, false), effect(to, Some(*version), false)]
            }
            Self::Open | Self::Close | Self::Index | Self::Backfill | Self::Search { .. } => Vec::new(),
        }
    }

    /// Whether its effects come all together or not at all, whatever happens.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        matches!(self, Self::Rename { .. } | Self::Move { .. })
    }
}

/// Where an editor writes the new text before it renames it into place.
#[must_use]
pub fn beside(path: &str) -> String {
    format!("{path}.part")
}
