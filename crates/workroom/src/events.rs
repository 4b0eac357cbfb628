//! Events of a workspace, whoever owns it: read on from a place, and waited for.
//!
//! Invariant: whoever goes on with [`EventPage::next`] hears of everything once, also when owners come and go meanwhile. Nobody who waits keeps the
//! engine from being closed or opened again.
//! Not here: what is told and when (`engine`), the log (`custody::events`).

use crate::Workspace;
use crate::message::Request;
use crate::owner::Owner;
use crate::view::View;
use engine::{After, Error, ErrorKind, EventFilter, EventPage, PathSet, Result};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often whoever waits looks whether it should go on.
const STEP: Duration = Duration::from_millis(100);
/// Nobody waits for longer in one call.
const LONGEST: Duration = Duration::from_secs(3600);

/// Which events somebody wants, and for how long they wait for one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WantedEvents {
    pub(crate) after: After,
    pub(crate) filter: EventFilter,
    #[serde(with = "engine::path_set")]
    pub(crate) within: PathSet,
    pub(crate) limit: usize,
    pub(crate) wait_ms: u64,
}

impl Workspace {
    /// What happened after a place, the oldest first: at most `limit` events that `filter` wants. If there is none yet, waits for one, at most so
    /// long. Go on with [`EventPage::next`]; it can be kept, for as long as events are (30 days, unless there are very many).
    ///
    /// What is changed past the API is told while somebody [watches](Workspace::watch), as a daemon does, or when the folder is compared the next
    /// time.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when it is no place in this workspace's events.
    pub fn events(
        &self,
        after: &After,
        filter: &EventFilter,
        limit: usize,
        wait: Duration,
    ) -> Result<EventPage> {
        self.events_until(after, filter, limit, wait, &AtomicBool::new(false))
    }

    /// As [`Workspace::events`], until `cancel` becomes true.
    ///
    /// # Errors
    /// As [`Workspace::events`], and [`Cancelled`](ErrorKind::Cancelled).
    pub fn events_until(
        &self,
        after: &After,
        filter: &EventFilter,
        limit: usize,
        wait: Duration,
        cancel: &AtomicBool,
    ) -> Result<EventPage> {
        self.within(PathSet::all()).events_until(after, filter, limit, wait, cancel)
    }
}

impl View<'_> {
    /// As [`Workspace::events`]. A move from or to what is not in the part is told as something that came or went.
    ///
    /// # Errors
    /// As [`Workspace::events`].
    pub fn events(
        &self,
        after: &After,
        filter: &EventFilter,
        limit: usize,
        wait: Duration,
    ) -> Result<EventPage> {
        self.events_until(after, filter, limit, wait, &AtomicBool::new(false))
    }

    /// As [`Workspace::events_until`].
    ///
    /// # Errors
    /// As [`Workspace::events_until`].
    pub fn events_until(
        &self,
        after: &After,
        filter: &EventFilter,
        limit: usize,
        wait: Duration,
        cancel: &AtomicBool,
    ) -> Result<EventPage> {
        let wanted = |after: &After| WantedEvents {
            after: after.clone(),
            filter: filter.clone(),
            within: self.set().clone(),
            limit,
            wait_ms: 0,
        };
        let mut after = after.clone();
        if after == After::Now {
            // The place is held on to: the owner may go away while it is waited.
            let page = self.workspace().ask_events(&wanted(&after), Duration::ZERO, cancel)?;
            if wait.is_zero() {
                return Ok(page);
            }
            after = page.next.into();
        }
        self.workspace().ask_events(&wanted(&after), wait.min(LONGEST), cancel)
    }
}

impl Workspace {
    fn ask_events(&self, wanted: &WantedEvents, wait: Duration, cancel: &AtomicBool) -> Result<EventPage> {
        let until = Instant::now() + wait;
        // The next owner waits for what is left only.
        let wanted = || {
            let left = until.saturating_duration_since(Instant::now());
            WantedEvents { wait_ms: left.as_millis() as u64, ..wanted.clone() }
        };
        let own = |owner: &Owner| owner.await_events(&wanted(), cancel);
        self.call_until(|| Ok(Request::Events(wanted())), own, &mut |_| {}, cancel, None)
    }
}

impl Owner {
    /// Reads events, waiting for one if there is none.
    pub(crate) fn await_events(&self, wanted: &WantedEvents, cancel: &AtomicBool) -> Result<EventPage> {
        let until = Instant::now() + Duration::from_millis(wanted.wait_ms).min(LONGEST);
        let mut after = wanted.after.clone();
        loop {
            // Asked for each time: the engine may have been opened again, and it is not held while this waits.
            let log = self.with(|engine| Ok(engine.events()))?;
            let page = log.read(&after, &wanted.filter, &wanted.within, wanted.limit)?;
            let now = Instant::now();
            if !page.events.is_empty() || page.missed || now >= until {
                return Ok(page);
            }
            if cancel.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Cancelled, "stopped before anything happened"));
            }
            log.wait(page.seq, until.min(now + STEP));
            after = page.next.into();
        }
    }
}
