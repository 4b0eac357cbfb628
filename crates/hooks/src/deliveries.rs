//! Deliveries of one workspace: a thread for each endpoint, as long as there is one.
//!
//! Invariant: of all processes that would send a workspace's events, one does. What is changed about endpoints, by whatever process, holds within a
//! second.
//! Not here: sending (`worker`).

use crate::endpoint::Endpoint;
use crate::endpoints::Endpoints;
use crate::error::{Error, Result};
use crate::schedule::Schedule;
use crate::worker::{Clock, Worker};
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use workroom::Workspace;

/// How often it is looked whether endpoints have changed.
const STEP: Duration = Duration::from_millis(500);
/// Whoever holds the lock on it sends.
const LOCK: &str = "webhooks.sending";

/// How deliveries are made. The defaults are the standard's; tests take less time.
#[derive(Clone)]
pub struct DeliveryOptions {
    /// When a delivery is tried again.
    pub schedule: Schedule,
    /// What time it is.
    pub clock: Clock,
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        let clock = Arc::new(|| jiff::Timestamp::now().as_millisecond());
        Self { schedule: Schedule::default(), clock }
    }
}

/// Sends a workspace's events to its endpoints, until it is dropped.
pub struct Deliveries {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Deliveries {
    /// Begins to send the events of `workspace`, whose journals lie in `custody`, as soon as no other process does.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(workspace: Arc<Workspace>, custody: &Path, options: DeliveryOptions) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let office = Office {
            workspace,
            endpoints: Arc::new(Endpoints::at(custody)),
            custody: custody.to_path_buf(),
            options,
            workers: HashMap::new(),
        };
        let stopped = Arc::clone(&stop);
        let thread =
            std::thread::Builder::new().name("workroom-webhooks".into()).spawn(move || office.run(&stopped));
        let thread = thread.map_err(|error| Error::System(format!("no thread can be started: {error}")))?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Deliveries {
    /// Waits for the attempts under way, which end by themselves.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}

/// Who sends, and whom to.
struct Office {
    workspace: Arc<Workspace>,
    endpoints: Arc<Endpoints>,
    custody: PathBuf,
    options: DeliveryOptions,
    workers: HashMap<String, Working>,
}

/// A thread that sends.
struct Working {
    endpoint: Endpoint,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Working {
    /// Ends it, after the attempt under way.
    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        // A panic there was told on the way.
        drop(self.thread.join());
    }
}

impl Office {
    fn run(mut self, stop: &AtomicBool) {
        let mut lock = None;
        while !stop.load(Ordering::Relaxed) {
            // Where there never was an endpoint nothing is locked either.
            if lock.is_none() && Endpoints::are_there(&self.custody) {
                lock = self.lock();
            }
            if lock.is_some()
                && let Err(error) = self.staff()
            {
                tracing::warn!(%error, "webhooks cannot be read just now");
            }
            std::thread::park_timeout(STEP);
        }
        let workers: Vec<Working> = self.workers.drain().map(|(_, worker)| worker).collect();
        // All are told before any is waited for.
        workers.iter().for_each(|worker| worker.stop.store(true, Ordering::Relaxed));
        workers.into_iter().for_each(Working::end);
    }

    /// The right to send, unless another process has it.
    fn lock(&self) -> Option<File> {
        let path = self.custody.join(LOCK);
        let file = File::options().write(true).create(true).truncate(false).open(&path).ok()?;
        match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => None,
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, path = %path.display(), "it cannot be said who sends; nothing is sent");
                None
            }
        }
    }

    /// Has a thread for each endpoint that is to be sent to, and none for others.
    fn staff(&mut self) -> Result<()> {
        let wanted: HashMap<String, Endpoint> = self
            .endpoints
            .list()?
            .into_iter()
            .filter(|endpoint| endpoint.disabled.is_none())
            .map(|endpoint| (endpoint.id.clone(), endpoint))
            .collect();
        let is_right = |worker: &Working| {
            wanted.get(&worker.endpoint.id) == Some(&worker.endpoint) && !worker.thread.is_finished()
        };
        let wrong: Vec<String> =
            self.workers.iter().filter(|(_, worker)| !is_right(worker)).map(|(id, _)| id.clone()).collect();
        for id in wrong {
            if let Some(worker) = self.workers.remove(&id) {
                worker.end();
            }
        }
        for (id, endpoint) in wanted {
            if !self.workers.contains_key(&id) {
                let worker = self.hire(endpoint)?;
                self.workers.insert(id, worker);
            }
        }
        Ok(())
    }

    fn hire(&self, endpoint: Endpoint) -> Result<Working> {
        let stop = Arc::new(AtomicBool::new(false));
        let DeliveryOptions { schedule, clock } = self.options.clone();
        let worker = Worker {
            workspace: Arc::clone(&self.workspace),
            endpoints: Arc::clone(&self.endpoints),
            endpoint: endpoint.clone(),
            schedule,
            clock,
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::Builder::new().name("workroom-webhook".into()).spawn(move || worker.run());
        let thread = thread.map_err(|error| Error::System(format!("no thread can be started: {error}")))?;
        Ok(Working { endpoint, stop, thread })
    }
}
