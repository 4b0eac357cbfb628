//! Who has which child, who waits for one, and until when.
//!
//! Invariant: there are at most [`Limits::children`](crate::Limits) turns at once, a child belongs to one turn, and a turn that ends passes to
//! whoever has waited longest. Nothing blocks while the state is locked.

use crate::confine::Confinement;
use crate::limits::Limits;
use crate::program::Program;
use crate::worker::{Process, Worker};
use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the requests and the keeper's thread share.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) program: Program,
    pub(crate) limits: Limits,
    state: Mutex<State>,
    /// Wakes the keeper.
    pub(crate) changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Children without work; the one that worked last comes last, and is taken first.
    pub(crate) idle: Vec<Worker>,
    /// Turns that are taken, and children without work.
    n_taken: usize,
    /// Those who wait for a turn. What is sent is the child that comes with it, if one does.
    line: VecDeque<SyncSender<Option<Worker>>>,
    /// Processes that are to be killed when their time is over.
    pub(crate) watches: Vec<Watch>,
    next_watch: u64,
    /// Those who wait for a new child.
    pub(crate) orders: VecDeque<SyncSender<io::Result<Worker>>>,
    /// When the keeper wakes by itself.
    pub(crate) wakes_at: Option<Instant>,
    pub(crate) keeper: Option<JoinHandle<()>>,
    pub(crate) is_stopping: bool,
    /// How the children are confined, once there was one.
    pub(crate) confinement: Option<Confinement>,
}

/// A process and its deadline.
#[derive(Debug)]
pub(crate) struct Watch {
    id: u64,
    pub(crate) deadline: Instant,
    pub(crate) process: Arc<Process>,
    pub(crate) is_over: bool,
}

/// The right to have one child.
pub(crate) struct Turn<'a> {
    pool: &'a Pool,
    /// The child that comes with it; what is in here when the turn ends is used again.
    pub(crate) worker: Option<Worker>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.pool.pass_on(self.worker.take());
    }
}

impl Pool {
    pub(crate) fn new(program: Program, limits: Limits) -> Self {
        Self { program, limits, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Nothing that is done under the lock can panic half way.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn, with the child that worked last if one is without work. Waits in line while there are none.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let mut state = self.state();
        if let Some(worker) = state.idle.pop() {
            return Turn { pool: self, worker: Some(worker) };
        }
        if state.n_taken < self.limits.children.max(1) {
            state.n_taken += 1;
            return Turn { pool: self, worker: None };
        }
        let (send, receive) = sync_channel(1);
        state.line.push_back(send);
        drop(state);
        // The sender is answered before it is dropped.
        let worker = receive.recv().ok().flatten();
        Turn { pool: self, worker }
    }

    /// Ends a turn: the next in line has it, or the child is idle, or the place is free.
    pub(crate) fn pass_on(&self, worker: Option<Worker>) {
        let mut state = self.state();
        if let Some(next) = state.line.pop_front() {
            drop(state);
            // Whoever waits does so until this comes.
            let _received = next.send(worker);
            return;
        }
        match worker {
            Some(mut worker) => {
                worker.idle_since = Instant::now();
                let until = worker.idle_since + self.limits.idle;
                state.idle.push(worker);
                self.wake_by(&mut state, until);
            }
            None => state.n_taken -= 1,
        }
    }

    /// Does something with a child, which is killed when it takes too long. The second value is whether it was.
    pub(crate) fn within<T>(
        &self,
        time: Duration,
        worker: &mut Worker,
        conversation: impl FnOnce(&mut Worker) -> T,
    ) -> (T, bool) {
        let id = self.watch(Instant::now() + time, Arc::clone(&worker.process));
        let outcome = conversation(worker);
        (outcome, self.is_over(id))
    }

    fn watch(&self, deadline: Instant, process: Arc<Process>) -> u64 {
        let mut state = self.state();
        let id = state.next_watch;
        state.next_watch += 1;
        state.watches.push(Watch { id, deadline, process, is_over: false });
        self.wake_by(&mut state, deadline);
        id
    }

    /// Ends a watch.
    fn is_over(&self, id: u64) -> bool {
        let mut state = self.state();
        let at = state.watches.iter().position(|watch| watch.id == id);
        at.is_some_and(|at| state.watches.swap_remove(at).is_over)
    }

    /// Has the keeper look by then. As a rule it does so earlier in any case, and is left to sleep.
    fn wake_by(&self, state: &mut State, when: Instant) {
        if state.wakes_at.is_none_or(|wakes_at| when < wakes_at) {
            state.wakes_at = Some(when);
            self.changed.notify_one();
        }
    }
}
