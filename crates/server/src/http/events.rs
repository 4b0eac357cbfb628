//! Events of a workspace: as a list that can be waited for, or as they happen (server-sent events).
//!
//! Invariant: a client hears only of what it may read; no cursor tells how much happens elsewhere. It hears nothing more once its token has ended.
//! Not here: what is told (`engine`), the one reader for all who listen (`feed`).

use super::App;
use super::event::{EventInfo, EventList, EventsQuery};
use super::extract::{Caller, Query};
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use crate::access::Access;
use crate::feed::{Listener, News};
use crate::refusal::{Kind, Refusal, Result};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{After, Cursor, EventFilter, EventPage, Listed};

/// Clients that may listen or wait at once.
pub(super) const LISTENERS: usize = 256;
/// So many events share one look at the token.
const TOGETHER: usize = 256;
/// Events in so many bytes are told at once, and more in another piece.
const PIECE: usize = 16 << 10;

/// Its route.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Hear of events
///
/// What happened after a place, the oldest first; with `wait`, the answer comes with the first event. Whoever accepts `text/event-stream` hears of
/// events without end: each by its type, with its cursor as id; `missed` when more may have happened than was told; `end` when the server ends. With
/// `Last-Event-ID` it goes on where it was, on this server or after a restart.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/events", tag = "events", operation_id = "events",
    params(InWorkspace, EventsQuery, ("Last-Event-ID" = Option<String>, Header, description = "the cursor of the last event that was heard")),
    responses(
        (status = 200, description = "Events", content(
            (EventList = "application/json"),
            (String = "text/event-stream"),
        )),
        Problems,
    ),
)]
async fn events(caller: Caller, Query(query): Query<EventsQuery>, headers: HeaderMap) -> Result<Response> {
    check_range("limit", query.limit(), 1..=1000)?;
    check_range("wait", query.wait.unwrap_or_default(), 0..=60)?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = last.or(query.after.as_deref()).map_or(After::Now, place);
    if wants_stream(&headers) {
        return stream_of(caller, after, query.filter()).await;
    }
    let page = list(&caller, after, &query).await?;
    Ok(axum::Json(EventList::of(&page)).into_response())
}

fn place(text: &str) -> After {
    // Every text is one, of use or not.
    let Ok(after) = text.parse();
    after
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accepted
        .split(',')
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/event-stream"))
}

/// A place among those who listen or wait.
fn place_among(app: &Arc<App>) -> Result<Counted> {
    let place = Arc::clone(&app.listeners).try_acquire_owned().map_err(|_| {
        let refusal = Refusal::new(Kind::Unavailable, "too many clients listen already");
        Refusal { retry_after: Some(10), ..refusal }
    })?;
    Ok(Counted::new(app, place))
}

/// What happened after a place; if nothing did, what happens first within the time.
async fn list(caller: &Caller, mut after: After, query: &EventsQuery) -> Result<EventPage> {
    let until = Instant::now() + Duration::from_secs(query.wait.unwrap_or_default());
    let (limit, filter) = (query.limit() as usize, query.filter());
    let waits = query.wait.unwrap_or_default() > 0;
    let _place = waits.then(|| place_among(caller.app())).transpose()?;
    // Before the first look, so that nothing happens between the two.
    let mut listener = match waits {
        true => Some(caller.call(|access, _| Ok(access.room().feed()?.subscribe())).await?),
        false => None,
    };
    loop {
        let (at, wanted) = (after.clone(), filter.clone());
        let page = caller.call(move |access, _| access.events(&at, &wanted, limit)).await?;
        let Some(listener) = &mut listener else { return Ok(page) };
        if !page.events.is_empty() || page.missed || Instant::now() >= until {
            return Ok(page);
        }
        tokio::select! {
            () = heard_of_something(listener, &caller.access) => {}
            () = tokio::time::sleep_until(until) => {}
            () = caller.app().stop.cancelled() => return Ok(page),
        }
        after = page.next.into();
    }
}

/// Ends when something happened that the caller may know of, or may have.
async fn heard_of_something(listener: &mut Listener, access: &Access) {
    while let Ok(News::Event(listed)) = listener.recv().await {
        if access.hears(&listed.event).is_some() {
            return;
        }
    }
}

async fn stream_of(caller: Caller, after: After, filter: EventFilter) -> Result<Response> {
    let app = Arc::clone(caller.app());
    let place = place_among(&app)?;
    let (at, wanted) = (after, filter.clone());
    let begun = caller.call(move |access, _| {
        let listener = access.room().feed()?.subscribe();
        let known = access.events(&at, &wanted, TOGETHER);
        // What cannot be gone on with may have missed anything.
        match known {
            Err(refusal) if refusal.kind == Kind::Unprocessable => {
                let page = access.events(&After::Now, &wanted, TOGETHER)?;
                Ok((listener, EventPage { missed: true, ..page }))
            }
            known => Ok((listener, known?)),
        }
    });
    let (listener, page) = begun.await?;
    let pulse = app.timeouts.pulse;
    let mut listening = Listening {
        access: caller.access.clone(),
        stop: app.stop.clone(),
        filter,
        waiting: VecDeque::new(),
        listener,
        after: page.next.clone(),
        heard: page.seq,
        is_behind: false,
        has_gap: false,
        is_new: true,
        has_ended: false,
        quiet_until: Instant::now() + pulse,
        pulse,
        _place: place,
    };
    listening.take(page);
    let body = stream::unfold(listening, |mut listening| async move {
        let text = listening.next().await?;
        Some((Ok::<Bytes, Infallible>(Bytes::from(text)), listening))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// A place among those who listen, counted while it is held.
struct Counted {
    app: Arc<App>,
    _place: OwnedSemaphorePermit,
}

impl Counted {
    fn new(app: &Arc<App>, place: OwnedSemaphorePermit) -> Self {
        app.metrics.listeners.inc();
        Self { app: Arc::clone(app), _place: place }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.app.metrics.listeners.dec();
    }
}

struct Listening {
    access: Access,
    stop: CancellationToken,
    filter: EventFilter,
    waiting: VecDeque<Listed>,
    listener: Listener,
    /// Where to go on in the log, behind the event of the number `heard`.
    after: Cursor,
    heard: u64,
    /// Whether there is more in the log than was looked at, which comes first.
    is_behind: bool,
    has_gap: bool,
    is_new: bool,
    has_ended: bool,
    pulse: Duration,
    /// When a sign of life is due. What happens where the client may not see puts it off for nobody.
    quiet_until: Instant,
    _place: Counted,
}

impl Listening {
    /// The next piece of the stream; nothing at its end.
    async fn next(&mut self) -> Option<String> {
        if self.has_ended {
            return None;
        }
        if std::mem::take(&mut self.is_new) {
            return Some("retry: 1000\n: listening\n\n".to_owned());
        }
        loop {
            if std::mem::take(&mut self.has_gap) {
                return self.if_let_in("event: missed\ndata: {}\n\n".to_owned()).await;
            }
            let told = self.piece();
            if !told.is_empty() {
                return self.if_let_in(told).await;
            }
            if self.is_behind {
                self.catch_up().await?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    self.has_ended = true;
                    return Some("event: end\ndata: {}\n\n".to_owned());
                }
                news = self.listener.recv() => match news {
                    Ok(news) => self.hear(news),
                    Err(RecvError::Lagged(_)) => self.is_behind = true,
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.quiet_until) => {
                    return self.if_let_in(": still here\n\n".to_owned()).await;
                }
            }
            self.hear_more();
        }
    }

    /// Takes what was told meanwhile, for one piece.
    fn hear_more(&mut self) {
        while self.waiting.len() < TOGETHER && !self.is_behind {
            match self.listener.try_recv() {
                Ok(news) => self.hear(news),
                Err(TryRecvError::Lagged(_)) => self.is_behind = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn hear(&mut self, news: News) {
        let News::Event(listed) = news else {
            (self.has_gap, self.is_behind) = (true, true);
            return;
        };
        // What is in the log and on its way here is told once.
        if listed.event.seq <= self.heard || self.is_behind {
            return;
        }
        (self.heard, self.after) = (listed.event.seq, listed.cursor.clone());
        let seen = self.access.hears(&listed.event).filter(|event| self.filter.wants(event));
        self.waiting
            .extend(seen.map(|event| Listed { event: event.into_owned(), cursor: listed.cursor.clone() }));
    }

    /// Goes on in the log.
    async fn catch_up(&mut self) -> Option<()> {
        let (access, after, filter) = (self.access.clone(), self.after.clone(), self.filter.clone());
        let read = tokio::task::spawn_blocking(move || access.events(&after.into(), &filter, TOGETHER));
        let page = read.await.ok()?.ok()?;
        self.take(page);
        Some(())
    }

    fn take(&mut self, page: EventPage) {
        (self.heard, self.after) = (page.seq, page.next);
        self.is_behind = !page.at_end;
        self.has_gap |= page.missed;
        self.waiting.extend(page.events);
    }

    /// Events that wait, as many as make a piece.
    fn piece(&mut self) -> String {
        let mut told = String::new();
        while told.len() < PIECE
            && let Some(listed) = self.waiting.pop_front()
        {
            told.extend(text(&listed));
        }
        told
    }

    /// The text, unless the token has ended before it could be told.
    async fn if_let_in(&mut self, text: String) -> Option<String> {
        self.quiet_until = Instant::now() + self.pulse;
        let access = self.access.clone();
        let holds = tokio::task::spawn_blocking(move || access.holds());
        holds.await.is_ok_and(|holds| holds).then_some(text)
    }
}

/// An event as it is sent.
fn text(listed: &Listed) -> Option<String> {
    let data = serde_json::to_string(&EventInfo::of(listed)).ok()?;
    Some(format!("id: {}\nevent: {}\ndata: {data}\n\n", listed.cursor, listed.event.kind))
}

/// As many places as there may be listeners.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LISTENERS))
}
