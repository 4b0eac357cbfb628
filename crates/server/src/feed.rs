//! The feed of a workspace: one reader of its events, any number of listeners.
//!
//! Invariant: who listens hears of every event after that in its order, or is told [`News::Missed`] in its place, or that it was too slow; what it
//! missed is in the log, where it goes on from the last cursor.
//! Not here: who may hear of which event (whoever passes it on asks), how it is said (`http`, `mcp`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;
use workroom::{After, ErrorKind, EventFilter, Listed, Watch, Workspace};

/// Events that a listener may be behind before it loses some.
const ROOM: usize = 1024;
/// Events that are asked for at once.
const PORTION: usize = 512;
/// How long one call waits for an event.
const WAIT: Duration = Duration::from_secs(60);
/// After a failure it is tried again after so long.
const PAUSE: Duration = Duration::from_millis(500);

/// Hears of events as they happen.
pub(crate) type Listener = broadcast::Receiver<News>;

/// What a listener hears.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Something happened.
    Event(Arc<Listed>),
    /// Anything may have happened.
    Missed,
}

/// The events of one workspace, from now on.
pub(crate) struct Feed {
    told: Arc<Told>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Where no daemon watches the folder, we do.
    _watch: Watch,
}

/// What the reader tells and listeners hear.
struct Told {
    send: broadcast::Sender<News>,
    /// How often something was told, for who waits without a runtime.
    times: Mutex<u64>,
    changed: Condvar,
}

impl Feed {
    /// Begins to read. What happens after this returns is told.
    ///
    /// # Errors
    /// When the workspace cannot be reached, or no thread be started.
    pub(crate) fn start(workspace: &Arc<Workspace>) -> workroom::Result<Self> {
        let watch = workspace.watch(|_| {})?;
        let begun = workspace.events(&After::Now, &EventFilter::default(), 1, Duration::ZERO)?;
        let told =
            Told { send: broadcast::channel(ROOM).0, times: Mutex::default(), changed: Condvar::new() };
        let (told, stop) = (Arc::new(told), Arc::new(AtomicBool::new(false)));
        let reader = (Arc::clone(workspace), Arc::clone(&told), Arc::clone(&stop));
        let body = move || follow(&reader.0, begun.next.into(), &reader.1, &reader.2);
        let thread = std::thread::Builder::new().name("workroom-feed".into()).spawn(body)?;
        Ok(Self { told, stop, thread: Some(thread), _watch: watch })
    }

    /// Hears of every event from now on.
    pub(crate) fn subscribe(&self) -> Listener {
        self.told.send.subscribe()
    }

    /// How often something was told, to be handed to [`Feed::wait`].
    pub(crate) fn times(&self) -> u64 {
        *self.told.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something was told since then, at most until `until`.
    pub(crate) fn wait(&self, times: u64, until: Instant) {
        let mut now = self.told.times.lock().unwrap_or_else(PoisonError::into_inner);
        while *now == times {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            now = match self.told.changed.wait_timeout(now, left) {
                Ok((now, _)) => now,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there was told on the way; there is nobody to hand it to here.
            drop(thread.join());
        }
    }
}

impl Told {
    fn tell(&self, news: Vec<News>) {
        for one in news {
            // Nobody listens: it is in the log for those who ask later.
            drop(self.send.send(one));
        }
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }
}

/// Reads on until it is stopped.
fn follow(workspace: &Workspace, mut after: After, told: &Told, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match workspace.events_until(&after, &EventFilter::default(), PORTION, WAIT, stop) {
            Ok(page) if page.events.is_empty() && !page.missed => after = page.next.into(),
            Ok(page) => {
                let missed = page.missed.then_some(News::Missed);
                let events = page.events.into_iter().map(|listed| News::Event(Arc::new(listed)));
                told.tell(missed.into_iter().chain(events).collect());
                after = page.next.into();
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => {}
            Err(error) => {
                tracing::warn!(%error, "events cannot be read just now");
                std::thread::park_timeout(PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workroom::{OpenOptions, Sharing};

    #[test]
    fn what_happens_is_heard_and_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let options = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
        let workspace = Arc::new(Workspace::create_with(folder.path(), &options).unwrap());
        let feed = Feed::start(&workspace).unwrap();
        let (mut heard, times) = (feed.subscribe(), feed.times());
        feed.wait(times, Instant::now());
        workspace.write("a.md", b"text").unwrap();
        feed.wait(times, Instant::now() + Duration::from_secs(60));
        assert_ne!(feed.times(), times);
        let News::Event(first) = heard.blocking_recv().unwrap() else { panic!("something was missed") };
        assert_eq!((first.event.kind.as_str(), first.event.path.as_deref()), ("file.created", Some("a.md")));
    }
}
