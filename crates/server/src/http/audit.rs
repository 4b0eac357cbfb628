//! Who did what, and how much: the audit log and usage, for who administers.
//!
//! Invariant: records are told as they stand in the log, so that their hashes can be checked.
//! Not here: which records somebody may see (`access`).

use super::App;
use super::extract::{Caller, Nothing, Query};
use super::path::FolderPath;
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use crate::access::Order;
use crate::refusal::{Kind, Refusal, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{AuditFilter, AuditHead, AuditPage, Counts, Raised, Usage};

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(records)).routes(routes!(head)).routes(routes!(usage))
}

/// What came of an act.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuditOutcome)]
pub(super) enum Outcome {
    /// It was done.
    Done,
    /// The principal may not.
    Denied,
    /// Something else was in the way.
    Failed,
    /// It was about to be done; another record says what came of it.
    Begun,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Begun => "begun",
        }
    }
}

/// Which records.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditQuery {
    /// Only those on this file, or on this folder and what is below it, also where it was moved to, or shown by a search.
    path: Option<FolderPath>,
    /// Only those of this principal, by id or name.
    #[param(max_length = 64)]
    principal: Option<String>,
    /// Only of this kind, such as `file.write`, or of all that begin so, such as `file`.
    #[param(max_length = 32, pattern = "^[a-z_.]*$")]
    kind: Option<String>,
    /// Only with this outcome.
    #[param(inline)]
    outcome: Option<Outcome>,
    /// Not before then: RFC 3339.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Before then: RFC 3339.
    #[param(format = "date-time")]
    until: Option<String>,
    /// From this number on, the first ones first; without it, the last ones come first.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    from: Option<u64>,
    /// Below this number, the last ones first.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    before: Option<u64>,
    /// How many; 100 when it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u64>,
}

/// Records of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditRecords {
    /// Each as it stands in the log (docs/audit.md).
    #[schema(value_type = Vec<Object>)]
    records: Vec<serde_json::Value>,
    /// What to give for `from`, or for `before`, to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Where the log has got to, signed (Ed25519).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignedHead {
    /// The number of the last record.
    seq: u64,
    /// Its hash, in hexadecimal.
    hash: String,
    /// When it was signed, in milliseconds since 1970.
    at_ms: i64,
    /// The public key, in hexadecimal.
    key: String,
    /// The signature, in hexadecimal.
    signature: String,
}

/// What somebody did in some time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageCounts {
    /// Files that were read, and documents that were shown.
    reads: u64,
    /// Bytes of the files that were read.
    bytes_read: u64,
    /// Searches and questions.
    searches: u64,
    /// Milliseconds that the teacher took for them.
    teacher_ms: u64,
    /// Changes of any kind.
    changes: u64,
    /// Files that were made.
    files_made: u64,
    /// Bytes that were written.
    bytes_written: u64,
    /// What was asked for and not allowed.
    denials: u64,
}

/// What a principal did.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PrincipalUsage {
    /// Its id.
    principal: String,
    /// What people call it.
    name: String,
    /// In this minute and the one before.
    minute: UsageCounts,
    /// In the last hour.
    hour: UsageCounts,
    /// In the last day.
    day: UsageCounts,
}

/// An alert.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RaisedAlert {
    /// Its number in the audit log.
    seq: u64,
    /// When, RFC 3339, UTC.
    at: String,
    /// Whose doing it was.
    principal: String,
    /// What people call it.
    name: String,
    /// The last file or folder that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// What it is about.
    what: String,
}

/// How much is done, by whom, and what looked wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageReport {
    /// Whoever did anything in the last day.
    principals: Vec<PrincipalUsage>,
    /// Alerts of the last day, the last first.
    alerts: Vec<RaisedAlert>,
}

/// Look up who did what
///
/// Records of the audit log, the last first unless `from` is given. Whoever administers a part of the workspace is told of acts that name no path
/// outside it.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/audit", tag = "audit", operation_id = "audit_log",
    params(InWorkspace, AuditQuery),
    responses((status = 200, description = "Records", body = AuditRecords), Problems),
)]
async fn records(caller: Caller, Query(query): Query<AuditQuery>) -> Result<axum::Json<AuditRecords>> {
    const USUAL: u64 = 100;
    let limit = query.limit.unwrap_or(USUAL);
    check_range("limit", limit, 1..=1000)?;
    for (name, number) in [("from", query.from), ("before", query.before)] {
        check_range(name, number.unwrap_or(0), 0..=9_007_199_254_740_991)?;
    }
    let order = match (query.from, query.before) {
        (Some(_), Some(_)) => {
            return Err(Refusal::new(Kind::Unprocessable, "`from` and `before` do not go together"));
        }
        (Some(from), None) => Order::From(from),
        (None, before) => Order::Last(before),
    };
    let filter = filter(query)?;
    let AuditPage { records, next } =
        caller.call(move |access, _| access.audit(filter, order, limit as usize)).await?;
    Ok(axum::Json(AuditRecords { records, next }))
}

/// Sign where the audit log has got to
///
/// Kept elsewhere, it proves later that nothing before it was changed: `workroom audit verify --head FILE`. Only for who administers everything.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/audit/head", tag = "audit", operation_id = "audit_head",
    params(InWorkspace),
    responses((status = 200, description = "The head", body = SignedHead), Problems),
)]
async fn head(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<SignedHead>> {
    let AuditHead { seq, hash, at_ms, key, signature } = caller.call(|access, _| access.audit_head()).await?;
    Ok(axum::Json(SignedHead { seq, hash, at_ms, key, signature }))
}

/// Tell how much each principal does
///
/// In the last minute, hour and day, and which alerts there were. Only for who administers everything.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/usage", tag = "audit", operation_id = "usage",
    params(InWorkspace),
    responses((status = 200, description = "Usage", body = UsageReport), Problems),
)]
async fn usage(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<UsageReport>> {
    let (usage, alerts) = caller.call(|access, _| access.usage()).await?;
    let principals = usage.into_iter().map(PrincipalUsage::from).collect();
    let alerts = alerts.into_iter().map(RaisedAlert::from).collect();
    Ok(axum::Json(UsageReport { principals, alerts }))
}

fn filter(query: AuditQuery) -> Result<AuditFilter> {
    let moment = |name: &str, text: Option<&str>| -> Result<Option<i64>> {
        let parsed = text.map(str::parse::<jiff::Timestamp>).transpose();
        let parsed =
            parsed.map_err(|_| Refusal::invalid(format!("`{name}` is no time as RFC 3339 writes it")));
        Ok(parsed?.map(jiff::Timestamp::as_millisecond))
    };
    for (name, text, most) in [("principal", &query.principal, 64), ("kind", &query.kind, 32)] {
        let length = text.as_ref().map_or(0, |text| text.chars().count() as u64);
        check_range(&format!("the length of `{name}`"), length, 0..=most)?;
    }
    let is_kind = |kind: &String| kind.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.".contains(&byte));
    if !query.kind.as_ref().is_none_or(is_kind) {
        return Err(Refusal::invalid("a kind has small letters, dots and underscores"));
    }
    Ok(AuditFilter {
        path: query.path.map(|path| path.0),
        principal: query.principal,
        doing: query.kind,
        outcome: query.outcome.map(|outcome| outcome.name().to_owned()),
        since_ms: moment("since", query.since.as_deref())?,
        until_ms: moment("until", query.until.as_deref())?,
        within: None,
    })
}

impl From<Counts> for UsageCounts {
    fn from(counts: Counts) -> Self {
        let Counts { reads, bytes_read, searches, teacher_ms, changes, files_made, bytes_written, denials } =
            counts;
        Self { reads, bytes_read, searches, teacher_ms, changes, files_made, bytes_written, denials }
    }
}

impl From<Usage> for PrincipalUsage {
    fn from(usage: Usage) -> Self {
        let Usage { principal, name, minute, hour, day } = usage;
        Self { principal, name, minute: minute.into(), hour: hour.into(), day: day.into() }
    }
}

impl From<Raised> for RaisedAlert {
    fn from(raised: Raised) -> Self {
        let Raised { seq, at, principal, name, path, what } = raised;
        Self { seq, at, principal, name, path, what }
    }
}
