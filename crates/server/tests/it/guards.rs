//! Guards: hosts, origins, methods, sizes, rates.

use crate::client::{Request, exchange, read_answer};
use crate::served::{FILES, Running};
use std::num::NonZeroU32;
use std::time::Duration;
use workroom_server::{ServeOptions, Timeouts};

#[test]
fn other_names_and_pages_reach_nothing() {
    let server = Running::new();
    let token = server.admin();
    for target in [
        "/healthz",
        "/metrics",
        "/mcp",
        "/v1/openapi.json",
        "/v1/workspaces/mill/file?path=log.txt",
        "/nothing",
    ] {
        let request = Request::new("GET", target).header("Authorization", format!("Bearer {token}"));
        let port = server.address.port();
        for host in [
            "evil.example".to_owned(),
            format!("evil.example:{port}"),
            format!("localhost.evil.example:{port}"),
        ] {
            let answer = server.send(&request.clone().header("Host", host.clone()));
            assert_eq!(answer.status, 403, "{target} {host}");
            assert!(!answer.text().contains("first line"));
        }
        for origin in ["http://evil.example", "null", "http://localhost:1"] {
            let answer = server.send(&request.clone().header("Origin", origin));
            assert_eq!(answer.status, 403, "{target} {origin}");
        }
        let own = format!("http://{}", server.address);
        assert_ne!(server.send(&request.header("Origin", own)).status, 403, "{target}");
    }
}

#[test]
fn what_is_malformed_is_refused() {
    // A connection that is kept open after its answer is closed soon.
    let timeouts = Timeouts { head: Duration::from_millis(300), ..Timeouts::default() };
    let server = Running::with(&FILES, |options| ServeOptions { timeouts, ..options });
    let check = |bytes: &[u8], statuses: &[u16]| {
        let answer = exchange(server.address, bytes);
        let shown = String::from_utf8_lossy(bytes).chars().take(80).collect::<String>();
        if answer.is_empty() {
            assert!(statuses.contains(&0), "{shown:?} was not answered");
            return;
        }
        let answer = read_answer(&answer, false);
        assert!(statuses.contains(&answer.status), "{shown:?}: {}", answer.status);
    };
    check(b"GET / HTTP/1.1\r\n\r\n", &[400]);
    check(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", &[400]);
    check(b"nonsense\r\n\r\n", &[400]);
    check(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0, 400, 403, 404, 405, 505]);
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(100_000));
    check(long.as_bytes(), &[414, 431]);
    let headers = "x: y\r\n".repeat(100);
    check(format!("GET / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").as_bytes(), &[431]);
    let smuggled = "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n";
    check(smuggled.as_bytes(), &[400, 405]);
}

#[test]
fn bodies_are_bounded_and_typed() {
    let server = Running::with(&FILES, |options| ServeOptions { largest_file: 1000, ..options });
    let token = server.admin();
    let json = |body: &[u8], kind: &str| {
        let request = server.request(&token, "POST", "/search").header("Content-Type", kind).body(body);
        server.send(&request).status
    };
    assert_eq!(json(br#"{"query": "tide"}"#, "application/json"), 200);
    assert_eq!(json(br#"{"query": "tide"}"#, "application/json; charset=utf-8"), 200);
    assert_eq!(json(br#"{"query": "tide"}"#, "text/plain"), 415);
    assert_eq!(json(br#"{"query": "tide", "within": "/"}"#, "application/json"), 422);
    assert_eq!(json(br#"{"query": 7}"#, "application/json"), 422);
    assert_eq!(json(br#"{"query": ""}"#, "application/json"), 400);
    assert_eq!(json(br#"{"query": "a", "query": "b"}"#, "application/json"), 422);
    assert_eq!(json(br#"{"query": "tide""#, "application/json"), 400);
    assert_eq!(json(br#"{"query": "\ud800"}"#, "application/json"), 400);
    assert_eq!(json(&[b'['; 100_000], "application/json"), 422);
    let large = format!(r#"{{"query": "{}"}}"#, "a".repeat(9 << 20));
    assert_eq!(json(large.as_bytes(), "application/json"), 413);
    let put = |bytes: usize| {
        server.send(&server.request(&token, "PUT", "/file?path=large.bin").bytes(vec![7; bytes])).status
    };
    assert_eq!(put(1000), 201);
    assert_eq!(put(1001), 413);
    assert_eq!(server.ask(&token, "GET", "/file?path=large.bin").body.len(), 1000);
}

#[test]
fn who_asks_too_often_waits() {
    let server = Running::with(&FILES, |options| ServeOptions { rate: NonZeroU32::MIN, ..options });
    let (often, seldom) = (server.admin(), server.admin());
    let answers: Vec<_> = (0..4).map(|_| server.ask(&often, "GET", "/problems")).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert!(refused.header("retry-after").is_some());
    assert_eq!(refused.json()["kind"], "too-many-requests");
    assert_eq!(server.ask(&seldom, "GET", "/problems").status, 200);
}

#[test]
fn an_open_address_is_refused_without_tls_and_tokens() {
    let folder = tempfile::tempdir().unwrap();
    workroom::Workspace::init(folder.path()).unwrap();
    let served = workroom_server::Served::Folder(folder.path().to_path_buf());
    let open = std::sync::Arc::new(|_: &std::path::Path| workroom::OpenOptions::default());
    let listen = std::net::SocketAddr::from(([0, 0, 0, 0], 0));
    let refused = workroom_server::Server::bind(ServeOptions { listen, ..ServeOptions::new(served, open) });
    let refused = refused.err().unwrap();
    assert!(matches!(refused, workroom_server::ServeError::Open { .. }), "{refused}");
    assert!(refused.hint().contains("--insecure"));
}
