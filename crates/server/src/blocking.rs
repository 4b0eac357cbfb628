//! Blocking calls of the library, made from async code.
//!
//! Invariant: so many run at once and no more; whoever waits for a place, or for the answer, waits for so long and no longer. A call whose
//! caller is gone is told so by its flag.
//! Not here: what is called.

use crate::refusal::{Kind, Refusal, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A wait for a place to run: the library's own queue behind it is short too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs blocking calls. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Blocking {
    places: Arc<Semaphore>,
}

/// Becomes true when nobody waits for the answer any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Whether nobody waits any more.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that nobody waits any more.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sets the flag when the future that waits is dropped.
struct SetOnDrop(Cancel);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

impl Blocking {
    /// At most so many at once.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once)) }
    }

    /// Makes a call. When this future is dropped, or `deadline` is over, the call's flag is set; a call that does not look at it goes on, and
    /// nobody hears what comes of it.
    ///
    /// # Errors
    /// What the call says; [`Unavailable`](Kind::Unavailable) when there is no place, [`Timeout`](Kind::Timeout) after the deadline.
    pub(crate) async fn run<T, F>(&self, deadline: Duration, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T> + Send + 'static,
    {
        let place = self.place().await?;
        let cancel = Cancel::default();
        let _gone = SetOnDrop(cancel.clone());
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            call(&cancel)
        });
        match tokio::time::timeout(deadline, running).await {
            Ok(Ok(result)) => result,
            Ok(Err(ended)) => {
                tracing::error!(%ended, "a call panicked");
                Err(Refusal::new(Kind::Internal, "the call ended by a fault of the program"))
            }
            Err(_) => {
                let detail = format!("it took longer than {} s", deadline.as_secs());
                Err(Refusal { retry_after: Some(1), ..Refusal::new(Kind::Timeout, detail) })
            }
        }
    }

    async fn place(&self) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => {
                let refusal = Refusal::new(Kind::Unavailable, "too much is being done already");
                Err(Refusal { retry_after: Some(1), ..refusal })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_call_is_told_when_nobody_waits() {
        let blocking = Blocking::new(1);
        let (say, said) = mpsc::channel();
        let refused = blocking.run(Duration::from_millis(1), move |cancel| {
            while !cancel.is_set() {
                std::thread::yield_now();
            }
            say.send(()).map_err(|_| Refusal::invalid("nobody"))
        });
        assert_eq!(refused.await.unwrap_err().kind, Kind::Timeout);
        tokio::task::spawn_blocking(move || said.recv().unwrap()).await.unwrap();
        // Its place is free again.
        assert_eq!(blocking.run(Duration::from_secs(9), |_| Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_a_refusal() {
        let blocking = Blocking::new(1);
        let refused = blocking.run(Duration::from_secs(9), |_| -> Result<()> { panic!("as a test") });
        assert_eq!(refused.await.unwrap_err().kind, Kind::Internal);
    }
}
