//! Saving a state.
//!
//! Invariant: the step is written first, where nothing was: of several who take one number, one has it and the others take the next. Then the files
//! beside it follow, each only over what is older. Whenever that ends, the last whole step is found, and the next save makes good what is missing.
//! Not here: what is kept (`prune`), but for the steps beyond [`Save::keep`].

use crate::document::{Document, Step};
use crate::error::Error;
use crate::find::runs;
use crate::json::{Malformed, Object};
use crate::metadata::{MEMBER, Metadata, Reason, time};
use crate::name::{CONFIG, FOLDER, fault_of_id, fault_of_name, folder_name, state_file};
use crate::run::{Look, StepFile, look, step_path, steps};
use crate::store::{Over, Store, Wrote};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Steps that a run keeps if nobody says otherwise.
pub const KEEP: u64 = 100;
/// A larger file is no state that somebody resumes from.
pub const MOST_BYTES: u64 = 32 << 20;

/// Others that may be faster before a save gives up. Each of them has saved something.
const TRIES: usize = 4096;

/// Which run a save belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The latest of that agent, or the first if there is none.
    #[default]
    Latest,
    /// A new one.
    New,
    /// The one with that id, which is new if there is none.
    Id(String),
}

/// What is to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Save {
    /// What the agent is called.
    pub agent: String,
    /// Which run of it this is.
    pub which: Which,
    /// A JSON object: all that the agent needs to go on.
    pub state: String,
    /// A JSON object: what the agent is; without one, it stays as it was.
    pub config: Option<String>,
    /// The agent's own count of its loops.
    pub loop_count: Option<i64>,
    /// Why.
    pub reason: Reason,
    /// So many steps are kept of the run, [`KEEP`] if nobody says otherwise.
    pub keep: Option<u64>,
}

impl Save {
    /// A step of the latest run of that agent.
    #[must_use]
    pub fn new(agent: impl Into<String>, state: impl Into<String>) -> Self {
        Self { agent: agent.into(), state: state.into(), ..Self::default() }
    }

    /// A save for that reason.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// A save in that run.
    #[must_use]
    pub fn in_run(self, which: Which) -> Self {
        Self { which, ..self }
    }
}

/// What was saved. It is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// What the agent is called.
    pub agent: String,
    /// The run's id, to save its next step with.
    pub id: String,
    /// Where the run's files are.
    pub folder: String,
    /// The step's own file.
    pub path: String,
    /// Which save of the run it is, from 1.
    pub sequence: u64,
    /// When: RFC 3339, UTC.
    pub saved: String,
    /// Steps that are kept now.
    pub steps: u64,
}

/// Saves a state: adds a step to a run, and brings the files beside the steps up to it. `now_ms` is the time, since 1970.
///
/// # Errors
/// [`Error::Invalid`] when a name makes no sense or a state is no JSON object, is nested too deeply or too large; [`Error::Taken`] when the run's
/// folder is another run's; as the store refuses. When only the store refuses, the step may be there all the same, whole.
pub fn save<S: Store>(store: &S, save: &Save, now_ms: i64) -> Result<Saved, Error<S::Error>> {
    let (state, config) = checked(save)?;
    let (id, folder, known) = place(store, save)?;
    let known_config = || known.as_ref().and_then(|look| look.held.as_ref()?.config.clone());
    let mut step = Step {
        state,
        config: config.or_else(known_config),
        metadata: Metadata {
            timestamp: Some(time(now_ms)),
            agent_id: Some(id.clone()),
            agent_name: Some(save.agent.clone()),
            loop_count: save.loop_count,
            reason: Some(save.reason),
            ..Metadata::default()
        },
    };
    let next = known.as_ref().map_or(1, next_of);
    let (sequence, kept) = take(store, &folder, &mut step, next)?;
    follow(store, &folder, &step, &state_file(&save.agent))?;
    let left = spare(store, &folder, &kept, save.keep.unwrap_or(KEEP));
    let (agent, path) = (save.agent.clone(), step_path(&folder, sequence));
    Ok(Saved { agent, id, folder, path, sequence, saved: time(now_ms), steps: left })
}

fn checked<E>(save: &Save) -> Result<(Object, Option<Object>), Error<E>> {
    if let Some(fault) = fault_of_name(&save.agent) {
        return Err(Error::invalid(
            fault,
            "name the agent so that it can be asked for again, such as `Tide Watcher`",
        ));
    }
    if let Which::Id(id) = &save.which
        && let Some(fault) = fault_of_id(id)
    {
        return Err(Error::invalid(fault, "leave the id out to go on with the agent's latest run"));
    }
    let config = save.config.as_ref().map(|config| object("config", config)).transpose()?;
    Ok((object("state", &save.state)?, config))
}

fn object<E>(what: &str, text: &str) -> Result<Object, Error<E>> {
    let mut object = Object::parse_member(text).map_err(|why| {
        let hint = format!("give the {what} as one JSON object, such as {{\"seen\": 42}}");
        Error::invalid(format!("the {what} cannot be saved: {why}"), hint)
    })?;
    // What a caller has resumed from and gives back says of itself what is no longer so.
    object.take(MEMBER);
    Ok(object)
}

/// The run's id and folder, and what is there.
fn place<S: Store>(store: &S, save: &Save) -> Result<(String, String, Option<Look>), Error<S::Error>> {
    let id = match &save.which {
        Which::Id(id) => id.clone(),
        Which::New => fresh_id()?,
        Which::Latest => {
            let latest = runs(store, Some(&save.agent))?.into_iter().find(|look| look.run.id.is_some());
            match latest {
                Some(look) => {
                    return Ok((
                        look.run.id.clone().unwrap_or_default(),
                        look.run.folder.clone(),
                        Some(look),
                    ));
                }
                None => fresh_id()?,
            }
        }
    };
    let folder = format!("{FOLDER}/{}", folder_name(&save.agent, &id));
    let known = look(store, &folder)?;
    if let Some(Look { run, held: Some(_), .. }) = &known
        && (run.agent != save.agent || run.id.as_ref().is_some_and(|other| *other != id))
    {
        let other = run.id.as_ref().map_or_else(String::new, |id| format!(" in a run `{id}`"));
        return Err(Error::Taken {
            message: format!("`{folder}` is where `{}` saves{other}", run.agent),
            hint: "choose an id whose last 12 characters are others".to_owned(),
        });
    }
    Ok((id, folder, known))
}

/// An id as Swarms makes them.
fn fresh_id<E>() -> Result<String, Error<E>> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Random(error.to_string()))?;
    Ok(bytes.iter().fold(String::from("agent-"), |mut id, byte| {
        // Text takes whatever it is given.
        let _always = write!(id, "{byte:02x}");
        id
    }))
}

/// The number after all that were taken.
fn next_of(look: &Look) -> u64 {
    let last = look.steps.last().map(|step| step.sequence);
    last.max(look.run.sequence).unwrap_or_default() + 1
}

/// Writes the step under the first free number. Returns it, and the steps that there are.
fn take<S: Store>(
    store: &S,
    folder: &str,
    step: &mut Step,
    first: u64,
) -> Result<(u64, Vec<StepFile>), Error<S::Error>> {
    let (mut number, mut tries) = (first, 0);
    loop {
        step.metadata.sequence = Some(number);
        let bytes = step.to_bytes().map_err(unwritable)?;
        match store.write(&step_path(folder, number), &bytes, Over::Nothing)? {
            Wrote::Overtaken(error) if tries >= TRIES => return Err(Error::Store(error)),
            Wrote::Overtaken(_) => number += 1,
            Wrote::Done => {
                let steps = steps(store, folder)?;
                let Some(last) = steps.last().filter(|_| is_late(number, &steps)) else {
                    return Ok((number, steps));
                };
                store.remove(&step_path(folder, number))?;
                number = last.sequence + 1;
            }
        }
        tries += 1;
    }
}

/// Whether a number was free only because the step that had it is gone by now: steps go from the oldest on, so there is a hole behind it.
fn is_late(number: u64, steps: &[StepFile]) -> bool {
    let next = steps.iter().map(|step| step.sequence).find(|other| *other > number);
    next.is_some_and(|next| next != number + 1)
}

/// Brings the files beside the steps up to the step: first the state, then the config, which other programs look at.
fn follow<S: Store>(store: &S, folder: &str, step: &Step, state_file: &str) -> Result<(), Error<S::Error>> {
    let config = step.config.clone().unwrap_or_default();
    for (name, content) in [(state_file, step.state.clone()), (CONFIG, config)] {
        let bytes = Document::new(content, &step.metadata)
            .and_then(|document| document.to_bytes())
            .map_err(unwritable)?;
        put_latest(store, &format!("{folder}/{name}"), &bytes, step.metadata.sequence)?;
    }
    Ok(())
}

/// Writes a file, unless what is there is as new.
fn put_latest<S: Store>(
    store: &S,
    path: &str,
    bytes: &[u8],
    sequence: Option<u64>,
) -> Result<(), Error<S::Error>> {
    for tries in 0.. {
        let there = store.read(path)?;
        let newer =
            |bytes: &Vec<u8>| Document::parse(bytes).is_ok_and(|there| there.metadata.sequence >= sequence);
        if there.as_ref().is_some_and(newer) {
            break;
        }
        match store.write(path, bytes, there.as_deref().map_or(Over::Nothing, Over::Bytes))? {
            Wrote::Done => break,
            Wrote::Overtaken(error) if tries >= TRIES => return Err(Error::Store(error)),
            Wrote::Overtaken(_) => {}
        }
    }
    Ok(())
}

/// Removes the oldest steps, up to so many that are kept. Returns how many there are.
fn spare<S: Store>(store: &S, folder: &str, steps: &[StepFile], keep: u64) -> u64 {
    let many = (steps.len() as u64).saturating_sub(keep.max(1));
    let spare = steps.iter().take(many as usize);
    // What cannot be removed now is the next save's to remove: this one is done.
    let removed = spare.take_while(|step| store.remove(&step_path(folder, step.sequence)).is_ok()).count();
    (steps.len() - removed) as u64
}

fn unwritable<E>(why: Malformed) -> Error<E> {
    Error::invalid(
        format!("the state cannot be saved: {why}"),
        "save less of it, or save large parts as files of their own",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_those_of_swarms_and_no_two_are_alike() {
        let ids: Vec<String> = (0..100).map(|_| fresh_id::<()>().unwrap()).collect();
        for id in &ids {
            assert!(id.strip_prefix("agent-").is_some_and(|hex| hex.len() == 32), "{id}");
            assert_eq!(fault_of_id(id), None);
        }
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
    }

    proptest! {
        /// Steps go from the oldest on, so a number is late if and only if it lies before what is left.
        #[test]
        fn a_number_is_late_when_it_was_taken_before(first in 1_u64..50, count in 1_u64..50, before in 0_u64..50) {
            let file = |sequence| StepFile { sequence, bytes: 0, modified_ms: 0 };
            let mut steps: Vec<StepFile> = (first..first + count).map(file).collect();
            // One that lies before them, or the next.
            let number = match before % first {
                0 => first + count,
                before => before,
            };
            steps.push(file(number));
            steps.sort_by_key(|step| step.sequence);
            prop_assert_eq!(is_late(number, &steps), number + 1 < first);
        }
    }
}
