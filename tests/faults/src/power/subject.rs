//! What is worked on while the power can go, and what must be there afterwards.

use anyhow::Result;
use proof::journal::Line;
use proof::{Check, Report};
use std::path::Path;

/// A workload, and the check of what it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Files and the index ([`proof`]).
    Files,
    /// What cannot be made again ([`crate::custody`]).
    Custody,
}

impl Subject {
    /// The first argument by which the program knows that it is the workload.
    #[must_use]
    pub fn command(self) -> &'static str {
        match self {
            Self::Files => "work",
            Self::Custody => "keep",
        }
    }

    /// Whether a workspace had been made and opened, as far as the journal says.
    pub(super) fn is_open(self, journal: &[u8]) -> bool {
        match self {
            Self::Files => {
                let lines = proof::journal::lines(&String::from_utf8_lossy(journal));
                lines.iter().any(|line| matches!(line, Line::Done(..)))
            }
            Self::Custody => crate::custody::Held::of(journal).is_open,
        }
    }

    /// Opens the workspace at `root` and holds it against the journal.
    pub(super) fn check(self, root: &Path, journal: &Path) -> Result<Report, String> {
        match self {
            Self::Files => {
                let checked = Check::of(root, journal).outside_is_durable(false).run();
                checked.map_err(|violations| {
                    let said = violations.iter().map(|one| format!("{:?}: {}", one.kind, one.what));
                    said.collect::<Vec<_>>().join("\n")
                })
            }
            Self::Custody => {
                let notes = std::fs::read(journal).map_err(|error| error.to_string())?;
                crate::custody::check(root, &notes).map_err(|error| format!("{error:#}"))
            }
        }
    }
}
