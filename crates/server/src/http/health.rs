//! What watches over the server asks, and how clients find their way.
//!
//! Invariant: nothing here tells what is in a workspace. Metrics are for this machine.
//! Not here: what is counted (`metrics`).

use super::App;
use super::serve::Peer;
use crate::refusal::{Kind, Refusal, Result};
use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    let metadata = axum::routing::get(protected_resource);
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .route("/metrics", axum::routing::get(metrics))
        .route("/.well-known/oauth-protected-resource", metadata.clone())
        .route("/.well-known/oauth-protected-resource/{*resource}", metadata)
}

/// Tell whether the process lives
#[utoipa::path(
    get, path = "/healthz", tag = "health", operation_id = "healthz", security(()),
    responses((status = 200, description = "It does", content_type = "text/plain", body = String), super::reply::Problems),
)]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Tell whether requests are served
#[utoipa::path(
    get, path = "/readyz", tag = "health", operation_id = "readyz", security(()),
    responses((status = 200, description = "They are", content_type = "text/plain", body = String), super::reply::Problems),
)]
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str> {
    if app.ready.load(Ordering::Relaxed) && !app.stop.is_cancelled() {
        return Ok("ready\n");
    }
    let refusal = Refusal::new(Kind::Unavailable, "the server starts or ends");
    Err(Refusal { retry_after: Some(1), ..refusal })
}

async fn metrics(State(app): State<Arc<App>>, peer: Option<Extension<Peer>>) -> Response {
    if !peer.is_some_and(|Extension(peer)| peer.0.ip().is_loopback()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text()).into_response()
}

/// How to get in (RFC 9728): with tokens that the workspace's owner makes, for which there is no authorization server.
async fn protected_resource(State(app): State<Arc<App>>) -> axum::Json<Value> {
    axum::Json(json!({
        "resource": app.url,
        "resource_name": "Workroom",
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "write", "admin"],
    }))
}
