//! The tools: one for each thing that can be done, with exact hints, schemas of what goes in and out, and who is shown it.
//!
//! Invariant: the list is the same for the same grants, in the order of the names. A tool that a principal is not shown, for want of a right or
//! because it was not chosen, is to it as one that is not there. What a tool was given wrong is told as its result, so that the model can do it right.
//! Not here: how a call gets here (`agent`), who may do what with which path (`access`).

mod action;
mod approval;
mod ask;
mod audit;
mod change;
mod checkpoint;
mod choice;
mod comment;
mod detail;
mod events;
mod fetch;
mod find;
mod folder;
mod instant;
mod lease;
mod lines;
mod media;
mod path;
mod read;
mod schema;
mod search;
mod state;
mod status;
mod transfer;
mod version;

pub(super) use fetch::joined;
pub(super) use media::most as media_most;

pub(crate) use action::{Action, Call, Done};
pub use choice::{ToolChoice, UnknownTools};

use crate::access::Access;
use rmcp::model::Tool;
use std::sync::LazyLock;

/// What makes the tools of one file.
type Family = fn() -> Vec<Action>;

/// Tools that are of use together, by the name of their set; in order.
const SETS: [(&str, &[Family]); 11] = [
    ("audit", &[audit::actions]),
    ("autosave", &[state::actions]),
    ("checkpoints", &[checkpoint::actions]),
    ("events", &[events::actions]),
    ("files", &[read::actions, media::actions, folder::actions, change::actions]),
    ("handoff", &[comment::actions, approval::actions, transfer::actions]),
    ("leases", &[lease::actions]),
    ("research", &[fetch::actions]),
    ("search", &[search::actions, ask::actions, find::actions]),
    ("versions", &[version::actions]),
    ("workspace", &[status::actions]),
];

/// All of them, by name.
static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let of_set = |(set, families): (&'static str, &[Family])| -> Vec<Action> {
        families.iter().flat_map(|family| family()).map(|action| action.of_set(set)).collect()
    };
    let mut actions: Vec<Action> = SETS.into_iter().flat_map(of_set).collect();
    actions.sort_by(|a, b| a.tool.name.cmp(&b.tool.name));
    actions
});

/// What a principal is shown of what was chosen.
pub(crate) fn shown(access: &Access, choice: &ToolChoice) -> Vec<Tool> {
    let is_shown = |action: &&Action| choice.has(&action.tool.name) && action.is_for(access);
    ACTIONS.iter().filter(is_shown).map(|action| action.tool.clone()).collect()
}

/// The name of a tool that there is, whoever is shown it.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    let at = ACTIONS.binary_search_by(|action| action.tool.name.as_ref().cmp(name)).ok()?;
    ACTIONS.get(at).map(|action| action.tool.name.as_ref())
}

/// The tool of that name, if the principal is shown it.
pub(crate) fn named(access: &Access, choice: &ToolChoice, name: &str) -> Option<&'static Action> {
    let is_meant = |action: &&Action| action.tool.name == name && action.is_for(access);
    ACTIONS.iter().find(is_meant).filter(|_| choice.has(name))
}
