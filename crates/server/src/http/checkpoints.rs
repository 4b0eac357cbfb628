//! Checkpoints: all files of a workspace at one instant, compared and put back.
//!
//! Invariant: of a checkpoint only those files are told of that the token may read. Under an idempotency key one is made, and put back, once.
//! Not here: versions of single files (`versions`), what may be seen and changed (`access`).

use super::App;
use super::change::once;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FolderPath;
use super::reply::Problems;
use super::schema::{InWorkspace, Once, UnderLease, check_range};
use super::who::Who;
use crate::refusal::{Refusal, Result};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(delete))
        .routes(routes!(files))
        .routes(routes!(diff))
        .routes(routes!(tag))
        .routes(routes!(restore))
}

/// What a checkpoint is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "before the figures are redone"}))]
pub(super) struct NewCheckpoint {
    /// What it is for, in words.
    #[schema(max_length = 1000)]
    #[serde(default)]
    note: String,
    /// Names by which it is found, of letters, digits, `-`, `_` and `.`; no other checkpoint may have them.
    #[schema(max_items = 16)]
    #[serde(default)]
    tags: Vec<String>,
}

/// The tags of a checkpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tags": []}))]
pub(super) struct CheckpointTags {
    /// All of them; those that it had are gone.
    #[schema(max_items = 16)]
    tags: Vec<String>,
}

/// What of a checkpoint to put back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"path": "drafts"}))]
pub(super) struct RestoreCheckpoint {
    /// The file or folder, with all below it; the whole workspace, when it is absent.
    path: Option<FolderPath>,
}

/// Which checkpoint.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct CheckpointName {
    /// Its id, or a tag.
    #[param(min_length = 1, max_length = 64)]
    name: String,
}

/// A page of files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FilesQuery {
    /// Only behind this path: `next` of the page before.
    #[param(max_length = 4096)]
    after: Option<String>,
    /// How many at most; 200 when it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// What to compare a checkpoint with.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffQuery {
    /// Another checkpoint; what is there now, when it is absent.
    #[param(min_length = 1, max_length = 64)]
    to: Option<String>,
    /// Only this file or folder, with all below it.
    path: Option<FolderPath>,
    /// Only behind this path: `next` of the page before.
    #[param(max_length = 4096)]
    after: Option<String>,
    /// How many at most; 200 when it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// A checkpoint. Counts of all its files are 0 for who may not read all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckpointInfo {
    /// Its id.
    id: String,
    /// When it was made, RFC 3339, UTC.
    at: String,
    /// Who made it.
    by: Who,
    /// What it is for.
    note: String,
    /// Names by which it is found, besides its id.
    tags: Vec<String>,
    /// How many files it has.
    files: u64,
    /// Their size.
    bytes: u64,
    /// The commit that showed them.
    seq: u64,
}

/// The checkpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Checkpoints {
    /// The newest first.
    checkpoints: Vec<CheckpointInfo>,
}

/// A file of a checkpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckpointFile {
    /// Where it was.
    path: String,
    /// BLAKE3 of what it held.
    version: String,
    /// Its size.
    bytes: u64,
}

/// A page of the files of a checkpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckpointFiles {
    /// In the order of their paths.
    files: Vec<CheckpointFile>,
    /// For `after`, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileChange {
    /// It was not there before.
    Created,
    /// It held something else before.
    Modified,
    /// It is not there any more.
    Removed,
}

/// A file that differs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ChangedFile {
    /// Where.
    path: String,
    /// What became of it.
    change: FileChange,
    /// What it held before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// What it held after.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

/// A page of files that differ.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckpointDiff {
    /// In the order of their paths.
    changes: Vec<ChangedFile>,
    /// For `after`, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a restore came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RestoredCheckpoint {
    /// The checkpoint whose files stand there now.
    checkpoint: String,
    /// The checkpoint of what stood there before: restoring it undoes this.
    before: String,
    /// Files that were written.
    written: u64,
    /// Files that were removed.
    removed: u64,
}

impl From<workroom::CheckpointInfo> for CheckpointInfo {
    fn from(checkpoint: workroom::CheckpointInfo) -> Self {
        let workroom::CheckpointInfo { id, at, by, note, tags, files, bytes, seq } = checkpoint;
        Self { id, at, by: Who::from(&by), note, tags, files, bytes, seq }
    }
}

impl From<workroom::ChangedFile> for ChangedFile {
    fn from(file: workroom::ChangedFile) -> Self {
        let workroom::ChangedFile { path, change, before, after } = file;
        let change = match change {
            workroom::FileChange::Created => FileChange::Created,
            workroom::FileChange::Modified => FileChange::Modified,
            workroom::FileChange::Removed => FileChange::Removed,
        };
        Self { path, change, before, after }
    }
}

/// List checkpoints
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/checkpoints", tag = "checkpoints", operation_id = "list_checkpoints",
    params(InWorkspace),
    responses((status = 200, description = "The checkpoints", body = Checkpoints), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<Checkpoints>> {
    let checkpoints = caller.call(|access, _| access.checkpoints()).await?;
    Ok(axum::Json(Checkpoints { checkpoints: checkpoints.into_iter().map(CheckpointInfo::from).collect() }))
}

/// Make a checkpoint
///
/// Of all files, at one instant. Nothing is copied that is kept already. It needs the rights to read and write everything.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/checkpoints", tag = "checkpoints", operation_id = "create_checkpoint",
    params(InWorkspace, Once),
    request_body = NewCheckpoint,
    responses((status = 201, description = "Made", body = CheckpointInfo), Problems),
)]
async fn create(
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<NewCheckpoint>,
) -> Result<Response> {
    check_range("the length of `note`", value.note.chars().count() as u64, 0..=1000)?;
    check_range("the number of tags", value.tags.len() as u64, 0..=16)?;
    let made = caller.call(move |access, _| access.create_checkpoint(&value.note, &value.tags));
    let made = async { Ok((StatusCode::CREATED, CheckpointInfo::from(made.await?))) };
    once(&caller, &headers, &[b"checkpoint", &bytes], made).await
}

/// Delete a checkpoint
///
/// What only it needed is dropped in time. It needs the right to administer everything.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/checkpoints/{name}", tag = "checkpoints", operation_id = "delete_checkpoint",
    params(InWorkspace, CheckpointName),
    responses((status = 200, description = "Deleted", body = CheckpointInfo), Problems),
)]
async fn delete(
    caller: Caller,
    Path((_, name)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<CheckpointInfo>> {
    let deleted = caller.call(move |access, _| access.delete_checkpoint(checked(&name)?)).await?;
    Ok(axum::Json(CheckpointInfo::from(deleted)))
}

/// List the files of a checkpoint
///
/// Those that may be read, a page at a time.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/checkpoints/{name}/files", tag = "checkpoints", operation_id = "checkpoint_files",
    params(InWorkspace, CheckpointName, FilesQuery),
    responses((status = 200, description = "A page of files", body = CheckpointFiles), Problems),
)]
async fn files(
    caller: Caller,
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<FilesQuery>,
) -> Result<axum::Json<CheckpointFiles>> {
    let limit = limit(query.limit, query.after.as_deref())?;
    let page =
        caller.call(move |access, _| access.checkpoint_files(checked(&name)?, query.after.as_deref(), limit));
    let page = page.await?;
    let file = |file: workroom::CheckpointFile| {
        let workroom::CheckpointFile { path, version, bytes } = file;
        CheckpointFile { path, version, bytes }
    };
    Ok(axum::Json(CheckpointFiles { files: page.rows.into_iter().map(file).collect(), next: page.next }))
}

/// Compare a checkpoint
///
/// With another one, or with what is there now; a page at a time.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/checkpoints/{name}/diff", tag = "checkpoints", operation_id = "diff_checkpoint",
    params(InWorkspace, CheckpointName, DiffQuery),
    responses((status = 200, description = "A page of the files that differ", body = CheckpointDiff), Problems),
)]
async fn diff(
    caller: Caller,
    Path((_, name)): Path<(String, String)>,
    Query(query): Query<DiffQuery>,
) -> Result<axum::Json<CheckpointDiff>> {
    let limit = limit(query.limit, query.after.as_deref())?;
    let page = caller.call(move |access, _| {
        let to = query.to.as_deref().map(checked).transpose()?;
        let path = query.path.map(|FolderPath(path)| path).unwrap_or_default();
        access.diff_checkpoints((checked(&name)?, to), &path, query.after.as_deref(), limit)
    });
    let page = page.await?;
    Ok(axum::Json(CheckpointDiff {
        changes: page.rows.into_iter().map(ChangedFile::from).collect(),
        next: page.next,
    }))
}

/// Tag a checkpoint
///
/// With these names, in place of those that it had.
#[utoipa::path(
    put, path = "/v1/workspaces/{workspace}/checkpoints/{name}/tags", tag = "checkpoints", operation_id = "tag_checkpoint",
    params(InWorkspace, CheckpointName),
    request_body = CheckpointTags,
    responses((status = 200, description = "Tagged", body = CheckpointInfo), Problems),
)]
async fn tag(
    caller: Caller,
    Path((_, name)): Path<(String, String)>,
    Json { value, .. }: Json<CheckpointTags>,
) -> Result<axum::Json<CheckpointInfo>> {
    check_range("the number of tags", value.tags.len() as u64, 0..=16)?;
    let tagged = caller.call(move |access, _| access.tag_checkpoint(checked(&name)?, &value.tags)).await?;
    Ok(axum::Json(CheckpointInfo::from(tagged)))
}

/// Restore a checkpoint
///
/// All files at a path and below it, or none: what is there and was not then is removed. What was there is a checkpoint of its own, `before`.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/checkpoints/{name}/restore", tag = "checkpoints", operation_id = "restore_checkpoint",
    params(InWorkspace, CheckpointName, UnderLease, Once),
    request_body = RestoreCheckpoint,
    responses((status = 200, description = "Restored", body = RestoredCheckpoint), Problems),
)]
async fn restore(
    caller: Caller,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    Json { value, bytes }: Json<RestoreCheckpoint>,
) -> Result<Response> {
    let path = value.path.map(|FolderPath(path)| path).unwrap_or_default();
    let key = name.clone();
    let restored = caller.call(move |access, _| access.restore_checkpoint(checked(&name)?, &path));
    let restored = async {
        let workroom::Restored { checkpoint, before, written, removed, .. } = restored.await?;
        Ok((StatusCode::OK, RestoredCheckpoint { checkpoint, before, written, removed }))
    };
    once(&caller, &headers, &[b"restore checkpoint", key.as_bytes(), &bytes], restored).await
}

/// An id or tag as it may be asked for.
fn checked(name: &str) -> Result<&str> {
    if (1..=64).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(Refusal::invalid("a checkpoint has an id, or a tag of at most 64 characters"))
}

fn limit(limit: Option<u64>, after: Option<&str>) -> Result<usize> {
    const USUAL: u64 = 200;
    let limit = limit.unwrap_or(USUAL);
    check_range("limit", limit, 1..=1000)?;
    check_range("the length of `after`", after.unwrap_or_default().chars().count() as u64, 0..=4096)?;
    Ok(limit as usize)
}
