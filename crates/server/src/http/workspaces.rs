//! The workspaces themselves.
//!
//! Invariant: a workspace that the token does not open is in no list.
//! Not here: what is in them.

use super::App;
use super::extract::{Caller, DEADLINE, Json, Nothing, Query, secret};
use super::reply::{MadeWorkspace, Problems, WorkspaceName, WorkspaceStatus, Workspaces};
use super::schema::{InWorkspace, MakeWorkspace};
use crate::refusal::{Refusal, Result};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(status))
}

/// List workspaces
///
/// Those that the token opens.
#[utoipa::path(
    get, path = "/v1/workspaces", tag = "workspaces", operation_id = "list_workspaces",
    responses((status = 200, description = "The workspaces", body = Workspaces), Problems),
)]
async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<Nothing>>,
) -> Result<axum::Json<Workspaces>> {
    let (secret, host) = (secret(&headers)?, Arc::clone(&app.host));
    let names = app.blocking.run(DEADLINE, move |_| host.names(secret.as_deref())).await?;
    query?;
    let workspaces = names.into_iter().map(|name| WorkspaceName { name }).collect();
    Ok(axum::Json(Workspaces { workspaces }))
}

/// Make a workspace
///
/// For who administers another one. Its first token comes with it, and may everything there.
#[utoipa::path(
    post, path = "/v1/workspaces", tag = "workspaces", operation_id = "create_workspace",
    request_body = MakeWorkspace,
    responses((status = 201, description = "Made", body = MadeWorkspace), Problems),
)]
async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: std::result::Result<Json<MakeWorkspace>, Refusal>,
) -> Result<Response> {
    let (secret, host) = (secret(&headers)?, Arc::clone(&app.host));
    let known = secret.clone();
    app.blocking.run(DEADLINE, move |_| host.names(known.as_deref())).await?;
    let (name, host) = (body?.value.name, Arc::clone(&app.host));
    let (room, made) = app.blocking.run(DEADLINE, move |_| host.create(&name, secret.as_deref())).await?;
    let body = MadeWorkspace { name: room.name.clone(), secret: made.secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// Tell the state of a workspace
///
/// Of the part of it that the token may read.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}", tag = "workspaces", operation_id = "workspace_status",
    params(InWorkspace),
    responses((status = 200, description = "Its state", body = WorkspaceStatus), Problems),
)]
async fn status(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<WorkspaceStatus>> {
    let status = caller.call(|access, _| {
        let status = access.status()?;
        Ok(WorkspaceStatus {
            name: access.room().name.clone(),
            documents: status.documents,
            types: status.types,
            bytes: status.bytes,
            chunks: status.chunks,
            teacher_vectors: status.teacher_vectors,
            backlog: status.backlog,
            backfill: status.backfill,
            model: status.model,
            skipped: status.skipped,
            skipped_by: status.skipped_by,
            seq: access.readable().is_all().then_some(status.seq),
            writable: access.may_write_anywhere(),
        })
    });
    status.await.map(axum::Json)
}
