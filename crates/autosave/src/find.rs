//! Runs by their agent's name, and the state that one goes on from.
//!
//! Invariant: the latest run is the one that was saved last, whatever its id. Nothing is changed.

use crate::error::Error;
use crate::json::Object;
use crate::name::{FOLDER, fault_of_name, may_be_of};
use crate::run::{Held, Look, Run, described, held_step, look, read_step};
use crate::store::Store;
use serde::{Deserialize, Serialize};

/// Names in a hint.
const SHOWN: usize = 8;

/// Which state is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The agent's name.
    pub agent: String,
    /// The run; the latest without one.
    pub id: Option<String>,
    /// The step; the last whole one without one.
    pub step: Option<u64>,
}

impl Wanted {
    /// The last whole step of the latest run of that agent.
    #[must_use]
    pub fn latest(agent: impl Into<String>) -> Self {
        Self { agent: agent.into(), ..Self::default() }
    }
}

/// What an agent goes on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// The run, as it was at that step.
    pub run: Run,
    /// The file that it was read from.
    pub path: String,
    /// The state, a JSON object; absent where another program saved a config alone.
    pub state: Option<String>,
    /// The config, a JSON object, if the run has one.
    pub config: Option<String>,
}

/// The runs of an agent, or of all, the one that was saved last first.
///
/// # Errors
/// When the store cannot tell.
pub fn list<S: Store>(store: &S, agent: Option<&str>) -> Result<Vec<Run>, Error<S::Error>> {
    Ok(runs(store, agent)?.into_iter().map(|look| look.run).collect())
}

/// The runs of an agent, or of all, with what they hold.
pub(crate) fn runs<S: Store>(store: &S, agent: Option<&str>) -> Result<Vec<Look>, S::Error> {
    let mut runs = Vec::new();
    for entry in store.list(FOLDER)? {
        if !entry.is_folder || agent.is_some_and(|agent| !may_be_of(&entry.name, agent)) {
            continue;
        }
        let run = look(store, &format!("{FOLDER}/{}", entry.name))?;
        runs.extend(run.filter(|look| agent.is_none_or(|agent| look.run.agent == agent)));
    }
    let age = |look: &Look| (look.held.as_ref().map(|held| held.saved_ms), look.run.sequence);
    runs.sort_by(|a, b| age(b).cmp(&age(a)).then_with(|| a.run.folder.cmp(&b.run.folder)));
    Ok(runs)
}

/// The state that an agent goes on from.
///
/// # Errors
/// [`Error::NotFound`] when there is no such run or step, or nothing of it is whole.
pub fn resume<S: Store>(store: &S, wanted: &Wanted) -> Result<Resumed, Error<S::Error>> {
    if let Some(fault) = fault_of_name(&wanted.agent) {
        return Err(Error::invalid(fault, "name the agent as it was called when it was saved"));
    }
    let mut runs = runs(store, Some(&wanted.agent))?;
    if let Some(id) = &wanted.id {
        runs.retain(|look| look.run.id.as_ref() == Some(id));
    }
    // The latest that has anything to go on from.
    let at = runs.iter().position(|look| look.held.is_some()).unwrap_or_default();
    let Some(look) = runs.into_iter().nth(at) else { return Err(unknown(store, wanted)) };
    let problems = look.run.problems.clone();
    let held = match wanted.step {
        Some(step) if look.run.sequence != Some(step) => Some(held_at(store, &look, step)?),
        _ => look.held,
    };
    let Some(held) = held else {
        let told: Vec<String> =
            problems.iter().map(|problem| format!("`{}`: {}", problem.path, problem.why)).collect();
        let message = format!("nothing that `{}` saved in `{}` is whole", wanted.agent, look.run.folder);
        return Err(Error::not_found(message, told.join("; ")));
    };
    let run = Run {
        steps: look.run.steps,
        bytes: look.run.bytes,
        problems,
        ..described(&look.run.folder, Some(&held))
    };
    let text = |object: Option<Object>| object.and_then(|object| object.to_text().ok());
    Ok(Resumed { run, path: held.path, state: text(held.state), config: text(held.config) })
}

fn held_at<S: Store>(store: &S, look: &Look, step: u64) -> Result<Held, Error<S::Error>> {
    let Some(file) = look.steps.iter().find(|file| file.sequence == step) else {
        let hint = match (look.steps.first(), look.steps.last()) {
            (Some(first), Some(last)) => format!("steps {} to {} are kept", first.sequence, last.sequence),
            _ => "the run has no steps; leave the number out for what it has".to_owned(),
        };
        return Err(Error::not_found(format!("`{}` has no step {step}", look.run.folder), hint));
    };
    match read_step(store, &look.run.folder, file)? {
        Ok(step) => Ok(held_step(&look.run.folder, step)),
        Err(why) => Err(Error::not_found(
            format!("step {step} of `{}` cannot be read: {why}", look.run.folder),
            "leave the number out for the last whole one",
        )),
    }
}

fn unknown<S: Store>(store: &S, wanted: &Wanted) -> Error<S::Error> {
    let which = wanted.id.as_ref().map_or_else(String::new, |id| format!(" in a run `{id}`"));
    let message = format!("nothing was saved by an agent `{}`{which}", wanted.agent);
    let mut names: Vec<String> = match runs(store, None) {
        Ok(runs) => runs.into_iter().map(|look| look.run.agent).collect(),
        Err(error) => return Error::Store(error),
    };
    names.sort();
    names.dedup();
    let more = if names.len() > SHOWN { " and others" } else { "" };
    names.truncate(SHOWN);
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => {
            Error::not_found(message, format!("nothing is saved here; states are saved below `{FOLDER}/`"))
        }
        false => Error::not_found(message, format!("there are saved states of {}{more}", names.join(", "))),
    }
}
