//! The leases of a workspace, shared by all threads of the process that owns it.
//!
//! Invariant: whoever waits sleeps, and is woken by whatever lets it go on: a lease given back or ended by itself, a write that has ended, one
//! before it that gives up. Once closed nothing is given and nothing written: whoever opens the journal next does not meet this one's writing.
//! Not here: what is given to whom (`desk`).

use super::clock::Clock;
use super::desk::{Desk, Holder, InTheWay};
use super::lease::{Expired, Held, Lease, LeaseRequest};
use crate::{Actor, Error, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Also one who would not wait waits so long for writes that are under way: they end by themselves, and soon.
const FOR_WRITES: Duration = Duration::from_secs(2);
/// How often one who waits looks whether it still wants to. What else it waits for wakes it.
const LOOK: Duration = Duration::from_millis(250);
/// How long somebody who waits for ends sleeps at most while a lease holds: its clock goes on while the machine sleeps, others do not.
const NAP: Duration = Duration::from_secs(10);

/// All leases of a workspace. To be shared by threads; of all processes, only the workspace's owner has them.
pub struct Leases {
    state: Mutex<State>,
    changed: Condvar,
    clock: Arc<dyn Clock>,
}

struct State {
    desk: Desk,
    is_closed: bool,
    /// What became of wishes, until those who wait for them have looked.
    outcomes: HashMap<u64, Result<Lease>>,
}

/// The right to write some paths, until it is dropped. No lease on them is given meanwhile.
pub struct Permit<'a> {
    leases: &'a Leases,
    number: u64,
}

impl Leases {
    /// The leases that are kept in `folder`.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let desk = Desk::open(folder, &*clock)?;
        let state = Mutex::new(State { desk, is_closed: false, outcomes: HashMap::new() });
        Ok(Self { state, changed: Condvar::new(), clock })
    }

    /// Where a damaged journal lies in `folder`, puts it aside and begins another, in which no lease holds and tokens go on rising. Returns
    /// whether there was one. Nobody else may have it open.
    ///
    /// # Errors
    /// When the journal is a newer version's, or the disk refuses.
    pub fn begin_anew(folder: &Path, clock: &dyn Clock) -> Result<bool> {
        Desk::begin_anew(folder, clock)
    }

    /// Takes a lease, durable when this returns; waits for it at most `patience`, in the order of asking, and no longer than `wanted` says so.
    /// `id` is a [new one](super::new_id): whoever did not hear the answer asks again with the same, and is given the same lease.
    ///
    /// # Errors
    /// [`Held`](Error::Held) by whom when it was not to be had in time, [`Busy`](Error::Busy) when others asked before or are writing,
    /// [`Invalid`](Error::Invalid) for a wish that makes no sense, [`Closed`](Error::Closed), and when the journal cannot be written.
    pub fn take(
        &self,
        by: &Actor,
        id: &str,
        request: LeaseRequest,
        patience: Duration,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Lease> {
        let began = Instant::now();
        let mut state = self.open_state()?;
        if let Some(lease) = state.desk.given(holder(by), id, &self.clock.now()) {
            return Ok(lease);
        }
        let number = state.desk.ask(holder(by), id, request.clone(), &self.clock.now())?;
        loop {
            if state.is_closed {
                return Err(Error::Closed);
            }
            state = self.go_on(state);
            if let Some(outcome) = state.outcomes.remove(&number) {
                return outcome;
            }
            let now = self.clock.now();
            let in_the_way = state.desk.in_the_way(number, &now);
            let patience = match in_the_way {
                Some(InTheWay::Write) => patience.max(FOR_WRITES),
                _ => patience,
            };
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() || !wanted() {
                state.desk.withdraw(number);
                drop(self.go_on(state));
                // Those who would write waited for this one.
                self.changed.notify_all();
                return Err(refused(&request, in_the_way));
            }
            let until_end = state.desk.next_end_ms(&now).map_or(LOOK, |ms| Duration::from_millis(ms.max(1)));
            let nap = left.min(until_end).min(LOOK);
            state = self.changed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lets a lease last so many seconds from now. A heartbeat that was acknowledged may be lost when the power goes.
    ///
    /// # Errors
    /// [`LeaseEnded`](Error::LeaseEnded), [`Closed`](Error::Closed), and when the journal cannot be written.
    pub fn extend(&self, by: &Actor, id: &str, seconds: u64) -> Result<Lease> {
        let extended = self.open_state()?.desk.extend(holder(by), id, seconds, &self.clock.now());
        // It may end sooner now than those who wait for its end think.
        self.changed.notify_all();
        extended
    }

    /// Gives a lease back. Returns what it was.
    ///
    /// # Errors
    /// [`LeaseEnded`](Error::LeaseEnded) when it is not to be had back any more, [`Closed`](Error::Closed), and when the journal cannot be
    /// written.
    pub fn release(&self, by: &Actor, id: &str) -> Result<Held> {
        let mut state = self.open_state()?;
        let released = state.desk.release(holder(by), id, &self.clock.now());
        drop(self.go_on(state));
        released
    }

    /// Takes the lease with that fencing token from whoever holds it.
    ///
    /// # Errors
    /// As [`Leases::release`].
    pub fn take_away(&self, fencing_token: u64) -> Result<Held> {
        let mut state = self.open_state()?;
        let taken = state.desk.take_away(fencing_token, &self.clock.now());
        drop(self.go_on(state));
        taken
    }

    /// The fencing token of the lease with that id, if it holds.
    pub fn fencing_token_of(&self, id: &str) -> Option<u64> {
        self.lock().desk.table().get(id).map(|lease| lease.held.fencing_token)
    }

    /// All that hold, in the order in which they were given.
    pub fn holding(&self) -> Vec<Held> {
        self.lock().desk.holding(&self.clock.now())
    }

    /// The right to write all of `paths` now, by the lease `lease` where somebody holds one. Waits a moment for somebody who is about to be given
    /// one: then it is known who.
    ///
    /// # Errors
    /// [`Held`](Error::Held) by whom; [`LeaseEnded`](Error::LeaseEnded) when the lease that is shown has ended;
    /// [`Busy`](Error::Busy) when somebody is about to be given one for long; [`Invalid`](Error::Invalid) when the one that is shown is on other
    /// paths; [`Closed`](Error::Closed), and when the journal cannot be written.
    pub fn permit(&self, by: &Actor, paths: &[&str], lease: Option<&str>) -> Result<Permit<'_>> {
        let began = Instant::now();
        let paths: Vec<String> = paths.iter().map(|&path| path.to_owned()).collect();
        let mut state = self.open_state()?;
        loop {
            match state.desk.begin_write(holder(by), &paths, lease, &self.clock.now()) {
                Ok(number) => return Ok(Permit { leases: self, number }),
                Err(Error::Busy { .. }) if began.elapsed() < FOR_WRITES => {
                    state = self.changed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
                }
                Err(error) => return Err(error),
            }
            if state.is_closed {
                return Err(Error::Closed);
            }
        }
    }

    /// Waits until leases have ended by themselves, and says which, in the order in which they were given; to be called by one thread. They are said
    /// again, also to whoever opens the journal next, until [`Leases::told`]. `None` once this is closed.
    pub fn wait_expired(&self) -> Option<Vec<Expired>> {
        let mut state = self.lock();
        while !state.is_closed {
            let now = self.clock.now();
            let nap = match state.desk.expired(&now) {
                Ok(expired) if !expired.is_empty() => {
                    // What they were in the way of can be given now.
                    drop(self.go_on(state));
                    return Some(expired);
                }
                Ok(_) => {
                    let next = state.desk.next_end_ms(&now);
                    next.map(|ms| Duration::from_millis(ms.max(1)).min(NAP))
                }
                Err(error) => {
                    tracing::warn!(%error, "the ends of leases are not in their journal yet");
                    Some(NAP)
                }
            };
            state = match nap {
                Some(nap) => self.changed.wait_timeout(state, nap).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        None
    }

    /// Says that it was told that the leases with these tokens have ended. May be lost when the power goes.
    ///
    /// # Errors
    /// [`Closed`](Error::Closed), and when the journal cannot be written.
    pub fn told(&self, fencing_tokens: &[u64]) -> Result<()> {
        self.open_state()?.desk.told(fencing_tokens)
    }

    /// Ends all this: those who wait are told so, and nobody is given anything or lets anything be written from now on.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// The state, unless it is closed.
    fn open_state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        if state.is_closed { Err(Error::Closed) } else { Ok(state) }
    }

    /// Gives whoever waits what can be given, and wakes those who have got something.
    fn go_on<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let done = state.desk.pump(&self.clock.now());
        if !done.is_empty() {
            state.outcomes.extend(done);
            self.changed.notify_all();
        }
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left a desk that each call leaves whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut state = self.leases.lock();
        state.desk.end_write(self.number);
        if !state.is_closed {
            drop(self.leases.go_on(state));
        }
    }
}

fn holder(by: &Actor) -> Holder<'_> {
    Holder { principal: &by.principal, name: &by.name }
}

fn refused(request: &LeaseRequest, in_the_way: Option<InTheWay>) -> Error {
    let path = request.paths.first().cloned().unwrap_or_default();
    match in_the_way {
        Some(InTheWay::Lease(by)) => Error::Held { path, by: Box::new(by) },
        _ => Error::Busy { path },
    }
}
