//! The gate: how many queries are worked on at once. More would not be answered sooner, only hold more memory.
//!
//! Invariant: whoever is let in leaves again, also by a panic; whoever waits longer than it wants to is told so.

use engine::{Error, ErrorKind, Result};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lets a number of callers in at a time.
pub(crate) struct Gate {
    free: Mutex<usize>,
    changed: Condvar,
}

/// Inside, until it is dropped.
pub(crate) struct Inside<'a>(&'a Gate);

impl Gate {
    pub(crate) fn new(places: usize) -> Self {
        Self { free: Mutex::new(places), changed: Condvar::new() }
    }

    /// Twice as many as there are cores: while one reads from the disk, another computes.
    pub(crate) fn for_this_machine() -> Self {
        Self::new(2 * std::thread::available_parallelism().map_or(2, usize::from))
    }

    /// Waits for a place, at most until `deadline`.
    pub(crate) fn enter(&self, deadline: Option<Instant>) -> Result<Inside<'_>> {
        const LONG: Duration = Duration::from_secs(3600);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            let left = deadline.map_or(LONG, |at| at.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    "too many queries at once: this one had to wait too long",
                ));
            }
            free = match self.changed.wait_timeout(free, left) {
                Ok((free, _)) => free,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        *free -= 1;
        Ok(Inside(self))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.changed.notify_one();
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
    }
}
