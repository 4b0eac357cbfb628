//! A run of an agent: what its folder holds, and the last that is whole of it.
//!
//! Invariant: what is damaged, cut off or left behind is told, with its path, and skipped; it never hides what is whole. What another program wrote
//! last counts as the last, by when its file was written to: the times that Swarms writes have no zone.
//! Not here: which run is wanted (`find`).

use crate::document::{Damage, Document, Step};
use crate::json::Object;
use crate::metadata::{Metadata, Reason, time};
use crate::name::{CONFIG, STEPS, is_state_file, sequence_of, step_file};
use crate::save::MOST_BYTES;
use crate::store::{Entry, Store};
use serde::{Deserialize, Serialize};

/// A run of an agent, and its last save.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// What the agent is called.
    pub agent: String,
    /// Tells the run from others of that agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where its files are, in the workspace.
    pub folder: String,
    /// Which save the last whole one is, from 1; absent where another program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When it was saved: RFC 3339, UTC. Absent when nothing is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The agent's own count of its loops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_count: Option<i64>,
    /// Steps that are kept.
    pub steps: u64,
    /// Bytes of all files of the run.
    pub bytes: u64,
    /// What is not as it should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// A file that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
}

/// A step's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepFile {
    pub(crate) sequence: u64,
    pub(crate) bytes: u64,
    pub(crate) modified_ms: i64,
}

/// The last whole save of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// The file that tells when it was.
    pub(crate) path: String,
    pub(crate) state: Option<Object>,
    pub(crate) config: Option<Object>,
    pub(crate) metadata: Metadata,
    pub(crate) saved_ms: i64,
}

/// What was seen of a run.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) run: Run,
    pub(crate) held: Option<Held>,
    /// In the order of their numbers.
    pub(crate) steps: Vec<StepFile>,
    /// The last step that is whole.
    pub(crate) whole: Option<u64>,
    /// What lies in the folder itself.
    pub(crate) files: Vec<Entry>,
}

/// What a write leaves behind that does not come to its end: Swarms' own, in the order in which they are the file to be.
const LEFT_BEHIND: [&str; 3] = [".temp", ".tmp", ".backup"];

/// The name of the file that this one would have become.
pub(crate) fn left_behind(name: &str) -> Option<&str> {
    LEFT_BEHIND.iter().find_map(|suffix| name.strip_suffix(suffix))
}

/// Whether a file in a run's folder is the run's: nothing else there is ever removed.
pub(crate) fn is_own(name: &str) -> bool {
    let name = left_behind(name).unwrap_or(name);
    name == CONFIG || is_state_file(name)
}

/// Steps of the run in that folder, in the order of their numbers.
pub(crate) fn steps<S: Store>(store: &S, folder: &str) -> Result<Vec<StepFile>, S::Error> {
    let file = |entry: &Entry| {
        let sequence = sequence_of(&entry.name).filter(|_| !entry.is_folder)?;
        Some(StepFile { sequence, bytes: entry.bytes, modified_ms: entry.modified_ms })
    };
    let mut steps: Vec<StepFile> =
        store.list(&format!("{folder}/{STEPS}"))?.iter().filter_map(file).collect();
    steps.sort_unstable_by_key(|step| step.sequence);
    Ok(steps)
}

/// Looks at the run in that folder; `None` where there is none.
pub(crate) fn look<S: Store>(store: &S, folder: &str) -> Result<Option<Look>, S::Error> {
    let entries = store.list(folder)?;
    let is_run = |entry: &Entry| match entry.is_folder {
        true => entry.name == STEPS,
        false => is_own(&entry.name),
    };
    if !entries.iter().any(is_run) {
        return Ok(None);
    }
    let files: Vec<Entry> =
        entries.into_iter().filter(|entry| !entry.is_folder && is_own(&entry.name)).collect();
    let steps = steps(store, folder)?;
    let mut reading = Reading { store, folder, files: &files, problems: Vec::new() };
    let step = reading.last_step(&steps)?;
    let whole = step.as_ref().and_then(|step| step.metadata.sequence);
    let held = reading.held(step)?;
    let problems = reading.told();
    let bytes = files.iter().map(|file| file.bytes).chain(steps.iter().map(|step| step.bytes)).sum();
    let run = Run { steps: steps.len() as u64, bytes, problems, ..described(folder, held.as_ref()) };
    Ok(Some(Look { run, held, steps, whole, files }))
}

/// Reads one step of a run.
pub(crate) fn read_step<S: Store>(
    store: &S,
    folder: &str,
    step: &StepFile,
) -> Result<Result<Step, String>, S::Error> {
    if step.bytes > MOST_BYTES {
        return Ok(Err(too_large()));
    }
    let bytes = store.read(&step_path(folder, step.sequence))?.unwrap_or_default();
    Ok(Step::parse(&bytes, step.sequence).map_err(|damage| damage.to_string()))
}

/// Where a step is.
pub(crate) fn step_path(folder: &str, sequence: u64) -> String {
    format!("{folder}/{STEPS}/{}", step_file(sequence))
}

/// A step as what a run has last.
pub(crate) fn held_step(folder: &str, step: Step) -> Held {
    Held {
        path: step_path(folder, step.metadata.sequence.unwrap_or_default()),
        saved_ms: step.metadata.saved_ms().unwrap_or_default(),
        state: Some(step.state),
        config: step.config,
        metadata: step.metadata,
    }
}

/// What is told of a run whose last save is that.
pub(crate) fn described(folder: &str, held: Option<&Held>) -> Run {
    let named = || folder.rsplit('/').next().unwrap_or(folder).to_owned();
    let Some(Held { metadata, config, state, saved_ms, .. }) = held else {
        return Run { agent: named(), folder: folder.to_owned(), ..Run::default() };
    };
    // A program that writes nothing about the save writes the agent's name among the rest.
    let said = |object: &Option<Object>, name: &str| {
        serde_json::from_str::<String>(object.as_ref()?.get(name)?).ok()
    };
    let among = |name: &str| said(config, name).or_else(|| said(state, name));
    Run {
        agent: metadata.agent_name.clone().or_else(|| among("agent_name")).unwrap_or_else(named),
        id: metadata.agent_id.clone().or_else(|| among("id")),
        folder: folder.to_owned(),
        sequence: metadata.sequence,
        saved: Some(time(*saved_ms)),
        reason: metadata.reason,
        loop_count: metadata.loop_count,
        ..Run::default()
    }
}

struct Reading<'r, S> {
    store: &'r S,
    folder: &'r str,
    files: &'r [Entry],
    problems: Vec<Problem>,
}

impl<S: Store> Reading<'_, S> {
    fn problem(&mut self, name: &str, why: impl Into<String>) {
        self.problems.push(Problem { path: format!("{}/{name}", self.folder), why: why.into() });
    }

    /// The last step that is whole.
    fn last_step(&mut self, steps: &[StepFile]) -> Result<Option<Step>, S::Error> {
        for step in steps.iter().rev() {
            match read_step(self.store, self.folder, step)? {
                Ok(step) => return Ok(Some(step)),
                Err(why) => self.problem(&format!("{STEPS}/{}", step_file(step.sequence)), why),
            }
        }
        Ok(None)
    }

    /// What was saved last: that step, or what the files beside the steps say if they are newer.
    fn held(&mut self, step: Option<Step>) -> Result<Option<Held>, S::Error> {
        let config = self.document(CONFIG)?;
        let is_newer = match (&step, &config) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(step), Some((config, file))) => match config.metadata.sequence {
                Some(sequence) => step.metadata.sequence.is_none_or(|last| sequence > last),
                None => step.metadata.saved_ms().is_none_or(|saved| file.modified_ms > saved),
            },
        };
        match step {
            Some(step) if !is_newer => Ok(Some(held_step(self.folder, step))),
            _ => self.beside(config),
        }
    }

    /// What the files beside the steps hold. It is told by the state where the state can tell, else by the config.
    fn beside(&mut self, config: Option<(Document, Entry)>) -> Result<Option<Held>, S::Error> {
        let mut states: Vec<&Entry> = self.files.iter().filter(|file| is_state_file(&file.name)).collect();
        states.sort_by_key(|file| std::cmp::Reverse(file.modified_ms));
        let mut names: Vec<String> = states.iter().map(|file| file.name.clone()).collect();
        // A state whose write did not end may have no other file.
        names.extend(self.files.iter().filter_map(|file| {
            left_behind(&file.name).filter(|name| is_state_file(name)).map(str::to_owned)
        }));
        let mut state = None;
        for name in names {
            state = self.document(&name)?;
            if state.is_some() {
                break;
            }
        }
        let told_by_state =
            state.as_ref().is_some_and(|(state, _)| state.metadata.sequence.is_some()) || config.is_none();
        let Some((teller, file)) = (if told_by_state { state.as_ref() } else { config.as_ref() }) else {
            return Ok(None);
        };
        Ok(Some(Held {
            path: format!("{}/{}", self.folder, file.name),
            saved_ms: teller
                .metadata
                .saved_ms()
                .filter(|_| teller.metadata.sequence.is_some())
                .unwrap_or(file.modified_ms),
            metadata: teller.metadata.clone(),
            state: state.as_ref().map(|(state, _)| state.content.clone()),
            config: config.as_ref().map(|(config, _)| config.content.clone()),
        }))
    }

    /// A file of that name that is whole, or what a write that did not end left of it.
    fn document(&mut self, name: &str) -> Result<Option<(Document, Entry)>, S::Error> {
        let names = std::iter::once(String::new()).chain(LEFT_BEHIND.map(str::to_owned));
        for suffix in names {
            let wanted = format!("{name}{suffix}");
            let Some(file) = self.files.iter().find(|file| file.name == wanted) else { continue };
            let read = if file.bytes > MOST_BYTES {
                Err(too_large())
            } else {
                let bytes = self.store.read(&format!("{}/{wanted}", self.folder))?.unwrap_or_default();
                Document::parse(&bytes).map_err(|damage: Damage| damage.to_string())
            };
            match read {
                Ok(document) => return Ok(Some((document, file.clone()))),
                Err(why) => self.problem(&wanted, why),
            }
        }
        Ok(None)
    }

    /// All that is not as it should be, each file once.
    fn told(mut self) -> Vec<Problem> {
        for file in self.files {
            if left_behind(&file.name).is_some() {
                self.problem(&file.name, "it was left behind by a save that did not come to its end");
            }
        }
        self.problems.sort_by(|a, b| a.path.cmp(&b.path));
        self.problems.dedup_by(|a, b| a.path == b.path);
        self.problems
    }
}

fn too_large() -> String {
    format!("it is larger than {} MiB", MOST_BYTES >> 20)
}
