//! Changes of a workspace as they happen (server-sent events).
//!
//! Invariant: a client hears only of what it may read; the ids of events do not tell how much happens elsewhere. It hears nothing more once its
//! token has ended.
//! Not here: noticing changes (`changes`).

use super::App;
use super::extract::{Caller, Nothing, Query};
use super::reply::Problems;
use super::schema::InWorkspace;
use crate::access::Access;
use crate::changes::{Change, What};
use crate::refusal::{Kind, Refusal, Result};
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Clients that may listen at once.
pub(super) const LISTENERS: usize = 256;
/// So many changes share one look at the token.
const TOGETHER: usize = 256;
/// Events in so many bytes are told at once, and more in another piece.
const PIECE: usize = 16 << 10;

/// Its route.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Hear of changes
///
/// Server-sent events `made`, `written`, `removed` with the path; `anything` when more may have changed than was told; `end` when the server
/// ends. With `Last-Event-ID` it goes on where it was.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/events", tag = "events", operation_id = "events",
    params(InWorkspace, ("Last-Event-ID" = Option<String>, Header, description = "the id of the last event that was heard")),
    responses((status = 200, description = "Events without end", content_type = "text/event-stream", body = String), Problems),
)]
async fn events(caller: Caller, Query(Nothing {}): Query<Nothing>, headers: HeaderMap) -> Result<Response> {
    let app = Arc::clone(caller.app());
    let place = Arc::clone(&app.listeners).try_acquire_owned().map_err(|_| {
        let refusal = Refusal::new(Kind::Unavailable, "too many clients listen already");
        Refusal { retry_after: Some(10), ..refusal }
    })?;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(|id| app.numbers.open(id));
    let begun = caller.call(move |access, _| {
        let changes = access.room().changes()?;
        Ok(match last {
            None => (VecDeque::new(), changes.subscribe(), false),
            // What cannot be gone on with may have missed anything.
            Some(number) => match number.and_then(|number| changes.after(number)) {
                Some((missed, receiver)) => (missed.into(), receiver, false),
                None => (VecDeque::new(), changes.subscribe(), true),
            },
        })
    });
    let (missed, receiver, has_gap) = begun.await?;
    let pulse = app.timeouts.pulse;
    let listening = Listening {
        access: caller.access.clone(),
        stop: app.stop.clone(),
        waiting: missed,
        receiver,
        app,
        has_gap,
        is_new: true,
        has_ended: false,
        quiet_until: Instant::now() + pulse,
        pulse,
        _place: Counted::new(caller.app(), place),
    };
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
    app: Arc<App>,
    stop: CancellationToken,
    waiting: VecDeque<Arc<Change>>,
    receiver: Receiver<Arc<Change>>,
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
                return self.if_let_in(anything()).await;
            }
            let told = self.piece();
            if !told.is_empty() {
                return self.if_let_in(told).await;
            }
            if self.has_gap {
                continue;
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {
                    self.has_ended = true;
                    return Some("event: end\ndata: {}\n\n".to_owned());
                }
                change = self.receiver.recv() => match change {
                    Ok(change) => self.waiting.push_back(change),
                    Err(RecvError::Lagged(_)) => self.has_gap = true,
                    Err(RecvError::Closed) => return None,
                },
                () = tokio::time::sleep_until(self.quiet_until) => {
                    return self.if_let_in(": still here\n\n".to_owned()).await;
                }
            }
        }
    }

    /// Events that wait, as many as make a piece.
    fn piece(&mut self) -> String {
        while self.waiting.len() < TOGETHER {
            match self.receiver.try_recv() {
                Ok(change) => self.waiting.push_back(change),
                Err(TryRecvError::Lagged(_)) => self.has_gap = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let mut told = String::new();
        while told.len() < PIECE
            && let Some(change) = self.waiting.pop_front()
        {
            told.extend(self.text(&change));
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

    /// An event, if it may be heard.
    fn text(&self, change: &Change) -> Option<String> {
        let name = match &change.what {
            What::Made(_) => "made",
            What::Written(_) => "written",
            What::Removed(_) => "removed",
            What::Anything => "anything",
        };
        let data = match change.what.path() {
            Some(path) if !self.access.sees(path) => return None,
            Some(path) => {
                let at = jiff::Timestamp::from_millisecond(change.at_ms).ok()?;
                json!({ "path": path, "at": at.to_string() })
            }
            None => json!({}),
        };
        let id = self.app.numbers.seal(change.number);
        Some(format!("id: {id}\nevent: {name}\ndata: {data}\n\n"))
    }
}

fn anything() -> String {
    "event: anything\ndata: {}\n\n".to_owned()
}

/// Numbers as texts that do not tell which of two is larger (a Feistel network over a keyed hash). Another process's mean nothing here.
pub(super) struct Numbers {
    key: [u8; 32],
}

const ROUNDS: std::ops::Range<u8> = 0..4;

impl Numbers {
    /// With a key.
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mix(&self, round: u8, half: u32) -> u32 {
        let mut input = [round; 5];
        input[1..].copy_from_slice(&half.to_le_bytes());
        let hash = blake3::keyed_hash(&self.key, &input);
        hash.as_bytes().iter().take(4).fold(0, |all, byte| all << 8 | u32::from(*byte))
    }

    fn seal(&self, number: u64) -> String {
        let halves = ((number >> 32) as u32, number as u32);
        let (left, right) =
            ROUNDS.fold(halves, |(left, right), round| (right, left ^ self.mix(round, right)));
        format!("{left:08x}{right:08x}")
    }

    fn open(&self, text: &str) -> Option<u64> {
        let number = u64::from_str_radix(text, 16).ok()?;
        let halves = ((number >> 32) as u32, number as u32);
        let (left, right) =
            ROUNDS.rev().fold(halves, |(left, right), round| (right ^ self.mix(round, left), left));
        Some(u64::from(left) << 32 | u64::from(right))
    }
}

/// As many places as there may be listeners.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(LISTENERS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn another_key_makes_other_ids() {
        let (one, other) = (Numbers::new([1; 32]), Numbers::new([2; 32]));
        assert_ne!(one.seal(7), other.seal(7));
        assert_ne!(other.open(&one.seal(7)), Some(7));
        assert_eq!(one.open("no number"), None);
    }

    proptest! {
        #[test]
        fn a_number_comes_back(number: u64, key: [u8; 32]) {
            let numbers = Numbers::new(key);
            prop_assert_eq!(numbers.open(&numbers.seal(number)), Some(number));
        }
    }
}
