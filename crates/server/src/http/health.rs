//! What watches over the server asks, and how clients find their way.
//!
//! Invariant: nothing here tells what is in a workspace. Metrics are for this machine.
//! Not here: what is counted (`metrics`).

use super::App;
use super::serve::Peer;
use crate::refusal::{Kind, Refusal, Result};
use axum::Extension;
use axum::extract::{Request, State};
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
        .route(METADATA, metadata.clone())
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
    let not = |why: &str| Refusal { retry_after: Some(1), ..Refusal::new(Kind::Unavailable, why) };
    if !app.ready.load(Ordering::Relaxed) || app.stop.is_cancelled() {
        return Err(not("the server starts or ends"));
    }
    // Behind no gate: a server that has much to do is ready.
    let host = Arc::clone(&app.host);
    let is_there = tokio::task::spawn_blocking(move || host.is_there()).await.unwrap_or(false);
    if is_there { Ok("ready\n") } else { Err(not("what is served is not where it was")) }
}

/// Headers that a proxy adds: whoever asks through one is not on this machine, though the proxy is.
const FORWARDED: [&str; 4] = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

async fn metrics(State(app): State<Arc<App>>, peer: Option<Extension<Peer>>, request: Request) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let is_near = peer.is_some_and(|Extension(peer)| peer.0.ip().to_canonical().is_loopback());
    let is_forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
    if !is_near || is_forwarded || !app.names.is_local(uri, headers) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text()).into_response()
}

/// Where it is said how to get in.
const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Where it is said how to get in at an address: MCP's endpoints are resources of their own, with the name their clients know them by; all else is
/// one (RFC 9728, 3.1).
pub(super) fn metadata_of(path: &str) -> String {
    if is_endpoint(path) { format!("{METADATA}{path}") } else { METADATA.to_owned() }
}

fn is_endpoint(path: &str) -> bool {
    path == "/mcp" || path.strip_prefix("/mcp/").is_some_and(crate::host::is_name)
}

/// How to get in (RFC 9728): with tokens that the workspace's owner makes, for which there is no authorization server.
async fn protected_resource(State(app): State<Arc<App>>, request: Request) -> Result<axum::Json<Value>> {
    let path = request.uri().path();
    let resource = path.strip_prefix(METADATA).unwrap_or_default();
    let address = app.names.address(request.uri(), request.headers());
    let address = address.filter(|_| resource.is_empty() || is_endpoint(resource));
    let Some(address) = address else {
        return Err(Refusal::new(Kind::NotFound, format!("no such address: `{path}`")));
    };
    Ok(axum::Json(json!({
        "resource": format!("{address}{resource}"),
        "resource_name": "Workroom",
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read", "write", "admin"],
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_have_metadata_of_their_own() {
        let check =
            |path: &str, expected: &str| assert_eq!(metadata_of(path), format!("{METADATA}{expected}"));
        check("/mcp", "/mcp");
        check("/mcp/mill", "/mcp/mill");
        check("/mcp/", "");
        check("/mcp/a b", "");
        check("/mcp/mill/x", "");
        check("/v1/workspaces/mill/search", "");
    }
}
