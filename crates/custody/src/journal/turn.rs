//! Turns: of all processes and handles that would write a journal, one at a time.
//!
//! Invariant: who holds a turn holds the lock on the file that is in its place. A process that ends in whatever way holds none.
//! Not here: readers, who need no turn.

use super::stamp::Stamp;
use crate::{Error, Result};
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// A turn takes milliseconds, so whoever holds one for so long is stuck.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(5);

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(File);

impl Turn {
    /// Waits for the turn to write the journal at `path`, whose folder is there, and no longer than `patience`.
    pub(super) fn wait(path: &Path, patience: Duration) -> Result<Self> {
        let deadline = Instant::now() + patience;
        loop {
            match Self::take(path)? {
                Some(turn) => return Ok(turn),
                None if Instant::now() < deadline => std::thread::sleep(STEP),
                None => return Err(Error::Locked { path: path.to_path_buf() }),
            }
        }
    }

    /// Takes the turn, unless another has it.
    pub(super) fn take(path: &Path) -> Result<Option<Self>> {
        let path = path.with_extension("lock");
        let file = super::private().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(Error::io(&path, "open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::io(&path, "lock")(error)),
        }
        // Who deletes the file while somebody holds it would make room for a second turn.
        let held = file.metadata().map_err(Error::io(&path, "examine"))?;
        match std::fs::metadata(&path) {
            Ok(there) if Stamp::of(&there).is_same_file(&Stamp::of(&held)) => Ok(Some(Self(file))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(&path, "examine")(error)),
        }
    }
}

impl Drop for Turn {
    /// Closing alone would not do: a process that another thread is starting just now holds a copy of the file until it has begun.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock on a journal was not released; it ends with this process");
        }
    }
}
