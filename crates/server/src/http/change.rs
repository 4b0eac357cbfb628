//! Changes of files and folders.
//!
//! Invariant: what is answered with success is durable and searchable. Sent again under its idempotency key it is made once.
//! Not here: what a condition means (`condition`), how bytes come (`stream`).

use super::App;
use super::condition::{Expected, expected, tag};
use super::extract::{Caller, Json, Large, Query, Small};
use super::idempotency::Answered;
use super::reply::{Changed, Edited, Problems};
use super::schema::{
    EditFile, FileQuery, FromTo, IfMatch, InWorkspace, MakeFolder, Once, RemoveQuery, UnderLease, WriteQuery,
    check_range,
};
use super::stream;
use crate::access::{Access, Change};
use crate::refusal::{Kind, Refusal, Result};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::Condition;

/// Their routes, but for those that share an address with reading.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(append))
        .routes(routes!(edit))
        .routes(routes!(rename))
        .routes(routes!(copy))
        .routes(routes!(make_folder))
}

/// Makes a change under the request's idempotency key, if it has one.
pub(super) async fn once<T, F>(
    caller: &Caller,
    headers: &HeaderMap,
    request: &[&[u8]],
    change: F,
) -> Result<Response>
where
    T: Serialize,
    F: Future<Output = Result<(StatusCode, T)>>,
{
    let access = &caller.access;
    let who = [access.room().name.as_str(), access.principal().id.as_str()];
    let conditions = [&header::IF_MATCH, &header::IF_NONE_MATCH]
        .map(|name| headers.get(name).map_or(&b""[..], HeaderValue::as_bytes));
    let request: Vec<&[u8]> = request.iter().copied().chain(conditions).collect();
    let making = match caller.app().keys.begin(headers, &who, &request)? {
        Ok(making) => making,
        Err(answered) => return Ok(respond(&answered)),
    };
    let (status, body) = change.await?;
    let body = serde_json::to_value(body)
        .map_err(|_| Refusal::new(Kind::Internal, "the answer cannot be written"))?;
    let answered = Answered { status: status.as_u16(), body };
    making.done(&answered);
    Ok(respond(&answered))
}

fn respond(answered: &Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = (status, axum::Json(&answered.body)).into_response();
    let version = answered.body.get("version").and_then(|version| version.as_str()).map(tag);
    if let Some(Ok(tag)) = version.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What the library is to expect, where the request expects something of a file.
pub(super) fn condition(access: &Access, path: &str, expected: &Expected) -> Result<Condition> {
    let (any, versions) = match expected {
        Expected::Any => return Ok(Condition::Any),
        Expected::Absent => return Ok(Condition::Absent),
        Expected::Present => (true, &[][..]),
        Expected::OneOf(versions) => match versions.as_slice() {
            [version] => return Ok(Condition::Version(version.clone())),
            versions => (false, versions),
        },
    };
    match access.examine(path) {
        Ok(opened) if any || versions.contains(&opened.version) => Ok(Condition::Version(opened.version)),
        Ok(opened) => Err(Refusal::new(
            Kind::PreconditionFailed,
            format!("`{path}` was not changed: it has version {}", opened.version),
        )),
        Err(refusal) if refusal.kind == Kind::NotFound => {
            Err(Refusal { kind: Kind::PreconditionFailed, ..refusal })
        }
        Err(refusal) => Err(refusal),
    }
}

pub(super) fn status_of(change: &Change) -> StatusCode {
    if change.created == Some(true) { StatusCode::CREATED } else { StatusCode::OK }
}

/// Write a file
///
/// A body of any size. Folders are made. `If-None-Match: *` writes only where nothing is, `If-Match` only over the version it names.
#[utoipa::path(
    put, path = "/v1/workspaces/{workspace}/file", tag = "files", operation_id = "write_file",
    params(InWorkspace, WriteQuery, IfMatch, UnderLease, Once),
    request_body(content = String, content_type = "application/octet-stream", description = "The file's bytes"),
    responses(
        (status = 200, description = "Written over what was there", body = Changed, headers(("ETag" = String))),
        (status = 201, description = "Written where nothing was", body = Changed, headers(("ETag" = String))),
        Problems,
    ),
)]
pub(super) async fn write(
    caller: Caller,
    Query(query): Query<WriteQuery>,
    headers: HeaderMap,
    Large(body): Large,
) -> Result<Response> {
    let claim = query.claim();
    let path = query.path.0;
    // Before what is there is looked at, which may refuse it too.
    super::idempotency::check(&headers)?;
    let expected = expected(&headers)?;
    let (at, wanted, said) = (path.clone(), expected.clone(), claim.clone());
    // Under a key it may have been made before, and its own writing is what the condition would meet.
    let is_first = !headers.contains_key(super::idempotency::HEADER);
    // Refused before its bytes are sent, not after.
    let spool = caller.call(move |access, _| {
        let spool = access.spool(&at)?;
        access.check_claim(&said)?;
        if is_first {
            condition(access, &at, &wanted)?;
        }
        Ok(spool)
    });
    let spool = spool.await?;
    let pace = stream::Pace::after(caller.app().timeouts.body);
    let spooled = stream::spool(body, spool, caller.app().largest_file, pace).await?;
    let version = spooled.version.clone();
    let (at, said) = (path.clone(), serde_json::to_vec(&claim).unwrap_or_default());
    let change = async {
        let put =
            move |access: &Access| access.put(&at, &spooled, &condition(access, &at, &expected)?, &claim);
        let change = caller.call(move |access, _| put(access)).await?;
        Ok((status_of(&change), Changed::new(path.clone(), change)))
    };
    once(&caller, &headers, &[b"write", path.as_bytes(), version.as_bytes(), &said], change).await
}

/// Remove a file or folder
///
/// A folder that is not empty needs `recursive`.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/file", tag = "files", operation_id = "remove_file",
    params(InWorkspace, RemoveQuery, IfMatch, UnderLease, Once),
    responses((status = 200, description = "Removed", body = Changed), Problems),
)]
pub(super) async fn remove(
    caller: Caller,
    Query(query): Query<RemoveQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let path = query.path.0;
    let expected = expected(&headers)?;
    let with_contents = query.recursive.unwrap_or(false);
    let at = path.clone();
    let change = caller.call(move |access, _| {
        let condition = condition(access, &at, &expected)?;
        access.remove(&at, &condition, with_contents)
    });
    let change = async { Ok((StatusCode::OK, Changed::new(path.clone(), change.await?))) };
    once(&caller, &headers, &[b"remove", path.as_bytes(), &[u8::from(with_contents)]], change).await
}

/// Add bytes at the end of a file
///
/// It is made if it is not there. Who may write and not read a place can do this there.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/file/append", tag = "files", operation_id = "append_file",
    params(InWorkspace, FileQuery, IfMatch, UnderLease, Once),
    request_body(content = String, content_type = "application/octet-stream", description = "The bytes, at most 8 MiB"),
    responses(
        (status = 200, description = "Added to what was there", body = Changed),
        (status = 201, description = "Written where nothing was", body = Changed),
        Problems,
    ),
)]
async fn append(
    caller: Caller,
    Query(query): Query<FileQuery>,
    headers: HeaderMap,
    Small(bytes): Small,
) -> Result<Response> {
    let path = query.path.0;
    let expected = expected(&headers)?;
    let (at, more) = (path.clone(), bytes.clone());
    let change = caller.call(move |access, _| {
        let condition = condition(access, &at, &expected)?;
        access.append(&at, &more, &condition)
    });
    let change = async {
        let change = change.await?;
        Ok((status_of(&change), Changed::new(path.clone(), change)))
    };
    once(&caller, &headers, &[b"append", path.as_bytes(), &bytes], change).await
}

/// Replace some text of a file
///
/// Each edit must match exactly once, unless it says everywhere; all of them are made or none.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/file/edit", tag = "files", operation_id = "edit_file",
    params(InWorkspace, IfMatch, UnderLease, Once),
    request_body = EditFile,
    responses((status = 200, description = "Edited, or what would come of it", body = Edited), Problems),
)]
async fn edit(caller: Caller, headers: HeaderMap, Json { value, bytes }: Json<EditFile>) -> Result<Response> {
    check_range("the number of edits", value.edits.len() as u64, 1..=256)?;
    if value.edits.iter().any(|edit| edit.old.is_empty()) {
        return Err(Refusal::invalid("an edit names the text that stands there"));
    }
    let expected = expected(&headers)?;
    let (path, trial) = (value.path.0, value.dry_run);
    let edits: Vec<workroom::Edit> = value
        .edits
        .into_iter()
        .map(|edit| workroom::Edit { old: edit.old, new: edit.new, replace_all: edit.replace_all })
        .collect();
    let edited = caller.call(move |access, _| {
        let condition = condition(access, &path, &expected)?;
        let edited = access.edit(&path, &edits, &condition, trial)?;
        Ok(Edited {
            path,
            diff: edited.diff,
            replaced: edited.replaced as u64,
            version: edited.version,
            written: edited.change.is_some(),
            seq: edited.change.and_then(|change| change.seq),
        })
    });
    once(&caller, &headers, &[b"edit", &bytes], async { Ok((StatusCode::OK, edited.await?)) }).await
}

/// Move a file or folder
///
/// To a path where nothing is. `If-Match` names the version of the file.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/file/move", tag = "files", operation_id = "move_file",
    params(InWorkspace, IfMatch, UnderLease, Once),
    request_body(content = FromTo, example = json!({"from": "private/plan.md", "to": "archive/plan.md"})),
    responses((status = 200, description = "Moved", body = Changed), Problems),
)]
async fn rename(caller: Caller, headers: HeaderMap, Json { value, bytes }: Json<FromTo>) -> Result<Response> {
    let expected = expected(&headers)?;
    let change = caller.call(move |access, _| {
        let condition = condition(access, &value.from.0, &expected)?;
        let change = access.rename(&value.from.0, &value.to.0, &condition)?;
        Ok(Changed::new(value.to.0, change))
    });
    once(&caller, &headers, &[b"move", &bytes], async { Ok((StatusCode::OK, change.await?)) }).await
}

/// Copy a file or folder
///
/// To a path where nothing is.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/file/copy", tag = "files", operation_id = "copy_file",
    params(InWorkspace, UnderLease, Once),
    request_body = FromTo,
    responses((status = 201, description = "Copied", body = Changed), Problems),
)]
async fn copy(caller: Caller, headers: HeaderMap, Json { value, bytes }: Json<FromTo>) -> Result<Response> {
    let change = caller.call(move |access, _| {
        let change = access.copy(&value.from.0, &value.to.0)?;
        Ok(Changed::new(value.to.0, change))
    });
    once(&caller, &headers, &[b"copy", &bytes], async { Ok((StatusCode::CREATED, change.await?)) }).await
}

/// Make a folder
///
/// And those above it.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/folder", tag = "files", operation_id = "make_folder",
    params(InWorkspace, UnderLease, Once),
    request_body = MakeFolder,
    responses(
        (status = 200, description = "It was there", body = Changed),
        (status = 201, description = "Made", body = Changed),
        Problems,
    ),
)]
async fn make_folder(
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<MakeFolder>,
) -> Result<Response> {
    let change = caller.call(move |access, _| Ok((access.make_folder(&value.path.0)?, value.path.0)));
    let change = async {
        let (change, path) = change.await?;
        Ok((status_of(&change), Changed::new(path, change)))
    };
    once(&caller, &headers, &[b"folder", &bytes], change).await
}
