//! The names of the server: hosts and origins over all routes, and what clients are told of where it is.

use crate::client::Request;
use crate::served::{FILES, Running};
use std::sync::Arc;
use workroom_server::{Anonymous, ServeError, ServeOptions, Served, Server};

/// One of each kind of route.
const TARGETS: [&str; 10] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/mcp",
    "/mcp/mill",
    "/v1/openapi.json",
    "/v1/workspaces",
    "/v1/workspaces/mill/file?path=log.txt",
    "/.well-known/oauth-protected-resource",
    "/nothing",
];

fn named(options: ServeOptions) -> ServeOptions {
    let hosts = ["work.example", "inner.example:8080", "10.1.2.3:80"].map(str::to_owned).to_vec();
    ServeOptions { hosts, ..options }
}

fn public(options: ServeOptions) -> ServeOptions {
    ServeOptions { public_url: Some("https://pub.example".into()), ..named(options) }
}

#[test]
fn every_route_takes_the_same_names() {
    let servers = [Running::with(&FILES, named), Running::with(&FILES, public)];
    let [named, public] = &servers;
    let check = |server: &Running, host: &str, origin: Option<&str>, is_taken: bool| {
        let token = server.admin();
        for target in TARGETS {
            let request = Request::new("GET", target).header("Authorization", format!("Bearer {token}"));
            let request = request.header("Host", host);
            let request = origin.iter().fold(request, |request, origin| request.header("Origin", *origin));
            let answer = server.send(&request);
            assert_eq!(answer.status != 403, is_taken, "{target} {host} {origin:?}: {}", answer.text());
        }
    };
    for host in [
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "10.9.8.7:7700",
        "[::1]",
        "[fe80::1]:80",
        "work.example",
        "Work.Example:1234",
        "inner.example:8080",
    ] {
        check(named, host, None, true);
        check(public, host, None, true);
        check(named, host, Some("http://evil.example"), false);
        check(named, host, Some(&format!("http://{host}")), true);
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "inner.example",
        "inner.example:8081",
        "pub.example.evil.example",
    ] {
        check(named, host, None, false);
        check(public, host, None, false);
    }
    check(named, "pub.example", None, false);
    check(public, "pub.example", Some("https://pub.example"), true);
    check(public, "127.0.0.1:7700", Some("https://pub.example"), true);
    check(public, "pub.example", Some("https://pub.example:8443"), false);
    check(named, "127.0.0.1:7700", Some("https://pub.example"), false);
}

#[test]
fn clients_are_told_where_they_asked_or_the_public_address() {
    let (named, public) = (Running::with(&FILES, named), Running::with(&FILES, public));
    let port = named.address.port();
    let own = format!("127.0.0.1:{port}");
    let check = |server: &Running, host: &str, expected: &str| {
        for (target, resource) in [
            ("/v1/workspaces/mill", ""),
            ("/v1/workspaces", ""),
            ("/mcp", "/mcp"),
            ("/mcp/mill", "/mcp/mill"),
            ("/mcp/absent", "/mcp/absent"),
        ] {
            let refused = server.send(&Request::new("GET", target).header("Host", host));
            let metadata = format!("/.well-known/oauth-protected-resource{resource}");
            assert_eq!(refused.status, 401, "{target}");
            assert_eq!(refused.header("cache-control"), Some("no-store"), "{target}");
            assert_eq!(
                refused.header("www-authenticate"),
                Some(
                    format!("Bearer scope=\"read write\", resource_metadata=\"{expected}{metadata}\"")
                        .as_str()
                )
            );
            let told = server.send(&Request::new("GET", metadata).header("Host", host)).json();
            assert_eq!(told["resource"], format!("{expected}{resource}"));
            assert_eq!(told["bearer_methods_supported"][0], "header");
        }
    };
    check(&named, &own, &format!("http://{own}"));
    check(&named, "work.example", "http://work.example");
    check(&named, "localhost:99", "http://localhost:99");
    check(&public, "127.0.0.1", "https://pub.example");
    check(&public, "pub.example", "https://pub.example");
    for target in ["/x", "/mcp/a/b", "/mcp/%20", "/v1/workspaces"] {
        let target = format!("/.well-known/oauth-protected-resource{target}");
        assert_eq!(named.send(&Request::new("GET", target)).status, 404);
    }
}

#[test]
fn what_is_public_is_not_open_by_oversight() {
    let folder = tempfile::tempdir().unwrap();
    workroom::Workspace::init(folder.path()).unwrap();
    let bind = |public: &str, anonymous: Anonymous, insecure: bool| {
        let open = Arc::new(|_: &std::path::Path| workroom::OpenOptions {
            sharing: workroom::Sharing::Alone,
            ..workroom::OpenOptions::default()
        });
        let options = ServeOptions::new(Served::Folder(folder.path().to_path_buf()), open);
        let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        let public_url = Some(public.to_owned());
        Server::bind(ServeOptions { listen, public_url, anonymous, insecure, ..options })
            .map(|server| server.url().to_owned())
    };
    assert_eq!(bind("https://pub.example", Anonymous::None, false).unwrap(), "https://pub.example");
    for (public, anonymous) in
        [("http://pub.example", Anonymous::None), ("https://pub.example", Anonymous::Read)]
    {
        let refused = bind(public, anonymous, false).unwrap_err();
        assert!(matches!(refused, ServeError::Open { .. }), "{refused}");
        assert!(bind(public, anonymous, true).is_ok());
    }
    let refused = bind("pub.example/app", Anonymous::None, false).unwrap_err();
    assert!(matches!(refused, ServeError::Name { .. }), "{refused}");
    assert!(refused.hint().contains("--public-url"));
}

#[test]
fn metrics_are_for_this_machine_and_not_for_who_comes_by_a_proxy_on_it() {
    let server = Running::with(&FILES, public);
    let check = |headers: &[(&str, &str)], expected: u16| {
        let request = Request::new("GET", "/metrics");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
        assert_eq!(server.send(&request).status, expected, "{headers:?}");
    };
    check(&[], 200);
    check(&[("Host", "localhost:7700")], 200);
    check(&[("Host", "pub.example")], 404);
    check(&[("Host", "work.example")], 404);
    check(&[("Host", "10.9.8.7")], 404);
    for name in ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"] {
        check(&[(name, "10.9.8.7")], 404);
    }
}

#[test]
fn other_methods_and_other_pages_are_told_what_there_is() {
    let server = Running::new();
    let token = server.admin();
    let send = |method: &str, target: &str, origin: Option<&str>| {
        let request = Request::new(method, target).header("Authorization", format!("Bearer {token}"));
        let answer =
            server.send(&origin.iter().fold(request, |request, origin| request.header("Origin", *origin)));
        // No page of elsewhere is ever let in by a header.
        assert!(
            !answer.headers.iter().any(|(name, _)| name.starts_with("access-control")),
            "{method} {target}"
        );
        answer
    };
    for target in ["/healthz", "/v1/openapi.json", "/v1/workspaces/mill/file?path=log.txt"] {
        let (head, get) = (send("HEAD", target, None), send("GET", target, None));
        assert_eq!((head.status, head.body.len()), (200, 0), "{target}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{target}");
    }
    for target in ["/healthz", "/v1/workspaces", "/v1/workspaces/mill/search"] {
        let answer = send("OPTIONS", target, None);
        assert_eq!(answer.status, 405, "{target}");
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("GET")), "{target}");
    }
    for method in ["HEAD", "OPTIONS", "PUT", "TRACE"] {
        assert_eq!(send(method, "/mcp", None).status, 405, "{method}");
    }
    for target in ["/mcp", "/v1/workspaces"] {
        assert_eq!(send("OPTIONS", target, Some("https://evil.example")).status, 403, "{target}");
    }
}

#[test]
fn readiness_is_of_what_is_served() {
    let server = Running::new();
    let ready = || server.send(&Request::new("GET", "/readyz"));
    assert_eq!(ready().status, 200);
    let (here, away) = (server.folder.join(".workroom"), server.folder.join("away"));
    std::fs::rename(&here, &away).unwrap();
    let gone = ready();
    std::fs::rename(&away, &here).unwrap();
    assert_eq!((gone.status, gone.json()["kind"].as_str()), (503, Some("unavailable")));
    assert!(gone.header("retry-after").is_some());
    assert_eq!(ready().status, 200);
    assert_eq!(server.send(&Request::new("GET", "/healthz")).status, 200);
}
