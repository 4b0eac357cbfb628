//! Webhooks: made, listed, tried and removed by who administers the workspace.
//!
//! Invariant: a secret is shown when it is made. Every rule that is checked is in the schema.
//! Not here: sending (`hooks`), who may (`access`).

use super::App;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FilePath;
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use crate::refusal::{Refusal, Result};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hooks::{Behind, Delivery, Endpoint};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::EventFilter;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(remove))
        .routes(routes!(rotate))
        .routes(routes!(enable))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(deliveries))
}

/// Which webhook.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct WebhookId {
    /// Its id.
    #[param(pattern = "^wh_[0-9a-f]{16}$")]
    id: String,
}

/// A webhook to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"url": "https://hooks.example/workroom", "types": ["file.*"], "paths": ["reports"]}))]
struct NewWebhook {
    /// Where events are sent: https, at an address of the internet, at port 443, 80, 8080 or 8443.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    /// Only events of these types: `file.created`, or `file.*` for all that begin so; all when it is absent.
    #[serde(default)]
    #[schema(max_items = 64)]
    types: Vec<String>,
    /// Only about these files or folders, or what is below them; all when it is absent.
    #[serde(default)]
    #[schema(max_items = 64)]
    paths: Vec<FilePath>,
}

/// What is to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReplayWebhook {
    /// Everything since that time, RFC 3339.
    #[schema(format = DateTime)]
    Since(String),
    /// That event, by its id, and everything after it.
    Event(String),
    /// Everything after that cursor; `start` for all that is kept.
    After(String),
}

/// Where events are sent.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookInfo {
    /// Its name here.
    id: String,
    /// Its address.
    url: String,
    /// The types of events that are sent; all when there are none.
    types: Vec<String>,
    /// The paths that they are about; all when there are none.
    paths: Vec<String>,
    /// When it was made.
    created: String,
    /// Who made it.
    created_by: String,
    /// Why nothing is sent any more; absent while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<String>,
}

/// A webhook, with a new secret.
#[derive(Debug, Serialize, ToSchema)]
struct MadeWebhook {
    /// The webhook.
    webhook: WebhookInfo,
    /// What its deliveries are signed with (`whsec_...`). It is shown this once.
    secret: String,
}

/// Where events are sent.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookList {
    /// The oldest first.
    webhooks: Vec<WebhookInfo>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookTest {
    /// Whether it was taken.
    delivered: bool,
    /// What the endpoint answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why it was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// How long it took.
    millis: u64,
}

/// An attempt at a delivery.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryInfo {
    /// The event's id.
    event: String,
    /// Its type.
    #[serde(rename = "type")]
    kind: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// When it was tried.
    at: String,
    /// Which attempt it was, from 1.
    attempt: u32,
    /// Whether it was delivered.
    delivered: bool,
    /// What the endpoint answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why it was not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// How long it took.
    millis: u64,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The last attempts.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryList {
    /// The newest first, at most 500.
    deliveries: Vec<DeliveryInfo>,
}

/// List webhooks
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    params(InWorkspace),
    responses((status = 200, description = "The webhooks", body = WebhookList), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<WebhookList>> {
    let webhooks = caller.call(|access, _| access.webhooks()).await?;
    Ok(axum::Json(WebhookList { webhooks: webhooks.iter().map(info).collect() }))
}

/// Make a webhook
///
/// What happens from now on is sent there by POST, signed as Standard Webhooks has it, at least once, and what is about one file in its order.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/webhooks", tag = "webhooks", operation_id = "create_webhook",
    params(InWorkspace),
    request_body = NewWebhook,
    responses((status = 201, description = "Made", body = MadeWebhook), Problems),
)]
async fn create(caller: Caller, Json { value, .. }: Json<NewWebhook>) -> Result<Response> {
    check_range("the number of types", value.types.len() as u64, 0..=64)?;
    check_range("the number of paths", value.paths.len() as u64, 0..=64)?;
    let paths = value.paths.into_iter().map(|path| path.0).collect();
    let filter = EventFilter { types: value.types, paths };
    let made = caller.call(move |access, _| access.add_webhook(value.url, filter)).await?;
    Ok((StatusCode::CREATED, with_secret(&made)).into_response())
}

/// Remove a webhook
///
/// Nothing is sent there any more, and what was sent is forgotten.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/webhooks/{id}", tag = "webhooks", operation_id = "remove_webhook",
    params(InWorkspace, WebhookId),
    responses((status = 200, description = "Removed", body = WebhookInfo), Problems),
)]
async fn remove(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<WebhookInfo>> {
    let removed = caller.call(move |access, _| access.remove_webhook(&id)).await?;
    Ok(axum::Json(info(&removed)))
}

/// Give a webhook another secret
///
/// For a day deliveries are signed with both, so that none is refused meanwhile.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/webhooks/{id}/rotate", tag = "webhooks", operation_id = "rotate_webhook",
    params(InWorkspace, WebhookId),
    responses((status = 200, description = "It has another", body = MadeWebhook), Problems),
)]
async fn rotate(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response> {
    let rotated = caller.call(move |access, _| access.rotate_webhook(&id)).await?;
    Ok(with_secret(&rotated).into_response())
}

/// Go on sending to a webhook
///
/// One that was disabled, because it was gone or took nothing for days, is sent what has happened since.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/webhooks/{id}/enable", tag = "webhooks", operation_id = "enable_webhook",
    params(InWorkspace, WebhookId),
    responses((status = 200, description = "It is enabled", body = WebhookInfo), Problems),
)]
async fn enable(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<WebhookInfo>> {
    let enabled = caller.call(move |access, _| access.enable_webhook(&id)).await?;
    Ok(axum::Json(info(&enabled)))
}

/// Send a test to a webhook
///
/// A `webhook.test` is sent once, and what came of it is told.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/webhooks/{id}/test", tag = "webhooks", operation_id = "test_webhook",
    params(InWorkspace, WebhookId),
    responses((status = 200, description = "What came of it", body = WebhookTest), Problems),
)]
async fn test(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<WebhookTest>> {
    let made = caller.call(move |access, _| access.test_webhook(&id)).await?;
    let delivered = made.outcome == hooks::Outcome::Delivered;
    Ok(axum::Json(WebhookTest { delivered, status: made.status, error: made.error, millis: made.millis }))
}

/// Send events to a webhook again
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/webhooks/{id}/replay", tag = "webhooks", operation_id = "replay_webhook",
    params(InWorkspace, WebhookId),
    request_body = ReplayWebhook,
    responses((status = 202, description = "They are sent"), Problems),
)]
async fn replay(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json { value, .. }: Json<ReplayWebhook>,
) -> Result<StatusCode> {
    let behind = behind(value)?;
    caller.call(move |access, _| access.replay_webhook(&id, behind)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// List what was sent to a webhook
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "list_deliveries",
    params(InWorkspace, WebhookId),
    responses((status = 200, description = "The last attempts", body = DeliveryList), Problems),
)]
async fn deliveries(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<DeliveryList>> {
    let log = caller.call(move |access, _| access.deliveries(&id)).await?;
    Ok(axum::Json(DeliveryList { deliveries: log.into_iter().map(delivery).collect() }))
}

fn behind(replay: ReplayWebhook) -> Result<Behind> {
    Ok(match replay {
        ReplayWebhook::Since(since) => {
            let since: jiff::Timestamp = since.parse().map_err(|_| {
                Refusal::invalid("`since` is no time").hint("write one as 2026-11-21T08:00:00Z")
            })?;
            Behind::Time(since.as_millisecond())
        }
        ReplayWebhook::Event(event) => Behind::Event(event),
        ReplayWebhook::After(after) => {
            let Ok(after) = after.parse();
            Behind::Place(after)
        }
    })
}

fn with_secret(endpoint: &Endpoint) -> impl IntoResponse {
    let body = MadeWebhook { webhook: info(endpoint), secret: endpoint.secret.reveal().to_owned() };
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(body))
}

fn info(endpoint: &Endpoint) -> WebhookInfo {
    WebhookInfo {
        id: endpoint.id.clone(),
        url: endpoint.url.clone(),
        types: endpoint.filter.types.clone(),
        paths: endpoint.filter.paths.clone(),
        created: time(endpoint.created_ms),
        created_by: endpoint.by.name.clone(),
        disabled: endpoint.disabled.as_ref().map(|disabled| disabled.why.clone()),
    }
}

fn delivery(delivery: Delivery) -> DeliveryInfo {
    let Delivery { event, kind, path, at_ms, attempt, delivered, status, error, millis, next_ms } = delivery;
    let (at, next) = (time(at_ms), next_ms.map(time));
    DeliveryInfo { event, kind, path, at, attempt, delivered, status, error, millis, next }
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}
