//! Watching, shared: the engine is watched once, however many listen, in this process and in others.
//!
//! Invariant: the watch goes on while somebody listens or the owner keeps it. A listener that is slower than what happens loses events, and
//! is told how many; nobody waits for it.
//! Not here: what is watched and told (`engine`).

use crate::owner::Owner;
use crossbeam_channel::{Receiver, Sender, TrySendError};
use engine::{ErrorKind, WatchEvent};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Events that wait for a listener.
const ROOM: usize = 4096;

/// Who listens, and the watch that tells them.
#[derive(Default)]
pub(crate) struct Watching {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: Option<engine::Watch>,
    /// A start is under way, without this lock.
    starting: bool,
    /// The engine is being closed and opened: whoever starts the watch now would hold on to the old one.
    paused: bool,
    /// The running watch's first event, for those who come later.
    ready: Option<WatchEvent>,
    listeners: Vec<Listener>,
    next: u64,
    /// The owner wants it without listeners.
    kept: bool,
    /// Whom to tell of damage.
    owner: Weak<Owner>,
}

struct Listener {
    number: u64,
    events: Sender<WatchEvent>,
    missed: u64,
}

/// Hears the events until it is dropped.
pub(crate) struct Listening {
    pub(crate) events: Receiver<WatchEvent>,
    number: u64,
    inner: Arc<Inner>,
}

impl Watching {
    /// Lets the watch go on without listeners, and starts it.
    pub(crate) fn keep(&self, owner: &Arc<Owner>) -> engine::Result<()> {
        self.inner.lock().kept = true;
        self.start(owner)
    }

    /// Listens, and starts the watch if it is the first to.
    pub(crate) fn listen(&self, owner: &Arc<Owner>) -> engine::Result<Listening> {
        let (send, events) = crossbeam_channel::bounded(ROOM);
        let mut state = self.inner.lock();
        if let Some(ready) = &state.ready {
            // The first event finds an empty queue.
            let _sent = send.try_send(ready.clone());
        }
        let number = state.next;
        state.next += 1;
        state.listeners.push(Listener { number, events: send, missed: 0 });
        drop(state);
        let listening = Listening { events, number, inner: Arc::clone(&self.inner) };
        self.start(owner)?;
        Ok(listening)
    }

    /// Starts the watch, if nobody has.
    fn start(&self, owner: &Arc<Owner>) -> engine::Result<()> {
        let mut state = self.inner.lock();
        state.owner = Arc::downgrade(owner);
        if state.running.is_some() || state.starting || state.paused {
            return Ok(());
        }
        state.starting = true;
        drop(state);
        self.run(owner)
    }

    fn run(&self, owner: &Owner) -> engine::Result<()> {
        let inner = Arc::clone(&self.inner);
        if owner.engine().is_ok_and(|engine| engine.config().archived) {
            self.inner.lock().starting = false;
            let note = "the workspace is archived: its folder is not watched";
            self.inner.tell(&WatchEvent::Problem(note.to_owned()));
            return Ok(());
        }
        let started = owner.engine().and_then(|engine| engine.watch(move |event| inner.tell(&event)));
        let mut state = self.inner.lock();
        state.starting = false;
        match started {
            Ok(watch) => state.running = Some(watch),
            Err(error) => {
                drop(state);
                self.inner.tell(&WatchEvent::Failed(error.clone()));
                return Err(error);
            }
        }
        Ok(())
    }

    /// Stops the watch while the engine is closed and opened, until [`Watching::resume`].
    pub(crate) fn pause(&self) {
        let mut state = self.inner.lock();
        state.paused = true;
        while state.starting {
            state = self
                .inner
                .changed
                .wait_timeout(state, Duration::from_millis(5))
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
        state.ready = None;
        let running = state.running.take();
        // Its threads tell events, which takes the lock.
        drop(state);
        drop(running);
    }

    /// Goes on after [`Watching::pause`].
    pub(crate) fn resume(&self, owner: &Owner) {
        let mut state = self.inner.lock();
        state.paused = false;
        let is_wanted = state.kept || !state.listeners.is_empty();
        if state.running.is_some() || state.starting || !is_wanted {
            return;
        }
        state.starting = true;
        drop(state);
        if let Err(error) = self.run(owner) {
            tracing::error!(%error, "watching could not go on");
        }
    }

    /// Ends the watch and everybody's listening.
    pub(crate) fn stop(&self) {
        self.pause();
        let mut state = self.inner.lock();
        state.kept = false;
        state.listeners.clear();
    }

    /// Waits until the first comparison with the folder is done, at most until `until`. At once when nobody watches.
    pub(crate) fn await_ready(&self, until: Instant) {
        let mut state = self.inner.lock();
        while (state.starting || state.paused || state.running.is_some()) && state.ready.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = match self.inner.changed.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Whether the folder is watched, in words.
    pub(crate) fn mode(&self) -> Option<String> {
        match &self.inner.lock().ready {
            Some(WatchEvent::Ready { mode, .. }) => Some(mode.clone()),
            _ => None,
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &WatchEvent) {
        let mut state = self.lock();
        match event {
            WatchEvent::Ready { .. } => state.ready = Some(event.clone()),
            WatchEvent::Failed(error) if error.kind() == ErrorKind::Corrupt => {
                if let Some(owner) = state.owner.upgrade() {
                    owner.note_damage();
                }
            }
            _ => {}
        }
        state.listeners.retain_mut(|listener| listener.tell(event));
        drop(state);
        self.changed.notify_all();
    }
}

impl Listener {
    /// Returns whether anybody hears it.
    fn tell(&mut self, event: &WatchEvent) -> bool {
        if self.missed > 0 {
            let note = format!("{} events came faster than they were read and were left out", self.missed);
            if self.events.try_send(WatchEvent::Problem(note)).is_ok() {
                self.missed = 0;
            }
        }
        match self.events.try_send(event.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.missed += 1;
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut state = self.inner.lock();
        state.listeners.retain(|listener| listener.number != self.number);
        if !state.listeners.is_empty() || state.kept {
            return;
        }
        state.ready = None;
        let running = state.running.take();
        drop(state);
        drop(running);
    }
}
