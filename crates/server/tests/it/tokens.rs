//! Who is let in, and what they may.

use crate::client::Request;
use crate::served::{FILES, Running};
use custody::Right;
use serde_json::json;
use workroom_server::{Anonymous, ServeOptions};

#[test]
fn nobody_is_let_in_without_a_token() {
    let server = Running::new();
    let challenge =
        format!("resource_metadata=\"http://{}/.well-known/oauth-protected-resource", server.address);
    for authorization in [None, Some("Bearer wrk_nonsense"), Some("Basic YTpi"), Some("Bearer"), Some("")] {
        for target in [
            "/v1/workspaces",
            "/v1/workspaces/mill",
            "/v1/workspaces/other",
            "/v1/workspaces/mill/file?path=log.txt",
            "/mcp",
        ] {
            let request = Request::new("GET", target);
            let request =
                authorization.iter().fold(request, |request, value| request.header("Authorization", *value));
            let answer = server.send(&request);
            assert_eq!(answer.status, 401, "{target} {authorization:?}");
            assert!(answer.header("www-authenticate").unwrap().contains(&challenge), "{target}");
        }
    }
    let metadata = server.send(&Request::new("GET", "/.well-known/oauth-protected-resource")).json();
    assert_eq!(metadata["resource"], format!("http://{}", server.address));
    for target in ["/healthz", "/readyz", "/metrics", "/v1/openapi.json"] {
        assert_eq!(server.send(&Request::new("GET", target)).status, 200, "{target}");
    }
}

#[test]
fn a_token_may_what_is_granted_and_no_more() {
    let server = Running::new();
    let reader = server.token(&[("notes", &[Right::Read])]);
    let dropper = server.token(&[("inbox", &[Right::Write])]);
    let write = |token: &str, path: &str| {
        server.send(&server.request(token, "PUT", &format!("/file?path={path}")).bytes("text"))
    };
    let refused = write(&reader, "notes/x.md");
    assert_eq!(refused.status, 403);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"insufficient_scope\", scope=\"write:notes/x.md\""), "{challenge}");
    assert_eq!(write(&reader, "inbox/x.md").status, 404);
    assert_eq!(server.ask(&reader, "GET", "/tokens").status, 403);
    // Who may write and not read learns nothing of what was there.
    let (first, second) = (write(&dropper, "inbox/x.md"), write(&dropper, "inbox/x.md"));
    assert_eq!((first.status, second.status), (200, 200));
    assert_eq!(first.without_date(), second.without_date());
    assert_eq!(server.ask(&dropper, "GET", "/file?path=inbox/x.md").status, 404);
    let guarded =
        server.request(&dropper, "PUT", "/file?path=inbox/x.md").bytes("text").header("If-None-Match", "*");
    assert_eq!(server.send(&guarded).status, 403);
    assert_eq!(server.ask(&dropper, "DELETE", "/file?path=inbox/x.md").status, 403);
}

#[test]
fn tokens_are_made_and_end_over_http() {
    let server = Running::new();
    let admin = server.token(&[("notes", &[Right::Admin])]);
    let make = |token: &str, prefix: &str| {
        let body =
            json!({"name": "helper", "grants": [{"prefix": prefix, "rights": ["read"]}], "expires_in": 60});
        server.send(&server.request(token, "POST", "/tokens").json(body))
    };
    assert_eq!(make(&admin, "log.txt").status, 403);
    let made = make(&admin, "notes");
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let (secret, id) = (
        made.json()["secret"].as_str().unwrap().to_owned(),
        made.json()["token"]["id"].as_str().unwrap().to_owned(),
    );
    assert_eq!(make(&secret, "notes").status, 403);
    assert_eq!(server.ask(&secret, "GET", "/file?path=notes/tide.md").status, 200);
    assert!(!server.ask(&admin, "GET", "/tokens").text().contains(&secret));
    assert_eq!(server.ask(&admin, "DELETE", &format!("/tokens/{id}")).status, 200);
    assert_eq!(server.ask(&secret, "GET", "/file?path=notes/tide.md").status, 401);
    assert_eq!(server.ask(&admin, "DELETE", "/tokens/nonsense").status, 404);
}

#[test]
fn whoever_shows_no_token_may_what_is_said() {
    let statuses = |anonymous: Anonymous| {
        let server = Running::with(&FILES, |options| ServeOptions { anonymous, ..options });
        let read = Request::new("GET", "/v1/workspaces/mill/file?path=log.txt");
        let write = Request::new("PUT", "/v1/workspaces/mill/file?path=new.txt").bytes("x");
        let tokens = Request::new("GET", "/v1/workspaces/mill/tokens");
        [read, write, tokens].map(|request| server.send(&request).status)
    };
    assert_eq!(statuses(Anonymous::None), [401, 401, 401]);
    assert_eq!(statuses(Anonymous::Read), [200, 401, 401]);
    assert_eq!(statuses(Anonymous::Write), [200, 201, 401]);
}

#[test]
fn a_token_that_is_not_accepted_is_in_the_log_with_how_often_it_was_shown() {
    let server = Running::new();
    let admin = server.admin();
    assert_eq!(server.ask(&admin, "GET", "/audit").status, 200);
    let (ended, end) = server.ending(&[("", &[Right::Read])], None);
    assert_eq!(server.ask(&ended, "GET", "/file?path=log.txt").status, 200);
    end();
    for _ in 0..15 {
        assert_eq!(server.ask("wrk_nonsense", "GET", "/file?path=log.txt").status, 401);
        assert_eq!(server.ask(&ended, "GET", "/file?path=log.txt").status, 401);
    }
    let refused = || server.ask(&admin, "GET", "/audit?kind=token.refuse&outcome=denied&from=0").json();
    // A line says how often, or once.
    let times = |detail: &str| {
        assert!(detail.contains("; shown from 127.0.0.1"), "{detail}");
        detail.rsplit_once(", ").map_or(1, |(_, n)| n.trim_end_matches(" times").parse::<u64>().unwrap())
    };
    let counted = |why: &str| {
        let told = refused();
        let lines = told["records"].as_array().unwrap().iter();
        let lines = lines.filter(|line| line["detail"].as_str().unwrap().contains(why)).cloned();
        let lines: Vec<serde_json::Value> = lines.collect();
        assert!(lines.len() <= 3, "a line a second at most: {lines:?}");
        let n: u64 = lines.iter().map(|line| times(line["detail"].as_str().unwrap())).sum();
        (n, lines.first().map(|line| line["by"]["name"].clone()))
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while counted("is not known here").0 + counted("was revoked").0 < 30 {
        assert!(std::time::Instant::now() < deadline, "{}", refused());
        std::thread::yield_now();
    }
    assert_eq!(counted("is not known here"), (15, Some("anonymous".into())));
    assert_eq!(counted("was revoked"), (15, Some("token 1".into())));
}
