//! Versions of files, and the trash.
//!
//! Invariant: a version is asked for under the path whose version it is. What is restored is a change like any other: under an idempotency key it is made
//! once, under a lease where somebody holds one.
//! Not here: checkpoints (`checkpoints`), what may be seen and changed (`access`).

use super::App;
use super::change::{condition, once, status_of};
use super::condition::{expected, tag};
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FilePath;
use super::reply::{Changed, Problems};
use super::schema::{FileQuery, IfMatch, InWorkspace, Once, UnderLease};
use super::stream::file_body;
use super::who::Who;
use crate::access::Access;
use crate::refusal::{Refusal, Result};
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(diff))
        .routes(routes!(restore))
        .routes(routes!(trash, empty))
        .routes(routes!(purge))
        .routes(routes!(put_back))
}

/// Which version of which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// The file's path inside the workspace.
    path: FilePath,
    /// The version: all its digits, or the first six or more.
    #[param(pattern = "^[0-9a-f]{6,64}$")]
    version: String,
}

/// Which versions to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffQuery {
    /// The file's path inside the workspace.
    path: FilePath,
    /// The one: all its digits, or the first six or more.
    #[param(pattern = "^[0-9a-f]{6,64}$")]
    from: String,
    /// The other; what the file holds now, when it is absent.
    #[param(pattern = "^[0-9a-f]{6,64}$")]
    to: Option<String>,
}

/// What to restore.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"path": "notes/plan.md", "version": "0123456789ab"}))]
pub(super) struct RestoreVersion {
    /// The file.
    path: FilePath,
    /// The version: all its digits, or the first six or more.
    #[schema(pattern = "^[0-9a-f]{6,64}$")]
    version: String,
}

/// Where something from the trash is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(super) struct PutBack {
    /// Where; where it was, when it is absent. Nothing may be there.
    to: Option<FilePath>,
}

/// Which thing in the trash.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct TrashId {
    /// Its id.
    #[param(pattern = "^trash_[a-z0-9]{8}$")]
    id: String,
}

/// How a version came to be known.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Came {
    /// It was written through the program.
    Written,
    /// It was met on the disk: an editor or another program wrote it.
    Seen,
    /// An older version, or a checkpoint, was restored.
    Restored,
}

/// A version of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileVersion {
    /// BLAKE3 of the bytes, in hexadecimal.
    version: String,
    /// How many there are.
    bytes: u64,
    /// Since when the file held them, RFC 3339, UTC.
    at: String,
    /// How it came to be known.
    how: Came,
    /// Who wrote it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Who>,
    /// Whether the file holds them now.
    current: bool,
    /// Whether they can be read; else nothing but the record of them is left.
    kept: bool,
}

/// The versions of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileVersions {
    /// The newest first.
    versions: Vec<FileVersion>,
}

/// How two versions differ.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionDiff {
    /// The one.
    from: String,
    /// The other.
    to: String,
    /// A unified diff; empty when they are the same, absent when one is no text or larger than 8 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

/// Something that was removed and can be put back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TrashEntry {
    /// Its id.
    id: String,
    /// Where it was.
    path: String,
    /// Whether it is a folder, with all that it held.
    folder: bool,
    /// What it takes on the disk.
    bytes: u64,
    /// When it was removed, RFC 3339, UTC.
    at: String,
    /// Who removed it.
    by: Who,
}

/// What lies in the trash.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Trash {
    /// The newest first.
    entries: Vec<TrashEntry>,
}

/// What was deleted for good.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Purged {
    /// How many things.
    purged: u64,
}

impl From<workroom::FileVersion> for FileVersion {
    fn from(version: workroom::FileVersion) -> Self {
        let workroom::FileVersion { version, bytes, at, how, by, current, kept } = version;
        let how = match how {
            workroom::How::Seen => Came::Seen,
            workroom::How::Restored => Came::Restored,
            _ => Came::Written,
        };
        Self { version, bytes, at, how, by: by.as_ref().map(Who::from), current, kept }
    }
}

impl From<workroom::TrashEntry> for TrashEntry {
    fn from(entry: workroom::TrashEntry) -> Self {
        let workroom::TrashEntry { id, path, folder, bytes, at, by } = entry;
        Self { id, path, folder, bytes, at, by: Who::from(&by) }
    }
}

/// List the versions of a file
///
/// The newest first; also of a file that is gone.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/versions", tag = "versions", operation_id = "list_versions",
    params(InWorkspace, FileQuery),
    responses((status = 200, description = "Its versions", body = FileVersions), Problems),
)]
async fn list(caller: Caller, Query(query): Query<FileQuery>) -> Result<axum::Json<FileVersions>> {
    let versions = caller.call(move |access, _| access.versions(&query.path.0)).await?;
    Ok(axum::Json(FileVersions { versions: versions.into_iter().map(FileVersion::from).collect() }))
}

/// Read a version of a file
///
/// Its bytes.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/version", tag = "versions", operation_id = "read_version",
    params(InWorkspace, VersionQuery),
    responses(
        (status = 200, description = "The version", content_type = "application/octet-stream", body = String,
            headers(("ETag" = String, description = "the version"))),
        Problems,
    ),
)]
async fn read(caller: Caller, Query(query): Query<VersionQuery>) -> Result<Response> {
    check_digits(&query.version)?;
    let opened = caller.call(move |access, _| access.open_version(&query.path.0, &query.version));
    let (file, version, bytes) = opened.await?;
    let headers = [
        (header::ETAG, tag(&version)),
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
    ];
    Ok((StatusCode::OK, headers, file_body(file, bytes)).into_response())
}

/// Compare versions of a file
///
/// Two of them, or one with what the file holds now.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/versions/diff", tag = "versions", operation_id = "diff_versions",
    params(InWorkspace, DiffQuery),
    responses((status = 200, description = "How they differ", body = VersionDiff), Problems),
)]
async fn diff(caller: Caller, Query(query): Query<DiffQuery>) -> Result<axum::Json<VersionDiff>> {
    check_digits(&query.from)?;
    query.to.as_deref().map_or(Ok(()), check_digits)?;
    let compared =
        caller.call(move |access, _| access.diff_versions(&query.path.0, &query.from, query.to.as_deref()));
    let workroom::VersionDiff { from, to, diff } = compared.await?;
    Ok(axum::Json(VersionDiff { from, to, diff }))
}

/// Restore a version of a file
///
/// It becomes a new version, with the bytes of the old one. `If-Match` names the version that the file must have.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/versions/restore", tag = "versions", operation_id = "restore_version",
    params(InWorkspace, IfMatch, UnderLease, Once),
    request_body = RestoreVersion,
    responses(
        (status = 200, description = "Restored", body = Changed),
        (status = 201, description = "Restored where nothing was", body = Changed),
        Problems,
    ),
)]
async fn restore(
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<RestoreVersion>,
) -> Result<Response> {
    check_digits(&value.version)?;
    let expected = expected(&headers)?;
    let RestoreVersion { path: FilePath(path), version } = value;
    let at = path.clone();
    let change = caller.call(move |access, _| {
        let condition = condition(access, &at, &expected)?;
        access.restore_version(&at, &version, &condition)
    });
    let change = async {
        let change = change.await?;
        Ok((status_of(&change), Changed::new(path, change)))
    };
    once(&caller, &headers, &[b"restore", &bytes], change).await
}

/// List the trash
///
/// What was removed and can be put back, the newest first.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/trash", tag = "versions", operation_id = "list_trash",
    params(InWorkspace),
    responses((status = 200, description = "What lies there", body = Trash), Problems),
)]
async fn trash(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<Trash>> {
    let entries = caller.call(|access, _| access.trash()).await?;
    Ok(axum::Json(Trash { entries: entries.into_iter().map(TrashEntry::from).collect() }))
}

/// Empty the trash
///
/// All of it that the token administers is deleted for good.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/trash", tag = "versions", operation_id = "empty_trash",
    params(InWorkspace),
    responses((status = 200, description = "Deleted", body = Purged), Problems),
)]
async fn empty(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<Purged>> {
    let purged = caller.call(|access, _| access.empty_trash(None)).await?;
    Ok(axum::Json(Purged { purged: purged as u64 }))
}

/// Delete something in the trash
///
/// For good.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/trash/{id}", tag = "versions", operation_id = "delete_trashed",
    params(InWorkspace, TrashId),
    responses((status = 200, description = "Deleted", body = Purged), Problems),
)]
async fn purge(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<Purged>> {
    let purged = caller.call(move |access, _| access.empty_trash(Some(&id))).await?;
    Ok(axum::Json(Purged { purged: purged as u64 }))
}

/// Restore something from the trash
///
/// Where it was, or elsewhere; where nothing is.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/trash/{id}/restore", tag = "versions", operation_id = "restore_from_trash",
    params(InWorkspace, TrashId, UnderLease, Once),
    request_body = PutBack,
    responses((status = 201, description = "Restored", body = Changed), Problems),
)]
async fn put_back(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    headers: HeaderMap,
    Json { value, bytes }: Json<PutBack>,
) -> Result<Response> {
    let to = value.to.map(|FilePath(to)| to);
    let key = id.clone();
    let restored = move |access: &Access| access.restore_from_trash(&id, to.as_deref());
    let restored = caller.call(move |access, _| restored(access));
    let change = async {
        let (path, change) = restored.await?;
        Ok((StatusCode::CREATED, Changed::new(path, change)))
    };
    once(&caller, &headers, &[b"put back", key.as_bytes(), &bytes], change).await
}

/// A version as it may be asked for.
fn check_digits(version: &str) -> Result<()> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if (6..=64).contains(&version.len()) && version.bytes().all(is_digit) {
        return Ok(());
    }
    Err(Refusal::invalid("a version is 64 hexadecimal digits, or the first 6 or more of them"))
}
