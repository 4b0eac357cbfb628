//! Watching: a thread that keeps the index where the folder is, and tells what it did.
//!
//! Invariant: an event's latency runs from the first sign of the change to the commit that shows it.

use crate::maintain::Maintenance;
use crate::{Engine, Error, Improvement, NoProgress, Outcome, Progress, Result, Summary};
use corpus::DocPath;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use watch::{Event, Hint, RescanReason, WatchOptions, Watcher};

/// What the watching thread tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WatchEvent {
    /// The folder is watched and the index is up to date with it.
    Ready {
        /// What the first comparison did.
        summary: Summary,
        /// How changes are noticed, in words.
        mode: String,
    },
    /// A change is searchable.
    Changed {
        /// The file, relative to the workspace.
        path: String,
        /// What became of it.
        outcome: Outcome,
        /// From the first sign of the change to the commit that shows it.
        latency: Duration,
    },
    /// The whole folder was compared with the index.
    Reconciled {
        /// Why.
        reason: String,
        /// What that did.
        summary: Summary,
    },
    /// The index was made better in the background.
    Improved(Improvement),
    /// Something a person should know; watching goes on.
    Problem(String),
    /// Watching ended on an error.
    Failed(Error),
}

/// A running watch. Dropping it stops its threads and waits for the commit under way.
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _maintenance: Maintenance,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there was told on the way; there is nobody to hand it to here.
            drop(thread.join());
        }
    }
}

/// How long the thread waits for events before it looks whether it should stop.
const PATIENCE: Duration = Duration::from_millis(100);

impl Engine {
    /// Keeps the index up to date until the returned handle is dropped, and makes it better in the background: fits
    /// the student, makes teacher vectors, builds the graph. `tell` is called on the thread that has something to tell, one call at a time: it should be quick.
    ///
    /// # Errors
    /// When the folder cannot be watched at all, not even by polling.
    pub fn watch(self: &Arc<Self>, tell: impl FnMut(WatchEvent) + Send + 'static) -> Result<Watch> {
        let (watcher, events) = Watcher::start(self.reload_rules()?, WatchOptions::default())?;
        let stop = Arc::new(AtomicBool::new(false));
        let tell = Arc::new(Mutex::new(tell));
        let tell = move |event| tell.lock().unwrap_or_else(PoisonError::into_inner)(event);
        let improved = tell.clone();
        let maintenance = self.maintain(move |improvement| improved(WatchEvent::Improved(improvement)))?;
        let mut thread = WatchThread {
            workspace: Arc::clone(self),
            stop: Arc::clone(&stop),
            tell: Box::new(tell),
            ready: false,
        };
        let body = move || {
            if let Err(error) = thread.run(&watcher, &events) {
                (thread.tell)(WatchEvent::Failed(error));
            }
        };
        let thread = std::thread::Builder::new().name("workroom-watch".into()).spawn(body)?;
        Ok(Watch { stop, thread: Some(thread), _maintenance: maintenance })
    }
}

struct WatchThread {
    workspace: Arc<Engine>,
    stop: Arc<AtomicBool>,
    tell: Box<dyn Fn(WatchEvent) + Send>,
    ready: bool,
}

impl WatchThread {
    fn run(&mut self, watcher: &Watcher, events: &Receiver<Event>) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            match events.recv_timeout(PATIENCE) {
                Ok(Event::Changed(hints)) => self.changed(&hints)?,
                Ok(Event::Rescan(reason)) => self.rescan(&reason, watcher)?,
                Ok(Event::Problem(problem)) => (self.tell)(WatchEvent::Problem(problem)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(())
    }

    fn changed(&mut self, hints: &[Hint]) -> Result<()> {
        let paths: Vec<DocPath> = hints.iter().map(|hint| hint.path.clone()).collect();
        let heard = Heard::default();
        self.workspace.ingest.apply(&self.workspace.rules(), &paths, &heard)?;
        self.workspace.keep.look_at(&paths);
        let now = Instant::now();
        for (path, outcome) in heard.take() {
            // A file inside a changed folder takes the folder's time.
            let seen =
                hints.iter().filter(|hint| path.is_under(hint.path.as_str())).map(|hint| hint.seen).min();
            let latency = seen.map_or(Duration::ZERO, |seen| now.saturating_duration_since(seen));
            (self.tell)(WatchEvent::Changed { path: path.to_string(), outcome, latency });
        }
        Ok(())
    }

    fn rescan(&mut self, reason: &RescanReason, watcher: &Watcher) -> Result<()> {
        let outcome = self.workspace.index_until(&NoProgress, &self.stop);
        let summary = match outcome {
            Err(error) if error.kind() == crate::ErrorKind::Cancelled => return Ok(()),
            outcome => outcome?,
        };
        if self.ready {
            (self.tell)(WatchEvent::Reconciled { reason: reason_text(reason).to_owned(), summary });
        } else {
            self.ready = true;
            (self.tell)(WatchEvent::Ready { summary, mode: mode_text(watcher) });
        }
        Ok(())
    }
}

/// Collects what became of each file.
#[derive(Default)]
struct Heard(Mutex<Vec<(DocPath, Outcome)>>);

impl Heard {
    fn take(self) -> Vec<(DocPath, Outcome)> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Heard {
    fn file(&self, path: &DocPath, _bytes: u64, outcome: &Outcome) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((path.clone(), outcome.clone()));
    }
}

fn reason_text(reason: &RescanReason) -> &'static str {
    match reason {
        RescanReason::Started => "start",
        RescanReason::Overflow => "too many changes at once",
        RescanReason::IgnoreRulesChanged(_) => "ignore rules changed",
        RescanReason::Periodic => "periodic",
        RescanReason::WatchesExhausted => "fell back to polling",
        _ => "asked for",
    }
}

fn mode_text(watcher: &Watcher) -> String {
    match watcher.mode() {
        watch::Mode::Native if watcher.n_watches() == 1 => "1 folder watched".to_owned(),
        watch::Mode::Native => format!("{} folders watched", watcher.n_watches()),
        watch::Mode::Poll { reason, interval } => {
            format!("polling every {:.0} s: {reason}", interval.as_secs_f32())
        }
    }
}
