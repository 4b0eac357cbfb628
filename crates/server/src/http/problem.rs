//! Errors over HTTP: each is a problem (RFC 9457), whoever makes it.
//!
//! Invariant: no answer with an error status leaves without a problem for its body, but those of MCP, which has errors of its own.
//! Not here: why something is refused (`refusal`).

use super::App;
use crate::refusal::{Kind, NextCall, Refusal};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

/// The type of a problem's body.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal on its way out. Its body is written by [`write_problems`], which knows what was asked.
#[derive(Clone)]
struct Refused(Arc<Refusal>);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}

/// Gives every answer with an error status its problem.
pub(super) async fn write_problems(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    let mut response = next.run(request).await;
    let refusal = match response.extensions_mut().remove::<Refused>() {
        Some(Refused(refusal)) => (*refusal).clone(),
        None if is_error(&response) && !path.starts_with("/mcp") => of_status(&path, response.status()),
        None => return response,
    };
    let mut problem = refusal.problem();
    problem["instance"] = json!(path);
    if !refusal.next.is_empty() {
        let workspace = path.strip_prefix("/v1/workspaces/").and_then(|rest| rest.split('/').next());
        problem["next"] = refusal.next.iter().filter_map(|call| next_call(call, workspace?)).collect();
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(challenge) = challenge(&refusal, &app.url, has_token) {
        parts.headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(seconds) = refusal.retry_after {
        parts.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Response::from_parts(parts, Body::from(problem.to_string()))
}

fn is_error(response: &Response) -> bool {
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROBLEM_JSON);
    !is_problem && (response.status().is_client_error() || response.status().is_server_error())
}

/// For what a layer below refused without a reason of ours.
fn of_status(path: &str, status: StatusCode) -> Refusal {
    let kind = Kind::of_status(status.as_u16());
    match kind {
        Kind::NotFound => {
            Refusal::new(kind, format!("no such address: `{path}`")).hint("see /v1/openapi.json")
        }
        Kind::MethodNotAllowed => Refusal::new(kind, format!("`{path}` does not take this method"))
            .hint("the header `Allow` names those it takes"),
        Kind::Internal => Refusal::new(kind, "the request met a fault of the program"),
        kind => Refusal::new(kind, kind.title()),
    }
}

/// How a client may get in (RFC 6750, RFC 9728).
fn challenge(refusal: &Refusal, url: &str, has_token: bool) -> Option<HeaderValue> {
    let metadata = format!(r#"resource_metadata="{url}/.well-known/oauth-protected-resource""#);
    let scope = refusal.scope.as_deref().map(plain);
    let text = match (refusal.kind, scope) {
        (Kind::Unauthenticated, _) if has_token => {
            format!(r#"Bearer error="invalid_token", {metadata}, scope="read write""#)
        }
        (Kind::Unauthenticated, _) => format!(r#"Bearer {metadata}, scope="read write""#),
        (Kind::Forbidden, Some(scope)) => {
            format!(r#"Bearer error="insufficient_scope", scope="{scope}", {metadata}"#)
        }
        _ => return None,
    };
    HeaderValue::try_from(text).ok()
}

/// A scope holds no spaces, quotes or letters beyond ASCII (RFC 6749): they are written as in addresses.
fn plain(scope: &str) -> String {
    escape(scope, |byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'%'))
}

fn next_call(call: &NextCall, workspace: &str) -> Option<Value> {
    let at = format!("/v1/workspaces/{workspace}");
    let address = match call {
        NextCall::List { folder } => format!("{at}/files?folder={}", in_query(folder)),
        NextCall::Read { path } => format!("{at}/file?path={}", in_query(path)),
        NextCall::Find { pattern } => format!("{at}/files?pattern={}", in_query(pattern)),
        NextCall::Problems => format!("{at}/problems"),
    };
    Some(json!({ "method": "GET", "href": address }))
}

fn in_query(text: &str) -> String {
    escape(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/'))
}

fn escape(text: &str, stays: impl Fn(u8) -> bool) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if stays(byte) {
            out.push(char::from(byte));
        } else {
            let _never_fails = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_says_how_to_get_in() {
        let check = |refusal: Refusal, has_token, expected: Option<&str>| {
            let challenge = challenge(&refusal, "http://h", has_token);
            assert_eq!(challenge.as_ref().and_then(|value| value.to_str().ok()), expected);
        };
        let metadata = r#"resource_metadata="http://h/.well-known/oauth-protected-resource""#;
        let nobody = || Refusal::new(Kind::Unauthenticated, "x");
        check(nobody(), false, Some(&format!(r#"Bearer {metadata}, scope="read write""#)));
        check(
            nobody(),
            true,
            Some(&format!(r#"Bearer error="invalid_token", {metadata}, scope="read write""#)),
        );
        let lacking = Refusal::forbidden(custody::Right::Write, "my \"notes\"/é");
        let expected = format!(
            r#"Bearer error="insufficient_scope", scope="write:my%20%22notes%22/%C3%A9", {metadata}"#
        );
        check(lacking, true, Some(&expected));
        check(Refusal::invalid("x"), true, None);
    }
}
