//! The page on which a person answers approvals.
//!
//! Invariant: it is the same for everybody and holds nothing of any workspace. What it shows it asks for by the routes that everybody uses, with the
//! token that its user types in, which is sent as a header and in no address. It runs its own script and style, known by their digests, and nothing
//! else; no page shows it in a frame.
//! Not here: approvals (`approvals`), who may answer them (`access`), hosts and origins (`guard`).

use super::App;
use axum::Router;
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const MARKUP: &str = include_str!("page/approvals.html");
const STYLE: &str = include_str!("page/approvals.css");
const SCRIPT: &str = include_str!("page/approvals.js");

/// The page as it is sent.
static PAGE: LazyLock<String> =
    LazyLock::new(|| MARKUP.replace("/*style*/", STYLE).replace("/*script*/", SCRIPT));

/// What a browser lets the page do: run its script, be styled, ask this server. No markup is made of text either, whatever the script does.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        source(SCRIPT),
        source(STYLE)
    )
});

/// How a policy names a text that may run.
fn source(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Its addresses: with a workspace, or without where a token opens one alone.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/approvals", get(approvals)).route("/approvals/{workspace}", get(approvals))
}

/// The same whether there is such a workspace or not: the page asks, with its user's token.
async fn approvals() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    (headers, PAGE.as_str()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways by which text becomes markup or script, or a page another one.
    const WAYS: [&str; 19] = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "setHTML",
        "srcdoc",
        "eval(",
        "Function(",
        "import(",
        "setTimeout(\"",
        "javascript:",
        ".src =",
        "location =",
        "location.href =",
        "window.open",
        "postMessage",
        "localStorage",
    ];

    #[test]
    fn text_becomes_nothing_but_text() {
        for way in WAYS {
            assert!(!SCRIPT.contains(way), "{way}");
        }
        // Names of properties and attributes are the script's own words.
        let attributes: Vec<&str> =
            SCRIPT.split("setAttribute(").skip(1).filter_map(|rest| rest.split(',').next()).collect();
        assert!(!attributes.is_empty());
        for name in attributes {
            assert!(
                ["\"role\"", "\"aria-label\"", "\"aria-labelledby\"", "\"aria-expanded\""].contains(&name),
                "{name}"
            );
        }
    }

    #[test]
    fn the_page_is_whole_and_needs_nothing_else() {
        let page = PAGE.as_str();
        assert!(
            page.contains(&format!("<style>{STYLE}</style>"))
                && page.contains(&format!("<script>{SCRIPT}</script>"))
        );
        for ends in ["</script", "</style", "<!--"] {
            assert!(!SCRIPT.contains(ends) && !STYLE.contains(ends), "{ends}");
        }
        assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
        for outside in [
            "http:",
            "https:",
            " src=",
            "<link",
            "<base",
            "<iframe",
            "@import",
            "url(",
            " style=",
            " onclick=",
            " onload=",
            " onsubmit=",
        ] {
            assert!(!MARKUP.contains(outside) && !STYLE.contains(outside), "{outside}");
        }
        // Without its script nothing that is typed can get into an address.
        assert!(!MARKUP.contains(" name=\"token\"") && !MARKUP.contains("action="));
    }

    #[test]
    fn the_policy_names_exactly_what_is_there() {
        assert_eq!(source(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert!(POLICY.contains(&source(SCRIPT)) && POLICY.contains(&source(STYLE)));
        for lax in ["unsafe", "*", "data:", "blob:", "http"] {
            assert!(!POLICY.contains(lax), "{lax}");
        }
    }
}
