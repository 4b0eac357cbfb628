//! The thread that sends one endpoint's events.
//!
//! Invariant: one attempt at a time. An event is noted as delivered after the endpoint said so, so it is sent at least once. An endpoint that takes
//! nothing for the whole schedule, or says that it is gone, is disabled; what happens meanwhile waits for it.
//! Not here: which endpoints have a thread (`deliveries`).

use crate::client::{Attempt, Client, Outcome};
use crate::endpoint::Endpoint;
use crate::endpoints::Endpoints;
use crate::error::{Error, Result};
use crate::outbox::{Delivery, Outbox};
use crate::queue::{Next, Queue};
use crate::schedule::Schedule;
use crate::secret::fill;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use workroom::{After, Cursor, ErrorKind, Event, Workspace};

/// How often it is looked whether something is due, or changed.
const STEP: Duration = Duration::from_millis(250);
/// After so many failures one after the other, whatever they were about, the endpoint is left alone for a while.
const ENOUGH: u32 = 5;
const LEFT_ALONE_MS: i64 = 30_000;
/// Deliveries after which it is noted up to where everything is done.
const NOTED: u32 = 64;

/// What tells the time, in milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What a worker works with.
pub(crate) struct Worker {
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) endpoint: Endpoint,
    pub(crate) schedule: Schedule,
    pub(crate) clock: Clock,
    pub(crate) stop: Arc<AtomicBool>,
}

/// How it goes.
struct Work {
    client: Client,
    outbox: Outbox,
    queue: Queue,
    replays: u64,
    /// Failures since the last delivery.
    failures: u32,
    /// Nothing is sent before that time.
    not_before_ms: i64,
    /// Deliveries since it was noted up to where everything is done.
    unnoted: u32,
}

impl Worker {
    /// Sends until it is stopped, or the endpoint is disabled.
    pub(crate) fn run(self) {
        let id = &self.endpoint.id;
        while !self.stop.load(Ordering::Relaxed) {
            match self.work() {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, webhook = id, "events cannot be sent just now"),
            }
            std::thread::park_timeout(4 * STEP);
        }
    }

    fn work(&self) -> Result<()> {
        let mut work = self.begin()?;
        let done = self.send_all(&mut work);
        if work.unnoted > 0 || done.is_ok() {
            work.note_done()?;
        }
        done
    }

    fn begin(&self) -> Result<Work> {
        let mut outbox = self.endpoints.outbox(&self.endpoint.id);
        let sent = outbox.sent()?;
        let (from, replays) = (sent.from.clone().unwrap_or_default(), sent.replays);
        // A place is held on to: `now` would be another one after a restart.
        let from = match from {
            After::Now => self.read(&After::Now, 1, Duration::ZERO)?.0.into(),
            from => from,
        };
        let client = Client::of(&self.endpoint);
        let queue = Queue::from(from);
        Ok(Work { client, outbox, queue, replays, failures: 0, not_before_ms: 0, unnoted: 0 })
    }

    fn send_all(&self, work: &mut Work) -> Result<()> {
        while !self.stop.load(Ordering::Relaxed) {
            if work.outbox.sent()?.replays != work.replays {
                *work = self.begin()?;
            }
            let now_ms = (self.clock)();
            let wait = match work.queue.next(now_ms.max(work.not_before_ms)) {
                _ if now_ms < work.not_before_ms => STEP,
                Next::Send(event, attempts) => {
                    let event = event.clone();
                    if !self.send(work, &event, attempts + 1)? {
                        return Ok(());
                    }
                    Duration::ZERO
                }
                Next::Wait(_) | Next::Nothing => STEP,
            };
            self.fill(work, wait)?;
        }
        Ok(())
    }

    /// Reads on in the events, waiting for one if there is nothing else to do.
    fn fill(&self, work: &mut Work, wait: Duration) -> Result<()> {
        let (after, room) = work.queue.wants();
        if room == 0 {
            std::thread::park_timeout(wait);
            return Ok(());
        }
        let after = after.clone();
        let (high, events, missed) = self.read(&after, room, wait)?.into_parts();
        if missed {
            tracing::warn!(webhook = self.endpoint.id, "events are no longer kept that were to be sent");
            work.outbox.missed((self.clock)())?;
        }
        let sent = work.outbox.sent()?;
        work.queue.take(events, high, |id| sent.known(id));
        Ok(())
    }

    fn read(&self, after: &After, limit: usize, wait: Duration) -> Result<Read> {
        match self.workspace.events_until(after, &self.endpoint.filter, limit, wait, &self.stop) {
            Ok(page) => Ok(Read(page.next, page.events, page.missed)),
            Err(error) if error.kind() == ErrorKind::Cancelled => match after {
                After::Cursor(cursor) => Ok(Read(cursor.clone(), Vec::new(), false)),
                _ => Err(error.into()),
            },
            // The place is unknown: the journal is of another workspace, or the key of its cursors is lost.
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let page = self.workspace.events(&After::Now, &self.endpoint.filter, 1, Duration::ZERO)?;
                Ok(Read(page.next, page.events, true))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an attempt. Returns whether to go on.
    fn send(&self, work: &mut Work, event: &Event, attempt: u32) -> Result<bool> {
        let now_ms = (self.clock)();
        // As it is now: a secret that was ended signs nothing more, and who was removed hears nothing more.
        let endpoint = match self.endpoints.get(&self.endpoint.id) {
            Ok(endpoint) if endpoint.disabled.is_none() => endpoint,
            Ok(_) | Err(Error::NotFound { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let made = work.client.send(&endpoint, event, now_ms)?;
        let next_ms = self.next_ms(&made, attempt, now_ms)?;
        work.note(event, &made, attempt, (now_ms, next_ms))?;
        let disable = |why: String| self.endpoints.disable(&self.endpoint.id, &why, now_ms);
        match (made.outcome, next_ms) {
            (Outcome::Delivered, _) => {
                work.failures = 0;
                work.queue.delivered(&event.id);
                return Ok(true);
            }
            (Outcome::Gone, _) => disable("it answered 410: it is gone".to_owned())?,
            (Outcome::Failed { .. }, None) => {
                disable(format!("{attempt} attempts at one delivery failed; the last: {}", made.said()))?;
            }
            (Outcome::Failed { is_throttled, .. }, Some(next_ms)) => {
                work.queue.failed(&event.id, next_ms);
                work.failures += 1;
                work.not_before_ms = match (is_throttled, work.failures >= ENOUGH) {
                    (true, _) => next_ms,
                    (false, true) => next_ms.min(now_ms + LEFT_ALONE_MS),
                    (false, false) => 0,
                };
                return Ok(true);
            }
        }
        tracing::warn!(
            webhook = self.endpoint.id,
            url = self.endpoint.url,
            error = made.said(),
            "nothing more is sent"
        );
        Ok(false)
    }

    /// When it is tried again, if it is.
    fn next_ms(&self, made: &Attempt, attempt: u32, now_ms: i64) -> Result<Option<i64>> {
        let Outcome::Failed { asked, .. } = made.outcome else { return Ok(None) };
        let mut chance = [0];
        fill(&mut chance)?;
        let pause = self.schedule.pause(attempt, chance[0], asked);
        Ok(pause.map(|pause| now_ms.saturating_add(pause.as_millis() as i64)))
    }
}

impl Work {
    fn note(
        &mut self,
        event: &Event,
        made: &Attempt,
        attempt: u32,
        (at_ms, next_ms): (i64, Option<i64>),
    ) -> Result<()> {
        let delivered = made.outcome == Outcome::Delivered;
        let (status, error, millis) = (made.status, made.error.clone(), made.millis);
        let (id, kind, path) = (event.id.clone(), event.kind.clone(), event.path.clone());
        self.outbox.tried(Delivery {
            event: id,
            kind,
            path,
            at_ms,
            attempt,
            delivered,
            status,
            error,
            millis,
            next_ms,
        })?;
        self.unnoted += 1;
        if self.unnoted >= NOTED { self.note_done() } else { Ok(()) }
    }

    fn note_done(&mut self) -> Result<()> {
        let (from, delivered) = self.queue.done();
        self.unnoted = 0;
        self.outbox.done(from, delivered, self.replays)
    }
}

impl Attempt {
    fn said(&self) -> String {
        let status = self.status.map(|status| format!("{status}: ")).unwrap_or_default();
        format!("{status}{}", self.error.as_deref().unwrap_or("no answer"))
    }
}

/// Where to read on, what was read, and whether something is missing before it.
struct Read(Cursor, Vec<workroom::Listed>, bool);

impl Read {
    fn into_parts(self) -> (Cursor, Vec<workroom::Listed>, bool) {
        (self.0, self.1, self.2)
    }
}
