//! Ownership: offered, taken back, taken over.
//!
//! Invariant: a claim is shown in a body, never in an address. Whoever shows one that is not valid is told the same as of any other.
//! Not here: what taking one does (`custody`).

use super::App;
use super::extract::{Caller, DEADLINE, Json, Nothing, Query};
use super::reply::{Problems, TokenInfo};
use super::schema::{Grant, InWorkspace, check_range};
use super::tokens::{granted, info, name, shown_grant};
use super::who::time;
use crate::refusal::Result;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, offer)).routes(routes!(retract)).routes(routes!(claim))
}

/// Ownership to offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"keeps": [{"prefix": "", "rights": ["read"]}]}))]
pub(super) struct OfferOwnership {
    /// What the token that offers is left with once somebody has taken it; nothing when it is absent: then it ends.
    #[schema(max_items = 64)]
    keeps: Option<Vec<Grant>>,
    /// Whether the tokens that it made go over to the new owner; else they end.
    #[serde(default)]
    pass_tokens: bool,
}

/// Ownership to take over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimOwnership {
    /// The secret that was handed over.
    #[schema(pattern = "^wrc_[0-9A-Za-z]{49}$")]
    claim: String,
    /// What people are to call the new owner.
    #[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]$")]
    name: String,
}

/// Which offer.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct TransferId {
    /// Its id.
    #[param(pattern = "^[a-z0-9]{1,32}$")]
    id: String,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TransferState {
    /// It can be taken.
    Open,
    /// Somebody has become the owner by it.
    Claimed,
    /// It was taken back.
    Retracted,
    /// Its time is over.
    Expired,
    /// Whoever offered it has not what it offers any more.
    Void,
}

/// An offer, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferInfo {
    /// Names it in every list.
    id: String,
    /// What became of it.
    state: TransferState,
    /// The id of whoever offers.
    created_by: String,
    /// When, RFC 3339, UTC.
    created: String,
    /// When it ends by itself.
    expires: String,
    /// What whoever offers is left with.
    keeps: Vec<Grant>,
    /// Whether the tokens that it made go over to the new owner.
    pass_tokens: bool,
    /// The id of the new owner's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_by: Option<String>,
    /// When it was taken, or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
}

/// Offers, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TransferList {
    /// All that are known.
    transfers: Vec<TransferInfo>,
}

/// An offer that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeTransfer {
    /// What is known of it.
    transfer: TransferInfo,
    /// What the new owner is to show. It is shown this once.
    claim: String,
}

/// Ownership that was taken over.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClaimedWorkspace {
    /// The workspace's name in addresses.
    workspace: String,
    /// The new owner's token, which may everything and never ends by itself.
    token: TokenInfo,
    /// What its holder shows. It is shown this once.
    secret: String,
}

/// List offers of ownership
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/transfers", tag = "transfers", operation_id = "list_transfers",
    params(InWorkspace),
    responses((status = 200, description = "The offers", body = TransferList), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<TransferList>> {
    let found = caller.call(|access, _| access.transfers()).await?;
    Ok(axum::Json(TransferList { transfers: found.iter().map(TransferInfo::from).collect() }))
}

/// Offer ownership
///
/// To whoever shows the claim, within three days. For a token of the owner's that may everything and never ends.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/transfers", tag = "transfers", operation_id = "offer_ownership",
    params(InWorkspace),
    request_body = OfferOwnership,
    responses((status = 201, description = "Offered", body = MadeTransfer), Problems),
)]
async fn offer(caller: Caller, Json { value, .. }: Json<OfferOwnership>) -> Result<Response> {
    let keeps = value.keeps.unwrap_or_default();
    check_range("the number of grants", keeps.len() as u64, 0..=64)?;
    let keeps = keeps.iter().map(granted).collect::<Result<Vec<_>>>()?;
    let new = custody::NewTransfer { keeps, passes_tokens: value.pass_tokens };
    let offered = caller.call(move |access, _| access.offer_ownership(new)).await?;
    let claim = offered.secret.reveal().to_owned();
    let body = MadeTransfer { transfer: TransferInfo::from(&offered.transfer), claim };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// Take an offer back
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/transfers/{id}", tag = "transfers", operation_id = "retract_offer",
    params(InWorkspace, TransferId),
    responses((status = 200, description = "Taken back", body = TransferInfo), Problems),
)]
async fn retract(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<TransferInfo>> {
    let found = caller.call(move |access, _| access.retract_offer(&id)).await?;
    Ok(axum::Json(TransferInfo::from(&found)))
}

/// Take ownership over
///
/// By a claim, without a token. The answer holds the new owner's token; whoever offered is left with what was agreed.
#[utoipa::path(
    post, path = "/v1/claims", tag = "transfers", operation_id = "claim_ownership", security(()),
    request_body = ClaimOwnership,
    responses((status = 200, description = "Taken over", body = ClaimedWorkspace), Problems),
)]
async fn claim(State(app): State<Arc<App>>, Json { value, .. }: Json<ClaimOwnership>) -> Result<Response> {
    let (name, host) = (name(&value.name)?, Arc::clone(&app.host));
    let taken = app.blocking.run(DEADLINE, move |_| host.claim(&value.claim, &name)).await?;
    let (workspace, claimed) = taken;
    let secret = claimed.secret.reveal().to_owned();
    let body = ClaimedWorkspace { workspace, token: info(&claimed.token), secret };
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

impl From<&custody::Transfer> for TransferInfo {
    fn from(transfer: &custody::Transfer) -> Self {
        Self {
            id: transfer.id.clone(),
            state: match transfer.state {
                custody::TransferState::Open => TransferState::Open,
                custody::TransferState::Claimed => TransferState::Claimed,
                custody::TransferState::Retracted => TransferState::Retracted,
                custody::TransferState::Expired => TransferState::Expired,
                custody::TransferState::Void => TransferState::Void,
            },
            created_by: transfer.created_by.clone(),
            created: time(transfer.created_ms),
            expires: time(transfer.expires_ms),
            keeps: transfer.keeps.iter().map(shown_grant).collect(),
            pass_tokens: transfer.passes_tokens,
            claimed_by: transfer.claimed_by.clone(),
            ended: transfer.ended_ms.map(time),
        }
    }
}
