//! Changes of a workspace, told to whoever listens: one watch, any number of listeners.
//!
//! Invariant: who listens hears of every change after that, or is told [`What::Anything`] in its place. Numbers rise by one.
//! Not here: who may hear of which path (whoever passes it on asks), how it is said (`http`, `mcp`).

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use workroom::{Outcome, Watch, WatchEvent, Workspace};

/// Changes that a listener may be behind before it loses some.
const ROOM: usize = 1024;

/// Hears of changes as they happen.
pub(crate) type Listener = broadcast::Receiver<Arc<Change>>;

/// Something that happened in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Which one it is, from 1, since this process began to watch.
    pub(crate) number: u64,
    /// When it was noticed, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// What it was.
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A file is there that was not known.
    Made(String),
    /// A file was written again, or touched.
    Written(String),
    /// A file is gone.
    Removed(String),
    /// The folder was compared as a whole, or events were lost: any file may have changed.
    Anything,
}

impl What {
    /// The file, where it is about one.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::Made(path) | Self::Written(path) | Self::Removed(path) => Some(path),
            Self::Anything => None,
        }
    }

    /// Whether a list of files looks different after it.
    pub(crate) fn changes_lists(&self) -> bool {
        !matches!(self, Self::Written(_))
    }
}

/// The changes of one workspace.
pub(crate) struct Changes {
    told: Arc<Told>,
    /// Stops with the last of us.
    _watch: Watch,
}

/// What the watch's thread tells and listeners read.
struct Told {
    state: Mutex<State>,
    send: broadcast::Sender<Arc<Change>>,
}

#[derive(Default)]
struct State {
    last: u64,
    recent: VecDeque<Arc<Change>>,
    /// Hashes of the paths that are there; until the first comparison none is known.
    known: Option<HashSet<u64>>,
    hasher: RandomState,
}

impl Changes {
    /// Begins to watch.
    pub(crate) fn start(workspace: &Arc<Workspace>) -> workroom::Result<Self> {
        let told = Arc::new(Told { state: Mutex::default(), send: broadcast::channel(ROOM).0 });
        let (tell, seen) = (Arc::clone(&told), Arc::downgrade(workspace));
        let watch = workspace.watch(move |event| {
            if let (WatchEvent::Ready { .. } | WatchEvent::Reconciled { .. }, Some(workspace)) =
                (&event, seen.upgrade())
            {
                // Without the list every written file counts as new, which is true enough.
                tell.note_known(workspace.documents().unwrap_or_default());
            }
            tell.tell(event);
        })?;
        Ok(Self { told, _watch: watch })
    }

    /// Hears of every change from now on.
    pub(crate) fn subscribe(&self) -> Listener {
        self.told.send.subscribe()
    }

    /// What happened after the change of that number, and a receiver for what happens from then on; nothing when it is too long ago, or was
    /// never.
    pub(crate) fn after(&self, number: u64) -> Option<(Vec<Arc<Change>>, Listener)> {
        // Nothing is told between the two while the lock is held.
        let state = self.told.lock();
        let oldest = state.recent.front().map_or(state.last + 1, |change| change.number);
        let missed = (number <= state.last && number + 1 >= oldest)
            .then(|| state.recent.iter().filter(|change| change.number > number).cloned().collect())?;
        Some((missed, self.subscribe()))
    }
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_known(&self, paths: Vec<String>) {
        let mut state = self.lock();
        let known = paths.iter().map(|path| state.hasher.hash_one(path)).collect();
        state.known = Some(known);
    }

    fn tell(&self, event: WatchEvent) {
        let mut state = self.lock();
        let Some(what) = state.what(event) else { return };
        state.last += 1;
        let at_ms = jiff::Timestamp::now().as_millisecond();
        let change = Arc::new(Change { number: state.last, at_ms, what });
        if state.recent.len() >= ROOM {
            state.recent.pop_front();
        }
        state.recent.push_back(Arc::clone(&change));
        // Nobody listens: then it is kept for those who ask later.
        drop(self.send.send(change));
    }
}

impl State {
    fn what(&mut self, event: WatchEvent) -> Option<What> {
        match event {
            WatchEvent::Changed { path, outcome: Outcome::Removed, .. } => {
                let hash = self.hasher.hash_one(&path);
                self.known.as_mut().map(|known| known.remove(&hash));
                Some(What::Removed(path))
            }
            // What is unchanged for the index was written through it a moment ago.
            WatchEvent::Changed { path, .. } => {
                let hash = self.hasher.hash_one(&path);
                let is_new = self.known.as_mut().is_none_or(|known| known.insert(hash));
                Some(if is_new { What::Made(path) } else { What::Written(path) })
            }
            WatchEvent::Ready { .. }
            | WatchEvent::Reconciled { .. }
            | WatchEvent::Problem(_)
            | WatchEvent::Failed(_) => Some(What::Anything),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn told() -> Told {
        Told { state: Mutex::default(), send: broadcast::channel(ROOM).0 }
    }

    fn changed(path: &str, outcome: Outcome) -> WatchEvent {
        WatchEvent::Changed { path: path.into(), outcome, latency: Duration::ZERO }
    }

    #[test]
    fn what_happened_is_told_by_what_was_there() {
        let told = told();
        let mut heard = told.send.subscribe();
        told.note_known(vec!["a.md".into()]);
        let indexed = || Outcome::Indexed { chunks: 1 };
        for (event, expected) in [
            (changed("a.md", indexed()), Some(What::Written("a.md".into()))),
            (changed("b.md", Outcome::Unchanged), Some(What::Made("b.md".into()))),
            (changed("b.md", indexed()), Some(What::Written("b.md".into()))),
            (changed("b.md", Outcome::Removed), Some(What::Removed("b.md".into()))),
            (changed("b.md", indexed()), Some(What::Made("b.md".into()))),
            (WatchEvent::Problem("lost".into()), Some(What::Anything)),
            (WatchEvent::Improved(workroom::Improvement::Graph), None),
        ] {
            told.tell(event);
            assert_eq!(heard.try_recv().ok().map(|change| change.what.clone()), expected);
        }
    }

    #[test]
    fn who_was_away_hears_what_it_missed_or_that_it_missed_too_much() {
        let told = told();
        for n in 0..ROOM + 10 {
            told.tell(changed(&n.to_string(), Outcome::Unchanged));
        }
        let state = told.lock();
        assert_eq!(state.recent.len(), ROOM);
        assert_eq!(state.recent.front().unwrap().number, 11);
        assert_eq!(state.last, (ROOM + 10) as u64);
    }
}
