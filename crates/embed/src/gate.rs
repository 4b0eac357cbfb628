//! Lets one caller at a time at a model, queries first.
//!
//! Invariant: an urgent caller waits for at most one patient turn, however many patient callers there are.
//! Not here: how long a turn is; callers keep theirs short.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Something that only one caller can use at a time.
pub(crate) struct Gate<T> {
    item: Mutex<T>,
    /// Held by the one patient caller that may compete with urgent ones.
    patient: Mutex<()>,
    n_urgent: Mutex<usize>,
    no_urgent: Condvar,
}

impl<T> Gate<T> {
    pub(crate) fn new(item: T) -> Self {
        Self {
            item: Mutex::new(item),
            patient: Mutex::new(()),
            n_urgent: Mutex::new(0),
            no_urgent: Condvar::new(),
        }
    }

    /// Takes the next turn.
    pub(crate) fn urgent<R>(&self, turn: impl FnOnce(&mut T) -> R) -> R {
        *lock(&self.n_urgent) += 1;
        let _leave = Leave(self);
        turn(&mut lock(&self.item))
    }

    /// Takes a turn when no urgent caller waits.
    pub(crate) fn patient<R>(&self, turn: impl FnOnce(&mut T) -> R) -> R {
        let _only = lock(&self.patient);
        let n_urgent = self.no_urgent.wait_while(lock(&self.n_urgent), |n| *n > 0);
        drop(n_urgent.unwrap_or_else(PoisonError::into_inner));
        turn(&mut lock(&self.item))
    }
}

/// Counts an urgent caller out, also when its turn panics.
struct Leave<'a, T>(&'a Gate<T>);

impl<T> Drop for Leave<'_, T> {
    fn drop(&mut self) {
        let mut n_urgent = lock(&self.0.n_urgent);
        *n_urgent -= 1;
        if *n_urgent == 0 {
            self.0.no_urgent.notify_all();
        }
    }
}

/// A panic during a turn leaves a model as good as before: its state is its weights.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    #[test]
    fn urgent_callers_go_before_patient_ones() {
        let gate = Gate::new(Vec::new());
        let (started, start) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let gate = &gate;
            scope.spawn(move || {
                gate.patient(|order| {
                    order.push("first");
                    started.send(()).unwrap();
                    released.recv().unwrap();
                });
            });
            start.recv().unwrap();
            for _ in 0..3 {
                scope.spawn(move || gate.patient(|order| order.push("patient")));
            }
            scope.spawn(move || gate.urgent(|order| order.push("urgent")));
            while *lock(&gate.n_urgent) == 0 {
                thread::yield_now();
            }
            release.send(()).unwrap();
        });
        let order = gate.urgent(std::mem::take);
        assert_eq!(order, ["first", "urgent", "patient", "patient", "patient"]);
    }

    #[test]
    fn a_panic_closes_nothing() {
        let gate = Gate::new(1);
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.urgent(|_| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert_eq!(gate.patient(|n| *n), 1);
    }
}
