//! Versions of files, the trash and checkpoints, whoever owns the workspace.
//!
//! Invariant: what an owner began and another one was asked for again is made once. Bytes of a version come through a temporary file of the
//! workspace, so no process holds them for another.
//! Not here: how they are kept (`engine`), who may do what (`server`).

use crate::message::Request;
use crate::owner::Owner;
use crate::{View, Workspace};
use engine::audit::{Act as Looked, Doing};
use engine::{
    Act, AsOf, ChangedFile, CheckpointFile, CheckpointInfo, Condition, Engine, Error, ErrorKind, FileVersion,
    PathSet, Restored, Result, Shown, Spooled, TrashEntry, VersionDiff, Written,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a client wants of versions, the trash and checkpoints.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VersionsWanted {
    List {
        path: String,
    },
    Spool {
        path: String,
        version: String,
    },
    Diff {
        path: String,
        from: String,
        to: Option<String>,
    },
    Restore {
        path: String,
        version: String,
        condition: Condition,
    },
    Trash {
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    RestoreTrash {
        id: String,
        to: Option<String>,
    },
    EmptyTrash {
        ids: Option<Vec<String>>,
    },
    Checkpoint {
        note: String,
        tags: Vec<String>,
    },
    Checkpoints,
    Files {
        name: String,
        #[serde(with = "engine::path_set")]
        within: PathSet,
        after: Option<String>,
        limit: usize,
    },
    DiffCheckpoints {
        from: String,
        to: Option<String>,
        path: String,
        #[serde(with = "engine::path_set")]
        within: PathSet,
        after: Option<String>,
        limit: usize,
    },
    RestoreCheckpoint {
        name: String,
        path: String,
    },
    Branch {
        name: String,
        folder: PathBuf,
    },
    Tag {
        name: String,
        tags: Vec<String>,
    },
    Delete {
        name: String,
    },
    AsOf {
        when: String,
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
}

impl VersionsWanted {
    /// Does it, as the owner.
    pub(crate) fn done(&self, owner: &Owner, act: &Act) -> Result<Value> {
        match self {
            Self::List { path } => json(owner.with(|engine| engine.versions(path))),
            Self::Spool { path, version } => json(owner.with(|engine| engine.spool_version(path, version))),
            Self::Diff { path, from, to } => {
                json(owner.with(|engine| engine.diff_versions(path, from, to.as_deref())))
            }
            Self::Restore { path, version, condition } => {
                json(owner.restore_version(path, version, condition, act))
            }
            Self::Trash { within } => json(owner.with(|engine| Ok(engine.trash(within)))),
            Self::RestoreTrash { id, to } => {
                json(owner.with(|engine| engine.restore_from_trash(id, to.as_deref(), act)))
            }
            Self::EmptyTrash { ids } => json(owner.with(|engine| engine.empty_trash(ids.as_deref(), act))),
            Self::Checkpoint { note, tags } => {
                json(owner.with(|engine| engine.create_checkpoint(note, tags, act)))
            }
            Self::Checkpoints => json(owner.with(|engine| Ok(engine.checkpoints()))),
            Self::Files { name, within, after, limit } => {
                json(owner.with(|engine| engine.checkpoint_files(name, within, (after.as_deref(), *limit))))
            }
            Self::DiffCheckpoints { from, to, path, within, after, limit } => {
                let page = (after.as_deref(), *limit);
                json(owner.with(|engine| engine.diff_checkpoints(from, to.as_deref(), path, within, page)))
            }
            Self::RestoreCheckpoint { name, path } => json(owner.restore_checkpoint(name, path, act)),
            Self::Branch { name, folder } => {
                json(owner.with(|engine| engine.branch_checkpoint(name, folder)))
            }
            Self::Tag { name, tags } => json(owner.with(|engine| engine.tag_checkpoint(name, tags))),
            Self::Delete { name } => json(owner.with(|engine| engine.delete_checkpoint(name, act))),
            Self::AsOf { when, within } => json(owner.with(|engine| engine.as_of(when, within))),
        }
    }
}

fn json<T: Serialize>(result: Result<T>) -> Result<Value> {
    serde_json::to_value(result?).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
}

impl Owner {
    /// The file is in its place before the index fails, so a newly opened engine only has to look at it.
    fn restore_version(
        &self,
        path: &str,
        version: &str,
        condition: &Condition,
        act: &Act,
    ) -> Result<Written> {
        let again = |engine: &Arc<Engine>| {
            let seq = engine.refresh(&[path])?;
            let found = engine.versions(path)?.into_iter().find(|known| known.current);
            let version = found.map_or_else(|| version.to_owned(), |known| known.version);
            Ok(Written { version, seq })
        };
        self.with_again(|engine| engine.restore_version(path, version, condition, act), again)
    }

    /// A newly opened engine has brought the restore to its end before it is asked.
    fn restore_checkpoint(&self, name: &str, path: &str, act: &Act) -> Result<Restored> {
        let again = |engine: &Arc<Engine>| engine.last_restore();
        self.with_again(|engine| engine.restore_checkpoint(name, path, act), again)
    }
}

impl Workspace {
    /// The versions of a file, the newest first; also of one that is gone.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there was never a file at that path, or nothing is known of it.
    pub fn versions(&self, path: &str) -> Result<Vec<FileVersion>> {
        self.versions_call(&VersionsWanted::List { path: path.to_owned() })
    }

    /// The bytes of a version of a file, by all digits of the version or the first six or more.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the file has no such version, or its bytes are no longer kept.
    pub fn read_version(&self, path: &str, version: &str) -> Result<Vec<u8>> {
        let spooled = self.spool_version(path, version)?;
        let bytes = spooled.read(self.root());
        spooled.discard(self.root());
        bytes
    }

    /// As [`Workspace::read_version`], open for reading; for contents of any size. Returns the whole version too, and the size.
    ///
    /// # Errors
    /// As [`Workspace::read_version`].
    pub fn open_version(&self, path: &str, version: &str) -> Result<(File, String, u64)> {
        let spooled = self.spool_version(path, version)?;
        let file = spooled.open(self.root());
        // It is open: its name is of no use to anybody.
        spooled.discard(self.root());
        Ok((file?, spooled.version, spooled.bytes))
    }

    fn spool_version(&self, path: &str, version: &str) -> Result<Spooled> {
        let wanted = VersionsWanted::Spool { path: path.to_owned(), version: version.to_owned() };
        let spooled: Spooled = self.versions_call(&wanted)?;
        let looked = |by| {
            let bytes = Some(spooled.bytes);
            Looked { bytes, ..Looked::new(Doing::FileRead, by).on(path) }
                .saying(format!("version {}", spooled.version))
        };
        self.note_look(looked);
        Ok(spooled)
    }

    /// How two versions of a file differ; without the second, how the first differs from what the file holds now.
    ///
    /// # Errors
    /// As [`Workspace::read_version`].
    pub fn diff_versions(&self, path: &str, from: &str, to: Option<&str>) -> Result<VersionDiff> {
        let (path, from, to) = (path.to_owned(), from.to_owned(), to.map(str::to_owned));
        self.versions_call(&VersionsWanted::Diff { path, from, to })
    }

    /// Puts a version of a file back in its place, if `condition` holds, and indexes it: a new version, with the bytes of the old one.
    ///
    /// # Errors
    /// As [`Workspace::read_version`] and [`Workspace::write_if`].
    pub fn restore_version(&self, path: &str, version: &str, condition: &Condition) -> Result<Written> {
        let (path, version, condition) = (path.to_owned(), version.to_owned(), condition.clone());
        self.versions_change(&VersionsWanted::Restore { path, version, condition })
    }

    /// What was removed and can be put back, the newest first, as far as it was `within`.
    ///
    /// # Errors
    /// When the workspace cannot be opened.
    pub fn trash(&self, within: &PathSet) -> Result<Vec<TrashEntry>> {
        self.versions_call(&VersionsWanted::Trash { within: within.clone() })
    }

    /// Puts something from the trash back where it was, or at `to`, where nothing may be. Returns where it is, and the commit that shows it.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is nothing of that id in the trash; [`Conflict`](ErrorKind::Conflict) when something is at
    /// its place.
    pub fn restore_from_trash(&self, id: &str, to: Option<&str>) -> Result<(String, u64)> {
        self.versions_change(&VersionsWanted::RestoreTrash { id: id.to_owned(), to: to.map(str::to_owned) })
    }

    /// Deletes these things for good, or all that lies in the trash. Returns how many.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is nothing of one of these ids in the trash, and when the disk refuses.
    pub fn empty_trash(&self, ids: Option<&[String]>) -> Result<usize> {
        self.versions_change(&VersionsWanted::EmptyTrash { ids: ids.map(<[String]>::to_vec) })
    }

    /// Makes a checkpoint of all files, durable when this returns. Nobody writes through the program meanwhile. It copies nothing that is kept
    /// already.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when another checkpoint has one of the tags, [`Invalid`](ErrorKind::Invalid) when a tag or note makes no
    /// sense, and when the disk refuses. Nothing was made then.
    pub fn create_checkpoint(&self, note: &str, tags: &[String]) -> Result<CheckpointInfo> {
        self.versions_change(&VersionsWanted::Checkpoint { note: note.to_owned(), tags: tags.to_vec() })
    }

    /// The checkpoints, the newest first.
    ///
    /// # Errors
    /// When the workspace cannot be opened.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointInfo>> {
        self.versions_call(&VersionsWanted::Checkpoints)
    }

    /// The files of a checkpoint, by its id or a tag, that lie `within`, in the order of paths: those behind `after`, `limit` at most.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such checkpoint, [`Io`](ErrorKind::Io) when its list is damaged.
    pub fn checkpoint_files(
        &self,
        name: &str,
        within: &PathSet,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Vec<CheckpointFile>> {
        let (name, after) = (name.to_owned(), after.map(str::to_owned));
        self.versions_call(&VersionsWanted::Files { name, within: within.clone(), after, limit })
    }

    /// What became of the files at `path` and below it, as far as they lie `within`, from a checkpoint to another one, or to now: those behind
    /// `after`, `limit` at most.
    ///
    /// # Errors
    /// As [`Workspace::checkpoint_files`].
    pub fn diff_checkpoints(
        &self,
        (from, to): (&str, Option<&str>),
        path: &str,
        within: &PathSet,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Vec<ChangedFile>> {
        let (from, to) = (from.to_owned(), to.map(str::to_owned));
        let (path, within, after) = (path.to_owned(), within.clone(), after.map(str::to_owned));
        self.versions_call(&VersionsWanted::DiffCheckpoints { from, to, path, within, after, limit })
    }

    /// Puts the files of a checkpoint, by its id or a tag, back in their places, at `path` and below it; the empty path is the whole workspace. What is
    /// there and was not then is removed. All of it or nothing, also when a process or the power ends in the middle. A checkpoint of what was there
    /// is made first, so that it can be undone.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is no such checkpoint, or it has nothing at `path` and nothing is there;
    /// [`Conflict`](ErrorKind::Conflict) when something that is no part of the workspace is in the way; [`Held`](ErrorKind::Held) when
    /// somebody else holds a lease on a file that would change. Nothing has changed then.
    pub fn restore_checkpoint(&self, name: &str, path: &str) -> Result<Restored> {
        self.versions_change(&VersionsWanted::RestoreCheckpoint {
            name: name.to_owned(),
            path: path.to_owned(),
        })
    }

    /// Makes a new workspace of the files of a checkpoint, with the settings of this one, in a folder that is not there or empty. Returns how many
    /// files it has.
    ///
    /// # Errors
    /// As [`Workspace::checkpoint_files`]; [`Conflict`](ErrorKind::Conflict) when there is something in the folder, and
    /// [`Invalid`](ErrorKind::Invalid) when it lies in this workspace.
    pub fn branch_checkpoint(&self, name: &str, folder: &Path) -> Result<u64> {
        let folder = std::path::absolute(folder)?;
        self.versions_call(&VersionsWanted::Branch { name: name.to_owned(), folder })
    }

    /// Gives a checkpoint these tags, in place of those it had.
    ///
    /// # Errors
    /// As [`Workspace::create_checkpoint`], and [`NotFound`](ErrorKind::NotFound).
    pub fn tag_checkpoint(&self, name: &str, tags: &[String]) -> Result<CheckpointInfo> {
        self.versions_call(&VersionsWanted::Tag { name: name.to_owned(), tags: tags.to_vec() })
    }

    /// Deletes a checkpoint. What only it needed is dropped with old versions.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), and when the disk refuses.
    pub fn delete_checkpoint(&self, name: &str) -> Result<CheckpointInfo> {
        self.versions_change(&VersionsWanted::Delete { name: name.to_owned() })
    }

    /// The instant that `when` names, as [`Query::as_of`](engine::Query::as_of) does, and what is known of the files there were: how many, and of
    /// which what they held is no longer kept, so that no search as of then finds it.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when it is neither a time nor a checkpoint, or yet to come; [`NotFound`](ErrorKind::NotFound) when there is no
    /// such checkpoint; [`Io`](ErrorKind::Io) when versions cannot be read.
    pub fn as_of(&self, when: &str) -> Result<AsOf> {
        self.within(PathSet::all()).as_of(when)
    }

    /// A document as it was in a version, by all digits of it: all its chunks, or one between its neighbours, as a search as of then cites them.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the file has no such version, what it held is no longer kept, or the document has fewer chunks;
    /// [`Unsupported`](ErrorKind::Unsupported) when that version holds nothing to search.
    pub fn show_version(&self, path: &str, version: &str, chunk: Option<u64>) -> Result<Shown> {
        self.within(PathSet::all()).show_version(path, version, chunk)
    }

    /// What may be asked twice.
    fn versions_call<T: DeserializeOwned>(&self, wanted: &VersionsWanted) -> Result<T> {
        let by = self.actor();
        let own = |owner: &Owner| wanted.done(owner, &Act::of(by.clone()));
        taken(self.call(|| Ok(Request::Versions(wanted.clone())), own)?)
    }

    /// What is made once.
    fn versions_change<T: DeserializeOwned>(&self, wanted: &VersionsWanted) -> Result<T> {
        taken(self.change(|| Request::Versions(wanted.clone()), |owner, act| wanted.done(owner, act))?)
    }
}

impl View<'_> {
    /// As [`Workspace::as_of`], of the files of the part.
    ///
    /// # Errors
    /// As [`Workspace::as_of`].
    pub fn as_of(&self, when: &str) -> Result<AsOf> {
        let (when, within) = (when.to_owned(), self.set().clone());
        self.workspace().versions_call(&VersionsWanted::AsOf { when, within })
    }
}

/// What was answered, as it is.
fn taken<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| {
        Error::new(ErrorKind::Incompatible, format!("another program owns the workspace: {error}"))
    })
}
