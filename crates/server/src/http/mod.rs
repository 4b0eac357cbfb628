//! HTTP: the routes, and what stands before them.
//!
//! Invariant: before any route stand, from outside in: a span, a count, problems for errors, a net for panics, the guard of hosts and origins, the rate.
//! A route asks who it is before it looks at anything else.
//! Not here: connections (`serve`), rights (`access`).

#[expect(dead_code, reason = "their schemas are used, and a test reads real answers into them")]
mod answer;
mod approvals;
mod asked;
mod audit;
mod autosaves;
mod change;
mod checkpoints;
mod comments;
mod condition;
mod event;
mod events;
mod extract;
mod files;
mod guard;
mod health;
mod held;
mod idempotency;
mod leases;
mod metrics;
mod names;
mod openapi;
mod page;
mod path;
mod problem;
mod reply;
mod schema;
mod search;
pub(crate) mod serve;
mod stream;
mod tokens;
mod trace;
mod transfers;
mod versions;
mod webhooks;
mod who;
mod workspaces;

pub use openapi::openapi_json;

use crate::access::Access;
use crate::blocking::{Blocking, Cancel};
use crate::host::Host;
use crate::mcp::{Endpoint, Observer, Shared, ToolChoice, UnknownTools};
use crate::refusal::{Kind, Refusal, Result};
use crate::timeouts::Timeouts;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use guard::Rates;
use idempotency::Keys;
use metrics::Metrics;
pub(crate) use names::Names;
use serde::Deserialize;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use telemetry::Telemetry;
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
    listeners: Arc<Semaphore>,
    mcp: Endpoint,
    /// Where spans go, if anywhere.
    telemetry: Option<Telemetry>,
    /// The most bytes of a file that is sent.
    largest_file: u64,
    timeouts: Timeouts,
    ready: AtomicBool,
    /// Whether somebody is about to note which tokens were not accepted.
    noting: AtomicBool,
    /// Set when the server ends: nobody waits for events any more.
    stop: CancellationToken,
}

/// What an [`App`] is made of.
pub(crate) struct Parts {
    pub(crate) host: Host,
    pub(crate) names: Names,
    pub(crate) rate: NonZeroU32,
    pub(crate) largest_file: u64,
    pub(crate) timeouts: Timeouts,
    pub(crate) at_once: usize,
    pub(crate) fixtures: bool,
    pub(crate) telemetry: Option<Telemetry>,
    /// Asks those who wait to end.
    pub(crate) stop: CancellationToken,
    /// Ends what did not.
    pub(crate) end: CancellationToken,
}

impl App {
    /// An app of these parts.
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let blocking = Blocking::new(parts.at_once);
        let observer = Observer::new(parts.telemetry.clone());
        let metrics = Metrics::new(observer.durations(), parts.telemetry.as_ref());
        let shared = Shared::new(blocking.clone(), parts.fixtures, parts.stop.clone(), observer);
        let mcp = Endpoint::new(shared, parts.end);
        Arc::new(Self {
            host: Arc::new(parts.host),
            blocking,
            names: parts.names,
            rates: Rates::new(parts.rate),
            keys: Keys::default(),
            metrics,
            listeners: events::places(),
            mcp,
            telemetry: parts.telemetry,
            largest_file: parts.largest_file,
            timeouts: parts.timeouts,
            ready: AtomicBool::new(false),
            noting: AtomicBool::new(false),
            stop: parts.stop,
        })
    }

    /// Whoever shows that secret from that address, in the workspace of that name.
    async fn enter(self: &Arc<Self>, from: IpAddr, name: String, secret: Option<String>) -> Result<Access> {
        let host = Arc::clone(&self.host);
        let enter = move |_: &Cancel| host.enter_from(from, &name, secret.as_deref());
        let entered = self.blocking.look(extract::DEADLINE, enter).await;
        // Also of a workspace that this one has just opened.
        if self.host.has_refused() && !self.noting.swap(true, Ordering::SeqCst) {
            tokio::spawn(Arc::clone(self).note_refused());
        }
        entered
    }

    /// Notes which tokens were not accepted, until there is no more to come or the server ends.
    async fn note_refused(self: Arc<Self>) {
        /// Between two looks.
        const PAUSE: Duration = Duration::from_secs(1);
        loop {
            self.noting.store(true, Ordering::SeqCst);
            let is_over = self.stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none();
            let host = Arc::clone(&self.host);
            let more = self.blocking.look(extract::DEADLINE, move |_| Ok(host.note_refused())).await;
            // Whoever is refused from here on begins this anew.
            self.noting.store(false, Ordering::SeqCst);
            if is_over || more != Ok(true) {
                return;
            }
        }
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
            .merge(page::routes())
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
            .layer(from_fn_with_state(Arc::clone(self), trace::trace))
            .with_state(Arc::clone(self))
    }
}

/// What an address of the Model Context Protocol says besides.
#[derive(Deserialize)]
struct McpQuery {
    /// Which tools are shown.
    tools: Option<String>,
}

/// The Model Context Protocol.
async fn mcp(
    caller: extract::Caller,
    extract::Query(query): extract::Query<McpQuery>,
    extract::Whole(request): extract::Whole,
) -> Result<Response> {
    let choice = query.tools.map_or_else(|| Ok(ToolChoice::default()), |tools| tools.parse());
    let choice = choice.map_err(|error: UnknownTools| {
        Refusal::invalid(format!("`tools` in the address: {error}")).hint(error.hint())
    })?;
    let (endpoint, pulse) = (caller.app().mcp.clone(), caller.app().timeouts.pulse);
    let response = endpoint.call(caller.access.clone(), choice, request).await.into_response();
    Ok(held::while_it_holds(response, caller.access, pulse))
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
