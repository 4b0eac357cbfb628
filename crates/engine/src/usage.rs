//! Usage: how much everybody does, what stands against more of it, and what comes of what looks wrong.
//!
//! Invariant: whatever is noted is counted, also what the settings leave out of the log. Counts of the last day are made again from the log when
//! the workspace is opened, meanwhile.
//! Not here: what is counted, and how (`custody::usage`).

use crate::audit::{Act, Doing};
use crate::provenance::now_ms;
use crate::{Engine, Error, ErrorKind, Result};
use custody::usage::{Alert, Meter, Over, Quotas, Thresholds, Usage};
use custody::{Actor, Audit, NewEvent, OWNER, Principal, Tokens, Via};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts of what is noted. To be shared by threads.
#[derive(Clone)]
pub(crate) struct Counting(Arc<Mutex<Meter>>);

impl Counting {
    pub(crate) fn new(thresholds: &Thresholds, quotas: &Quotas) -> Self {
        Self(Arc::new(Mutex::new(Meter::new(thresholds.clone(), quotas.clone()))))
    }

    /// Counts an act. Returns what somebody should look at.
    pub(crate) fn note(&self, act: &Act) -> Option<Alert> {
        self.lock().note(act, now_ms())
    }

    /// Counts what the log has of the last day, up to where it was when it was opened.
    pub(crate) fn recall(&self, audit: &Audit, end: u64) {
        const DAY_MS: i64 = 24 * 3_600_000;
        let since = now_ms().saturating_sub(DAY_MS);
        let recalled = custody::audit::each_since(audit.folder(), since, |seq, at_ms, act| {
            if seq < end {
                self.lock().recall(&act, at_ms);
            }
        });
        if let Err(error) = recalled {
            tracing::warn!(%error, "usage is counted from now on");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Meter> {
        // Whoever panicked had counted an act or not.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// What each principal did in the last day, by id.
    #[must_use]
    pub fn usage(&self) -> Vec<Usage> {
        self.audit.counting.lock().usage(now_ms())
    }

    /// Whether somebody may do something like this once more.
    ///
    /// # Errors
    /// [`Quota`](ErrorKind::Quota) when a quota is used up.
    pub(crate) fn allow(&self, by: &Actor, doing: Doing) -> Result<()> {
        let over = self.audit.counting.lock().over(&by.principal, doing, now_ms());
        over.map_or(Ok(()), |over| Err(used_up(&over)))
    }

    /// Tells of something that somebody should look at.
    pub(crate) fn raise(&self, alert: &Alert) {
        tracing::warn!(kind = alert.kind.name(), principal = alert.principal, "{alert}");
        let by = Actor { principal: alert.principal.clone(), name: alert.name.clone(), ..program() };
        let act = Act { path: alert.path.clone(), ..Act::new(Doing::AlertRaise, by) };
        self.note_uncounted(act.saying(alert.to_string()));
        let event = NewEvent::new("alert.raised").at(alert.path.as_deref().unwrap_or_default());
        let event = event.with("alert", alert.kind.name()).with("principal", alert.principal.as_str());
        self.tell(event.with("name", alert.name.as_str()).with("what", alert.to_string()));
        if self.config.alerts.pause && alert.principal != OWNER {
            self.pause_token(alert);
        }
    }

    fn pause_token(&self, alert: &Alert) {
        let tokens = Tokens::at(&self.layout.dir().join(custody::FOLDER));
        match tokens.pause(&Principal::owner(), &alert.principal, now_ms()) {
            Ok(token) => {
                let act = Act::new(Doing::TokenPause, program());
                self.note_uncounted(act.saying(format!("{} `{}`: {alert}", token.id, token.name)));
            }
            // Whoever shows no token has none that could be paused.
            Err(custody::Error::NotFound { .. }) => {}
            Err(error) => tracing::error!(%error, "a token that an alert is about was not paused"),
        }
    }
}

/// The program itself, which acts for the owner.
pub(crate) fn program() -> Actor {
    Actor::owner(Via::Library).with_client("workroom")
}

fn used_up(over: &Over) -> Error {
    let message = format!("the quota {} = {} is used up", over.quota, over.limit);
    let seconds = over.left_ms.max(1).div_euclid(1000) + 1;
    Error::new(ErrorKind::Quota, message)
        .hint(format!("try again in {seconds} s, or ask the workspace's owner for more"))
}
