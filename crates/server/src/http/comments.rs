//! Comments: made, answered, resolved and listed.
//!
//! Invariant: each says whether what it is about is still there.
//! Not here: who may do what (`access`).

use super::App;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FolderPath;
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use super::who::{Who, time};
use crate::refusal::Result;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{About, Commented};

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(reply)).routes(routes!(resolve))
}

/// A stretch of a document's text, in bytes, as hits give it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Stretch {
    /// First byte.
    #[schema(minimum = 0, maximum = 4294967294_u64)]
    start_byte: u32,
    /// One past the last byte.
    #[schema(minimum = 1, maximum = 4294967295_u64)]
    end_byte: u32,
}

/// A comment to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"path": "notes/log.md", "text": "Is this still so?"}))]
pub(super) struct AddComment {
    /// The file or folder; the empty path is the workspace.
    path: FolderPath,
    /// What is said.
    #[schema(min_length = 1, max_length = 8000)]
    text: String,
    /// The passage that it is about, word for word; the whole, when it and the range are absent.
    #[schema(min_length = 1, max_length = 4000)]
    quote: Option<String>,
    /// Where the passage stands.
    range: Option<Stretch>,
    /// The version of the file that you have read; the one that is there, when it is absent.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    version: Option<String>,
}

/// Something to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "It is."}))]
pub(super) struct AddReply {
    /// What is said.
    #[schema(min_length = 1, max_length = 8000)]
    text: String,
}

/// Which comments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CommentsQuery {
    /// Only those on this file or folder, or on what lies below it.
    #[param(required = false)]
    path: Option<FolderPath>,
    /// Whether those that are resolved are wanted too.
    #[param(required = false)]
    resolved: Option<bool>,
}

/// Which comment.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct CommentId {
    /// Its id.
    #[param(pattern = "^[a-z0-9_]{4,40}$")]
    id: String,
}

/// Whether a comment still holds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// The file is the very version that it was made on.
    Current,
    /// The file has changed, and the passage still stands in it.
    Kept,
    /// The file has changed, and the passage with it.
    Changed,
    /// Nothing is there any more.
    Gone,
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommentInfo {
    /// Its id.
    id: String,
    /// The file or folder, where it is now.
    path: String,
    /// The version of the file that it was made on.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Where the passage stood in that version.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Stretch>,
    /// What stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    /// What was said.
    text: String,
    /// Who said it.
    by: Who,
    /// When, RFC 3339, UTC.
    at: String,
    /// What was said to it, the first first.
    replies: Vec<ReplyInfo>,
    /// Who resolved it, if somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<ResolvedInfo>,
    /// Whether it still holds.
    standing: Standing,
    /// Where the passage stands now, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Stretch>,
}

/// What was said to a comment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplyInfo {
    /// Its id.
    id: String,
    /// What was said.
    text: String,
    /// Who said it.
    by: Who,
    /// When, RFC 3339, UTC.
    at: String,
}

/// That a comment needs nobody's attention any more.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResolvedInfo {
    /// Who said so.
    by: Who,
    /// When, RFC 3339, UTC.
    at: String,
}

/// Comments, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CommentList {
    /// Those that may be seen.
    comments: Vec<CommentInfo>,
}

/// List comments
///
/// Those on what may be read. Each says whether what it is about is still there.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/comments", tag = "comments", operation_id = "list_comments",
    params(InWorkspace, CommentsQuery),
    responses((status = 200, description = "The comments", body = CommentList), Problems),
)]
async fn list(caller: Caller, Query(query): Query<CommentsQuery>) -> Result<axum::Json<CommentList>> {
    let CommentsQuery { path, resolved } = query;
    let path = path.map(|path| path.0);
    let found = caller.call(move |access, _| access.comments(path.as_deref(), resolved.unwrap_or(false)));
    Ok(axum::Json(CommentList { comments: found.await?.iter().map(CommentInfo::from).collect() }))
}

/// Make a comment
///
/// On a file or folder, or on a passage of a file: its words, its range, or both.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/comments", tag = "comments", operation_id = "add_comment",
    params(InWorkspace),
    request_body = AddComment,
    responses((status = 201, description = "Made", body = CommentInfo), Problems),
)]
async fn add(
    caller: Caller,
    Json { value, .. }: Json<AddComment>,
) -> Result<(StatusCode, axum::Json<CommentInfo>)> {
    check_length("text", &value.text, 8000)?;
    if let Some(quote) = &value.quote {
        check_length("quote", quote, 4000)?;
    }
    let range =
        value.range.map(|range| workroom::Stretch { start_byte: range.start_byte, end_byte: range.end_byte });
    let about = About { path: value.path.0, version: value.version, range, quote: value.quote };
    let made = caller.call(move |access, _| access.comment(&about, &value.text)).await?;
    Ok((StatusCode::CREATED, axum::Json(CommentInfo::from(&made))))
}

/// Reply to a comment
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/comments/{id}/replies", tag = "comments", operation_id = "reply_to_comment",
    params(InWorkspace, CommentId),
    request_body = AddReply,
    responses((status = 201, description = "The comment with the reply", body = CommentInfo), Problems),
)]
async fn reply(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json { value, .. }: Json<AddReply>,
) -> Result<(StatusCode, axum::Json<CommentInfo>)> {
    check_length("text", &value.text, 8000)?;
    let made = caller.call(move |access, _| access.reply_to_comment(&id, &value.text)).await?;
    Ok((StatusCode::CREATED, axum::Json(CommentInfo::from(&made))))
}

/// Resolve a comment
///
/// It needs nobody's attention any more. For who made it, and for who may write there.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/comments/{id}/resolve", tag = "comments", operation_id = "resolve_comment",
    params(InWorkspace, CommentId),
    responses((status = 200, description = "The comment", body = CommentInfo), Problems),
)]
async fn resolve(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<CommentInfo>> {
    let found = caller.call(move |access, _| access.resolve_comment(&id)).await?;
    Ok(axum::Json(CommentInfo::from(&found)))
}

/// Refuses a text that the schema does not allow.
pub(super) fn check_length(name: &str, text: &str, most: u64) -> Result<()> {
    check_range(&format!("the length of {name}"), text.chars().count() as u64, 1..=most)
}

impl From<workroom::Stretch> for Stretch {
    fn from(workroom::Stretch { start_byte, end_byte }: workroom::Stretch) -> Self {
        Self { start_byte, end_byte }
    }
}

impl From<&Commented> for CommentInfo {
    fn from(Commented { comment, standing, now }: &Commented) -> Self {
        let reply = |reply: &workroom::Reply| ReplyInfo {
            id: reply.id.clone(),
            text: reply.text.clone(),
            by: Who::from(&reply.by),
            at: time(reply.at_ms),
        };
        let resolved = comment.resolved.as_ref();
        Self {
            id: comment.id.clone(),
            path: comment.path.clone(),
            version: comment.version.clone(),
            range: comment.range.map(Stretch::from),
            quote: comment.quote.clone(),
            text: comment.text.clone(),
            by: Who::from(&comment.by),
            at: time(comment.at_ms),
            replies: comment.replies.iter().map(reply).collect(),
            resolved: resolved.map(|by| ResolvedInfo { by: Who::from(&by.by), at: time(by.at_ms) }),
            standing: match standing {
                workroom::Standing::Current => Standing::Current,
                workroom::Standing::Kept => Standing::Kept,
                workroom::Standing::Changed => Standing::Changed,
                workroom::Standing::Gone => Standing::Gone,
            },
            now: now.map(Stretch::from),
        }
    }
}
