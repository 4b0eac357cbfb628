//! The owner: this process's engine, shared by its own callers and by those of other processes.
//!
//! Invariant: the workspace's lock is held from before the engine is opened until after it is closed. An engine that met damage or failed
//! in a commit is closed and opened again, which heals it, and whoever met that is served by the new one.
//! Not here: how other processes reach it (`server`).

use crate::gate::Gate;
use crate::watching::Watching;
use engine::{Config, Engine, Error, ErrorKind, Lock, OpenOptions, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant, SystemTime};

/// The engine and who hears of what it does.
pub(crate) struct Owner {
    folder: PathBuf,
    options: OpenOptions,
    lock: Arc<Lock>,
    state: RwLock<State>,
    /// Counts openings, so that two who met the same trouble do not open twice.
    generation: AtomicU64,
    pub(crate) watching: Watching,
    /// For queries of all callers, here and in other processes.
    gate: Gate,
    /// Whether something met damage that only opening again mends.
    ailing: AtomicBool,
    /// Held while the engine is closed and opened again: two who do that would take the watch from each other.
    reopening: Mutex<()>,
    /// When leftovers were last deleted.
    swept: Mutex<Instant>,
}

/// Leftovers are younger for a while than anybody deletes them.
const SWEPT_EVERY: Duration = Duration::from_secs(600);

enum State {
    Open {
        engine: Arc<Engine>,
        config: Option<SystemTime>,
    },
    /// It could not be opened, with the settings of that time.
    Failed {
        error: Error,
        config: Option<SystemTime>,
    },
    Closed,
}

/// Openings for one request: the second engine that fails in the same way would fail for ever.
const TRIES: usize = 2;

impl Owner {
    /// An owner whose engine is not open yet: whoever asks waits for [`Owner::open`].
    pub(crate) fn new(folder: PathBuf, lock: Lock, options: OpenOptions) -> Self {
        Self {
            folder,
            options,
            lock: Arc::new(lock),
            state: RwLock::new(State::Closed),
            generation: AtomicU64::new(0),
            watching: Watching::default(),
            gate: Gate::for_this_machine(),
            ailing: AtomicBool::new(false),
            reopening: Mutex::default(),
            // Opening sweeps, too.
            swept: Mutex::new(Instant::now()),
        }
    }

    /// Opens the engine, after `meanwhile`, which may let others in: they wait until this is done.
    pub(crate) fn open(&self, meanwhile: impl FnOnce()) -> Result<()> {
        let mut state = self.write();
        meanwhile();
        self.open_into(&mut state)
    }

    fn open_into(&self, state: &mut State) -> Result<()> {
        let config = self.config_time();
        self.ailing.store(false, Ordering::Relaxed);
        // Nothing that is on the disk may end the process, least of all one that serves others.
        let opened = std::panic::catch_unwind(|| Engine::open_locked(Arc::clone(&self.lock), &self.options));
        let opened = opened.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Corrupt, "the index could not be opened: its reader failed")
                .at(&self.folder))
        });
        self.generation.fetch_add(1, Ordering::Relaxed);
        match opened {
            Ok(engine) => {
                *state = State::Open { engine: Arc::new(engine), config };
                Ok(())
            }
            Err(error) => {
                *state = State::Failed { error: error.clone(), config };
                Err(error)
            }
        }
    }

    /// Runs `work` on the engine, once more on a newly opened one if it meets damage.
    pub(crate) fn with<T>(&self, work: impl Fn(&Arc<Engine>) -> Result<T>) -> Result<T> {
        self.with_again(&work, &work)
    }

    /// As [`Owner::with`], of a query: not too many at once. Waits for its turn at most until `deadline`.
    pub(crate) fn query<T>(
        &self,
        deadline: Option<Instant>,
        work: impl Fn(&Arc<Engine>) -> Result<T>,
    ) -> Result<T> {
        let _inside = self.gate.enter(deadline)?;
        self.with(work)
    }

    /// Runs `work` on the engine; if that meets damage, `again` on a newly opened one.
    pub(crate) fn with_again<T>(
        &self,
        work: impl Fn(&Arc<Engine>) -> Result<T>,
        again: impl Fn(&Arc<Engine>) -> Result<T>,
    ) -> Result<T> {
        let (mut generation, result) = self.run(&work);
        let mut result = result;
        for _ in 1..TRIES {
            if !matches!(&result, Err(error) if error.kind() == ErrorKind::Corrupt) {
                break;
            }
            self.reopen_from(generation)?;
            (generation, result) = self.run(&again);
        }
        result
    }

    fn run<T>(&self, work: &impl Fn(&Arc<Engine>) -> Result<T>) -> (u64, Result<T>) {
        let state = self.read();
        let generation = self.generation.load(Ordering::Relaxed);
        let result = match &*state {
            State::Open { engine, .. } => {
                guarded(|| work(engine)).inspect_err(|error| engine.distrust(error))
            }
            State::Failed { error, .. } => Err(error.clone()),
            State::Closed => {
                Err(Error::new(ErrorKind::Locked, "the workspace is being closed").at(&self.folder))
            }
        };
        (generation, result)
    }

    /// Closes the engine and opens it again, if nobody else has since that generation.
    fn reopen_from(&self, generation: u64) -> Result<()> {
        let _alone = self.reopening.lock().unwrap_or_else(PoisonError::into_inner);
        // Its threads hold the engine; without them the lock below means that nobody does.
        self.watching.pause();
        let mut state = self.write();
        let mut result = Ok(());
        if self.generation.load(Ordering::Relaxed) == generation && !matches!(*state, State::Closed) {
            tracing::info!(folder = %self.folder.display(), "opening the index again");
            close(std::mem::replace(&mut *state, State::Closed));
            result = self.open_into(&mut state);
        }
        drop(state);
        self.watching.resume(self);
        result
    }

    /// Closes the engine and opens it again: for new settings.
    pub(crate) fn reopen(&self) -> Result<()> {
        self.reopen_from(self.generation.load(Ordering::Relaxed))
    }

    /// Notes that an engine's own threads met damage; [`Owner::tend`] opens it again.
    pub(crate) fn note_damage(&self) {
        self.ailing.store(true, Ordering::Relaxed);
    }

    /// What is to be looked after now and then: opens the engine again when its threads met damage or the settings have changed, and deletes
    /// what processes left behind that never came to an end.
    pub(crate) fn tend(&self) {
        self.sweep_when_due();
        self.sync_events();
        let wanted = match &*self.read() {
            State::Open { engine, config } => engine.is_ailing() || *config != self.config_time(),
            State::Failed { config, .. } => *config != self.config_time(),
            State::Closed => false,
        };
        if (wanted || self.ailing.load(Ordering::Relaxed))
            && let Err(error) = self.reopen()
        {
            tracing::error!(%error, "the index could not be opened again");
        }
    }

    /// Puts on the disk what was told since the last time: those whom it is told do not wait for that.
    fn sync_events(&self) {
        // Whoever opens the engine just now does not hold up whoever looks after all else.
        if let Ok(state) = self.state.try_read()
            && let State::Open { engine, .. } = &*state
        {
            engine.sync_events();
        }
    }

    fn sweep_when_due(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() < SWEPT_EVERY {
            return;
        }
        *swept = Instant::now();
        if let State::Open { engine, .. } = &*self.read()
            && let Err(error) = engine.sweep()
        {
            tracing::warn!(%error, "what was left behind cannot be deleted");
        }
    }

    /// Seconds without a request after which a daemon is to leave; 0 for never. Of the settings in use: the file is read when it changes.
    pub(crate) fn idle_seconds(&self) -> u64 {
        match &*self.read() {
            State::Open { engine, .. } => engine.config().daemon_idle_seconds,
            _ => 0,
        }
    }

    /// Closes the engine. Waits for those who use it.
    pub(crate) fn close(&self) {
        self.watching.stop();
        let state = std::mem::replace(&mut *self.write(), State::Closed);
        close(state);
    }

    /// Whether the folder is still where it was, so that there is something to own.
    pub(crate) fn is_in_place(&self) -> bool {
        self.lock.is_in_place()
    }

    /// The engine itself, for what outlives a request.
    pub(crate) fn engine(&self) -> Result<Arc<Engine>> {
        self.run(&|engine| Ok(Arc::clone(engine))).1
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn lock(&self) -> &Lock {
        &self.lock
    }

    fn config_time(&self) -> Option<SystemTime> {
        Config::modified(&self.folder)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A panic on one request is that request's error. The stores are opened again after it, because nobody knows what it left.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let why = why.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        tracing::error!(why, "a request made the program fail");
        Err(Error::new(ErrorKind::Corrupt, format!("the request made the program fail: {why}")))
    })
}

/// Closes an engine that nobody else is to use. A watch that ends just now may hold it a moment longer.
fn close(state: State) {
    const PATIENCE: Duration = Duration::from_secs(10);
    let State::Open { mut engine, .. } = state else { return };
    // Those who wait for a lease go on with the next one.
    engine.leases().close();
    let started = Instant::now();
    loop {
        match Arc::try_unwrap(engine) {
            Ok(engine) => return drop(engine),
            Err(held) if started.elapsed() < PATIENCE => engine = held,
            Err(_) => return tracing::warn!("the index is still in use while it is to be closed"),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
