//! Signs of life during a call: progress at once and every few seconds, for whoever asked for it.
//!
//! Invariant: each number is larger than the one before, and all are sent before the result.

use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Clients that count the time since the last sign wait for far longer.
const EVERY: Duration = Duration::from_secs(5);

/// Tells one client.
pub(super) struct Pulse {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
}

impl Pulse {
    /// For the client of a request.
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self { peer: context.peer.clone(), token: context.meta.get_progress_token() }
    }

    /// Waits for a call, and tells meanwhile how many seconds have passed.
    pub(super) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        let Some(token) = &self.token else { return call.await };
        let begun = Instant::now();
        // Not left to the clock, which a quick call would be ahead of.
        self.tell(token, 0.0).await;
        let mut ticks = interval_at(begun + EVERY, EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(call);
        loop {
            tokio::select! {
                result = &mut call => return result,
                _ = ticks.tick() => self.tell(token, begun.elapsed().as_secs_f64().round()).await,
            }
        }
    }

    async fn tell(&self, token: &ProgressToken, seconds: f64) {
        let progress = ProgressNotificationParam::new(token.clone(), seconds).with_message("working");
        // A client that is gone cancels the call.
        drop(self.peer.notify_progress(progress).await);
    }
}
