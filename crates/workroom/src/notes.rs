//! Notes: what was looked at in this process, on its way to the audit log of the owner.
//!
//! Invariant: bounded. While there is room, nobody waits for the owner; where there is none, whoever comes brings all that waits. What waits when
//! the owner goes away is brought to the next one. What a process has not brought when it is killed is not in the log: a few looks
//! of the last moment; what was denied is brought at once.
//! Not here: what is noted (`files`, `workspace`), the log (`engine`).

use crate::message::{Asked, Request};
use crate::options::OpenOptions;
use crate::role::{Owning, Role};
use crate::workspace::{Shared, Workspace};
use engine::audit::Act;
use engine::{Actor, Engine, Error, Lock, Result};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// So many wait, and no more.
const MOST: usize = 4096;
/// So many go at once.
const MANY: usize = 256;
/// How long the first one waits for others.
const GATHER: Duration = Duration::from_millis(20);

/// Acts that wait.
#[derive(Default)]
pub(crate) struct Notes {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    acts: Vec<Act>,
    has_thread: bool,
    is_closed: bool,
}

impl Notes {
    /// Lets an act wait. Returns whether there is no room for another one, and whether a thread is to be started that brings it.
    fn push(&self, act: Act) -> (bool, bool) {
        let mut state = self.lock();
        state.acts.push(act);
        let is_first = !std::mem::replace(&mut state.has_thread, true);
        if state.acts.len() == 1 || state.acts.len() == MANY {
            self.changed.notify_all();
        }
        (state.acts.len() >= MOST, is_first)
    }

    fn take(&self) -> Vec<Act> {
        std::mem::take(&mut self.lock().acts)
    }

    /// Ends the thread, and takes what is left.
    pub(crate) fn close(&self) -> Vec<Act> {
        let mut state = self.lock();
        state.is_closed = true;
        self.changed.notify_all();
        std::mem::take(&mut state.acts)
    }

    /// Waits until something waits, and a little longer for more. `false` when it is over.
    fn wait(&self) -> bool {
        let state = self.lock();
        let state = self.changed.wait_while(state, |state| state.acts.is_empty() && !state.is_closed);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let few = |state: &mut State| state.acts.len() < MANY && !state.is_closed;
        let waited = self.changed.wait_timeout_while(state, GATHER, few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.is_closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked had put an act there or not.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    /// Notes in the audit log what somebody did, or looked at, that is not done by a call of this library. Waits for no other process; what was
    /// denied is better noted by [`Workspace::note_now`].
    pub fn note(&self, act: Act) {
        if let Some(role) = self.part()
            && let Role::Owner(owning) = &*role
            && is_noted(owning, &act)
        {
            return;
        }
        let (is_full, is_first) = self.shared().notes.push(act);
        if is_first {
            self.bring_notes();
        }
        if is_full {
            self.send_notes();
        }
    }

    /// As [`Workspace::note`]; it is in the log when this returns.
    ///
    /// # Errors
    /// When the owner cannot be reached.
    pub fn note_now(&self, act: Act) -> Result<()> {
        self.send(&[act])
    }

    /// Notes in the audit log of the workspace at `folder`, which need not be open, what somebody did or looked at there: its owner notes it, if it has
    /// one; else it is noted at once, and nobody becomes its owner for it. It is in the log when this returns, as far as the settings want it there.
    ///
    /// # Errors
    /// When it is no workspace, its owner cannot be reached, or the disk refuses.
    pub fn note_in(folder: &Path, options: &OpenOptions, act: Act) -> Result<()> {
        match Lock::try_take(folder)? {
            Some(lock) => Engine::note_unopened(&lock, act),
            None => Self::open_with(folder, options)?.note_now(act),
        }
    }

    /// The same workspace, whose folders and files are looked at without the audit log's hearing of it: for looks that serve another call, or that
    /// the caller notes by itself.
    #[must_use]
    pub fn quiet(&self) -> Self {
        let mut quiet = self.clone();
        quiet.is_quiet = true;
        quiet
    }

    /// Notes a look at the folder, unless this handle is quiet.
    pub(crate) fn note_look(&self, look: impl FnOnce(Actor) -> Act) {
        if !self.is_quiet {
            self.note(look(self.actor().clone()));
        }
    }

    fn send(&self, acts: &[Act]) -> Result<()> {
        let note = |engine: &engine::Engine| acts.iter().for_each(|act| engine.note(act.clone()));
        self.call(
            || Ok(Request::Note { acts: acts.to_vec() }),
            |owner| {
                owner.with(|engine| {
                    note(engine);
                    Ok(())
                })
            },
        )
    }

    /// Brings all that waits to the owner.
    pub(crate) fn send_notes(&self) {
        let acts = self.shared().notes.take();
        if acts.is_empty() {
            return;
        }
        if let Err(error) = self.send(&acts) {
            tracing::error!(%error, acts = acts.len(), "acts are not in the audit log");
        }
    }

    /// Starts the thread that brings what waits. It ends with the last handle.
    fn bring_notes(&self) {
        let (notes, by) = (Arc::clone(&self.shared().notes), Arc::downgrade(self.shared()));
        let thread = std::thread::Builder::new().name("workroom-notes".to_owned());
        if let Err(error) = thread.spawn(move || bring(&notes, &by)) {
            tracing::warn!(%error, "acts wait until there are many of them");
        }
    }
}

/// Whether this process, which owns the workspace, has noted it.
fn is_noted(owning: &Owning, act: &Act) -> bool {
    let noted = owning.owner.with(|engine| {
        engine.note(act.clone());
        Ok(())
    });
    noted.is_ok()
}

fn bring(notes: &Notes, shared: &Weak<Shared>) {
    while notes.wait() {
        let Some(shared) = shared.upgrade() else { return };
        Workspace::of(shared).send_notes();
    }
}

/// Brings the last of them, when the last handle goes.
pub(crate) fn send_last(notes: &Notes, role: Option<&Role>) {
    let acts = notes.close();
    let Some(Role::Client(client)) = role.filter(|_| !acts.is_empty()) else { return };
    let n = acts.len();
    let note = Asked::of(Request::Note { acts });
    if client.call::<()>(&note, &mut |_| {}, &AtomicBool::new(false)).is_err() {
        let error = Error::new(engine::ErrorKind::Timeout, "the owner has gone");
        tracing::error!(%error, acts = n, "acts are not in the audit log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::Via;
    use engine::audit::Doing;

    fn act(n: usize) -> Act {
        Act::new(Doing::FileRead, Actor::owner(Via::Library)).on(format!("{n}.md"))
    }

    #[test]
    fn one_starts_the_thread_and_the_last_that_fits_is_told() {
        let notes = Notes::default();
        let pushed: Vec<_> = (0..MOST).map(|n| notes.push(act(n))).collect();
        let firsts = pushed.iter().filter(|(_, is_first)| *is_first).count();
        let fulls: Vec<usize> = (0..MOST).filter(|&n| pushed[n].0).collect();
        assert_eq!((firsts, fulls), (1, vec![MOST - 1]));
        assert_eq!(notes.take(), (0..MOST).map(act).collect::<Vec<_>>());
    }

    #[test]
    fn who_waits_hears_of_acts_and_of_the_end() {
        let notes = Notes::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let mut taken = Vec::new();
                while notes.wait() {
                    taken.extend(notes.take());
                }
                taken
            });
            for n in 0..3 * MANY {
                notes.push(act(n));
            }
            while !notes.lock().acts.is_empty() {
                std::thread::yield_now();
            }
            notes.push(act(3 * MANY));
            let mut all = notes.close();
            let mut taken = waiting.join().unwrap();
            taken.append(&mut all);
            assert_eq!(taken, (0..=3 * MANY).map(act).collect::<Vec<_>>());
        });
    }
}
