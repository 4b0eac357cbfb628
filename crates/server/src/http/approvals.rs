//! Approvals: asked for, waited for, answered.
//!
//! Invariant: whoever asks cannot answer.
//! Not here: who may answer (`access`).

use super::App;
use super::comments::check_length;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FolderPath;
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use super::who::{Who, time};
use crate::access::Access;
use crate::blocking::Cancel;
use crate::host::now_ms;
use crate::refusal::Result;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{Approval, ApprovalState, Wish};

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, ask)).routes(routes!(wait)).routes(routes!(answer))
}

/// The most seconds that a request waits: less than it may take.
const MOST_WAIT: u64 = 50;

/// An approval to ask for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Send the letter?", "paths": ["notes/log.md"]}))]
pub(super) struct AskApproval {
    /// What is to be approved, in a line.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// What there is to say besides.
    #[schema(min_length = 1, max_length = 16000)]
    details: Option<String>,
    /// The files and folders that it is about: who administers all of them may answer. The whole workspace, when it is absent.
    #[schema(max_items = 64)]
    paths: Option<Vec<FolderPath>>,
    /// What can be answered; `approve` and `reject`, when it is absent.
    #[schema(min_items = 2, max_items = 16)]
    options: Option<Vec<String>>,
    /// Seconds until it ends without an answer; a week, when it is absent.
    #[schema(minimum = 60, maximum = 7776000)]
    expires_in: Option<u64>,
}

/// An answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"option": "approve"}))]
pub(super) struct AnswerApproval {
    /// One of the options.
    #[schema(min_length = 1, max_length = 64)]
    option: String,
    /// What there is to say besides.
    #[schema(min_length = 1, max_length = 4000)]
    note: Option<String>,
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitQuery {
    /// Seconds to wait for the answer; 0 when it is absent.
    #[param(required = false, minimum = 0, maximum = 50)]
    wait: Option<u64>,
}

/// Which approval.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct ApprovalId {
    /// Its id.
    #[param(pattern = "^[a-z0-9_]{4,40}$")]
    id: String,
}

/// Whether an approval waits.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ApprovalState)]
pub(super) enum State {
    /// It can be answered.
    Open,
    /// It was answered.
    Answered,
    /// Its time ended without an answer.
    Expired,
}

/// An approval.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalInfo {
    /// Its id.
    id: String,
    /// Whether it waits.
    state: State,
    /// What is to be approved, in a line.
    title: String,
    /// What there is to say besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
    /// The files and folders that it is about; the empty path is the whole workspace.
    paths: Vec<String>,
    /// What can be answered.
    options: Vec<String>,
    /// Who asks.
    by: Who,
    /// When, RFC 3339, UTC.
    at: String,
    /// When it ends without an answer.
    expires: String,
    /// Whether it waits for an answer that the token may give.
    answerable: bool,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerInfo>,
}

/// What somebody answered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AnswerInfo {
    /// One of the options.
    option: String,
    /// What there is to say besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Who.
    by: Who,
    /// When, RFC 3339, UTC.
    at: String,
}

/// Approvals, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApprovalList {
    /// Those that the token asked for or may answer.
    approvals: Vec<ApprovalInfo>,
}

/// List approvals
///
/// Those that the token asked for or may answer, the newest first; those that have ended for ninety days too.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/approvals", tag = "approvals", operation_id = "list_approvals",
    params(InWorkspace),
    responses((status = 200, description = "The approvals", body = ApprovalList), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<ApprovalList>> {
    let approvals = caller.call(|access, _| {
        let found = access.approvals()?;
        Ok(found.iter().map(|approval| ApprovalInfo::of(access, approval)).collect())
    });
    Ok(axum::Json(ApprovalList { approvals: approvals.await? }))
}

/// Ask for an approval
///
/// Whoever administers all its paths can answer it, but not who asked.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/approvals", tag = "approvals", operation_id = "ask_approval",
    params(InWorkspace),
    request_body = AskApproval,
    responses((status = 201, description = "Asked", body = ApprovalInfo), Problems),
)]
async fn ask(
    caller: Caller,
    Json { value, .. }: Json<AskApproval>,
) -> Result<(StatusCode, axum::Json<ApprovalInfo>)> {
    check_length("title", &value.title, 200)?;
    let paths: Vec<String> = value.paths.unwrap_or_default().into_iter().map(|path| path.0).collect();
    check_range("the number of paths", paths.len() as u64, 0..=64)?;
    if let Some(options) = &value.options {
        check_range("the number of options", options.len() as u64, 2..=16)?;
    }
    let mut wish = Wish { details: value.details, paths, ..Wish::new(value.title) };
    wish.options = value.options.unwrap_or_default();
    if let Some(seconds) = value.expires_in {
        check_range("expires_in", seconds, 60..=7_776_000)?;
        wish.seconds = seconds;
    }
    let asked = caller.call(move |access, _| Ok(ApprovalInfo::of(access, &access.ask_approval(&wish)?)));
    Ok((StatusCode::CREATED, axum::Json(asked.await?)))
}

/// Wait for an approval
///
/// Returns it as it is: at once without `wait`, else as soon as it is answered.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/approvals/{id}", tag = "approvals", operation_id = "wait_for_approval",
    params(InWorkspace, ApprovalId, WaitQuery),
    responses((status = 200, description = "The approval", body = ApprovalInfo), Problems),
)]
async fn wait(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(WaitQuery { wait }): Query<WaitQuery>,
) -> Result<axum::Json<ApprovalInfo>> {
    let wait = wait.unwrap_or(0);
    check_range("wait", wait, 0..=MOST_WAIT)?;
    let wait = Duration::from_secs(wait);
    let found = move |access: &Access, cancel: &Cancel| {
        Ok(ApprovalInfo::of(access, &access.approval(&id, wait, cancel)?))
    };
    let found = if wait.is_zero() { caller.call(found).await? } else { caller.wait(found).await? };
    Ok(axum::Json(found))
}

/// Answer an approval
///
/// For who administers all its paths and did not ask. It is answered once.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/approvals/{id}/answer", tag = "approvals", operation_id = "answer_approval",
    params(InWorkspace, ApprovalId),
    request_body = AnswerApproval,
    responses((status = 200, description = "The approval", body = ApprovalInfo), Problems),
)]
async fn answer(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json { value, .. }: Json<AnswerApproval>,
) -> Result<axum::Json<ApprovalInfo>> {
    check_length("option", &value.option, 64)?;
    let answered = caller.call(move |access, _| {
        let answered = access.answer_approval(&id, &value.option, value.note.as_deref())?;
        Ok(ApprovalInfo::of(access, &answered))
    });
    Ok(axum::Json(answered.await?))
}

impl ApprovalInfo {
    fn of(access: &Access, approval: &Approval) -> Self {
        let answer = approval.answer.as_ref().map(|answer| AnswerInfo {
            option: answer.option.clone(),
            note: answer.note.clone(),
            by: Who::from(&answer.by),
            at: time(answer.at_ms),
        });
        Self {
            id: approval.id.clone(),
            state: match approval.state(now_ms()) {
                ApprovalState::Open => State::Open,
                ApprovalState::Answered => State::Answered,
                ApprovalState::Expired => State::Expired,
            },
            title: approval.title.clone(),
            details: approval.details.clone(),
            paths: approval.paths.clone(),
            options: approval.options.clone(),
            by: Who::from(&approval.by),
            at: time(approval.at_ms),
            expires: time(approval.expires_ms),
            answerable: access.may_answer(approval),
            answer,
        }
    }
}
