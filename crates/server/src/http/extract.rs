//! What a request holds, taken out of it: who asks, the query, JSON, small bodies.
//!
//! Invariant: who asks is known before anything else is looked at. What is not understood is refused: unknown names, a type of body that is not
//! declared, more bytes than fit, bytes that come too slowly.
//! Not here: large bodies (`stream`).

use super::App;
use super::serve::Peer;
use super::stream::{Pace, read_all};
use crate::access::Access;
use crate::blocking::Cancel;
use crate::refusal::{Kind, Refusal, Result};
use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use custody::Via;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a body that is held in memory.
pub(super) const MOST_IN_MEMORY: usize = 8 << 20;
/// How long a call may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

/// The secret that a request shows, if any.
pub(super) fn secret(headers: &HeaderMap) -> Result<Option<String>> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = shown.next() else { return Ok(None) };
    let bearer = value.to_str().ok().and_then(|value| value.split_once(' '));
    match bearer {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("bearer") && shown.next().is_none() => {
            Ok(Some(secret.trim().to_owned()))
        }
        _ => Err(crate::host::unauthenticated(Some(""))),
    }
}

/// The header that shows a lease.
pub(super) const LEASE: &str = "workroom-lease";

/// The lease that a request shows, if any.
fn lease(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut shown = headers.get_all(LEASE).iter();
    let Some(value) = shown.next() else { return Ok(None) };
    match value.to_str() {
        Ok(id) if custody::lease::check_id(id).is_ok() && shown.next().is_none() => Ok(Some(id)),
        _ => Err(Refusal::new(
            Kind::Unprocessable,
            "the header `Workroom-Lease` is the id of one lease: `lease_` and 22 letters and digits",
        )),
    }
}

/// Whoever asks, in the workspace that the address names.
pub(super) struct Caller {
    pub(super) access: Access,
    app: Arc<App>,
}

impl Caller {
    /// Makes a blocking call for whoever asks.
    pub(super) async fn call<T, F>(&self, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Access, &Cancel) -> Result<T> + Send + 'static,
    {
        self.app.blocking.run(DEADLINE, self.checked(call)).await
    }

    /// The same of a call that computes: no more of them at once than are of use.
    pub(super) async fn query<T, F>(&self, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Access, &Cancel) -> Result<T> + Send + 'static,
    {
        self.app.blocking.query(DEADLINE, self.checked(call)).await
    }

    /// The same of a call that waits for others.
    pub(super) async fn wait<T, F>(&self, call: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Access, &Cancel) -> Result<T> + Send + 'static,
    {
        self.app.blocking.wait(DEADLINE, self.checked(call)).await
    }

    /// The call, if the token still stands: what came with the request may have come for long.
    fn checked<T, F>(&self, call: F) -> impl FnOnce(&Cancel) -> Result<T> + Send + use<T, F>
    where
        F: FnOnce(&Access, &Cancel) -> Result<T> + Send,
    {
        let access = self.access.clone();
        move |cancel| match access.holds() {
            true => call(&access, cancel),
            false => Err(crate::host::unauthenticated(Some(""))),
        }
    }

    /// All that is served.
    pub(super) fn app(&self) -> &Arc<App> {
        &self.app
    }
}

impl<S> FromRequestParts<S> for Caller
where
    Arc<App>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let app = Arc::<App>::from_ref(state);
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let names = names.map_err(|_| Refusal::new(Kind::NotFound, "the address is not UTF-8"))?;
        let name = names.0.get("workspace").cloned().or_else(|| app.host.default_name());
        let Some(name) = name else {
            let refusal = Refusal::new(Kind::NotFound, "several workspaces are served here");
            return Err(refusal.hint("name one in the address, as /mcp/NAME"));
        };
        let from = parts.extensions.get::<Peer>().map_or(IpAddr::from([0; 4]), |peer| peer.0.ip());
        let access = app.enter(from, name, secret(&parts.headers)?).await?;
        let client = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let access = access.coming(Via::Http, client).under_lease(lease(&parts.headers)?);
        Ok(Self { access, app })
    }
}

/// A query of known names.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        if !is_utf8(parts.uri.query().unwrap_or_default()) {
            return Err(Refusal::invalid("the query is not UTF-8"));
        }
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|rejection| Refusal::invalid(words(&rejection.body_text())))
    }
}

/// Whether what is written with percent signs is UTF-8: the decoder below would put another character in its place.
fn is_utf8(query: &str) -> bool {
    percent_encoding::percent_decode_str(query).decode_utf8().is_ok()
}

/// A JSON body.
pub(super) struct Json<T> {
    pub(super) value: T,
    /// The bytes it was read from.
    pub(super) bytes: Bytes,
}

impl<T, S> FromRequest<S> for Json<T>
where
    T: DeserializeOwned,
    Arc<App>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        require_type(request.headers(), "application/json")?;
        let bytes = read_all(request.into_body(), MOST_IN_MEMORY, pace(state)).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            let kind = if error.is_data() { Kind::Unprocessable } else { Kind::Invalid };
            Refusal::new(kind, format!("the body: {error}"))
        })?;
        Ok(Self { value, bytes })
    }
}

/// Bytes to be held in memory.
pub(super) struct Small(pub(super) Bytes);

impl<S> FromRequest<S> for Small
where
    Arc<App>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        require_type(request.headers(), "application/octet-stream")?;
        read_all(request.into_body(), MOST_IN_MEMORY, pace(state)).await.map(Self)
    }
}

/// A body of any type, held in memory: for what reads its types itself.
pub(super) struct Whole(pub(super) Request);

impl<S> FromRequest<S> for Whole
where
    Arc<App>: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        refuse_encoded(request.headers())?;
        let (parts, body) = request.into_parts();
        let bytes = read_all(body, MOST_IN_MEMORY, pace(state)).await?;
        Ok(Self(Request::from_parts(parts, Body::from(bytes))))
    }
}

fn pace<S>(state: &S) -> Pace
where
    Arc<App>: FromRef<S>,
{
    Pace::after(Arc::<App>::from_ref(state).timeouts.body)
}

/// Bytes of any number.
pub(super) struct Large(pub(super) Body);

impl<S: Send + Sync> FromRequest<S> for Large {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        require_type(request.headers(), "application/octet-stream")?;
        Ok(Self(request.into_body()))
    }
}

/// What is small when it comes stays small: nothing is unpacked here.
fn refuse_encoded(headers: &HeaderMap) -> Result<()> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Refusal::new(Kind::UnsupportedMediaType, "the body must not be encoded")
            .hint("send it without Content-Encoding"));
    }
    Ok(())
}

fn require_type(headers: &HeaderMap, expected: &str) -> Result<()> {
    refuse_encoded(headers)?;
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Refusal::new(Kind::UnsupportedMediaType, format!("the body must be {expected}"))
        .hint(format!("send the header `Content-Type: {expected}`")))
}

/// The extractor's words without its opening.
fn words(text: &str) -> String {
    format!("the query: {}", text.rsplit_once("query string: ").map_or(text, |(_, why)| why))
}

/// A query that names nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_once_and_as_a_bearers() {
        let check = |values: &[&str], expected: std::result::Result<Option<&str>, ()>| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(
                secret(&headers).map_err(|_| ()),
                expected.map(|secret| secret.map(str::to_owned)),
                "{values:?}"
            );
        };
        check(&[], Ok(None));
        check(&["Bearer wrk_a"], Ok(Some("wrk_a")));
        check(&["bearer  wrk_a "], Ok(Some("wrk_a")));
        check(&["Basic abc"], Err(()));
        check(&["wrk_a"], Err(()));
        check(&["Bearer a", "Bearer b"], Err(()));
    }

    #[test]
    fn percent_signs_stand_for_utf8() {
        for good in ["", "path=a%2Fb", "path=%C3%A9", "path=100%", "path=%zz", "%"] {
            assert!(is_utf8(good), "{good}");
        }
        for bad in ["path=%FF", "path=%C3", "path=%C3x"] {
            assert!(!is_utf8(bad), "{bad}");
        }
    }
}
