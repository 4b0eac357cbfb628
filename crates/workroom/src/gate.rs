//! The gate: how many queries are worked on at once. More would not be answered sooner, only hold more memory.
//!
//! Invariant: who comes first is let in first. Whoever is let in leaves again, also by a panic; whoever waits longer than it wants to is told so.

use crossbeam_channel::Sender;
use engine::{Error, ErrorKind, Result};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Lets a number of callers in at a time.
pub(crate) struct Gate(Mutex<State>);

struct State {
    free: usize,
    /// The first to come is the first here. While anybody waits, nothing is free: a place that is left is handed on.
    waiting: VecDeque<Sender<()>>,
}

/// Inside, until it is dropped.
pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    pub(crate) fn new(places: usize) -> Self {
        Self(Mutex::new(State { free: places, waiting: VecDeque::new() }))
    }

    /// Twice as many as there are cores: while one reads from the disk, another computes.
    pub(crate) fn for_this_machine() -> Self {
        Self::new(2 * std::thread::available_parallelism().map_or(2, usize::from))
    }

    /// Waits for a place, at most until `deadline`.
    pub(crate) fn enter(&self, deadline: Option<Instant>) -> Result<Inside<'_>> {
        let mut state = self.lock();
        if state.free > 0 {
            state.free -= 1;
            return Ok(Inside(self));
        }
        let (turn, called) = crossbeam_channel::bounded(1);
        state.waiting.push_back(turn);
        drop(state);
        let came = match deadline {
            None => called.recv().is_ok(),
            Some(at) => called.recv_deadline(at).is_ok(),
        };
        if came {
            return Ok(Inside(self));
        }
        // Whoever leaves calls under the lock: it has called by now, or finds nobody here.
        let _state = self.lock();
        if called.try_recv().is_ok() {
            return Ok(Inside(self));
        }
        drop(called);
        Err(Error::new(ErrorKind::Timeout, "too many queries at once: this one had to wait too long"))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        while let Some(next) = state.waiting.pop_front() {
            // Who has given up is not there to hear it.
            if next.send(()).is_ok() {
                return;
            }
        }
        state.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn lets_in_so_many_and_no_more() {
        let gate = Gate::new(3);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _inside = gate.enter(None).unwrap();
                        most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!((1..=3).contains(&most.into_inner()));

        let held: Vec<_> = (0..3).map(|_| gate.enter(None).unwrap()).collect();
        let refused = gate.enter(Some(Instant::now())).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::Timeout));
        drop(held);
        assert!(gate.enter(Some(Instant::now())).is_ok());
        assert_eq!(gate.lock().free, 3);
    }

    #[test]
    fn who_comes_first_is_let_in_first_and_who_gave_up_is_passed_over() {
        let (gate, order, n_gone) = (Gate::new(1), Mutex::new(Vec::new()), AtomicUsize::new(0));
        let held = gate.enter(None).unwrap();
        std::thread::scope(|scope| {
            for n in 0..20 {
                let (gate, order, n_gone) = (&gate, &order, &n_gone);
                scope.spawn(move || {
                    let deadline = (n % 4 == 3).then(Instant::now);
                    match gate.enter(deadline) {
                        Ok(_inside) => order.lock().unwrap().push(n),
                        Err(_) => drop(n_gone.fetch_add(1, Ordering::SeqCst)),
                    }
                });
                // The next one comes when this one waits.
                while gate.lock().waiting.len() <= n {
                    std::thread::yield_now();
                }
            }
            while n_gone.load(Ordering::SeqCst) < 5 {
                std::thread::yield_now();
            }
            drop(held);
        });
        let expected: Vec<usize> = (0..20).filter(|n| n % 4 != 3).collect();
        assert_eq!(order.into_inner().unwrap(), expected);
        let state = gate.lock();
        assert_eq!((state.free, state.waiting.len()), (1, 0));
    }
}
