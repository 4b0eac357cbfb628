//! Watching a workspace, whoever owns it.
//!
//! Invariant: events go on when the owner is replaced; the next one begins with [`WatchEvent::Ready`] again.

use crate::Workspace;
use crate::client::Failure;
use crate::frame::Frame;
use crate::message::{Asked, Request};
use crate::role::Role;
use engine::{Result, WatchEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the thread looks whether it should stop.
const STEP: Duration = Duration::from_millis(100);

/// A running watch. Dropping it stops its thread.
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Asks the thread to stop, and waits until it has.
    pub fn stop(self) {
        drop(self);
    }

    /// Whether the thread has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there was told on the way; there is nobody to hand it to here.
            drop(thread.join());
        }
    }
}

impl Workspace {
    /// Keeps the index up to date until the returned handle is dropped, and makes it better in the background: fits the student, gives
    /// chunks teacher vectors, builds the graph over the vectors. `tell` is called on one thread, in the order in which things happen; a
    /// slow one loses events and is told how many.
    ///
    /// # Errors
    /// When no thread can be started. A folder that cannot be watched is told as [`WatchEvent::Failed`].
    pub fn watch(&self, tell: impl FnMut(WatchEvent) + Send + 'static) -> Result<Watch> {
        let stop = Arc::new(AtomicBool::new(false));
        let (workspace, stopped, mut tell) = (self.clone(), Arc::clone(&stop), tell);
        let body = move || {
            while !stopped.load(Ordering::Relaxed) {
                if let Err(error) = workspace.watch_owner(&mut tell, &stopped) {
                    return tell(WatchEvent::Failed(error));
                }
            }
        };
        let thread = std::thread::Builder::new().name("workroom-watch".into()).spawn(body)?;
        Ok(Watch { stop, thread: Some(thread) })
    }

    /// Hears one owner until it goes away.
    fn watch_owner(&self, tell: &mut dyn FnMut(WatchEvent), stop: &AtomicBool) -> Result<()> {
        let role = self.role()?;
        let client = match &*role {
            Role::Owner(owning) => {
                let listening = owning.owner.watching.listen(&owning.owner)?;
                while !stop.load(Ordering::Relaxed) {
                    match listening.events.recv_timeout(STEP) {
                        Ok(event) => tell(event),
                        Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
                        Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
                    }
                }
                return Ok(());
            }
            Role::Client(client) => client,
        };
        let mut event = |frame: &Frame| {
            if let Ok(event) = frame.decode() {
                tell(event);
            }
        };
        let asked = Asked::of(Request::Watch);
        match client.call::<()>(&asked, &mut event, stop) {
            Err(Failure::Said(error)) if error.kind() == engine::ErrorKind::Cancelled => Ok(()),
            Err(Failure::Said(error)) => Err(error),
            _ => {
                self.forget(&role);
                Ok(())
            }
        }
    }
}
