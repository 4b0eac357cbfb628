//! Saved states of agents, as files of the workspace: written as whoever has the handle may, durable and searchable like any other file.
//!
//! Invariant: nothing about a state is kept elsewhere than in its files. An [`Autosave`] that ends without an end of its own saves the last state
//! that it was told of, also when its thread panics.
//! Not here: what the files are, which one is the latest (`autosave`).

use crate::Workspace;
use autosave::{Entry, Over, Prune, Pruned, Reason, Resumed, Run, Save, Saved, Store, Wanted, Which, Wrote};
use engine::{Condition, Error, ErrorKind, Kind, Page, PathSet, Result, version_of};
use std::time::{Duration, Instant, SystemTime};

/// How often a state is saved that [`Autosave::note`] is told of, if nobody says otherwise: as Swarms does.
const EVERY: Duration = Duration::from_secs(300);

impl Workspace {
    /// Saves a state of an agent: a step more in its run, in the folder layout that Swarms has. When it returns, it is durable.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when a name makes no sense or the state is no JSON object; [`Conflict`](ErrorKind::Conflict) when the run's
    /// folder is another run's; and as [`Workspace::write_if`].
    pub fn save_state(&self, save: &Save) -> Result<Saved> {
        said(autosave::save(&Files(self), save, now_ms()))
    }

    /// The runs of an agent whose states are saved, or of all, the one that was saved last first; what is damaged is told with each.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn saved_states(&self, agent: Option<&str>) -> Result<Vec<Run>> {
        said(autosave::list(&Files(self), agent))
    }

    /// The state that an agent goes on from: the last whole one of its latest run, whatever that run's id, unless one is named.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none.
    pub fn resume_state(&self, wanted: &Wanted) -> Result<Resumed> {
        let resumed = said(autosave::resume(&Files(self), wanted))?;
        self.note_look(|by| engine::audit::Act::new(engine::audit::Doing::FileRead, by).on(&resumed.path));
        Ok(resumed)
    }

    /// Removes old steps and runs. The last step of a run that stays is kept whatever is asked for.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when nothing says what is to go, and as [`Workspace::remove`].
    pub fn prune_states(&self, prune: &Prune) -> Result<Pruned> {
        said(autosave::prune(&Files(self), prune))
    }

    /// Saves the states of one run of an agent as it goes.
    #[must_use]
    pub fn autosave(&self, agent: impl Into<String>, which: Which) -> Autosave {
        let save = Save::new(agent, "").in_run(which);
        let workspace = self.clone();
        Autosave { workspace, save, every: EVERY, last: None, saved_at: Instant::now(), is_over: false }
    }
}

/// The states of one run of an agent, saved as it goes; and when it ends before its end, by an error or a panic, the last one that it was told of.
pub struct Autosave {
    workspace: Workspace,
    save: Save,
    every: Duration,
    last: Option<String>,
    saved_at: Instant,
    is_over: bool,
}

impl Autosave {
    /// Saves what it is told of by [`Autosave::note`] so often.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// Keeps so many steps.
    #[must_use]
    pub fn keep(mut self, steps: u64) -> Self {
        self.save.keep = Some(steps);
        self
    }

    /// Saves what the agent is with each step.
    #[must_use]
    pub fn config(mut self, config: impl Into<String>) -> Self {
        self.save.config = Some(config.into());
        self
    }

    /// Saves a state now: a step is done.
    ///
    /// # Errors
    /// As [`Workspace::save_state`].
    pub fn step(&mut self, loop_count: i64, state: impl Into<String>) -> Result<Saved> {
        self.save_now(Reason::Step, Some(loop_count), state.into())
    }

    /// Is told of a state, and saves it if the last save is long ago.
    ///
    /// # Errors
    /// As [`Workspace::save_state`].
    pub fn note(&mut self, state: impl Into<String>) -> Result<Option<Saved>> {
        if self.saved_at.elapsed() >= self.every {
            return self.save_now(Reason::Interval, None, state.into()).map(Some);
        }
        self.last = Some(state.into());
        Ok(None)
    }

    /// Saves the last state of a run that is done.
    ///
    /// # Errors
    /// As [`Workspace::save_state`].
    pub fn finish(mut self, state: impl Into<String>) -> Result<Saved> {
        let saved = self.save_now(Reason::Final, None, state.into())?;
        self.is_over = true;
        Ok(saved)
    }

    /// Saves the last state that it was told of: the agent has failed.
    ///
    /// # Errors
    /// As [`Workspace::save_state`].
    pub fn fail(mut self) -> Result<Option<Saved>> {
        let saved = self.save_last(Reason::Error)?;
        self.is_over = true;
        Ok(saved)
    }

    fn save_last(&mut self, reason: Reason) -> Result<Option<Saved>> {
        self.last.clone().map(|state| self.save_now(reason, None, state)).transpose()
    }

    fn save_now(&mut self, reason: Reason, loop_count: Option<i64>, state: String) -> Result<Saved> {
        // Should the save fail, it is still the last state that is known.
        self.last = Some(state.clone());
        let save = Save { state, reason, loop_count, ..self.save.clone() };
        let saved = self.workspace.save_state(&save)?;
        self.save.which = Which::Id(saved.id.clone());
        self.saved_at = Instant::now();
        Ok(saved)
    }
}

impl Drop for Autosave {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let reason = if std::thread::panicking() { Reason::Error } else { Reason::Interrupt };
        if let Err(error) = self.save_last(reason) {
            tracing::warn!(%error, agent = self.save.agent, "the last state of an agent cannot be saved");
        }
    }
}

/// The workspace's files, as its handle may use them. What is looked at on the way to a state is no look of the caller's.
struct Files<'w>(&'w Workspace);

impl Store for Files<'_> {
    type Error = Error;

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let (mut entries, mut page) = (Vec::new(), Page::default());
        let workspace = self.0.quiet();
        loop {
            let found = match workspace.list(folder, &PathSet::all(), &page) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(entries),
                found => found?,
            };
            let regular =
                found.entries.iter().filter(|entry| matches!(entry.kind, Kind::File | Kind::Folder));
            entries.extend(regular.map(|entry| Entry {
                name: entry.name().to_owned(),
                is_folder: entry.kind == Kind::Folder,
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
        found(self.0.quiet().read(path))
    }

    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Error>> {
        let condition = match over {
            Over::Nothing => Condition::Absent,
            Over::Bytes(bytes) => Condition::Version(version_of(bytes)),
        };
        match self.0.write_if(path, bytes, &condition) {
            Ok(_) => Ok(Wrote::Done),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(Wrote::Overtaken(error)),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, path: &str) -> Result<()> {
        found(self.0.remove(path)).map(drop)
    }

    fn remove_empty(&self, folder: &str) -> Result<()> {
        match self.0.remove_folder(folder, false) {
            Err(error) if error.kind() != ErrorKind::Conflict => found(Err(error)).map(|_: Option<()>| ()),
            _ => Ok(()),
        }
    }
}

fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// What the library says of it.
fn said<T>(result: std::result::Result<T, autosave::Error<Error>>) -> Result<T> {
    result.map_err(|error| match error {
        autosave::Error::Store(error) => error,
        autosave::Error::Invalid { message, hint } => Error::new(ErrorKind::Invalid, message).hint(hint),
        autosave::Error::NotFound { message, hint } => Error::new(ErrorKind::NotFound, message).hint(hint),
        autosave::Error::Taken { message, hint } => Error::new(ErrorKind::Conflict, message).hint(hint),
        other => Error::new(ErrorKind::Io, other.to_string()),
    })
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
