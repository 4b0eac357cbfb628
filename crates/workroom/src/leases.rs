//! Leases of a workspace, whoever owns it: taken, kept, given back.
//!
//! Invariant: whoever waits for a lease keeps no engine open. When the owner leaves, it goes on waiting with the next one, behind those who are
//! there before it; a lease that an owner gave and could not tell of is given by the next one.
//! Not here: what is given to whom (`custody`), who may take what (`server`).

use crate::Workspace;
use crate::message::Request;
use crate::owner::Owner;
use engine::{Act, Error, ErrorKind, Held, Lease, LeaseRequest, Result, new_lease_id};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

impl Workspace {
    /// Takes a lease on files or folders, on all of them or none: nobody else changes them through the program until it ends. Waits for it at most
    /// `wait`, in the order of asking. What is written by it is written with [`Workspace::under_lease`]. It ends by itself: a
    /// [heartbeat](Workspace::extend_lease) lets it go on.
    ///
    /// # Errors
    /// [`Held`](ErrorKind::Held), with [who holds it](Error::held), when it was not to be had in time; [`Invalid`](ErrorKind::Invalid) for a wish
    /// that makes no sense.
    pub fn lease(&self, request: &LeaseRequest, wait: Duration) -> Result<Lease> {
        self.lease_until(request, wait, &AtomicBool::new(false))
    }

    /// As [`Workspace::lease`], and waits no longer than until `cancel` becomes true.
    ///
    /// # Errors
    /// As [`Workspace::lease`], and [`Cancelled`](ErrorKind::Cancelled).
    pub fn lease_until(&self, request: &LeaseRequest, wait: Duration, cancel: &AtomicBool) -> Result<Lease> {
        let (id, until) = (new_lease_id()?, Instant::now() + wait);
        let left = || until.saturating_duration_since(Instant::now());
        let asked = || {
            let wait_ms = u64::try_from(left().as_millis()).unwrap_or(u64::MAX);
            Ok(Request::Lease { id: id.clone(), request: request.clone(), wait_ms })
        };
        let wanted = || !cancel.load(Ordering::Relaxed);
        self.change_until(asked, |owner, act| owner.lease(&id, request, left(), act, &wanted), cancel)
    }

    /// Lets a lease last so many seconds from now: its holder's heartbeat. Many are worth sending in the time that it lasts.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded) when it holds no more; [`Invalid`](ErrorKind::Invalid) when it cannot last so long.
    pub fn extend_lease(&self, id: &str, seconds: u64) -> Result<Lease> {
        let request = || Request::ExtendLease { id: id.to_owned(), seconds };
        self.change(request, |owner, act| owner.with(|engine| engine.extend_lease(id, seconds, act)))
    }

    /// Gives a lease back.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded) when it holds no more.
    pub fn release_lease(&self, id: &str) -> Result<()> {
        let request = || Request::ReleaseLease { id: id.to_owned() };
        self.change(request, |owner, act| owner.with(|engine| engine.release_lease(id, act)))
    }

    /// Takes the lease with that fencing token from whoever holds it. Returns whose it was. Its holder's next write by it is refused.
    ///
    /// # Errors
    /// [`LeaseEnded`](ErrorKind::LeaseEnded) when no such lease holds.
    pub fn take_lease_away(&self, fencing_token: u64) -> Result<Held> {
        let request = || Request::TakeLeaseAway { fencing_token };
        self.change(request, |owner, act| owner.with(|engine| engine.take_lease_away(fencing_token, act)))
    }

    /// All leases that hold, in the order in which they were given.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn leases(&self) -> Result<Vec<Held>> {
        self.call(|| Ok(Request::Leases), |owner| owner.with(|engine| engine.held_leases()))
    }

    /// Keeps a lease by heartbeats, on a thread of its own, until the returned handle is dropped, which gives it back.
    ///
    /// # Errors
    /// When the system starts no thread.
    pub fn keep_lease(&self, lease: Lease, seconds: u64) -> Result<KeptLease> {
        KeptLease::start(self.clone(), lease, seconds)
    }
}

/// A lease that goes on by itself until this is dropped, which gives it back.
pub struct KeptLease {
    workspace: Workspace,
    lease: Lease,
    /// Wakes the thread when it is dropped.
    stop: Option<crossbeam_channel::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    is_lost: Arc<AtomicBool>,
}

impl KeptLease {
    fn start(workspace: Workspace, lease: Lease, seconds: u64) -> Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let is_lost = Arc::new(AtomicBool::new(false));
        let beats = {
            let (workspace, id, is_lost) = (workspace.clone(), lease.id.clone(), Arc::clone(&is_lost));
            // Two that fail in a row are no loss.
            let pause = Duration::from_millis(seconds.saturating_mul(1000) / 3);
            move || {
                while stopped.recv_timeout(pause) == Err(crossbeam_channel::RecvTimeoutError::Timeout) {
                    match workspace.extend_lease(&id, seconds) {
                        Ok(_) => {}
                        Err(error) if error.kind() == ErrorKind::LeaseEnded => {
                            is_lost.store(true, Ordering::Relaxed);
                            return;
                        }
                        Err(error) => tracing::warn!(%error, "a heartbeat of a lease failed"),
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("workroom-lease".into()).spawn(beats);
        let thread = thread.map_err(Error::from)?;
        Ok(Self { workspace, lease, stop: Some(stop), thread: Some(thread), is_lost })
    }

    /// The lease.
    #[must_use]
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// Whether a heartbeat has met that the lease holds no more: it was taken away, or no heartbeat came through for too long.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}

impl Drop for KeptLease {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told where it happened.
            drop(thread.join());
        }
        match self.workspace.release_lease(&self.lease.id) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::LeaseEnded => {}
            Err(error) => tracing::warn!(%error, "a lease was not given back; it ends by itself"),
        }
    }
}

impl Owner {
    /// Takes a lease. Waits without keeping the engine open, and goes on with the next one when it is opened again.
    pub(crate) fn lease(
        &self,
        id: &str,
        request: &LeaseRequest,
        wait: Duration,
        act: &Act,
        wanted: &dyn Fn() -> bool,
    ) -> Result<Lease> {
        let until = Instant::now() + wait;
        let taken = loop {
            let leases = self.engine()?.leases();
            let left = until.saturating_duration_since(Instant::now());
            match leases.take(&act.by, id, request, left, wanted) {
                Ok(Some(lease)) => break Ok(lease),
                Ok(None) if wanted() => {}
                Ok(None) => {
                    break Err(Error::new(ErrorKind::Cancelled, "nobody waits for the lease any more"));
                }
                Err(error) => break Err(error),
            }
        };
        // Where nobody waits any more, or the next owner goes on, nothing came of it here.
        if (taken.is_ok() || wanted())
            && let Ok(engine) = self.engine()
        {
            engine.note_lease_taken(request, &act.by, taken.as_ref());
        }
        taken
    }
}
