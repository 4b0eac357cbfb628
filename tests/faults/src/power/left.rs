//! What a cut has left, and whether it holds what was acknowledged.
//!
//! Invariant: the folder that is checked is made for it; what is left stays as it is, for the next run, or to be kept when something is wrong.

use super::Subject;
use crate::disk::Medium;
use crate::tree::{Entry, Tree};
use proof::Report;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How long opening, healing and checking may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// What is left after a cut.
#[derive(Clone, Debug)]
pub struct Left {
    /// What was worked on.
    pub subject: Subject,
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
        if self.subject.is_open(&self.journal) && !is_workspace {
            return Err("opening was acknowledged, and the folder is no workspace".to_owned());
        }
        let unplaced = |error| format!("cannot put it on a disk: {error}");
        let dir = super::scratch("cut-").map_err(unplaced)?;
        self.put(dir.path()).map_err(unplaced)?;
        let (root, journal) = (dir.path().join("w"), dir.path().join("journal"));
        let (done, until_done) = channel();
        let subject = self.subject;
        // Left behind if it hangs: the run ends with what is said here.
        std::thread::spawn(move || {
            // The receiver is gone only when this took too long.
            drop(done.send(subject.check(&root, &journal)));
        });
        match until_done.recv_timeout(PATIENCE) {
            Ok(checked) => checked,
            Err(RecvTimeoutError::Disconnected) => Err("it panicked".to_owned()),
            Err(RecvTimeoutError::Timeout) => Err(format!("not opened and checked after {PATIENCE:?}")),
        }
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
