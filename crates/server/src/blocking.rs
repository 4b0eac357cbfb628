//! Blocking calls of the library, made from async code.
//!
//! Invariant: so many run at once and no more, and of queries no more than the library works on; whoever waits for a place, or for the answer,
//! waits for so long and no longer. Others do not wait behind queries. A call whose caller is gone is told so by its flag.
//! Not here: what is called.

use crate::refusal::{Kind, Refusal, Result};
use crate::spans;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry::Context;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A wait for a place to run: the library's own queue behind it is short too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls that do nothing but wait for others: each holds a thread, of which there are enough besides.
const MOST_WAITING: usize = 128;

/// Runs blocking calls. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Blocking {
    places: Arc<Semaphore>,
    queries: Arc<Semaphore>,
    looks: Arc<Semaphore>,
    waits: Arc<Semaphore>,
}

/// Becomes true when nobody waits for the answer any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// The flag itself, for the library to look at.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.0
    }

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
        // As many queries as the library lets in: more would hold a thread each while they wait there, and every thread keeps what it has
        // once allocated. For looks as many threads are enough, however many come at once.
        let few = at_once.min(2 * std::thread::available_parallelism().map_or(2, usize::from));
        let [places, queries, looks] = [at_once, few, few].map(|n| Arc::new(Semaphore::new(n)));
        Self { places, queries, looks, waits: Arc::new(Semaphore::new(MOST_WAITING)) }
    }

    /// As [`Blocking::run`], of a call that takes microseconds, but for the first.
    ///
    /// # Errors
    /// As [`Blocking::run`].
    pub(crate) async fn look<T, F>(&self, deadline: Duration, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T> + Send + 'static,
    {
        let _turn = place(&self.looks, deadline).await?;
        self.run(deadline, call).await
    }

    /// As [`Blocking::run`], of a call that computes from its beginning to its end.
    ///
    /// # Errors
    /// As [`Blocking::run`].
    pub(crate) async fn query<T, F>(&self, deadline: Duration, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T> + Send + 'static,
    {
        let turn = place(&self.queries, PATIENCE).await?;
        let call = move |cancel: &Cancel| {
            let _turn = turn;
            call(cancel)
        };
        self.run(deadline, call).await
    }

    /// As [`Blocking::run`], of a call that waits for others: it takes no place of one that does something.
    ///
    /// # Errors
    /// As [`Blocking::run`].
    pub(crate) async fn wait<T, F>(&self, deadline: Duration, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Cancel) -> Result<T> + Send + 'static,
    {
        let place = place(&self.waits, PATIENCE).await?;
        make(place, deadline, call).await
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
        let place = place(&self.places, PATIENCE).await?;
        make(place, deadline, call).await
    }
}

async fn make<T, F>(place: OwnedSemaphorePermit, deadline: Duration, call: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&Cancel) -> Result<T> + Send + 'static,
{
    let cancel = Cancel::default();
    let _gone = SetOnDrop(cancel.clone());
    let within = spans::here();
    let running = tokio::task::spawn_blocking(move || {
        let _place = place;
        let _within = within.map(Context::attach);
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

async fn place(places: &Arc<Semaphore>, patience: Duration) -> Result<OwnedSemaphorePermit> {
    match tokio::time::timeout(patience, Arc::clone(places).acquire_owned()).await {
        Ok(Ok(place)) => Ok(place),
        _ => {
            let refusal = Refusal::new(Kind::Unavailable, "too much is being done already");
            Err(Refusal { retry_after: Some(1), ..refusal })
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
    async fn others_do_not_wait_behind_queries() {
        let blocking = Blocking::new(64);
        let (end, ended) = mpsc::channel::<()>();
        let ended = Arc::new(std::sync::Mutex::new(ended));
        let query = || {
            let (blocking, ended) = (blocking.clone(), Arc::clone(&ended));
            tokio::spawn(async move {
                let wait =
                    move |_: &Cancel| ended.lock().unwrap().recv().map_err(|_| Refusal::invalid("none"));
                blocking.query(Duration::from_secs(60), wait).await
            })
        };
        let queries: Vec<_> = (0..64).map(|_| query()).collect();
        assert_eq!(blocking.run(Duration::from_secs(60), |_| Ok(7)).await, Ok(7));
        assert!(queries.iter().all(|query| !query.is_finished()));
        (0..64).for_each(|_| end.send(()).unwrap());
        for query in queries {
            assert_eq!(query.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_refusal() {
        let blocking = Blocking::new(1);
        let refused = blocking.run(Duration::from_secs(9), |_| -> Result<()> { panic!("as a test") });
        assert_eq!(refused.await.unwrap_err().kind, Kind::Internal);
    }
}
