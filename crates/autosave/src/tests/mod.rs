//! Saving and resuming over a store in memory: what others wrote, many at once, and a model with crashes.

mod foreign;
mod model;
mod together;

use crate::{Memory, Overtaken, Save, Which};

type Error = crate::Error<Overtaken>;

/// A save in the run with that id.
fn save_in(agent: &str, id: &str, state: &str) -> Save {
    Save::new(agent, state).in_run(Which::Id(id.to_owned()))
}

fn text(store: &Memory, path: &str) -> String {
    let bytes =
        store.files().remove(path).unwrap_or_else(|| panic!("no {path} in {:?}", store.files().keys()));
    String::from_utf8(bytes).unwrap()
}
