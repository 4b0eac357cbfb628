//! Breaches: changes past the program of what somebody holds alone.
//!
//! Invariant: a breach is a change that nobody made through the program, of a file on which an exclusive lease holds, later than that was given.
//! It is noted and told, and nothing else: the file is its user's.
//! Not here: which changes those are (`events`), leases (`leases`).

use crate::leases::Leases;
use crate::provenance::now_ms;
use corpus::DocPath;
use custody::audit::{Act, Doing};
use custody::lease::{Held, Mode};
use custody::{Actor, Audit, History, NewEvent, Via};
use ingest::Change;
use std::sync::Arc;

/// What looks for them.
pub(crate) struct Breaches {
    leases: Leases,
    audit: Arc<Audit>,
    history: Arc<History>,
}

impl Breaches {
    pub(crate) fn of(leases: Leases, audit: Arc<Audit>, history: Arc<History>) -> Self {
        Self { leases, audit, history }
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

    /// Whether the program wrote it after all: an owner that was killed before it committed what it had put in place.
    fn is_ours(&self, change: &Change) -> bool {
        let version = change.after.as_ref().and_then(|after| after.version);
        version.is_some_and(|version| self.history.known(&change.path, &version).origin.is_some())
    }

    /// Whoever can change files past the program is the owner.
    fn note(&self, path: &DocPath, held: &Held) {
        let said = format!("it was changed past the program while `{}` held it", held.name);
        let act = Act::new(Doing::LeaseBreach, Actor::owner(Via::Library)).on(path.as_str()).saying(said);
        let act = Act { fencing_token: Some(held.fencing_token), ..act };
        if let Err(error) = self.audit.note(act, now_ms()) {
            tracing::error!(%error, %path, "a breach of a lease is not in the audit log");
        }
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
