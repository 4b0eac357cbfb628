//! Leases: who holds which paths, asked before every change.
//!
//! Invariant: a change takes a permit for its paths after its turn and before it looks at what is there, and keeps it until its bytes are in
//! place. A change that an earlier attempt has made needs none: it was made when its lease held. While leases cannot be read, nothing is
//! changed.
//! Not here: what is given to whom (`custody::lease`), who may take what (`server`).
//!
//! Why nobody waits for ever: a turn is taken with all its paths at once, and whoever has one waits for a permit only as long as somebody is about
//! to be given a lease, who in turn waits for permits alone. Whoever has a permit waits for no turn, no permit and no lease.

use crate::audit::{self, Doing};
use crate::clock::SystemClock;
use crate::doctor::Finding;
use crate::search::rfc3339;
use crate::{Act, Actor, Engine, Error, ErrorKind, Result};
use corpus::DocPath;
use custody::lease::{Expired, Held, Permit};
use custody::{Lease, LeaseRequest, NewEvent};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The leases of an open workspace. Cheap to clone; whoever waits for one keeps nothing else of the workspace open.
#[derive(Clone)]
pub struct Leases(Arc<State>);

#[expect(clippy::large_enum_variant, reason = "there is one of a workspace, and it lies behind an Arc")]
enum State {
    Open(custody::Leases),
    /// Nobody can know who holds what.
    Unreadable(Error),
}

/// An id for a lease that is about to be asked for. Nobody can guess it.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_lease_id() -> Result<String> {
    Ok(custody::lease::new_id()?)
}

impl Leases {
    pub(crate) fn open(custody: &Path) -> Self {
        let opened = custody::Leases::open(custody, Arc::new(SystemClock));
        Self(Arc::new(match opened {
            Ok(leases) => State::Open(leases),
            Err(error) => {
                tracing::error!(%error, "it is not known who holds which paths: nothing can be changed");
                State::Unreadable(said(error))
            }
        }))
    }

    /// Takes a lease, durable when this returns. Waits for it at most `patience`, and no longer than `wanted` says so. `id` is a new one
    /// ([`new_lease_id`]); whoever asks again with it is given the same lease. `None` when the engine was closed meanwhile:
    /// then the next one can be asked.
    ///
    /// # Errors
    /// [`Held`](ErrorKind::Held), with [who holds it](Error::held), when it was not to be had in time; [`Invalid`](ErrorKind::Invalid) for a wish
    /// that makes no sense.
    pub fn take(
        &self,
        by: &Actor,
        id: &str,
        request: &LeaseRequest,
        patience: Duration,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Option<Lease>> {
        match self.known()?.take(by, id, request.clone(), patience, wanted) {
            Ok(lease) => Ok(Some(lease)),
            Err(custody::Error::Closed) => Ok(None),
            Err(error) => Err(said(error)),
        }
    }

    /// All that hold, in the order in which they were given.
    pub(crate) fn holding(&self) -> Result<Vec<Held>> {
        Ok(self.known()?.holding())
    }

    /// Waits until leases have ended by themselves, and says which, until it was [told](Leases::told) of them. `None` when these are closed, or
    /// cannot be read.
    pub(crate) fn wait_expired(&self) -> Option<Vec<Expired>> {
        self.known().ok()?.wait_expired()
    }

    /// Says that it was told that the leases with these tokens have ended.
    pub(crate) fn told(&self, fencing_tokens: &[u64]) -> Result<()> {
        self.known()?.told(fencing_tokens).map_err(said)
    }

    /// Ends all waiting, and every change that is yet to come: the engine is about to be closed.
    pub fn close(&self) {
        if let State::Open(leases) = &*self.0 {
            leases.close();
        }
    }

    fn known(&self) -> Result<&custody::Leases> {
        match &*self.0 {
            State::Open(leases) => Ok(leases),
            State::Unreadable(error) => Err(error.clone()),
        }
    }
}

impl Engine {
    /// The leases, for what waits longer than the engine may be kept open.
    #[must_use]
    pub fn leases(&self) -> Leases {
        self.leases.clone()
    }

    /// All leases that hold, in the order in which they were given.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn held_leases(&self) -> Result<Vec<Held>> {
        self.leases.holding()
    }

    /// Lets a lease last so many seconds from now. A heartbeat that was acknowledged may be lost when the power goes.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded), and [`Invalid`](ErrorKind::Invalid) when it cannot last so long.
    pub fn extend_lease(&self, id: &str, seconds: u64, act: &Act) -> Result<Lease> {
        let extended = self.leases.known()?.extend(&act.by, id, seconds).map_err(said);
        self.note_lease(Doing::LeaseExtend, &act.by, extended.as_ref().map(|lease| &lease.held));
        extended
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded) when it holds no more.
    pub fn release_lease(&self, id: &str, act: &Act) -> Result<()> {
        match self.leases.known()?.release(&act.by, id) {
            // The owner that was asked before did it, and went away without a word.
            Err(custody::Error::LeaseEnded) if act.attempt.is_again() => Ok(()),
            released => {
                let released = released.map_err(said);
                self.note_lease(Doing::LeaseRelease, &act.by, released.as_ref());
                released.map(drop)
            }
        }
    }

    /// Takes the lease with that fencing token from whoever holds it. Returns whose it was.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded) when no such lease holds.
    pub fn take_lease_away(&self, fencing_token: u64, act: &Act) -> Result<Held> {
        let taken = self.leases.known()?.take_away(fencing_token).map_err(said);
        self.note_lease(Doing::LeaseTakeAway, &act.by, taken.as_ref());
        taken
    }

    /// Notes what came of a wish for a lease, and tells of a lease that was given. [`Leases::take`] cannot: it may outlive the engine.
    pub fn note_lease_taken(
        &self,
        request: &LeaseRequest,
        by: &Actor,
        taken: std::result::Result<&Lease, &Error>,
    ) {
        match taken {
            Ok(lease) => self.note_lease(Doing::LeaseTake, by, Ok(&lease.held)),
            Err(error) => {
                let path = request.paths.first().map_or("", String::as_str);
                self.note(audit::Act::new(Doing::LeaseTake, by.clone()).on(path).failed(self.told(error)));
            }
        }
    }

    /// Notes what was done with a lease, and tells it.
    fn note_lease(&self, doing: Doing, by: &Actor, held: std::result::Result<&Held, &Error>) {
        let act = audit::Act::new(doing, by.clone());
        let held = match held {
            Ok(held) => held,
            Err(error) => return self.note(act.failed(self.told(error))),
        };
        let path = held.paths.first().map_or("", String::as_str);
        let act = audit::Act { fencing_token: Some(held.fencing_token), ..act.on(path) };
        let others = held.paths.len() - 1;
        self.note(if others > 0 { act.saying(format!("and {others} more")) } else { act });
        let reason = match doing {
            Doing::LeaseTake => None,
            Doing::LeaseRelease => Some("released"),
            Doing::LeaseTakeAway => Some("taken_away"),
            _ => return,
        };
        let events = reason.map_or_else(|| told("lease.given", held), |reason| ended(held, reason));
        events.into_iter().for_each(|event| self.tell(event.by(by)));
    }

    /// Puts a journal of leases aside that is damaged, and begins another in which no lease holds. Returns whether there was one; then the
    /// engine is to be opened again.
    ///
    /// # Errors
    /// When the journal is a newer version's, or the disk refuses.
    pub fn mend_leases(&self) -> Result<bool> {
        if self.leases.known().is_ok() {
            return Ok(false);
        }
        custody::Leases::begin_anew(&self.layout.dir().join(custody::FOLDER), &SystemClock).map_err(said)
    }

    /// The right to change `paths` for a change that is about to be made.
    pub(crate) fn permit(&self, act: &Act, paths: &[&DocPath]) -> Result<Permit<'_>> {
        self.refuse_archived()?;
        let paths: Vec<&str> = paths.iter().map(|path| path.as_str()).collect();
        self.leases.known()?.permit(&act.by, &paths, act.lease.as_deref()).map_err(said)
    }

    /// The fencing token of the lease by which a change is made.
    pub(crate) fn fencing_token(&self, act: &Act) -> Option<u64> {
        self.leases.known().ok()?.fencing_token_of(act.lease.as_deref()?)
    }

    /// Whether it is known who holds what.
    pub(crate) fn check_leases(&self) -> Finding {
        let (ok, detail) = match self.held_leases() {
            Ok(held) => (true, format!("leases that hold: {}", held.len())),
            Err(error) => {
                let hint = error.hints().map(|hint| format!("; {hint}")).unwrap_or_default();
                (false, format!("{error}{hint}"))
            }
        };
        Finding { check: "leases".to_owned(), ok, details: vec![detail] }
    }
}

/// Kind of the event that says that a lease has ended.
pub(crate) const ENDED: &str = "lease.ended";

/// What is told of the end of a lease, of each of its paths.
pub(crate) fn ended(held: &Held, reason: &str) -> Vec<NewEvent> {
    told(ENDED, held).into_iter().map(|event| event.with("reason", reason)).collect()
}

fn told(kind: &str, held: &Held) -> Vec<NewEvent> {
    let told = |path: &String| {
        let event = NewEvent::new(kind).at(path.as_str()).with("holder", held.name.as_str());
        event.with("fencing_token", held.fencing_token)
    };
    held.paths.iter().map(told).collect()
}

/// What is said to somebody who takes a lease or writes by one. Damage here is no damage of the index: opening that again mends nothing.
fn said(error: custody::Error) -> Error {
    use custody::ErrorKind as Kind;
    match error {
        custody::Error::Held { path, by } => {
            let purpose = if by.purpose.is_empty() { String::new() } else { format!(": {}", by.purpose) };
            let message =
                format!("`{path}` is held by `{}` until {}{purpose}", by.name, rfc3339(by.until_ms));
            Error::new(ErrorKind::Held, message).with_held(*by)
        }
        error if error.kind() == Kind::Held => Error::caused(ErrorKind::Held, error),
        error if error.kind() == Kind::LeaseEnded => Error::caused(ErrorKind::LeaseEnded, error),
        error if matches!(error.kind(), Kind::Damaged | Kind::Incompatible) => {
            let hint = match error.kind() {
                Kind::Damaged => {
                    "put it back from a copy, or run `workroom doctor --fix`: it is put aside, and all leases have ended"
                }
                _ => "use that version, or move the file away: then all leases have ended",
            };
            let message = format!("{error}; nothing is changed while it is not known who holds what");
            Error::new(ErrorKind::Io, message).hint(hint)
        }
        error if error.kind() == Kind::Closed => Error::caused(ErrorKind::Locked, error),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_of_leases_opens_the_index_again() {
        let path = std::path::PathBuf::from("leases.journal");
        let damaged = || custody::Error::Damaged { path: path.clone(), offset: 9, record: 1, why: "a test" };
        let newer = || custody::Error::Incompatible { path: path.clone(), what: "a test".into() };
        for (error, kind) in [
            (damaged(), ErrorKind::Io),
            (newer(), ErrorKind::Io),
            (custody::Error::LeaseEnded, ErrorKind::LeaseEnded),
            (custody::Error::Busy { path: "a".into() }, ErrorKind::Held),
            (custody::Error::Closed, ErrorKind::Locked),
        ] {
            let text = error.to_string();
            let error = said(error);
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(&text) && error.hints().is_some(), "{error:?}");
        }
    }
}
