//! The tools: one for each thing that can be done, with exact hints, schemas of what goes in and out, and who is shown it.
//!
//! Invariant: the list is the same for the same grants, in the order of the names. A tool that a principal is not shown is to it as one that is
//! not there. What a tool was given wrong is told as its result, so that the model can do it right.
//! Not here: how a call gets here (`agent`), who may do what with which path (`access`).

mod action;
mod approval;
mod ask;
mod audit;
mod change;
mod checkpoint;
mod comment;
mod detail;
mod events;
mod fetch;
mod find;
mod folder;
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

use crate::access::Access;
use rmcp::model::Tool;
use std::sync::LazyLock;

/// All of them, by name.
static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
    let mut actions: Vec<Action> =
        [read::actions(), media::actions(), folder::actions(), change::actions(), lease::actions()]
            .into_iter()
            .chain([
                events::actions(),
                search::actions(),
                ask::actions(),
                fetch::actions(),
                find::actions(),
                status::actions(),
                state::actions(),
                audit::actions(),
            ])
            .chain([comment::actions(), approval::actions(), transfer::actions()])
            .chain([version::actions(), checkpoint::actions()])
            .flatten()
            .collect();
    actions.sort_by(|a, b| a.tool.name.cmp(&b.tool.name));
    actions
});

/// What a principal is shown.
pub(crate) fn shown(access: &Access) -> Vec<Tool> {
    ACTIONS.iter().filter(|action| action.is_for(access)).map(|action| action.tool.clone()).collect()
}

/// The name of a tool that there is, whoever is shown it.
pub(crate) fn known(name: &str) -> Option<&'static str> {
    let at = ACTIONS.binary_search_by(|action| action.tool.name.as_ref().cmp(name)).ok()?;
    ACTIONS.get(at).map(|action| action.tool.name.as_ref())
}

/// The tool of that name, if the principal is shown it.
pub(crate) fn named(access: &Access, name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.tool.name == name && action.is_for(access))
}
