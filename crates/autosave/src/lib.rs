//! Autosave: states of agents, saved step by step and found again by the agent's name, in the folder layout that Swarms has.
//!
//! A run of an agent has a folder, `agents/{slug of the name}-{last 12 of the id}/`, and in it `config.json` and `{name}_state.json`, both as the
//! last save left them, and `steps/00000007.json`, each save as it was. [`save`] adds a step, [`list`] tells what there is, [`resume`] finds the
//! last whole step of the latest run of that name, [`prune`] makes room.
//!
//! ```
//! use workroom_autosave::{Error, Memory, Overtaken, Save, Wanted, resume, save};
//!
//! # fn main() -> Result<(), Error<Overtaken>> {
//! let store = Memory::default();
//! save(&store, &Save::new("Tide Watcher", r#"{"seen": 41}"#), 1_763_760_000_000)?;
//! save(&store, &Save::new("Tide Watcher", r#"{"seen": 42}"#), 1_763_760_060_000)?;
//! let resumed = resume(&store, &Wanted::latest("Tide Watcher"))?;
//! assert_eq!((resumed.run.sequence, resumed.state.as_deref()), (Some(2), Some("{\n  \"seen\": 42\n}")));
//! # Ok(())
//! # }
//! ```
//!
//! Invariant: a step is written once, whole, where nothing was: it is the commit of a save, and what comes after it can be made again from it.
//! The steps of a run are numbered without gaps. Nothing here reads a clock; what it does to files it does through a [`Store`], as its caller may.
//! Not here: how files are written and who may (`workroom`, `server`), what a state means.
//! On disk: docs/autosave.md.

mod document;
mod error;
mod find;
mod json;
mod memory;
mod metadata;
mod name;
mod prune;
mod run;
mod save;
mod store;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use find::{Resumed, Wanted, list, resume};
pub use memory::{Memory, Overtaken};
pub use metadata::Reason;
pub use name::FOLDER;
pub use prune::{Prune, Pruned, Removed, prune};
pub use run::{Problem, Run};
pub use save::{KEEP, MOST_BYTES, Save, Saved, Which, save};
pub use store::{Entry, Over, Store, Wrote};
