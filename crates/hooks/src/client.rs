//! One attempt at a delivery: a request to the endpoint, signed, to an address that was looked up and judged for it.
//!
//! Invariant: the connection goes to an address that was judged in this very attempt. Redirects are not followed, no proxy is taken from the
//! environment, no connection is kept. Of an answer the status and one header are looked at, and its body is dropped.
//! Not here: when it is tried again (`schedule`).

use crate::address::{Reach, refusal};
use crate::endpoint::Endpoint;
use crate::error::Result;
use outbound::config::Config;
use outbound::http::{HeaderMap, Uri};
use outbound::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use outbound::transport::{DefaultConnector, NextTimeout};
use outbound::{Agent, Body};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Read;
use std::time::{Duration, Instant};
use workroom::{Actor, Event};

/// A connection is made within so long, or not at all.
const CONNECT: Duration = Duration::from_secs(10);
/// And all of an attempt takes no longer.
const WHOLE: Duration = Duration::from_secs(20);
/// Bytes of an answer's head, and of its body, that are read at most.
const HEAD: usize = 16 << 10;
const BODY: u64 = 64 << 10;

/// Sends to one endpoint.
pub(crate) struct Client {
    agent: Agent,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What.
    pub outcome: Outcome,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it was not delivered.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// The endpoint is there no more, and says so.
    Gone,
    /// It was not taken.
    Failed {
        /// How long the endpoint wants to be left alone.
        asked: Option<Duration>,
        /// Whether that goes for all that is to be sent to it.
        is_throttled: bool,
    },
}

impl Client {
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let config = outbound::config(&endpoint.url)
            .https_only(!endpoint.allowed.http)
            .max_response_header_size(HEAD)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE));
        let judged = Judged { reach: endpoint.allowed.reach(), inner: DefaultResolver::default() };
        Self { agent: Agent::with_parts(config.build(), DefaultConnector::default(), judged) }
    }

    /// Sends an event, signed for that time.
    ///
    /// # Errors
    /// When it cannot be signed. That it cannot be delivered is an attempt that failed.
    pub(crate) fn send(&self, endpoint: &Endpoint, event: &Event, now_ms: i64) -> Result<Attempt> {
        let (body, seconds) = (body(event), now_ms.div_euclid(1000));
        let signatures = endpoint.secrets(now_ms).map(|secret| secret.sign(&event.id, seconds, &body));
        let signatures = signatures.collect::<Result<Vec<_>>>()?.join(" ");
        let begun = Instant::now();
        let request = self
            .agent
            .post(&endpoint.url)
            .header("content-type", "application/json")
            .header("connection", "close")
            .header("webhook-id", &event.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures);
        let (outcome, status, error) = match request.send(&body[..]) {
            Ok(answer) => {
                let (head, rest) = answer.into_parts();
                read_away(rest);
                let status = head.status.as_u16();
                let (outcome, error) = judged(status, &head.headers);
                (outcome, Some(status), error)
            }
            Err(error) => (Outcome::Failed { asked: None, is_throttled: false }, None, Some(said(&error))),
        };
        Ok(Attempt { outcome, status, error, millis: begun.elapsed().as_millis() as u64 })
    }
}

/// What an answer means.
fn judged(status: u16, headers: &HeaderMap) -> (Outcome, Option<String>) {
    let failed = |is_throttled| {
        let asked = headers.get("retry-after").and_then(|value| value.to_str().ok());
        Outcome::Failed { asked: asked.and_then(seconds_asked), is_throttled }
    };
    match status {
        200..=299 => (Outcome::Delivered, None),
        300..=399 => (failed(false), Some("it answered with a redirect, which is not followed".to_owned())),
        410 => (Outcome::Gone, Some("it answered that it is gone".to_owned())),
        429 | 502 | 503 | 504 => (failed(true), Some("it can take nothing just now".to_owned())),
        _ => (failed(false), Some("it refused".to_owned())),
    }
}

/// `retry-after` in seconds. A date is not taken: clocks differ, and the schedule's own pause is no worse.
fn seconds_asked(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_secs)
}

/// What an endpoint says beside its status is of no use here, and must not fill anything.
fn read_away(body: Body) {
    let read = std::io::copy(&mut body.into_reader().take(BODY), &mut std::io::sink());
    if let Err(error) = read {
        tracing::debug!(%error, "an endpoint broke off its answer");
    }
}

fn said(error: &outbound::Error) -> String {
    match error {
        outbound::Error::Other(refused) => refused.to_string(),
        outbound::Error::Timeout(_) => "it took too long".to_owned(),
        outbound::Error::HostNotFound => "its name is not known".to_owned(),
        other => other.to_string(),
    }
}

/// Looks a name up and judges every address that it stands for, each time.
#[derive(Debug)]
struct Judged {
    reach: Reach,
    inner: DefaultResolver,
}

/// A name that stands for an address which nothing may be sent to.
#[derive(Debug, thiserror::Error)]
#[error("its name stands for {address}, where nothing is sent: {why}")]
struct Refused {
    address: std::net::IpAddr,
    why: &'static str,
}

impl Resolver for Judged {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, outbound::Error> {
        let addresses = self.inner.resolve(uri, config, timeout)?;
        // One bad address among good ones is reason enough: which of them is connected to is not ours to say.
        for address in addresses.iter().map(std::net::SocketAddr::ip) {
            if let Some(why) = refusal(address, self.reach) {
                return Err(outbound::Error::Other(Box::new(Refused { address, why })));
            }
        }
        Ok(addresses)
    }
}

/// A delivery's body, as Standard Webhooks has it.
#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    details: &'a Map<String, Value>,
}

fn body(event: &Event) -> Vec<u8> {
    let timestamp = jiff::Timestamp::from_millisecond(event.at_ms).map(|at| at.to_string());
    let Event { kind, path, to, by, data, .. } = event;
    let data = Data { path: path.as_deref(), to: to.as_deref(), by: by.as_ref(), details: data };
    // A value of ours has no map with other keys than texts.
    serde_json::to_vec(&Payload { kind, timestamp: timestamp.unwrap_or_default(), data }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_mean_what_the_specification_says() {
        let check = |status: u16, asked: Option<&str>, expected: Outcome| {
            let mut headers = HeaderMap::new();
            asked.map(|asked| headers.insert("retry-after", asked.parse().unwrap()));
            assert_eq!(judged(status, &headers).0, expected, "{status}");
        };
        let failed = |asked: Option<u64>, is_throttled| Outcome::Failed {
            asked: asked.map(Duration::from_secs),
            is_throttled,
        };
        for good in [200, 201, 202, 204, 299] {
            check(good, None, Outcome::Delivered);
        }
        for bad in [301, 302, 307, 308, 400, 401, 404, 500, 501] {
            check(bad, None, failed(None, false));
        }
        check(410, None, Outcome::Gone);
        check(429, Some("120"), failed(Some(120), true));
        check(503, Some("Wed, 21 Oct 2026 07:28:00 GMT"), failed(None, true));
        check(500, Some("7"), failed(Some(7), false));
    }

    #[test]
    fn a_body_is_thin_and_as_the_specification_has_it() {
        let event = json!({"seq": 1, "id": "msg_1", "type": "file.moved", "at_ms": 1_795_291_200_000_i64, "path": "a.md", "to": "b.md",
            "data": {"size": 3}});
        let event: Event = serde_json::from_value(event).unwrap();
        assert_eq!(
            String::from_utf8(body(&event)).unwrap(),
            r#"{"type":"file.moved","timestamp":"2026-11-21T20:00:00Z","data":{"path":"a.md","to":"b.md","details":{"size":3}}}"#
        );
    }
}
