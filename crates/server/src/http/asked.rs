//! An answer as it is made (server-sent events): what was found at once, what a model says as it says it, and the checked whole.
//!
//! Invariant: the last event is `answer` or `problem`, unless the server or the client ends before. A client that goes away ends the model's
//! answer too.
//! Not here: one JSON document (`search`).

use super::App;
use crate::generation;
use crate::refusal::Result;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use generate::{Answered, Generated, Model};
use serde::Serialize;
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use telemetry::{Context, FutureExt};
use tokio::sync::mpsc::{Receiver, channel};
use workroom::Hit;

/// Pieces that wait for a slow client, before the model waits too.
const WAITING: usize = 64;

/// Whether a client wants events.
pub(super) fn wants_events(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepts.flat_map(|value| value.split(',')).filter_map(|kind| kind.split(';').next());
    kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// What is said in events.
pub(super) fn events(app: &Arc<App>, found: Answered, model: Option<Arc<Model>>) -> Response {
    let found = Arc::new(found);
    let (said, pieces) = channel(WAITING);
    let (app_of, found_of) = (Arc::clone(app), Arc::clone(&found));
    let generated = async move {
        let Some(model) = model else { return Ok(None) };
        let deadline = generation::patience(&model);
        let call = move |cancel: &_| {
            // Whoever does not hear any more has dropped the call as well.
            let mut hear = |piece: &str| drop(said.blocking_send(piece.to_owned()));
            Ok(Some(generation::answer(&model, &found_of.found, &mut hear, cancel)))
        };
        app_of.blocking.run(deadline, call).await
    };
    // The body is made after the request's own span.
    let generated = generated.with_context(Context::current());
    let asked =
        Asked { found, pieces, generated: Box::pin(generated), pulse: app.timeouts.pulse, at: At::Start };
    let body = stream::unfold(asked, |mut asked| async move {
        let text = asked.next().await?;
        Some((Ok::<Bytes, Infallible>(Bytes::from(text)), asked))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(body)).into_response()
}

type Generating = Pin<Box<dyn Future<Output = Result<Option<Generated>>> + Send>>;

struct Asked {
    found: Arc<Answered>,
    pieces: Receiver<String>,
    generated: Generating,
    pulse: Duration,
    at: At,
}

/// What was found, as the answer has it.
#[derive(Serialize)]
struct Passages<'a> {
    passages: &'a [Hit],
    tokens: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    Answering,
    End,
}

impl Asked {
    /// The next piece of the stream; nothing at its end.
    async fn next(&mut self) -> Option<String> {
        match self.at {
            At::End => return None,
            At::Start => {
                self.at = At::Answering;
                let found = &self.found.found;
                let found = Passages { passages: &found.passages, tokens: found.tokens };
                return Some(event("passages", &found));
            }
            At::Answering => {}
        }
        tokio::select! {
            biased;
            Some(piece) = self.pieces.recv() => Some(event("delta", &json!({"text": piece}))),
            generated = &mut self.generated => {
                self.at = At::End;
                Some(self.last(generated))
            }
            () = tokio::time::sleep(self.pulse) => Some(": still here\n\n".to_owned()),
        }
    }

    /// What was said meanwhile, and the whole.
    fn last(&mut self, generated: Result<Option<Generated>>) -> String {
        let mut rest = String::new();
        while let Ok(piece) = self.pieces.try_recv() {
            rest.push_str(&event("delta", &json!({"text": piece})));
        }
        rest + &match generated {
            Ok(generated) => event("answer", &Answered { generated, ..Answered::clone(&self.found) }),
            Err(refusal) => event("problem", &refusal.problem()),
        }
    }
}

/// An event on one line of data: JSON breaks none.
fn event(name: &str, data: &impl Serialize) -> String {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn events_are_for_whoever_asks_for_them() {
        let check = |accept: &str, expected: bool| {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
            assert_eq!(wants_events(&headers), expected, "{accept}");
        };
        check("text/event-stream", true);
        check("application/json;q=0.1, Text/Event-Stream; q=1", true);
        check("application/json", false);
        check("*/*", false);
        assert!(!wants_events(&HeaderMap::new()));
    }
}
