//! Files: their bytes, what stands where, lists.
//!
//! Invariant: a file of any size is streamed. What a browser is given of it is bytes to keep, never a page to show.
//! Not here: changes (`change`).

use super::App;
use super::condition::{Part, part, tag, unread};
use super::extract::{Caller, Query};
use super::reply::{EntryInfo, Listing, Problems};
use super::schema::{ChunksQuery, FileQuery, InWorkspace, ListQuery, check_range};
use super::stream::file_body;
use crate::access::Opened;
use crate::refusal::{Kind, Refusal, Result};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::io::{Seek, SeekFrom};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::Page;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read, super::change::write, super::change::remove))
        .routes(routes!(info))
        .routes(routes!(list))
        .routes(routes!(chunks))
}

/// Read a file
///
/// Its bytes as they are on disk, or a range of them. `HEAD` tells size and version alone.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/file", tag = "files", operation_id = "read_file",
    params(InWorkspace, FileQuery),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream", body = String,
            headers(("ETag" = String, description = "its version"))),
        (status = 206, description = "A range of it", content_type = "application/octet-stream", body = String,
            headers(("Content-Range" = String, description = "which"))),
        (status = 304, description = "It is the version that the client has"),
        (status = 416, description = "It has no such range", content_type = "application/problem+json", body = super::reply::ProblemDetails),
        Problems,
    ),
)]
async fn read(caller: Caller, Query(query): Query<FileQuery>, headers: HeaderMap) -> Result<Response> {
    let opened = caller.call(move |access, _| access.open(&query.path.0)).await?;
    let etag = tag(&opened.version);
    if unread(&headers, &opened.version)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let size = opened.entry.bytes;
    let modified = http_date(opened.entry.modified_ms);
    let (status, first, count) = match part(&headers, &opened.version, size) {
        Part::Whole => (StatusCode::OK, 0, size),
        Part::Bytes { first, count } => (StatusCode::PARTIAL_CONTENT, first, count),
        Part::Nowhere => {
            let refusal = Refusal::new(Kind::RangeNotSatisfiable, format!("the file has {size} bytes"));
            let mut response = refusal.into_response();
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    let mut response = (status, body_of(opened, first, count).await?).into_response();
    set(&mut response, header::ETAG, &etag);
    set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    set(&mut response, header::CONTENT_LENGTH, &count.to_string());
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::CACHE_CONTROL, "private, no-cache");
    set(&mut response, header::CONTENT_DISPOSITION, "attachment");
    set(&mut response, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    if let Some(modified) = modified {
        set(&mut response, header::LAST_MODIFIED, &modified);
    }
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + count - 1;
        set(&mut response, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{size}"));
    }
    Ok(response)
}

async fn body_of(opened: Opened, first: u64, count: u64) -> Result<Body> {
    let mut file = opened.file;
    if first > 0 {
        file.seek(SeekFrom::Start(first))
            .map_err(|_| Refusal::new(Kind::Internal, "the file cannot be read"))?;
    }
    Ok(file_body(file, count))
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A time as headers write it (RFC 9110, section 5.6.7).
fn http_date(ms: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(ms).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()
}

/// Tell what stands at a path
///
/// With the version of a file.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/file/info", tag = "files", operation_id = "file_info",
    params(InWorkspace, FileQuery),
    responses((status = 200, description = "What stands there", body = EntryInfo), Problems),
)]
async fn info(caller: Caller, Query(query): Query<FileQuery>) -> Result<axum::Json<EntryInfo>> {
    let info = caller.call(move |access, _| {
        let entry = access.stat(&query.path.0)?;
        let mut info = EntryInfo::from(&entry);
        if entry.kind == workroom::Kind::File && access.sees(&entry.path) {
            info.version = Some(access.examine(&entry.path)?.version);
        }
        info.lease = access.lease_on(&entry.path).map(super::leases::HeldLease::from);
        Ok(info)
    });
    Ok(axum::Json(info.await?))
}

/// List a folder
///
/// Its entries, level by level, or by pattern at any depth; a page at a time.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/files", tag = "files", operation_id = "list_files",
    params(InWorkspace, ListQuery),
    responses((status = 200, description = "A page of entries", body = Listing), Problems),
)]
async fn list(caller: Caller, Query(query): Query<ListQuery>) -> Result<axum::Json<Listing>> {
    const USUAL: u64 = 200;
    let (depth, limit) = (query.depth.unwrap_or(1), query.limit.unwrap_or(USUAL));
    check_range("depth", depth, 1..=64)?;
    check_range("limit", limit, 1..=1000)?;
    if let Some(pattern) = &query.pattern {
        check_range("the length of `pattern`", pattern.chars().count() as u64, 1..=256)?;
    }
    if let Some(cursor) = &query.cursor {
        check_range("the length of `cursor`", cursor.chars().count() as u64, 0..=4096)?;
    }
    let found = caller.call(move |access, _| {
        let page = Page { after: query.cursor, limit: limit as usize };
        let folder = query.folder.map(|folder| folder.0).unwrap_or_default();
        match query.pattern {
            Some(pattern) => access.glob(&folder, &pattern, &page),
            None => access.tree(&folder, depth as usize, &page),
        }
    });
    let found = found.await?;
    Ok(axum::Json(Listing { entries: found.entries.iter().map(EntryInfo::from).collect(), next: found.next }))
}

/// Show a document as it is indexed
///
/// All its chunks, or one between its neighbours.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/chunks", tag = "search", operation_id = "show_chunks",
    params(InWorkspace, ChunksQuery),
    responses((status = 200, description = "The chunks", body = super::answer::Shown), Problems),
)]
async fn chunks(caller: Caller, Query(query): Query<ChunksQuery>) -> Result<axum::Json<workroom::Shown>> {
    check_range("chunk", query.chunk.unwrap_or_default(), 0..=u64::from(u32::MAX))?;
    caller.call(move |access, _| access.show(&query.path.0, query.chunk)).await.map(axum::Json)
}
