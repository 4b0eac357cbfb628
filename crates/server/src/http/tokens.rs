//! Tokens: made, listed and revoked by who administers something.
//!
//! Invariant: nobody grants what they do not administer (`custody` sees to it). A secret is shown once.
//! Not here: where tokens are kept.

use super::App;
use super::extract::{Caller, Json, Nothing, Query};
use super::path::FolderPath;
use super::reply::{MadeToken, Problems, TokenInfo, TokenList};
use super::schema::{Grant, InWorkspace, NewToken, Right, check_range};
use crate::host::now_ms;
use crate::refusal::{Refusal, Result};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    let changes = OpenApiRouter::new().routes(routes!(pause)).routes(routes!(resume));
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke)).merge(changes)
}

/// Which token.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "only its schema is used")]
struct TokenId {
    /// Its id.
    #[param(pattern = "^[a-z0-9]{1,32}$")]
    id: String,
}

/// List tokens
///
/// Those that may be known of, the newest first; ended ones too for a while. Secrets are not among it.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/tokens", tag = "tokens", operation_id = "list_tokens",
    params(InWorkspace),
    responses((status = 200, description = "The tokens", body = TokenList), Problems),
)]
async fn list(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<TokenList>> {
    let tokens = caller.call(|access, _| access.tokens()).await?;
    Ok(axum::Json(TokenList { tokens: tokens.iter().map(info).collect() }))
}

/// Make a token
///
/// It may no more, and lives no longer, than the one it is made with. Its secret is shown this once.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/tokens", tag = "tokens", operation_id = "create_token",
    params(InWorkspace),
    request_body = NewToken,
    responses((status = 201, description = "Made", body = MadeToken), Problems),
)]
async fn create(caller: Caller, Json { value, .. }: Json<NewToken>) -> Result<Response> {
    check_range("the number of grants", value.grants.len() as u64, 1..=64)?;
    let grants = value.grants.iter().map(granted).collect::<Result<Vec<_>>>()?;
    let mut new = custody::NewToken::new(name(&value.name)?, grants);
    if let Some(seconds) = value.expires_in {
        check_range("expires_in", seconds, 1..=315_360_000)?;
        new = new.until(now_ms().saturating_add(seconds as i64 * 1000));
    }
    let made = caller.call(move |access, _| access.create_token(new)).await?;
    let body = MadeToken { token: info(&made.token), secret: made.secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response())
}

/// Revoke a token
///
/// It ends at once, and all that were made by it.
#[utoipa::path(
    delete, path = "/v1/workspaces/{workspace}/tokens/{id}", tag = "tokens", operation_id = "revoke_token",
    params(InWorkspace, TokenId),
    responses((status = 200, description = "Revoked", body = TokenInfo), Problems),
)]
async fn revoke(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<TokenInfo>> {
    let token = caller.call(move |access, _| access.revoke_token(&id)).await?;
    Ok(axum::Json(info(&token)))
}

/// Pause a token
///
/// It is accepted no more, nor those that were made by it, until it is resumed.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/tokens/{id}/pause", tag = "tokens", operation_id = "pause_token",
    params(InWorkspace, TokenId),
    responses((status = 200, description = "Paused, or ended before", body = TokenInfo), Problems),
)]
async fn pause(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<TokenInfo>> {
    let token = caller.call(move |access, _| access.pause_token(&id, true)).await?;
    Ok(axum::Json(info(&token)))
}

/// Resume a token
///
/// One that was paused, by somebody or by an alert, is accepted again.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/tokens/{id}/resume", tag = "tokens", operation_id = "resume_token",
    params(InWorkspace, TokenId),
    responses((status = 200, description = "Accepted again, unless it has ended", body = TokenInfo), Problems),
)]
async fn resume(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<axum::Json<TokenInfo>> {
    let token = caller.call(move |access, _| access.pause_token(&id, false)).await?;
    Ok(axum::Json(info(&token)))
}

pub(super) fn name(name: &str) -> Result<String> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_' | '-');
    let fits = (2..=64).contains(&name.len()) && name.chars().all(usual);
    if fits && ends(name.chars().next()) && ends(name.chars().last()) {
        return Ok(name.to_owned());
    }
    Err(Refusal::invalid("a token's name has 2 to 64 letters, digits, spaces, dots, dashes"))
}

pub(super) fn granted(grant: &Grant) -> Result<custody::Grant> {
    check_range("the number of rights", grant.rights.len() as u64, 1..=3)?;
    let rights = grant.rights.iter().map(|right| match right {
        Right::Read => custody::Right::Read,
        Right::Write => custody::Right::Write,
        Right::Admin => custody::Right::Admin,
    });
    custody::Grant::new(&grant.prefix.0, custody::Rights::of(rights))
        .map_err(|error| Refusal::of_custody(&error))
}

pub(super) fn info(token: &custody::Token) -> TokenInfo {
    let time =
        |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default();
    TokenInfo {
        id: token.id.clone(),
        name: token.name.clone(),
        grants: token.grants.iter().map(shown_grant).collect(),
        created_by: token.created_by.clone(),
        created: time(token.created_ms),
        expires: token.expires_ms.map(time),
        revoked: token.revoked_ms.map(time),
        used: token.used_ms.map(time),
        active: token.state == custody::State::Active,
        paused: token.state == custody::State::Paused,
    }
}

/// A grant as answers write it.
pub(super) fn shown_grant(grant: &custody::Grant) -> Grant {
    let right = |right: custody::Right| match right {
        custody::Right::Read => Right::Read,
        custody::Right::Write => Right::Write,
        custody::Right::Admin => Right::Admin,
    };
    Grant {
        prefix: FolderPath(grant.prefix().to_owned()),
        rights: grant.rights().named().map(right).collect(),
    }
}
