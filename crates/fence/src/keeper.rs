//! The keeper: the one thread of a fence. It starts children, kills those whose time is over, and closes those without work.
//!
//! Invariant: it starts every child, and lives as long as any of them: Linux takes the thread that started a process for its parent, and
//! kills the process when that thread ends.

use crate::pool::{Pool, State};
use crate::worker::Worker;
use std::io;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Instant;

/// Orders a new child from the keeper, which is started if it is not there yet.
pub(crate) fn order(pool: &Arc<Pool>) -> io::Result<Worker> {
    let (send, receive) = sync_channel(1);
    let mut state = pool.state();
    if state.keeper.is_none() {
        let shared = Arc::clone(pool);
        let thread = std::thread::Builder::new().name("fence".to_owned());
        state.keeper = Some(thread.spawn(move || keep(&shared))?);
    }
    state.orders.push_back(send);
    drop(state);
    pool.changed.notify_one();
    receive.recv().unwrap_or_else(|_| Err(io::Error::other("the thread that starts it has ended")))
}

/// Ends the keeper and the children without work.
pub(crate) fn stop(pool: &Pool) {
    let mut state = pool.state();
    state.is_stopping = true;
    let (keeper, idle) = (state.keeper.take(), std::mem::take(&mut state.idle));
    drop(state);
    pool.changed.notify_one();
    drop(idle);
    if let Some(keeper) = keeper {
        // It has nothing to panic about; and if it had, there is nothing left to do for it.
        let _ended = keeper.join();
    }
}

fn keep(pool: &Pool) {
    let mut state = pool.state();
    while !state.is_stopping {
        if let Some(order) = state.orders.pop_front() {
            drop(state);
            // Whoever ordered waits for it.
            let _received = order.send(Worker::spawn(&pool.program));
            state = pool.state();
            continue;
        }
        let now = Instant::now();
        for watch in state.watches.iter_mut().filter(|watch| !watch.is_over && watch.deadline <= now) {
            watch.is_over = true;
            watch.process.kill();
        }
        // Those that worked last come last.
        let stale =
            state.idle.iter().take_while(|worker| worker.idle_since + pool.limits.idle <= now).count();
        if stale > 0 {
            let stale: Vec<Worker> = state.idle.drain(..stale).collect();
            drop(state);
            for worker in stale {
                drop(worker);
                pool.pass_on(None);
            }
            state = pool.state();
            continue;
        }
        state.wakes_at = next_event(pool, &state);
        state = sleep(pool, state, now);
    }
}

/// When the next deadline or the end of the next idle child's time is.
fn next_event(pool: &Pool, state: &State) -> Option<Instant> {
    let deadlines = state.watches.iter().filter(|watch| !watch.is_over).map(|watch| watch.deadline);
    let idle = state.idle.iter().map(|worker| worker.idle_since + pool.limits.idle);
    deadlines.chain(idle).min()
}

fn sleep<'a>(pool: &'a Pool, state: MutexGuard<'a, State>, now: Instant) -> MutexGuard<'a, State> {
    match state.wakes_at {
        Some(at) => {
            let timed = pool.changed.wait_timeout(state, at.saturating_duration_since(now));
            timed.unwrap_or_else(PoisonError::into_inner).0
        }
        None => pool.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
    }
}
