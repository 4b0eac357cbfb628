//! Errors over HTTP: each is a problem (RFC 9457), whoever makes it.
//!
//! Invariant: no answer with an error status leaves without a problem for its body, but those of MCP, which has errors of its own.
//! Not here: why something is refused (`refusal`).

use super::App;
use crate::refusal::{Kind, NextCall, Refusal};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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
    let shows_token = shows_token(request.headers());
    let address = app.names.address(request.uri(), request.headers());
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
    let metadata = address.map(|address| format!("{address}{}", super::health::metadata_of(&path)));
    if let Some(challenge) = metadata.and_then(|metadata| challenge(&refusal, &metadata, shows_token)) {
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

/// Whether a token is shown, of any worth: who tries to get in by other means is not told that it was none (RFC 6750, 3.1).
fn shows_token(headers: &HeaderMap) -> bool {
    headers.get_all(header::AUTHORIZATION).iter().any(|value| {
        let scheme = value.as_bytes().split(|&byte| byte == b' ').next().unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer")
    })
}

/// How a client may get in (RFC 6750, RFC 9728).
fn challenge(refusal: &Refusal, metadata: &str, shows_token: bool) -> Option<HeaderValue> {
    let error = match refusal.kind {
        Kind::Unauthenticated if shows_token => r#"error="invalid_token", "#,
        Kind::Unauthenticated => "",
        Kind::Forbidden if refusal.scope.is_some() => r#"error="insufficient_scope", "#,
        _ => return None,
    };
    let scope = refusal.scope.as_deref().map_or_else(|| "read write".to_owned(), plain);
    HeaderValue::try_from(format!(r#"Bearer {error}scope="{scope}", resource_metadata="{metadata}""#)).ok()
}

/// A scope holds no spaces, quotes or letters beyond ASCII (RFC 6749): they are written as in addresses.
fn plain(scope: &str) -> String {
    escape(scope, |byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'%'))
}

fn next_call(call: &NextCall, workspace: &str) -> Option<Value> {
    let at = format!("/v1/workspaces/{workspace}");
    if let NextCall::Lease { paths } = call {
        let body = json!({ "paths": paths, "wait": 30 });
        return Some(json!({ "method": "POST", "href": format!("{at}/leases"), "body": body }));
    }
    let address = match call {
        NextCall::List { folder } => format!("{at}/files?folder={}", in_query(folder)),
        NextCall::Read { path } => format!("{at}/file?path={}", in_query(path)),
        NextCall::Find { pattern } => format!("{at}/files?pattern={}", in_query(pattern)),
        NextCall::Problems => format!("{at}/problems"),
        NextCall::Lease { .. } => return None,
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
        let check = |refusal: Refusal, shows_token, expected: Option<&str>| {
            let challenge = challenge(&refusal, "http://h/m", shows_token);
            let expected = expected.map(|text| format!(r#"Bearer {text}, resource_metadata="http://h/m""#));
            assert_eq!(challenge.as_ref().and_then(|value| value.to_str().ok()), expected.as_deref());
        };
        let nobody = || Refusal::new(Kind::Unauthenticated, "x");
        check(nobody(), false, Some(r#"scope="read write""#));
        check(nobody(), true, Some(r#"error="invalid_token", scope="read write""#));
        let lacking = |id: &str| {
            let principal = custody::Principal { id: id.into(), ..custody::Principal::owner() };
            Refusal::forbidden(&principal, custody::Right::Write, "my \"notes\"/é")
        };
        let scope = r#"scope="write:my%20%22notes%22/%C3%A9""#;
        check(lacking("t1"), true, Some(&format!(r#"error="insufficient_scope", {scope}"#)));
        // Who shows none lacks a token, not a scope.
        check(lacking(crate::host::ANONYMOUS), false, Some(scope));
        check(Refusal::new(Kind::Forbidden, "another page"), true, None);
        check(Refusal::invalid("x"), true, None);
    }

    #[test]
    fn only_a_bearer_shows_a_token() {
        let check = |values: &[&str], expected: bool| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(shows_token(&headers), expected, "{values:?}");
        };
        check(&[], false);
        check(&["Basic YTpi"], false);
        check(&["bearer x"], true);
        check(&["Bearer"], true);
        check(&["Basic YTpi", "Bearer x"], true);
    }
}
