//! Saved states of agents, as far as a principal may read and write the files that they are.
//!
//! Invariant: each file is read and written as if the principal had asked for it by its path: a run that it may not read is as one that is not
//! there. What is looked at on the way to a state is noted once, as the file that the state was read from.
//! Not here: what the files are (`workroom::autosave`).

use super::Access;
use crate::host::now_ms;
use crate::refusal::{Kind, Refusal, Result};
use workroom::autosave::{
    Entry, Error, Over, Prune, Pruned, Resumed, Run, Save, Saved, Store, Wanted, Wrote, list, prune, resume,
    save,
};
use workroom::{Claim, Condition, Doing, ErrorKind, Page};

impl Access {
    /// Saves a state of an agent.
    pub(crate) fn save_state(&self, wanted: &Save) -> Result<Saved> {
        told(save(&Files(self), wanted, now_ms()))
    }

    /// The runs of an agent, or of all.
    pub(crate) fn saved_states(&self, agent: Option<&str>) -> Result<Vec<Run>> {
        told(list(&Files(self), agent))
    }

    /// The state that an agent goes on from.
    pub(crate) fn resume_state(&self, wanted: &Wanted) -> Result<Resumed> {
        let resumed = told(resume(&Files(self), wanted))?;
        self.note(self.act(Doing::FileRead).on(&resumed.path));
        Ok(resumed)
    }

    /// Removes old steps and runs.
    pub(crate) fn prune_states(&self, wanted: &Prune) -> Result<Pruned> {
        told(prune(&Files(self), wanted))
    }
}

/// The workspace's files, as the principal may use them.
struct Files<'a>(&'a Access);

impl Store for Files<'_> {
    type Error = Refusal;

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let readable = self.0.readable();
        let (mut entries, mut page) = (Vec::new(), Page::default());
        if !readable.shows_folder(folder) {
            return Ok(entries);
        }
        let workspace = self.0.room.workspace.quiet();
        loop {
            let found = match workspace.list(folder, &readable, &page) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(entries),
                found => self.0.read(folder, found)?,
            };
            let regular = |kind| matches!(kind, workroom::Kind::File | workroom::Kind::Folder);
            entries.extend(found.entries.iter().filter(|entry| regular(entry.kind)).map(|entry| Entry {
                name: entry.name().to_owned(),
                is_folder: entry.kind == workroom::Kind::Folder,
                bytes: entry.bytes,
                modified_ms: entry.modified_ms,
            }));
            page.after = found.next;
            if page.after.is_none() {
                return Ok(entries);
            }
        }
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if !self.0.sees(path) {
            return Ok(None);
        }
        match self.0.room.workspace.quiet().read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            bytes => self.0.read(path, bytes).map(Some),
        }
    }

    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Refusal>> {
        let condition = match over {
            Over::Nothing => Condition::Absent,
            Over::Bytes(bytes) => Condition::Version(workroom::version_of(bytes)),
        };
        match self.0.write(path, bytes, &condition, &Claim::default()) {
            Ok(_) => Ok(Wrote::Done),
            Err(refusal) if refusal.kind == Kind::PreconditionFailed => Ok(Wrote::Overtaken(refusal)),
            Err(refusal) => Err(refusal),
        }
    }

    fn remove(&self, path: &str) -> Result<()> {
        gone(self.0.remove(path, &Condition::Any, false).map(drop), &[Kind::NotFound])
    }

    fn remove_empty(&self, folder: &str) -> Result<()> {
        gone(self.0.remove(folder, &Condition::Any, false).map(drop), &[Kind::NotFound, Kind::Conflict])
    }
}

/// That something is gone, or stays for a reason that is as good.
fn gone(removed: Result<()>, fine: &[Kind]) -> Result<()> {
    removed.or_else(|refusal| if fine.contains(&refusal.kind) { Ok(()) } else { Err(refusal) })
}

/// What is said to whoever asked.
fn told<T>(result: std::result::Result<T, Error<Refusal>>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Store(refusal) => refusal,
        Error::Invalid { message, hint } => Refusal::new(Kind::Unprocessable, message).hint(hint),
        Error::NotFound { message, hint } => Refusal::new(Kind::NotFound, message).hint(hint),
        Error::Taken { message, hint } => Refusal::new(Kind::Conflict, message).hint(hint),
        _ => Refusal::new(Kind::Unavailable, "the state cannot be saved now"),
    })
}
