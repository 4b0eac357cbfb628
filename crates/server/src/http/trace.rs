//! The span of a request: in the trace of its caller, where it names one.
//!
//! Invariant: of the address the path alone is told, without the query. A span ends with the head of the answer, as the time in the metrics does.
//! Probes of the server's health have none.

use super::App;
use super::metrics::method_name;
use super::serve::Peer;
use crate::spans;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use telemetry::{Context, FutureExt, KeyValue, SpanKind, TraceContextExt};

/// What is asked every few seconds and says nothing.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Puts a request into a span, if spans are wanted.
pub(super) async fn trace(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(telemetry) = &app.telemetry else { return next.run(request).await };
    if PROBES.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let parent = parent(request.headers());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let name = [method_name(request.method())].into_iter().chain(route).collect::<Vec<_>>().join(" ");
    let context = spans::begin(telemetry, name, SpanKind::Server, attributes(&request), &parent);
    // What is answered by another task finds it here.
    request.extensions_mut().insert(context.clone());
    let response = next.run(request).with_context(context.clone()).await;
    let (span, status) = (context.span(), response.status());
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if status.is_server_error() {
        spans::fail(&context, status.as_str());
    }
    span.end();
    response
}

/// The caller's span (W3C Trace Context). Of several that it names none is believed.
fn parent(headers: &HeaderMap) -> Context {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let first = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(first)
    };
    telemetry::remote(only("traceparent"), only("tracestate"))
}

fn attributes(request: &Request) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("http.request.method", method_name(request.method())),
        KeyValue::new("url.path", spans::cut(request.uri().path())),
        KeyValue::new("network.protocol.name", "http"),
        KeyValue::new("network.protocol.version", "1.1"),
    ];
    if let Some(route) = request.extensions().get::<MatchedPath>() {
        attributes.push(KeyValue::new("http.route", route.as_str().to_owned()));
    }
    if let Some(Peer(peer)) = request.extensions().get::<Peer>() {
        attributes.push(KeyValue::new("client.address", peer.ip().to_canonical().to_string()));
    }
    if let Some(host) = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()) {
        attributes.push(KeyValue::new("server.address", spans::cut(host)));
    }
    attributes
}
