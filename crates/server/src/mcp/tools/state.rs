//! Saved states of agents: an agent saves what it needs to go on, and a later one of its name goes on from there.
//!
//! Invariant: a state that is saved is durable, and every step is kept beside those before it.

use super::action::{Action, Call, Effect, Needs, Reply};
use crate::refusal::{Kind, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use workroom::autosave::{self, Save, Wanted, Which};

/// Runs in one answer.
const MOST: usize = 100;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "save_state",
            "Save your state",
            "Save what you need to go on later, as a JSON object: what is done, what is next, where your files are. Each save is a step of your run \
             and is kept; call it after each step, before anything risky, and with reason `final` at the end. Give the `id` that it returns with \
             your next save. When you start again, call resume_state with the same agent name.",
            (Effect::Adds, Needs::Both),
            |call, input: SaveState| save(call, input),
        ),
        Action::new(
            "list_saved_states",
            "List saved states",
            "List runs of agents whose states are saved, the one that was saved last first: which step, when and why.",
            (Effect::Reads, Needs::Read),
            |call, input: List| list(call, &input),
        ),
        Action::new(
            "resume_state",
            "Resume from your state",
            "Get the last state that an agent of that name saved, to go on from there: the last whole step of its latest run. With `step` an \
             earlier one.",
            (Effect::Reads, Needs::Read),
            |call, input: Resume| resume(call, input),
        ),
    ]
}

/// Why a state is saved.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum Reason {
    /// A step is done.
    #[default]
    Step,
    /// Some time has passed.
    Interval,
    /// Something failed.
    Error,
    /// You were stopped.
    Interrupt,
    /// You are done.
    Final,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct SaveState {
    /// What you are called, the same each time.
    agent: String,
    /// All that you need to go on.
    state: Map<String, Value>,
    /// Your run, as save_state returned it; without it your latest.
    id: Option<String>,
    /// Begin a new run.
    #[serde(default)]
    new: bool,
    /// Which turn of your own loop it is.
    loop_count: Option<u32>,
    /// Why you save.
    #[serde(default)]
    reason: Reason,
    /// The id of your lease on your run's folder, where you hold one.
    lease: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Saved {
    /// Your run, for the next save.
    id: String,
    /// Which step of it this is, from 1.
    step: u64,
    /// The step's file, relative to the workspace.
    path: String,
}

fn save(call: &Call<'_>, input: SaveState) -> Result<Reply<Saved>> {
    let which = match (input.id, input.new) {
        (Some(_), true) => {
            return Err(Refusal::invalid("a new run has no `id` yet").hint("leave out `id` or `new`"));
        }
        (Some(id), false) => Which::Id(id),
        (None, true) => Which::New,
        (None, false) => Which::Latest,
    };
    let saved = call.access.under_lease(input.lease.as_deref()).save_state(&Save {
        which,
        loop_count: input.loop_count.map(i64::from),
        reason: match input.reason {
            Reason::Step => autosave::Reason::Step,
            Reason::Interval => autosave::Reason::Interval,
            Reason::Error => autosave::Reason::Error,
            Reason::Interrupt => autosave::Reason::Interrupt,
            Reason::Final => autosave::Reason::Final,
        },
        ..Save::new(input.agent, Value::Object(input.state).to_string())
    })?;
    let text = format!(
        "saved step {} of `{}` in run `{}` (`{}`)",
        saved.sequence, saved.agent, saved.id, saved.path
    );
    Ok(Reply::new(text, Saved { id: saved.id, step: saved.sequence, path: saved.path }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {
    /// Only of the agent that is called so.
    agent: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Listed {
    /// At most 100.
    runs: Vec<SavedRun>,
    /// Whether there are more.
    more: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct SavedRun {
    /// What the agent is called.
    agent: String,
    /// The run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The last whole step; absent where another program saved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    /// When it was saved, UTC; absent when nothing is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Where its files are, relative to the workspace.
    folder: String,
    /// Files that are damaged and not used, with why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_used: Vec<String>,
}

impl From<autosave::Run> for SavedRun {
    fn from(run: autosave::Run) -> Self {
        let problems = run.problems.iter();
        Self {
            not_used: problems.map(|problem| format!("{}: {}", problem.path, problem.why)).collect(),
            agent: run.agent,
            id: run.id,
            step: run.sequence,
            saved: run.saved,
            reason: run.reason.map(|reason| reason.name().to_owned()),
            folder: run.folder,
        }
    }
}

impl SavedRun {
    fn in_words(&self) -> String {
        let id = self.id.as_deref().unwrap_or("no id");
        let saved = self
            .saved
            .as_deref()
            .map_or_else(|| "nothing whole".to_owned(), |saved| format!("saved {saved}"));
        let step = self.step.map_or_else(String::new, |step| format!(", step {step}"));
        let reason = self.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let mut lines = vec![format!("{} [{id}]: {saved}{step}{reason}, in {}", self.agent, self.folder)];
        lines.extend(self.not_used.iter().map(|file| format!("  not used: {file}")));
        lines.join("\n")
    }
}

fn list(call: &Call<'_>, input: &List) -> Result<Reply<Listed>> {
    let mut runs = call.access.saved_states(input.agent.as_deref())?;
    let more = runs.len() > MOST;
    runs.truncate(MOST);
    let runs: Vec<SavedRun> = runs.into_iter().map(SavedRun::from).collect();
    let lines: Vec<String> = runs.iter().map(SavedRun::in_words).collect();
    let text = if lines.is_empty() { "no states are saved".to_owned() } else { lines.join("\n") };
    let note = more.then(|| "note: there are more; name the agent".to_owned());
    Ok(Reply::new(text, Listed { runs, more }).and(note))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Resume {
    /// What the agent is called, as it was when it saved.
    agent: String,
    /// A run other than its latest.
    id: Option<String>,
    /// A step before its last.
    step: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Resumed {
    /// Which run and step it is.
    run: SavedRun,
    /// What was saved; absent where another program saved a config alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Map<String, Value>>,
    /// What the agent is, if that was saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Map<String, Value>>,
}

fn resume(call: &Call<'_>, input: Resume) -> Result<Reply<Resumed>> {
    let wanted = Wanted { agent: input.agent, id: input.id, step: input.step };
    let resumed = call.access.resume_state(&wanted)?;
    let run = SavedRun::from(resumed.run);
    let text = resumed.state.as_ref().or(resumed.config.as_ref()).cloned().unwrap_or_default();
    let text = format!("{}\n{text}", run.in_words());
    Ok(Reply::new(text, Resumed { run, state: object(resumed.state)?, config: object(resumed.config)? }))
}

/// What was read as JSON before, as JSON.
fn object(text: Option<String>) -> Result<Option<Map<String, Value>>> {
    let object = text.map(|text| serde_json::from_str(&text)).transpose();
    object.map_err(|error| Refusal::new(Kind::Internal, format!("the state cannot be read: {error}")))
}
