//! The operations of the workload, and what each does to which file.
//!
//! Invariant: an operation names everything it does; what a kill left can be judged from the journal alone.

use crate::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// `Workspace::spool` in portions, and `Workspace::put`.
    Put {
        /// Path inside the workspace.
        path: String,
        /// What is written.
        version: Version,
    },
    /// `Workspace::append`.
    Append {
        /// Path inside the workspace.
        path: String,
        /// What it holds then.
        version: Version,
    },
    /// `Workspace::edit`.
    Change {
        /// Path inside the workspace.
        path: String,
        /// What it holds then.
        version: Version,
    },
    /// `Workspace::copy` of a file.
    Copy {
        /// New path.
        to: String,
        /// What it holds.
        version: Version,
    },
    /// `Workspace::make_folder`; the path ends with a slash.
    MakeFolder {
        /// Path inside the workspace.
        path: String,
        /// Stands for a folder that is there.
        version: Version,
    },
    /// `Workspace::remove_folder` of an empty one.
    RemoveEmpty {
        /// Path inside the workspace, with a slash.
        path: String,
    },
    /// `Workspace::rename` of a folder.
    RenameFolder {
        /// Old path.
        from: String,
        /// New path.
        to: String,
        /// What is in it, by the path below it.
        files: Files,
    },
    /// `Workspace::copy` of a folder.
    CopyFolder {
        /// New path.
        to: String,
        /// What is in it, by the path below it.
        files: Files,
    },
    /// `Workspace::remove_folder` with all that it holds.
    RemoveFolder {
        /// Path inside the workspace.
        path: String,
        /// What is in it, by the path below it.
        files: Files,
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

/// What files hold.
pub type Files = BTreeMap<String, Version>;

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
            Self::Put { .. } => "put",
            Self::Append { .. } => "append",
            Self::Change { .. } => "change",
            Self::Copy { .. } => "copy",
            Self::MakeFolder { .. } => "make-folder",
            Self::RemoveEmpty { .. } => "remove-empty",
            Self::RenameFolder { .. } => "rename-folder",
            Self::CopyFolder { .. } => "copy-folder",
            Self::RemoveFolder { .. } => "remove-folder",
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
            Self::Write { path, version }
            | Self::Put { path, version }
            | Self::Append { path, version }
            | Self::Change { path, version }
            | Self::Copy { to: path, version }
            | Self::MakeFolder { path, version } => vec![effect(path, Some(*version), true)],
            Self::Remove { path } | Self::RemoveEmpty { path } => vec![effect(path, None, true)],
            Self::RenameFolder { from, to, files } => {
                let gone = files.keys().map(|below| effect(&format!("{from}/{below}"), None, true));
                gone.chain(files.iter().map(|(below, v)| effect(&format!("{to}/{below}"), Some(*v), true)))
                    .collect()
            }
            Self::CopyFolder { to, files } => {
                files.iter().map(|(below, v)| effect(&format!("{to}/{below}"), Some(*v), true)).collect()
            }
            Self::RemoveFolder { path, files } => {
                files.keys().map(|below| effect(&format!("{path}/{below}"), None, true)).collect()
            }
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
        matches!(
            self,
            Self::Rename { .. }
                | Self::Move { .. }
                | Self::RenameFolder { .. }
                | Self::CopyFolder { .. }
                | Self::RemoveFolder { .. }
        )
    }
}

/// Where an editor writes the new text before it renames it into place.
#[must_use]
pub fn beside(path: &str) -> String {
    format!("{path}.part")
}
