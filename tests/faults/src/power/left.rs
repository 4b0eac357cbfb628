//! What a cut has left, and whether it holds what was acknowledged.
//!
//! Invariant: the folder that is checked is made for it; what is left stays as it is, for the next run, or to be kept when something is wrong.

use crate::disk::Medium;
use crate::tree::{Entry, Tree};
use proof::journal::Line;
use proof::{Check, Report};
use std::fmt;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long opening, healing and checking may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// What is left after a cut.
#[derive(Clone, Debug)]
pub struct Left {
    /// What the disk holds.
    pub tree: Tree,
    /// The journal as it was.
    pub journal: Vec<u8>,
    /// The position of the cut.
    pub cut: usize,
    /// The length of the log.
    pub of: usize,
    /// The kind of disk.
    pub medium: Medium,
    /// The seed of what arrived.
    pub seed: u64,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cut {} of {}, {:?}, seed {}", self.cut, self.of, self.medium, self.seed)
    }
}

impl Left {
    /// Opens it, indexes it, and holds it against the journal.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<Report, String> {
        let is_workspace = self.tree.0.get(Path::new(".workroom")) == Some(&Entry::Folder);
        if self.is_open() && !is_workspace {
            return Err("opening was acknowledged, and the folder is no workspace".to_owned());
        }
        let unplaced = |error| format!("cannot put it on a disk: {error}");
        let dir = super::scratch("cut-").map_err(unplaced)?;
        self.put(dir.path()).map_err(unplaced)?;
        let (root, journal) = (dir.path().join("w"), dir.path().join("journal"));
        let (done, until_done) = channel();
        // Left behind if it hangs: the run ends with what is said here.
        std::thread::spawn(move || {
            let check = Check::of(&root, &journal).outside_is_durable(false);
            // The receiver is gone only when this took too long.
            drop(done.send(check.run()));
        });
        match until_done.recv_timeout(PATIENCE) {
            Ok(Ok(report)) => Ok(report),
            Ok(Err(violations)) => Err(violations
                .iter()
                .map(|one| format!("{:?}: {}", one.kind, one.what))
                .collect::<Vec<_>>()
                .join("\n")),
            Err(_) => Err(format!("not opened and checked after {PATIENCE:?}")),
        }
    }

    /// Whether a workspace had been made and opened, as far as the journal says.
    fn is_open(&self) -> bool {
        let lines = proof::journal::lines(&String::from_utf8_lossy(&self.journal));
        lines.iter().any(|line| matches!(line, Line::Done(..)))
    }

    fn put(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir(folder.join("w"))?;
        self.tree.write(&folder.join("w"))?;
        std::fs::write(folder.join("journal"), &self.journal)
    }

    /// Puts it where it stays, as it was before it was opened, and says where.
    pub(super) fn keep(&self) -> std::io::Result<String> {
        let dir = tempfile::Builder::new().prefix("power-kept-").tempdir()?;
        self.put(dir.path())?;
        Ok(dir.keep().display().to_string())
    }
}
