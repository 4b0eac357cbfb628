//! Files of the workspace, written through the API.
//!
//! Invariant: a write is all or nothing, and durable when it returns: bytes in a temporary file, fsync, rename, fsync of the folder and of
//! every folder that was made on the way. No path leads out of the workspace, not even through a symbolic link. Two writers of one path
//! never interleave, and one that names the version it expects replaces no other.
//! Not here: where the temporary file comes from (`spool`), who waits for whom (`turns`), whole folders (`folders`).

use crate::attempt::Step;
use crate::audit::{Doing, Noting};
use crate::folder::Folder;
use crate::folders::OWNERS;
use crate::layout::{Layout, WORKROOM_DIR};
use crate::provenance::version_from;
use crate::refusal::{Access, exists, own, refused};
use crate::spool::Spooled;
use crate::{Act, Engine, Error, ErrorKind, Result};
use corpus::{DocPath, Seq};
use custody::Claim;
use custody::versions::How;
use files::{Entry, Kind, Over};
use ingest::NoProgress;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub version: String,
    /// The commit that shows it: every search from now on does.
    pub seq: u64,
}

/// What must be at a path for a change to take place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// Whatever is there.
    #[default]
    Any,
    /// Nothing.
    Absent,
    /// A file with these bytes: their version, as [`Written::version`] and [`Hit::version`](crate::Hit::version) give it.
    Version(String),
}

impl Engine {
    /// Puts spooled bytes in their place if `condition` holds, making folders, and indexes the file. When it returns, the bytes are durable, as is
    /// who wrote them and what that one says of them, and every search sees them.
    ///
    /// # Errors
    /// When the path leads out of the workspace or into `.workroom/`, or the disk refuses; [`Conflict`](ErrorKind::Conflict) when the
    /// condition does not hold, and nothing has changed; [`Corrupt`](ErrorKind::Corrupt) when the file is in its place and the index must
    /// be opened again to show it.
    pub fn put(
        &self,
        path: &str,
        spooled: &Spooled,
        condition: &Condition,
        claim: &Claim,
        act: &Act,
    ) -> Result<Written> {
        self.put_as(How::Written, path, spooled, condition, (act, claim))
    }

    /// As [`Engine::put`], of a version that came about so.
    pub(crate) fn put_as(
        &self,
        how: How,
        path: &str,
        spooled: &Spooled,
        condition: &Condition,
        (act, claim): (&Act, &Claim),
    ) -> Result<Written> {
        let doing = if how == How::Restored { Doing::FileRestore } else { Doing::FileWrite };
        let path = self.note_refused(doing, path, act, own_path(path))?;
        let _turn = self.turns.take(&[&path]);
        let _acting = self.events.act(&[&path], &act.by);
        if !self.was_made(&act.attempt) {
            self.noted(doing, path.as_str(), act, |noting| {
                let _permit = self.permit(act, &[&path])?;
                self.put_there(how, &path, spooled, condition, (act, claim), noting)
            })?;
        }
        let seq = self.commit_paths(vec![path])?;
        Ok(Written { version: spooled.version.clone(), seq })
    }

    fn put_there(
        &self,
        how: How,
        path: &DocPath,
        spooled: &Spooled,
        condition: &Condition,
        (act, claim): (&Act, &Claim),
        noting: &mut Noting<'_>,
    ) -> Result<()> {
        let found = match self.entry_for(path) {
            Ok(entry) => Some(only_file(self.root(), path, entry)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        self.require(path, found.as_ref(), condition)?;
        let bytes = spooled.find(&self.layout)?;
        let over = if *condition == Condition::Absent { Over::Nothing } else { Over::File };
        let step = || Ok(Step::Placed(files::identity_of(&bytes)?, path.to_string()));
        let version = version_from(&spooled.version)?;
        noting.bytes(spooled.bytes);
        noting.begin(self.version_before(path, found.as_ref(), condition), Some(spooled.version.clone()))?;
        self.note_written(path, &version, condition, &act.by, claim)?;
        self.preserve(path)?;
        // Until the record of it is there, nothing but this says that its content is needed.
        let _held = self.keep.hold();
        self.keep_new(&bytes, spooled.bytes);
        noting.wait()?;
        let place = || self.change(self.folder.files.place(&bytes, path, over));
        self.make(&act.attempt, step, place).inspect_err(|_| self.history.withdrawn(path, &version))?;
        self.note_version(path, version, spooled.bytes, (how, &act.by));
        Ok(())
    }

    /// The bytes of a file of the workspace at `root` as they are on disk.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), or when the path leads out of the workspace.
    pub fn read_at(root: &Path, path: &str) -> Result<Vec<u8>> {
        Folder::open(root)?.read(path)
    }

    /// Removes a file from the disk and from the index, if `condition` holds. Returns the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Conflict`](ErrorKind::Conflict), or when the path leads out of the workspace.
    pub fn remove(&self, path: &str, condition: &Condition, act: &Act) -> Result<u64> {
        let path = self.note_refused(Doing::FileRemove, path, act, own_path(path))?;
        let _turn = self.turns.take(&[&path]);
        let _acting = self.events.act(&[&path], &act.by);
        if !self.was_made(&act.attempt) {
            self.noted(Doing::FileRemove, path.as_str(), act, |noting| {
                let _permit = self.permit(act, &[&path])?;
                let found = only_file(self.root(), &path, self.there(&path, condition)?)?;
                noting.begin(self.version_before(&path, Some(&found), condition), None)?;
                self.preserve(&path)?;
                noting.wait()?;
                self.throw_away(&path, Kind::File, act)
            })?;
        }
        self.note_gone(&path, &act.by);
        self.keep.gone(&path);
        self.commit_paths(vec![path])
    }

    /// Moves a file or folder to a path where nothing is, making the folders above it, if `condition` holds of the file. Returns the commit that
    /// shows it. A folder has no version to name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Conflict`](ErrorKind::Conflict) when something is at `to`, or the condition does not hold;
    /// or when a path leads out of the workspace.
    pub fn rename(&self, from: &str, to: &str, condition: &Condition, act: &Act) -> Result<u64> {
        let paths = own_path(from).and_then(|from| Ok((from, own_path(to)?)));
        let (from, to) = self.note_refused(Doing::FileMove, from, act, paths)?;
        let _turn = self.turns.take(&[&from, &to]);
        let _acting = self.events.act(&[&from, &to], &act.by);
        if !self.was_made(&act.attempt) {
            self.noted(Doing::FileMove, from.as_str(), act, |noting| {
                noting.to(to.as_str());
                let _permit = self.permit(act, &[&from, &to])?;
                let found = self.there(&from, condition)?;
                let version = self.version_before(&from, Some(&found), condition);
                noting.begin(version.clone(), version)?;
                if self.folder.files.stat(&to).is_err() {
                    self.note_moved(&from, &to, &act.by)?;
                }
                noting.wait()?;
                let step = || Ok(Step::Placed(self.look(self.folder.files.identity(&from))?, to.to_string()));
                self.make(&act.attempt, step, || self.change(self.folder.files.rename(&from, &to)))
            })?;
        }
        self.note_gone(&from, &act.by);
        self.keep.moved(&from, &to);
        self.handoff.moved(&from, &to);
        self.commit_paths(vec![from, to])
    }

    /// The step by which something is taken away.
    pub(crate) fn taken(&self, path: &DocPath) -> Result<Step> {
        Ok(Step::Taken(self.look(self.folder.files.identity(path))?, path.to_string()))
    }

    /// Brings the index to where these paths, files or folders, are on disk. Returns the commit that shows them.
    ///
    /// # Errors
    /// When a path makes no sense, or the index fails.
    pub fn refresh(&self, paths: &[&str]) -> Result<u64> {
        self.commit_paths(paths.iter().map(|path| own_path(path)).collect::<Result<_>>()?)
    }

    /// Deletes what processes left behind that never came to an end.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn sweep(&self) -> Result<()> {
        self.layout.sweep_temporary()
    }

    pub(crate) fn commit_paths(&self, paths: Vec<DocPath>) -> Result<u64> {
        let commit = |paths: &[DocPath]| -> Result<Seq> {
            Ok(self.ingest.apply(&self.rules(), paths, &NoProgress)?.seq)
        };
        Ok(self.turns.commit(paths, commit)?.0)
    }

    /// What the folder says to somebody who reads.
    pub(crate) fn look<T>(&self, result: files::Result<T>) -> Result<T> {
        result.map_err(|error| refused(self.root(), Access::Read, error))
    }

    /// What the folder says to somebody who writes.
    pub(crate) fn change<T>(&self, result: files::Result<T>) -> Result<T> {
        result.map_err(|error| refused(self.root(), Access::Write, error))
    }

    fn entry_for(&self, path: &DocPath) -> Result<Entry> {
        self.change(self.folder.files.stat(path))
    }

    /// The version of a file that is to be changed, as far as it is no folder, and not too large to be read for it.
    pub(crate) fn version_before(
        &self,
        path: &DocPath,
        found: Option<&Entry>,
        condition: &Condition,
    ) -> Option<String> {
        /// Read in far less time than syncing as much takes.
        const LARGEST: u64 = 64 << 20;
        let entry = found.filter(|entry| entry.kind == Kind::File)?;
        if let Condition::Version(version) = condition {
            return Some(version.clone());
        }
        let snapshot = self.index.documents();
        if let Some(doc) = snapshot.doc(path)
            && self.freshness(&snapshot, doc) == Some(true)
        {
            return Some(doc.hash.to_string());
        }
        (entry.bytes <= LARGEST).then(|| self.folder.version(path.as_str()).ok()).flatten()
    }

    /// What is at a path where something must be, if it is what the caller expects there.
    fn there(&self, path: &DocPath, condition: &Condition) -> Result<Entry> {
        match self.look(self.folder.files.stat(path)) {
            Ok(entry) => {
                self.require(path, Some(&entry), condition)?;
                Ok(entry)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && *condition != Condition::Any => {
                self.require(path, None, condition)?;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether what is at a path is what the caller expects there.
    fn require(&self, path: &DocPath, found: Option<&Entry>, condition: &Condition) -> Result<()> {
        let why = match (condition, found) {
            (Condition::Any, _) | (Condition::Absent, None) => return Ok(()),
            (Condition::Absent, Some(_)) => return Err(exists(self.root(), path)),
            (Condition::Version(_), None) => "it is gone".to_owned(),
            (Condition::Version(_), Some(entry)) if entry.kind == Kind::Folder => {
                "it is a folder, which has no version".to_owned()
            }
            (Condition::Version(expected), Some(_)) => match self.folder.version(path.as_str()) {
                Ok(found) if found == *expected => return Ok(()),
                Ok(found) => format!("it has version {found}"),
                Err(error) if error.kind() == ErrorKind::NotFound => "it is gone".to_owned(),
                Err(error) => return Err(error),
            },
        };
        let error = Error::new(ErrorKind::Conflict, format!("`{path}` was not changed: {why}"));
        Err(error.at(path.to_fs(self.root())))
    }
}

/// Refuses anything but a regular file.
fn only_file(root: &Path, path: &DocPath, entry: Entry) -> Result<Entry> {
    match entry.kind {
        Kind::File => Ok(entry),
        kind => Err(refused(root, Access::Write, files::Error::Other { path: path.clone(), kind })),
    }
}

/// A path that a caller may read and write: inside, and not the program's own.
pub(crate) fn own_path(path: &str) -> Result<DocPath> {
    let path = DocPath::new(path.trim_start_matches("./"))?;
    if path.is_under(WORKROOM_DIR) { Err(own(&path)) } else { Ok(path) }
}

#[cfg(unix)]
pub(crate) fn usual_permissions(bytes: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs_err::set_permissions(bytes, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(crate) fn usual_permissions(_: &Path) -> std::io::Result<()> {
    Ok(())
}

impl Layout {
    /// Deletes what the last owner left behind in the middle of a change: nobody else makes such things, and it is gone.
    pub(crate) fn sweep_after_owner(&self) -> Result<()> {
        for entry in fs_err::read_dir(self.temporary())? {
            let entry = entry?;
            if is_owners(&entry) {
                remove_any(&entry);
            }
        }
        Ok(())
    }

    /// Deletes what other processes left behind that never came to an end.
    pub(crate) fn sweep_temporary(&self) -> Result<()> {
        /// Far longer than anybody takes from writing the bytes to asking for them to be put in their place.
        const AGE: std::time::Duration = std::time::Duration::from_secs(600);
        for entry in fs_err::read_dir(self.temporary())? {
            let entry = entry?;
            let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| at.elapsed().ok());
            // An owner's own may be in the making for as long as a large folder takes.
            if age.is_some_and(|age| age > AGE) && !is_owners(&entry) {
                remove_any(&entry);
            }
        }
        Ok(())
    }
}

fn is_owners(entry: &fs_err::DirEntry) -> bool {
    OWNERS.iter().any(|prefix| entry.file_name().to_string_lossy().starts_with(prefix))
}

/// Deletes a file or folder of the program's own. What cannot be deleted now is tried again the next time.
fn remove_any(entry: &fs_err::DirEntry) {
    drop(match entry.file_type() {
        Ok(kind) if kind.is_dir() => std::fs::remove_dir_all(entry.path()),
        _ => std::fs::remove_file(entry.path()),
    });
}
