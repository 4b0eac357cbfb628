//! The end: whoever pauses between two attempts is woken by it.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Whether the end has come.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    has_come: Mutex<bool>,
    woken: Condvar,
}

impl Ending {
    /// It has come.
    pub(crate) fn begin(&self) {
        *self.has_come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.woken.notify_all();
    }

    /// Waits for it, so long and no longer. Whether it has come.
    pub(crate) fn comes_within(&self, pause: Duration) -> bool {
        let has_come = self.has_come.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.woken.wait_timeout_while(has_come, pause, |has_come| !*has_come);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
