//! Breaches: changes past the program of what somebody holds alone.
//!
//! Invariant: a breach is a change that nobody made through the program, of a file on which an exclusive lease holds, later than that was given.
//! It is noted and told, and nothing else: the file is its user's. Nobody is accused of what the program did itself: what an owner that was killed
//! had done and not yet indexed is known by the notes that come before each change.
//! Not here: which changes those are (`events`), leases (`leases`).

use crate::audit::Noter;
use crate::leases::Leases;
use corpus::DocPath;
use custody::audit::{Act, Doing, Left, Met};
use custody::lease::{Held, Mode};
use custody::{Actor, History, NewEvent, Via};
use ingest::Change;
use std::sync::{Arc, Mutex, PoisonError};

/// What looks for them.
pub(crate) struct Breaches {
    leases: Leases,
    noter: Noter,
    history: Arc<History>,
    before: Mutex<Before>,
}

/// What was done through the program before this owner, which meets it when it first compares the folder with the index.
enum Before {
    /// What changes were to leave.
    Noted(Left),
    /// Nobody can say: changes are not noted.
    Unknown,
    /// All of it has been met.
    Over,
}

impl Breaches {
    /// `left` is what changes before this owner were to leave, where that is noted.
    pub(crate) fn of(leases: Leases, noter: Noter, history: Arc<History>, left: Option<Left>) -> Self {
        let before = Mutex::new(left.map_or(Before::Unknown, Before::Noted));
        Self { leases, noter, history, before }
    }

    /// The whole folder was compared with the index: what is met from now on happens now.
    pub(crate) fn end_before(&self) {
        *self.before.lock().unwrap_or_else(PoisonError::into_inner) = Before::Over;
    }

    /// Notes each of these changes, none of which was made through the program, that is a breach. Returns what is to be told of them.
    pub(crate) fn among(&self, changes: &[Change]) -> Vec<NewEvent> {
        if changes.is_empty() {
            return Vec::new();
        }
        let held = self.leases.holding().unwrap_or_default();
        let breach = |change: &Change| {
            let held = held.iter().find(|held| is_breach(held, change))?;
            if self.is_ours(change) {
                return None;
            }
            self.note(&change.path, held);
            Some(told(&change.path, held))
        };
        changes.iter().filter_map(breach).collect()
    }

    /// Whether the program did it after all: an owner that was killed before it committed what it had put in place, or taken away.
    fn is_ours(&self, change: &Change) -> bool {
        let version = change.after.as_ref().and_then(|after| after.version);
        if version.is_some_and(|version| self.history.known(&change.path, &version).origin.is_some()) {
            return true;
        }
        let version = version.map(|version| version.to_string());
        match &*self.before.lock().unwrap_or_else(PoisonError::into_inner) {
            Before::Noted(left) => left.explains(&Met {
                path: change.path.as_str(),
                was_there: change.before.is_some(),
                is_there: change.after.is_some(),
                version: version.as_deref(),
            }),
            // Of what is gone nothing else says who took it away, and nobody is accused without a reason.
            Before::Unknown => change.after.is_none(),
            Before::Over => false,
        }
    }

    /// Whoever can change files past the program is the owner.
    fn note(&self, path: &DocPath, held: &Held) {
        let said = format!("it was changed past the program while `{}` held it", held.name);
        let act = Act::new(Doing::LeaseBreach, Actor::owner(Via::Library)).on(path.as_str()).saying(said);
        self.noter.note(Act { fencing_token: Some(held.fencing_token), ..act });
    }
}

fn told(path: &DocPath, held: &Held) -> NewEvent {
    let event = NewEvent::new("lease.breached").at(path.as_str());
    event.with("holder", held.name.as_str()).with("fencing_token", held.fencing_token)
}

fn is_breach(held: &Held, change: &Change) -> bool {
    if held.mode != Mode::Exclusive || !held.is_on(change.path.as_str()) {
        return false;
    }
    match (&change.before, &change.after) {
        // It is read anew, not written.
        (Some(before), Some(after)) if before.version == after.version && before.size == after.size => false,
        // What was there before and is only met now was not written under the lease.
        (_, Some(after)) => after.mtime_ns / 1_000_000 >= held.since_ms,
        (before, None) => before.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corpus::ContentHash;
    use ingest::FileState;

    #[test]
    fn a_breach_is_a_change_under_somebodys_lease() {
        let state = |text: &str, at_ms: i64| {
            let version = Some(ContentHash::of(text.as_bytes()));
            let size = text.len() as u64;
            Some(FileState { version, size, inode: 1, mtime_ns: at_ms * 1_000_000, chunks: Ok(1) })
        };
        let check = |mode: Mode, path: &str, before, after, expected: bool| {
            let held = Held {
                fencing_token: 1,
                principal: "ann".into(),
                name: "ann".into(),
                mode,
                paths: vec!["a".into()],
                purpose: String::new(),
                since_ms: 100,
                until_ms: 200,
            };
            let change = Change { path: DocPath::new(path).unwrap(), before, after };
            assert_eq!(is_breach(&held, &change), expected, "{mode:?} {change:?}");
        };
        check(Mode::Exclusive, "a/x", state("old", 50), state("new", 150), true);
        check(Mode::Exclusive, "a/x", None, state("new", 100), true);
        check(Mode::Exclusive, "a/x", state("old", 50), None, true);
        check(Mode::Exclusive, "a/x", state("old", 50), state("old", 150), false);
        check(Mode::Exclusive, "a/x", None, state("new", 99), false);
        check(Mode::Exclusive, "b/x", state("old", 50), state("new", 150), false);
        check(Mode::Shared, "a/x", state("old", 50), state("new", 150), false);
    }
}
