//! The handle of a running watcher.
//!
//! Invariant: when [`Watcher::start`] has returned, every later change of the folder leads to an event.
//! Not here: what the thread does (see `worker`).

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::worker::Worker;
use crate::{Error, Event, Mode, Rules};

/// How a [`Watcher`] watches. The defaults are meant for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// A file that is being written and not closed is told after this long without an event about it.
    pub settle: Duration,
    /// A file that is written without a pause is told at least this often.
    pub settle_max: Duration,
    /// While changes keep coming, batches are about this far apart. The first change after a pause is told at once.
    pub batch_gap: Duration,
    /// Time between two scans where the system does not tell changes; at least ten times what one scan takes.
    pub poll_interval: Duration,
    /// Time between two [`RescanReason::Periodic`](crate::RescanReason::Periodic).
    pub reconcile_interval: Duration,
    /// Folders to watch at most before polling takes over; `None` for as many as the system allows.
    pub max_watches: Option<usize>,
    /// Poll from the start, for file systems that tell nothing (most network and container mounts).
    pub force_poll: bool,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            settle: Duration::from_millis(100),
            settle_max: Duration::from_secs(1),
            batch_gap: Duration::from_millis(50),
            poll_interval: Duration::from_secs(2),
            reconcile_interval: Duration::from_secs(300),
            max_watches: None,
            force_poll: false,
        }
    }
}

/// Events that may wait for their receiver. When it is slower, changes are merged instead of queued, so memory stays bounded by the
/// number of different paths, and then by a rescan.
const OUTBOX: usize = 16;

/// Watches a workspace until it is dropped. Dropping joins its thread, which takes milliseconds.
#[derive(Debug)]
pub struct Watcher {
    shared: Arc<Shared>,
    /// Dropped to wake the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the handle and its thread both see.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) mode: Mutex<Mode>,
    pub(crate) n_watches: Arc<AtomicUsize>,
    pub(crate) stop: AtomicBool,
}

impl Watcher {
    /// Begins to watch. Returns when every folder is watched, which takes about 20 ms for 1,000 folders; the first event is
    /// [`RescanReason::Started`](crate::RescanReason::Started). If the system offers no watches it polls, and says so by [`Watcher::mode`]
    /// and an [`Event::Problem`].
    ///
    /// # Errors
    /// [`Error::NoThread`]; [`Error::Unreadable`] and [`Error::NotAFolder`] when the root is not there any more.
    pub fn start(rules: Rules, options: WatchOptions) -> Result<(Self, Receiver<Event>), Error> {
        root_is_folder(rules.root())?;
        let (stop_sender, stop) = bounded(0);
        let (out, events) = bounded(OUTBOX);
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Native),
            n_watches: Arc::default(),
            stop: AtomicBool::new(false),
        });
        let mut worker = Worker::new(rules, options, out, stop, shared.clone());
        let source = worker.begin();
        let thread = std::thread::Builder::new()
            .name("workroom-watch".to_owned())
            .spawn(move || worker.run(source))
            .map_err(Error::NoThread)?;
        Ok((Self { shared, stop: Some(stop_sender), thread: Some(thread) }, events))
    }

    /// How changes are noticed right now. Polling may take over at any time, never the other way round.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.mode().clone()
    }

    /// Number of folders the system watches for us; 0 while polling.
    #[must_use]
    pub fn n_watches(&self) -> usize {
        self.shared.n_watches.load(Ordering::Relaxed)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the watch thread panicked");
        }
    }
}

impl Shared {
    pub(crate) fn mode(&self) -> MutexGuard<'_, Mode> {
        self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether long work should go on: the handle is not dropped.
    pub(crate) fn go_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}

fn root_is_folder(root: &Path) -> Result<(), Error> {
    let metadata = fs_err::symlink_metadata(root).map_err(Error::Unreadable)?;
    if metadata.is_dir() { Ok(()) } else { Err(Error::NotAFolder(root.to_path_buf())) }
}
