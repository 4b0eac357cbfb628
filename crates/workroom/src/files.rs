//! Files and folders of a workspace, whoever owns it.
//!
//! Invariant: every process reads the folder by itself, through one handle that no path leads out of; what changes it is done by the owner.
//! A change that an owner began and another one was asked for again is made once.
//! Not here: how a file is changed on the disk (`engine`), text edits (`edit`).

use crate::Workspace;
use crate::message::Request;
use engine::{
    Condition, Config, Entry, Error, ErrorKind, Folder, Found, Kind, Page, PathSet, Result, SpoolWriter,
    Spooled, Written,
};
use std::fs::File;
use std::path::Path;

/// Entries compared at a time.
const AT_ONCE: usize = 4096;

impl Workspace {
    /// The bytes of a file as they are on disk.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.disk().read(path)
    }

    /// As [`Workspace::read`], of the workspace at `folder`, which need not be open.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub fn read_in(folder: &Path, path: &str) -> Result<Vec<u8>> {
        Config::of(folder)?;
        Folder::open(&fs_err::canonicalize(folder)?)?.read(path)
    }

    /// A file, open for reading, and what it is: for ranges, and for files of any size.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub fn open_file(&self, path: &str) -> Result<(File, Entry)> {
        self.disk().open_file(path)
    }

    /// The version of a file as it is on disk, whatever its size: BLAKE3 of its bytes, in hexadecimal.
    ///
    /// # Errors
    /// As [`Workspace::read`].
    pub fn version(&self, path: &str) -> Result<String> {
        self.disk().version(path)
    }

    /// What stands at a path; the empty path is the workspace's folder itself.
    ///
    /// # Errors
    /// As [`Workspace::read`], but for folders, links and special files, which are told of too.
    pub fn stat(&self, path: &str) -> Result<Entry> {
        self.disk().stat(path)
    }

    /// What is in a folder, as far as it lies in `within` or leads there, in the order of names. The empty path is the workspace's folder.
    /// Hidden and ignored files are listed too; what belongs to the program is not, nor names that are not UTF-8.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when it is no folder, or leads out of the workspace.
    pub fn list(&self, folder: &str, within: &PathSet, page: &Page) -> Result<Found> {
        self.disk().list(folder, within, page)
    }

    /// As [`Workspace::list`], with what is in the folders below, `depth` levels deep; a folder comes right before what it holds.
    ///
    /// # Errors
    /// As [`Workspace::list`].
    pub fn tree(&self, folder: &str, depth: usize, within: &PathSet, page: &Page) -> Result<Found> {
        self.disk().tree(folder, depth, within, page)
    }

    /// What lies below a folder, at any depth, with a path of a pattern: `*.md`, `**/*.md`, `{a,b}/?[0-9].txt`. A page may be empty and not the
    /// last.
    ///
    /// # Errors
    /// As [`Workspace::list`], and [`Invalid`](ErrorKind::Invalid) when the pattern makes no sense.
    pub fn glob(&self, folder: &str, pattern: &str, within: &PathSet, page: &Page) -> Result<Found> {
        self.disk().glob(folder, pattern, within, page)
    }

    /// Takes bytes for a file as they come, however many, to be put in their place by [`Workspace::put`].
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn spool(&self) -> Result<SpoolWriter> {
        self.disk().spool()
    }

    /// Puts spooled bytes in their place, making folders, if `condition` holds, and indexes the file. When it returns, they are durable and every
    /// search sees them. Whatever it comes to, the spooled bytes are used up.
    ///
    /// # Errors
    /// As [`Workspace::write_if`].
    pub fn put(&self, path: &str, spooled: &Spooled, condition: &Condition) -> Result<Written> {
        let mut asked = 0;
        let request = || {
            asked += 1;
            let (path, spooled, condition) = (path.to_owned(), spooled.clone(), condition.clone());
            Ok(Request::Put { path, spooled, condition })
        };
        let put = self.call(request, |owner| owner.put(path, spooled, condition));
        match put {
            // The owner that went away in the middle had put them there, and may not have indexed them.
            Err(error)
                if asked > 1 && is_answer_to_a_repetition(&error) && self.has(path, &spooled.version) =>
            {
                let (file, _) = self.open_file(path)?;
                let mut again = self.spool()?;
                again.take(file)?;
                self.put(path, &again.finish()?, &Condition::Version(spooled.version.clone()))
            }
            put => put,
        }
    }

    fn has(&self, path: &str, version: &str) -> bool {
        self.version(path).is_ok_and(|found| found == version)
    }

    /// Writes a file, making its folders, and indexes it. When it returns, the bytes are durable and every search sees them.
    ///
    /// # Errors
    /// When the path leads out of the workspace or into `.workroom/`, or the disk refuses.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<Written> {
        self.write_if(path, bytes, &Condition::Any)
    }

    /// As [`Workspace::write`], if `condition` holds. Of several that name the version they read, one succeeds.
    ///
    /// # Errors
    /// As [`Workspace::write`]; [`Conflict`](ErrorKind::Conflict) when the condition does not hold, and nothing has changed.
    pub fn write_if(&self, path: &str, bytes: &[u8], condition: &Condition) -> Result<Written> {
        let spool = || Spooled::write(self.root(), bytes);
        let mut asked = 0;
        let request = || {
            asked += 1;
            Ok(Request::Put { path: path.to_owned(), spooled: spool()?, condition: condition.clone() })
        };
        let written = self.call(request, |owner| owner.put(path, &spool()?, condition));
        match written {
            // The owner that went away in the middle had written it: what is there now is this caller's own.
            Err(error) if asked > 1 && error.kind() == ErrorKind::Conflict && self.holds(path, bytes) => {
                let version = Condition::Version(engine::version_of(bytes));
                self.write_if(path, bytes, &version)
            }
            written => written,
        }
    }

    fn holds(&self, path: &str, bytes: &[u8]) -> bool {
        self.read(path).is_ok_and(|found| found == bytes)
    }

    /// Removes a file from the disk and from the index. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn remove(&self, path: &str) -> Result<u64> {
        self.remove_if(path, &Condition::Any)
    }

    /// As [`Workspace::remove`], if `condition` holds.
    ///
    /// # Errors
    /// As [`Workspace::remove`], and [`Conflict`](ErrorKind::Conflict).
    pub fn remove_if(&self, path: &str, condition: &Condition) -> Result<u64> {
        let mut asked = 0;
        let request = || {
            asked += 1;
            Ok(Request::Remove { path: path.to_owned(), condition: condition.clone() })
        };
        let removed = self.call(request, |owner| owner.remove(path, condition));
        match removed {
            Err(error) if asked > 1 && self.is_absent(path, &error) => Ok(self.status()?.seq),
            removed => removed,
        }
    }

    /// Whether a call that was made again failed because the first time had succeeded.
    fn is_absent(&self, path: &str, error: &Error) -> bool {
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
            && self.stat(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    /// Moves a file or folder to a path where nothing is, making the folders above it. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Conflict`](ErrorKind::Conflict) when something is at `to`, or when a path leads out of the
    /// workspace.
    pub fn rename(&self, from: &str, to: &str) -> Result<u64> {
        self.rename_if(from, to, &Condition::Any)
    }

    /// As [`Workspace::rename`], if `condition` holds of the file. A folder has no version to name.
    ///
    /// # Errors
    /// As [`Workspace::rename`].
    pub fn rename_if(&self, from: &str, to: &str, condition: &Condition) -> Result<u64> {
        let mut asked = 0;
        let request = || {
            asked += 1;
            Ok(Request::Rename { from: from.to_owned(), to: to.to_owned(), condition: condition.clone() })
        };
        let renamed = self.call(request, |owner| owner.rename(from, to, condition));
        match renamed {
            Err(error) if asked > 1 && self.is_absent(from, &error) && self.stat(to).is_ok() => {
                Ok(self.status()?.seq)
            }
            renamed => renamed,
        }
    }

    /// Makes a folder and those above it. Returns whether it is new.
    ///
    /// # Errors
    /// When something else is there, or the path leads out of the workspace.
    pub fn make_folder(&self, path: &str) -> Result<bool> {
        let request = || Ok(Request::MakeFolder { path: path.to_owned() });
        self.call(request, |owner| owner.with(|engine| engine.make_folder(path)))
    }

    /// Removes a folder: an empty one, or with all that it holds. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when it is not empty and was to be; or when the path leads out of
    /// the workspace.
    pub fn remove_folder(&self, path: &str, with_contents: bool) -> Result<u64> {
        let mut asked = 0;
        let request = || {
            asked += 1;
            Ok(Request::RemoveFolder { path: path.to_owned(), with_contents })
        };
        let removed = self.call(request, |owner| owner.remove_folder(path, with_contents));
        match removed {
            Err(error) if asked > 1 && self.is_absent(path, &error) => Ok(self.status()?.seq),
            removed => removed,
        }
    }

    /// Copies a file or a folder, with all that it holds, to a path where nothing is, making the folders above it. Returns the commit that shows
    /// it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when something is at `to`; [`Invalid`](ErrorKind::Invalid) when a
    /// folder holds a link or a device, or when a path leads out of the workspace.
    pub fn copy(&self, from: &str, to: &str) -> Result<u64> {
        let mut asked = 0;
        let request = || {
            asked += 1;
            Ok(Request::Copy { from: from.to_owned(), to: to.to_owned() })
        };
        let copied = self.call(request, |owner| owner.copy(from, to));
        match copied {
            // The owner that went away in the middle had put the copy in its place.
            Err(error) if asked > 1 && error.kind() == ErrorKind::Conflict && self.is_copy(from, to) => {
                Ok(self.status()?.seq)
            }
            copied => copied,
        }
    }

    /// Whether the same is at both paths.
    fn is_copy(&self, from: &str, to: &str) -> bool {
        self.contents(from).is_ok_and(|from| self.contents(to).is_ok_and(|to| from == to))
    }

    /// What is at a path and below it: each path from there on, and the version of what is a file.
    fn contents(&self, path: &str) -> Result<Vec<(String, Option<String>)>> {
        let mut all = vec![(String::new(), None)];
        if self.stat(path)?.kind == Kind::File {
            return Ok(vec![(String::new(), Some(self.version(path)?))]);
        }
        let mut page = Page::first(AT_ONCE);
        loop {
            let found = self.tree(path, usize::MAX, &PathSet::all(), &page)?;
            for entry in found.entries {
                let version = (entry.kind == Kind::File).then(|| self.version(&entry.path)).transpose()?;
                let below = entry.path.strip_prefix(path).unwrap_or(&entry.path);
                all.push((below.to_owned(), version));
            }
            page.after = found.next;
            if page.after.is_none() {
                return Ok(all);
            }
        }
    }
}

/// Whether it may be said to somebody who asks again for what has been done.
fn is_answer_to_a_repetition(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
}
