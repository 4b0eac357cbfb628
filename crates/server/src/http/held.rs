//! Streams of answers that end with the token they are for.
//!
//! Invariant: nothing is told on a stream for longer than a pulse after its token has ended, however little happens on it.
//! Not here: streams that look before each thing they tell (`events`).

use crate::access::Access;
use axum::body::{Body, BodyDataStream};
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};

/// What goes on as long as the access holds.
struct Held {
    body: BodyDataStream,
    access: Access,
    look: Interval,
}

impl Held {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        loop {
            tokio::select! {
                piece = self.body.next() => return piece,
                _ = self.look.tick() => {
                    let access = self.access.clone();
                    let holds = tokio::task::spawn_blocking(move || access.holds());
                    if !holds.await.is_ok_and(|holds| holds) {
                        return None;
                    }
                }
            }
        }
    }
}

/// The answer; if it is a stream of events, one that ends when the access does, which is looked at once in so long.
pub(super) fn while_it_holds(response: Response, access: Access, pulse: Duration) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let held = |body: Body| {
        let look = interval_at(Instant::now() + pulse, pulse);
        let held = Held { body: body.into_data_stream(), access, look };
        Body::from_stream(stream::unfold(held, async |mut held| Some((held.next().await?, held))))
    };
    response.map(held)
}
