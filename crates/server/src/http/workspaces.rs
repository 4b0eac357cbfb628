//! The workspaces themselves.
//!
//! Invariant: a workspace that the token does not open is in no list.
//! Not here: what is in them.

use super::App;
use super::extract::{Caller, DEADLINE, Json, Nothing, Query, secret};
use super::reply::{
    ArchivedWorkspace, DeletedWorkspace, MadeWorkspace, Problems, WorkspaceName, WorkspaceStatus, Workspaces,
};
use super::schema::{InWorkspace, MakeWorkspace};
use crate::blocking::Cancel;
use crate::host::{Host, NewWorkspace};
use crate::refusal::{Kind, Refusal, Result};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(status, delete))
        .routes(routes!(archive))
        .routes(routes!(unarchive))
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
/// For who administers another one: empty, or with the files and settings of a template, and with nothing else of it; with `checkpoint`, its files as
/// they were then. Its first token comes with it, and may everything there.
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
    let (MakeWorkspace { name, template, checkpoint }, host) = (body?.value, Arc::clone(&app.host));
    if checkpoint.is_some() && template.is_none() {
        return Err(Refusal::new(
            Kind::Unprocessable,
            "`checkpoint` is one of the workspace that `template` names",
        )
        .hint("name the workspace that has the checkpoint with `template`"));
    }
    let new = NewWorkspace { name, template, checkpoint };
    let make = move |_: &Cancel| host.create(&new, secret.as_deref());
    let (room, made) = app.blocking.run(DEADLINE, make).await?;
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
            id: access.room().workspace.id().ok().flatten(),
            archived: status.archived,
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
            index_off: status.index_off,
            seq: access.readable().is_all().then_some(status.seq),
            writable: access.may_write_anywhere(),
        })
    });
    status.await.map(axum::Json)
}

/// What confirms a deletion.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeleteQuery {
    /// The workspace's name, once more.
    #[param(min_length = 1, max_length = 64)]
    confirm: String,
}

/// Delete a workspace
///
/// With all that is in it, for good. For who administers it, where several are served.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}", tag = "workspaces", operation_id = "delete_workspace",
    params(InWorkspace, DeleteQuery),
    responses((status = 200, description = "Deleted", body = DeletedWorkspace), Problems),
)]
async fn delete(
    caller: Caller,
    Query(DeleteQuery { confirm }): Query<DeleteQuery>,
) -> Result<axum::Json<DeletedWorkspace>> {
    let host = Arc::clone(&caller.app().host);
    let name = caller.call(move |access, _| host.delete(access, &confirm)).await?;
    Ok(axum::Json(DeletedWorkspace { name }))
}

/// Archive a workspace
///
/// It is read and searched, and nothing in it changes; its folder is not watched. For who administers it.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/archive", tag = "workspaces", operation_id = "archive_workspace",
    params(InWorkspace),
    responses((status = 200, description = "Archived", body = ArchivedWorkspace), Problems),
)]
async fn archive(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<ArchivedWorkspace>> {
    set_archived(&caller, true).await
}

/// Take a workspace out of the archive
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/unarchive", tag = "workspaces", operation_id = "unarchive_workspace",
    params(InWorkspace),
    responses((status = 200, description = "Taken out", body = ArchivedWorkspace), Problems),
)]
async fn unarchive(
    caller: Caller,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<ArchivedWorkspace>> {
    set_archived(&caller, false).await
}

async fn set_archived(caller: &Caller, archived: bool) -> Result<axum::Json<ArchivedWorkspace>> {
    let name = caller.access.room().name.clone();
    caller.call(move |access, _| Host::set_archived(access, archived)).await?;
    Ok(axum::Json(ArchivedWorkspace { name, archived }))
}
