//! Files and folders of a workspace, whoever owns it.
//!
//! Invariant: every process reads the folder by itself, through one handle that no path leads out of; what changes it is done by the owner.
//! A change that an owner began and another one was asked for again is made once.
//! Not here: how a file is changed on the disk (`engine`), text edits (`edit`).

use crate::Workspace;
use crate::message::Request;
use engine::audit::{Act, Doing};
use engine::{
    Actor, Claim, Condition, Config, Entry, Folder, Found, Page, PathSet, Result, SpoolWriter, Spooled,
    Written,
};
use std::fs::File;
use std::path::Path;

impl Workspace {
    /// The bytes of a file as they are on disk.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let bytes = self.disk().read(path)?;
        self.note_look(|by| looked(Doing::FileRead, path, by, Some(bytes.len() as u64)));
        Ok(bytes)
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
        let (file, entry) = self.disk().open_file(path)?;
        self.note_look(|by| looked(Doing::FileRead, path, by, Some(entry.bytes)));
        Ok((file, entry))
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
        let found = self.disk().list(folder, within, page)?;
        self.note_look(|by| looked(Doing::FileList, folder, by, None));
        Ok(found)
    }

    /// As [`Workspace::list`], with what is in the folders below, `depth` levels deep; a folder comes right before what it holds.
    ///
    /// # Errors
    /// As [`Workspace::list`].
    pub fn tree(&self, folder: &str, depth: usize, within: &PathSet, page: &Page) -> Result<Found> {
        let found = self.disk().tree(folder, depth, within, page)?;
        self.note_look(|by| looked(Doing::FileList, folder, by, None));
        Ok(found)
    }

    /// What lies below a folder, at any depth, with a path of a pattern: `*.md`, `**/*.md`, `{a,b}/?[0-9].txt`. A page may be empty and not the
    /// last.
    ///
    /// # Errors
    /// As [`Workspace::list`], and [`Invalid`](ErrorKind::Invalid) when the pattern makes no sense.
    pub fn glob(&self, folder: &str, pattern: &str, within: &PathSet, page: &Page) -> Result<Found> {
        let found = self.disk().glob(folder, pattern, within, page)?;
        self.note_look(|by| {
            looked(Doing::FileList, folder, by, None).saying(format!("by pattern {pattern}"))
        });
        Ok(found)
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
        self.put_with(path, spooled, condition, &Claim::default())
    }

    /// As [`Workspace::put`], with what its writer says of where the bytes come from and how far they are to be believed.
    ///
    /// # Errors
    /// As [`Workspace::put`]; [`Invalid`](ErrorKind::Invalid) when somebody else than the owner says that the file is trusted, or an address or
    /// number makes no sense; [`NotFound`](ErrorKind::NotFound) when a file that it was made of is not there.
    pub fn put_with(
        &self,
        path: &str,
        spooled: &Spooled,
        condition: &Condition,
        claim: &Claim,
    ) -> Result<Written> {
        let request = || {
            let (path, spooled, condition) = (path.to_owned(), spooled.clone(), condition.clone());
            Request::Put { path, spooled, condition, claim: claim.clone() }
        };
        let put = self.change(request, |owner, act| owner.put(path, spooled, condition, claim, act));
        if put.is_err() {
            spooled.discard(self.root());
        }
        put
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
        self.write_with(path, bytes, condition, &Claim::default())
    }

    /// As [`Workspace::write_if`], with what its writer says of where the bytes come from and how far they are to be believed.
    ///
    /// # Errors
    /// As [`Workspace::put_with`].
    pub fn write_with(
        &self,
        path: &str,
        bytes: &[u8],
        condition: &Condition,
        claim: &Claim,
    ) -> Result<Written> {
        self.put_with(path, &Spooled::write(self.root(), bytes)?, condition, claim)
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
        let request = || Request::Remove { path: path.to_owned(), condition: condition.clone() };
        self.change(request, |owner, act| owner.remove(path, condition, act))
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
        let request =
            || Request::Rename { from: from.to_owned(), to: to.to_owned(), condition: condition.clone() };
        self.change(request, |owner, act| owner.rename(from, to, condition, act))
    }

    /// Makes a folder and those above it. Returns whether it is new.
    ///
    /// # Errors
    /// When something else is there, or the path leads out of the workspace.
    pub fn make_folder(&self, path: &str) -> Result<bool> {
        let request = || Request::MakeFolder { path: path.to_owned() };
        self.change(request, |owner, act| owner.with(|engine| engine.make_folder(path, act)))
    }

    /// Removes a folder: an empty one, or with all that it holds. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when it is not empty and was to be; or when the path leads out of
    /// the workspace.
    pub fn remove_folder(&self, path: &str, with_contents: bool) -> Result<u64> {
        let request = || Request::RemoveFolder { path: path.to_owned(), with_contents };
        self.change(request, |owner, act| owner.remove_folder(path, with_contents, act))
    }

    /// Copies a file or a folder, with all that it holds, to a path where nothing is, making the folders above it. Returns the commit that shows
    /// it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when something is at `to`; [`Invalid`](ErrorKind::Invalid) when a
    /// folder holds a link or a device, or when a path leads out of the workspace.
    pub fn copy(&self, from: &str, to: &str) -> Result<u64> {
        let request = || Request::Copy { from: from.to_owned(), to: to.to_owned() };
        self.change(request, |owner, act| owner.copy(from, to, act))
    }
}

/// A look at the folder, as it is noted.
fn looked(doing: Doing, path: &str, by: Actor, bytes: Option<u64>) -> Act {
    Act { bytes, ..Act::new(doing, by).on(path) }
}
