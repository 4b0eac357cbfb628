//! HTTP: the routes, and what stands before them.
//!
//! Invariant: before any route stand, from outside in: a count, problems for errors, a net for panics, the guard of hosts and origins, the rate.
//! A route asks who it is before it looks at anything else.
//! Not here: connections (`serve`), rights (`access`).

#[expect(dead_code, reason = "their schemas are used, and a test reads real answers into them")]
mod answer;
mod change;
mod condition;
mod events;
mod extract;
mod files;
mod guard;
mod health;
mod idempotency;
mod metrics;
mod openapi;
mod path;
mod problem;
mod reply;
mod schema;
mod search;
pub(crate) mod serve;
mod stream;
mod tokens;
mod workspaces;

pub use openapi::openapi_json;

use crate::access::Access;
use crate::blocking::Blocking;
use crate::host::Host;
use crate::mcp::{Endpoint, Listen, Shared};
use crate::refusal::{Kind, Refusal, Result};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use events::Numbers;
pub(crate) use guard::Names;
use guard::Rates;
use idempotency::Keys;
use metrics::Metrics;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// What all requests share.
pub(crate) struct App {
    host: Arc<Host>,
    blocking: Blocking,
    names: Names,
    rates: Rates,
    keys: Keys,
    metrics: Metrics,
    numbers: Numbers,
    listeners: Arc<Semaphore>,
    mcp: Endpoint,
    /// Where the server is reached.
    url: String,
    /// The most bytes of a file that is sent.
    largest_file: u64,
    ready: AtomicBool,
    /// Set when the server ends: nobody waits for events any more.
    stop: CancellationToken,
}

/// What an [`App`] is made of.
pub(crate) struct Parts {
    pub(crate) host: Host,
    pub(crate) names: Names,
    pub(crate) url: String,
    pub(crate) rate: NonZeroU32,
    pub(crate) largest_file: u64,
    pub(crate) at_once: usize,
    pub(crate) fixtures: bool,
    pub(crate) key: [u8; 32],
    /// Asks those who wait to end.
    pub(crate) stop: CancellationToken,
    /// Ends what did not.
    pub(crate) end: CancellationToken,
}

impl App {
    /// An app of these parts.
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let blocking = Blocking::new(parts.at_once);
        let (hosts, origins) = parts.names.listed();
        let shared = Shared::new(blocking.clone(), parts.fixtures, parts.stop.clone());
        let mcp = Endpoint::new(shared, &Listen { hosts, origins }, parts.end);
        Arc::new(Self {
            host: Arc::new(parts.host),
            blocking,
            names: parts.names,
            rates: Rates::new(parts.rate),
            keys: Keys::default(),
            metrics: Metrics::default(),
            numbers: Numbers::new(parts.key),
            listeners: events::places(),
            mcp,
            url: parts.url,
            largest_file: parts.largest_file,
            ready: AtomicBool::new(false),
            stop: parts.stop,
        })
    }

    /// Whoever shows that secret, in the workspace of that name.
    async fn enter(self: &Arc<Self>, name: String, secret: Option<String>) -> Result<Access> {
        let host = Arc::clone(&self.host);
        self.blocking.run(extract::DEADLINE, move |_| host.enter(&name, secret.as_deref())).await
    }

    /// All routes, with all that stands before them.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        let document = openapi_json();
        let described = move || async move { ([(header::CONTENT_TYPE, "application/json")], document) };
        let (router, _) = openapi::routes().split_for_parts();
        router
            .route(openapi::ADDRESS, axum::routing::get(described))
            .route("/mcp", any(mcp))
            .route("/mcp/{workspace}", any(mcp))
            .fallback(async || StatusCode::NOT_FOUND)
            .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
            .layer(DefaultBodyLimit::disable())
            .layer(CompressionLayer::new().gzip(true).compress_when(is_worth_compressing))
            .layer(from_fn_with_state(Arc::clone(self), guard::limit_rates))
            .layer(from_fn_with_state(Arc::clone(self), guard::check_names))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(harden))
            .layer(from_fn_with_state(Arc::clone(self), problem::write_problems))
            .layer(from_fn_with_state(Arc::clone(self), metrics::count))
            .with_state(Arc::clone(self))
    }
}

/// The Model Context Protocol.
async fn mcp(caller: extract::Caller, request: Request) -> Response {
    let endpoint = caller.app().mcp.clone();
    endpoint.call(caller.access, request).await.into_response()
}

/// What every answer says of itself.
async fn harden(request: Request, next: axum::middleware::Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// JSON is; files are not, whose ranges and tags are those of their bytes, nor are streams.
fn is_worth_compressing(
    _: StatusCode,
    _: axum::http::Version,
    headers: &HeaderMap,
    _: &axum::http::Extensions,
) -> bool {
    let starts = |text: &str| {
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(text.as_bytes()))
    };
    starts("application/json") || starts("application/openmetrics-text")
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Refusal::new(Kind::Internal, "the request met a fault of the program").into_response()
}
