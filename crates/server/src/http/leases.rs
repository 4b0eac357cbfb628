//! Leases: taken, kept by heartbeats, given back, listed, and taken away by who administers.
//!
//! Invariant: a lease is taken on all of its paths or on none. Whoever is gone when it is given does not keep it.
//! Not here: how a change shows its lease (`extract`), who may take what (`access`).

use super::App;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FolderPath;
use super::reply::Problems;
use super::schema::{InWorkspace, check_range};
use crate::access::{ShownLease, lease_time};
use crate::refusal::{Refusal, Result};
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{Lease, LeaseMode, LeaseRequest};

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, take))
        .routes(routes!(give_up))
        .routes(routes!(release))
        .routes(routes!(heartbeat))
}

/// The most seconds that a request waits: less than it may take.
const MOST_WAIT: u64 = 50;
/// Seconds that a lease lasts where nothing is said.
const USUAL: u64 = 60;

/// Whom a lease keeps out.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LeaseMode)]
pub(super) enum Mode {
    /// All others: its holder alone writes.
    #[default]
    Exclusive,
    /// All who would write: several may hold it at once.
    Shared,
}

/// A wish for a lease.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"paths": ["notes/log.md"], "seconds": 60, "purpose": "an example"}))]
pub(super) struct TakeLease {
    /// Files or folders, of which the lease is had on all or none; a folder with all below it, also what is not there yet. The empty path is the
    /// whole workspace.
    #[schema(min_items = 1, max_items = 64)]
    paths: Vec<FolderPath>,
    /// Whom it keeps out; all others when it is absent.
    #[serde(default)]
    mode: Mode,
    /// Seconds until it ends without a heartbeat; 60 when it is absent.
    #[schema(minimum = 1, maximum = 3600)]
    seconds: Option<u64>,
    /// What it is for, in words for others to read.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    purpose: Option<String>,
    /// Seconds to wait for it; 0 when it is absent.
    #[schema(minimum = 0, maximum = 50)]
    wait: Option<u64>,
}

/// How long a lease is to go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 60}))]
pub(super) struct Heartbeat {
    /// Seconds from now until it ends without another one; 60 when it is absent.
    #[schema(minimum = 1, maximum = 3600)]
    seconds: Option<u64>,
}

/// Which lease to take away.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"fencing_token": 1}))]
pub(super) struct BreakLease {
    /// Its fencing token, from the list.
    #[schema(minimum = 1, maximum = 9007199254740991_u64)]
    fencing_token: u64,
}

/// Which lease, by what its holder alone knows.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct LeaseId {
    /// Its id.
    #[param(pattern = "^lease_[A-Za-z0-9]{22}$")]
    id: String,
}

/// A lease as its holder knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeaseInfo {
    /// What is shown in the header `Workroom-Lease` to write by it, and to keep it and give it back. Nobody else is told, or has a use of it.
    id: String,
    /// Greater than that of every lease before.
    fencing_token: u64,
    /// On what.
    paths: Vec<String>,
    /// Whom it keeps out.
    mode: Mode,
    /// What it is for.
    purpose: String,
    /// When it was given, RFC 3339, UTC.
    since: String,
    /// When it ends without a heartbeat.
    until: String,
}

/// A lease as others know it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HeldLease {
    /// What people call whoever has it.
    holder: String,
    /// Whether it is the one who asks.
    own: bool,
    /// Whom it keeps out.
    mode: Mode,
    /// On what, as far as it may be known.
    paths: Vec<String>,
    /// What it is for.
    purpose: String,
    /// Greater than that of every lease before.
    fencing_token: u64,
    /// When it was given, RFC 3339, UTC.
    since: String,
    /// When it ends without a heartbeat.
    until: String,
}

/// Leases, in the order in which they were given.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LeaseList {
    /// Those that may be known of.
    leases: Vec<HeldLease>,
}

/// A lease that was given back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Released {
    /// Its id.
    id: String,
}

/// List leases
///
/// Those that hold, as far as what they are on may be known.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/leases", tag = "leases", operation_id = "list_leases",
    params(InWorkspace),
    responses((status = 200, description = "The leases", body = LeaseList), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<LeaseList>> {
    let leases = caller.call(|access, _| access.leases()).await?;
    Ok(axum::Json(LeaseList { leases: leases.into_iter().map(HeldLease::from).collect() }))
}

/// Take a lease
///
/// On files or folders, on all of them or none. Until it ends nobody else changes them through the program. Changes by it show its id in the
/// header `Workroom-Lease`.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/leases", tag = "leases", operation_id = "take_lease",
    params(InWorkspace),
    request_body = TakeLease,
    responses((status = 201, description = "Taken", body = LeaseInfo), Problems),
)]
async fn take(
    caller: Caller,
    Json { value, .. }: Json<TakeLease>,
) -> Result<(StatusCode, axum::Json<LeaseInfo>)> {
    check_range("the number of paths", value.paths.len() as u64, 1..=64)?;
    let wait = value.wait.unwrap_or(0);
    check_range("wait", wait, 0..=MOST_WAIT)?;
    let purpose = value.purpose.unwrap_or_default();
    if purpose.chars().count() > 200 || purpose.chars().any(char::is_control) {
        return Err(Refusal::invalid("`purpose` is one line of at most 200 characters"));
    }
    let request = LeaseRequest {
        paths: value.paths.into_iter().map(|path| path.0).collect(),
        mode: value.mode.into(),
        seconds: seconds(value.seconds)?,
        purpose,
    };
    let wait = Duration::from_secs(wait);
    let lease = caller.wait(move |access, cancel| access.lease(&request, wait, cancel)).await?;
    Ok((StatusCode::CREATED, axum::Json(LeaseInfo::from(lease))))
}

/// Keep a lease
///
/// It lasts so many seconds from now.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/leases/{id}/heartbeat", tag = "leases", operation_id = "extend_lease",
    params(InWorkspace, LeaseId),
    request_body = Heartbeat,
    responses((status = 200, description = "It goes on", body = LeaseInfo), Problems),
)]
async fn heartbeat(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json { value, .. }: Json<Heartbeat>,
) -> Result<axum::Json<LeaseInfo>> {
    let seconds = seconds(value.seconds)?;
    let lease = caller.call(move |access, _| access.extend_lease(&id, seconds)).await?;
    Ok(axum::Json(LeaseInfo::from(lease)))
}

/// Give a lease back
///
/// Whoever waits for it is given it at once.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/leases/{id}", tag = "leases", operation_id = "release_lease",
    params(InWorkspace, LeaseId),
    responses((status = 200, description = "Given back", body = Released), Problems),
)]
async fn release(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<Released>> {
    let released = caller.call(move |access, _| access.release_lease(&id).map(|()| id)).await?;
    Ok(axum::Json(Released { id: released }))
}

/// Take a lease away
///
/// From whoever holds it, for who administers all that it is on. Its holder's next write by it is refused.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/leases/break", tag = "leases", operation_id = "break_lease",
    params(InWorkspace),
    request_body = BreakLease,
    responses((status = 200, description = "Taken away, and whose it was", body = HeldLease), Problems),
)]
async fn give_up(caller: Caller, Json { value, .. }: Json<BreakLease>) -> Result<axum::Json<HeldLease>> {
    let held = caller.call(move |access, _| access.take_lease_away(value.fencing_token)).await?;
    Ok(axum::Json(HeldLease::from(held)))
}

fn seconds(seconds: Option<u64>) -> Result<u64> {
    let seconds = seconds.unwrap_or(USUAL);
    check_range("seconds", seconds, 1..=3600)?;
    Ok(seconds)
}

impl From<Mode> for LeaseMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Exclusive => Self::Exclusive,
            Mode::Shared => Self::Shared,
        }
    }
}

impl From<LeaseMode> for Mode {
    fn from(mode: LeaseMode) -> Self {
        match mode {
            LeaseMode::Exclusive => Self::Exclusive,
            LeaseMode::Shared => Self::Shared,
        }
    }
}

impl From<Lease> for LeaseInfo {
    fn from(lease: Lease) -> Self {
        let Lease { id, held } = lease;
        Self {
            id,
            fencing_token: held.fencing_token,
            paths: held.paths,
            mode: held.mode.into(),
            purpose: held.purpose,
            since: lease_time(held.since_ms),
            until: lease_time(held.until_ms),
        }
    }
}

impl From<ShownLease> for HeldLease {
    fn from(lease: ShownLease) -> Self {
        Self {
            holder: lease.holder,
            own: lease.own,
            mode: lease.mode.into(),
            paths: lease.paths,
            purpose: lease.purpose,
            fencing_token: lease.fencing_token,
            since: lease.since,
            until: lease.until,
        }
    }
}
