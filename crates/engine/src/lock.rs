//! Who owns a workspace: the process that holds the lock on `.workroom/lock`.
//!
//! Invariant: one process owns a workspace at a time, and a process that ends in whatever way owns nothing. The system keeps that, not the
//! text in the file, which only tells people and programs whom to ask.
//! Not here: how the owner lets others in.

use crate::layout::Layout;
use crate::{Error, ErrorKind, Result};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The right to write under `.workroom/`, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    layout: Layout,
    /// Absent once it was handed on.
    file: Option<File>,
}

/// What the owner of a workspace says of itself in the lock file. Advice: only the lock itself proves that somebody owns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// Why it lets no others in, if it does not.
    pub alone: Option<String>,
}

impl Lock {
    /// Takes the workspace at `folder` for this process.
    ///
    /// # Errors
    /// [`NotAWorkspace`](ErrorKind::NotAWorkspace), [`Locked`](ErrorKind::Locked) when another process has it, and I/O errors.
    pub fn take(folder: &Path) -> Result<Self> {
        Self::try_take(folder)?.ok_or_else(|| Self::locked(folder))
    }

    /// Takes the workspace at `folder` for this process, or returns `None` when another one has it.
    ///
    /// # Errors
    /// As [`Lock::take`], but for `Locked`.
    pub fn try_take(folder: &Path) -> Result<Option<Self>> {
        let layout = Layout::of(folder)?;
        loop {
            let file = open(&layout)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            let lock = Self { layout: layout.clone(), file: Some(file) };
            // Whoever deletes the file while somebody holds it makes room for a second owner: a lock counts only on the file that is there.
            if lock.is_in_place() {
                lock.note(None)?;
                return Ok(Some(lock));
            }
        }
    }

    /// The lock on the workspace at `folder` that the process which started this one took and handed on as `file`.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when `file` is something else, [`Locked`](ErrorKind::Locked) when it is not locked through it.
    pub fn inherit(folder: &Path, file: File) -> Result<Self> {
        let layout = Layout::of(folder)?;
        // Taking it again is nothing new to a file that holds it already, and fails for any other.
        if file.try_lock().is_err() {
            return Err(Self::locked(folder));
        }
        let lock = Self { layout, file: Some(file) };
        if !lock.is_in_place() {
            let message = "what was handed on is not the lock of this workspace";
            return Err(Error::new(ErrorKind::Invalid, message).at(folder));
        }
        lock.note(None)?;
        Ok(lock)
    }

    /// The locked file, to be handed on to another process. It stays locked until every copy of it is closed, or one is unlocked.
    #[must_use]
    pub fn into_file(mut self) -> Option<File> {
        self.file.take()
    }

    /// Notes in the file who holds it, and why it lets no others in if it does not.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note(&self, alone: Option<&str>) -> Result<()> {
        let Some(mut file) = self.file.as_ref() else { return Ok(()) };
        let mut text = format!("{}\n", std::process::id());
        if let Some(why) = alone {
            text.push_str(&format!("alone: {}\n", why.replace('\n', " ")));
        }
        file.rewind()?;
        file.set_len(0)?;
        file.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Whether the file that is locked is still the one in the workspace. It is not when somebody deleted the folder or the file.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        let there = same_file::Handle::from_path(self.layout.lock());
        let held = self.file.as_ref().and_then(|file| file.try_clone().ok());
        let held = held.and_then(|file| same_file::Handle::from_file(file).ok());
        matches!((there, held), (Ok(there), Some(held)) if there == held)
    }

    /// What the owner of the workspace at `folder` says of itself.
    #[must_use]
    pub fn holder(folder: &Path) -> Holder {
        let text = Layout::of(folder).ok().and_then(|layout| read(&layout)).unwrap_or_default();
        let mut lines = text.lines();
        let pid = lines.next().and_then(|line| line.trim().parse().ok());
        let alone = lines.next().and_then(|line| line.strip_prefix("alone: ")).map(str::to_owned);
        Holder { pid, alone }
    }

    /// The error that the workspace at `folder` is another's.
    #[must_use]
    pub fn locked(folder: &Path) -> Error {
        let holder = Self::holder(folder);
        let who = holder.pid.map_or(String::new(), |pid| format!(" (process {pid})"));
        let why = holder.alone.map_or(String::new(), |why| format!(", which lets no others in: {why}"));
        let message = format!("the workspace {} is in use by another process{who}{why}", folder.display());
        Error::new(ErrorKind::Locked, message).at(folder)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Drop for Lock {
    /// Closing alone would not do: a process that another thread is starting just now holds a copy of the file until it has begun.
    fn drop(&mut self) {
        let Some(file) = &self.file else { return };
        if let Err(error) = file.unlock() {
            tracing::warn!(%error, "the workspace's lock was not released; it ends with this process");
        }
    }
}

fn open(layout: &Layout) -> Result<File> {
    let mut options = fs_err::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let path = layout.lock();
    match options.open(&path) {
        Ok(file) => Ok(file.into_parts().0),
        Err(error) if path.is_dir() => {
            let message = format!("{} is no file: {error}", path.display());
            Err(Error::new(ErrorKind::Invalid, message)
                .at(path)
                .hint("remove the folder that is in its place"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The beginning of the lock file; whatever else it may hold is none of ours.
fn read(layout: &Layout) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(layout.lock()).ok()?.take(1024).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_on_the_file_that_is_there() {
        let dir = tempfile::tempdir().unwrap();
        Layout::make(dir.path()).unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        assert!(Lock::try_take(dir.path()).unwrap().is_none());
        assert_eq!(Lock::holder(dir.path()).pid, Some(std::process::id()));
        lock.note(Some("a test\nsays so")).unwrap();
        let error = Lock::take(dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Locked);
        assert!(error.to_string().ends_with("which lets no others in: a test says so"), "{error}");

        assert!(lock.is_in_place());
        std::fs::remove_file(dir.path().join(".workroom/lock")).unwrap();
        assert!(!lock.is_in_place());
        let second = Lock::take(dir.path()).unwrap();
        assert!(second.is_in_place());
    }

    #[test]
    fn handed_on_it_stays_taken() {
        let dir = tempfile::tempdir().unwrap();
        Layout::make(dir.path()).unwrap();
        let file = Lock::take(dir.path()).unwrap().into_file().unwrap();
        assert!(Lock::try_take(dir.path()).unwrap().is_none());
        let lock = Lock::inherit(dir.path(), file).unwrap();
        drop(lock);
        assert!(Lock::try_take(dir.path()).unwrap().is_some());

        let other = tempfile::tempfile().unwrap();
        assert_eq!(Lock::inherit(dir.path(), other).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_damaged_note_is_no_trouble() {
        let dir = tempfile::tempdir().unwrap();
        Layout::make(dir.path()).unwrap();
        for text in [&b"\xff\xfe\0"[..], b"", b"12 apes\nalone", &[b'9'; 4096]] {
            std::fs::write(dir.path().join(".workroom/lock"), text).unwrap();
            assert_eq!(Lock::holder(dir.path()), Holder::default(), "{text:?}");
            assert!(Lock::try_take(dir.path()).unwrap().is_some());
        }
    }
}
