//! Who goes first when several want the index's one writer: whoever waits for a single change goes before a bulk run.
//!
//! Invariant: a bulk run that is told of somebody waiting gives the writer up and does not take it back before they had it, but for a
//! flood: then it goes on after [`LONGEST_PASS`], so that it always comes to an end.
//! Not here: the writer itself (`index`), and fairness among those who wait.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a bulk run lets others pass before it does a piece of its own work.
const LONGEST_PASS: Duration = Duration::from_millis(250);

pub(crate) struct Precedence {
    waiting: Mutex<usize>,
    nobody: Condvar,
    call: Sender<()>,
    called: Receiver<()>,
}

/// Somebody waits while this is held.
struct Waiting<'a>(&'a Precedence);

impl Precedence {
    pub(crate) fn new() -> Self {
        let (call, called) = bounded(1);
        Self { waiting: Mutex::new(0), nobody: Condvar::new(), call, called }
    }

    /// Runs `wait`, which waits for the writer, as one who goes first.
    pub(crate) fn ahead<T>(&self, wait: impl FnOnce() -> T) -> T {
        *self.lock() += 1;
        let waiting = Waiting(self);
        // When the channel is full, the bulk run has a call to hear already.
        let _heard = self.call.try_send(());
        let done = wait();
        drop(waiting);
        done
    }

    /// Wakes a bulk run that waits for something else. A call may be left over from somebody who was served: ask [`Self::is_wanted`].
    pub(crate) fn calls(&self) -> &Receiver<()> {
        &self.called
    }

    pub(crate) fn is_wanted(&self) -> bool {
        *self.lock() > 0
    }

    /// Waits until those who wait have been served.
    pub(crate) fn let_pass(&self) {
        let until = Instant::now() + LONGEST_PASS;
        let mut waiting = self.lock();
        while *waiting > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            waiting = self.nobody.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        // A count is whole whatever happens to its holder.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        *waiting -= 1;
        if *waiting == 0 {
            self.0.nobody.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bulk_run_lets_those_pass_who_wait() {
        let precedence = Precedence::new();
        let writer = Mutex::new(Vec::new());
        let mut bulk = writer.lock().unwrap();
        std::thread::scope(|scope| {
            for name in ["a", "b"] {
                let (precedence, writer) = (&precedence, &writer);
                scope.spawn(move || precedence.ahead(|| writer.lock().unwrap()).push(name));
            }
            precedence.calls().recv().unwrap();
            while *precedence.lock() < 2 {
                std::thread::yield_now();
            }
            assert!(precedence.is_wanted());
            drop(bulk);
            precedence.let_pass();
            bulk = writer.lock().unwrap();
            bulk.sort_unstable();
            assert_eq!(*bulk, ["a", "b"], "both were served before the run went on");
            assert!(!precedence.is_wanted());
        });
    }

    #[test]
    fn a_flood_holds_a_bulk_run_up_for_a_while_only() {
        let precedence = Precedence::new();
        let (end, ended) = bounded::<()>(0);
        std::thread::scope(|scope| {
            scope.spawn(|| precedence.ahead(|| ended.recv().is_err()));
            precedence.calls().recv().unwrap();
            let began = Instant::now();
            precedence.let_pass();
            assert!(began.elapsed() >= LONGEST_PASS && precedence.is_wanted());
            drop(end);
        });
    }
}
