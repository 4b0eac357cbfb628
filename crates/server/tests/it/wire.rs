//! Requests as no client library would send them: what two readers of the same bytes might understand differently is refused, and nothing that is
//! hidden in another request is done.

use crate::client::{exchange, read_answer};
use crate::served::{FILES, Running};
use std::time::Duration;
use workroom_server::{ServeOptions, Timeouts};

/// What a request may be answered with; 0 for a connection that is closed without a word.
type Statuses = &'static [u16];

const REFUSED: Statuses = &[0, 400];

/// Requests whose end is in doubt, each with one more behind it.
fn doubtful() -> Vec<(&'static str, Statuses)> {
    vec![
        ("Content-Length: 4\r\nContent-Length: 40\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: 4, 40\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: gzip\r\n\r\n{}", REFUSED),
        ("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", REFUSED),
        ("X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", REFUSED),
        ("Content-Length: +4\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: -4\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: 0x4\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: 4 4\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length: 99999999999999999999999\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length : 4\r\n\r\n{}\r\n", REFUSED),
        ("Content-Length:\r\n\r\n", REFUSED),
        ("X: a\0b\r\n\r\n", REFUSED),
        ("X\0: a\r\n\r\n", REFUSED),
        ("X: a\rContent-Length: 4\r\n\r\n", REFUSED),
        ("X y: a\r\n\r\n", REFUSED),
        (": a\r\n\r\n", REFUSED),
        ("X\r\n\r\n", REFUSED),
        ("Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n", REFUSED),
        ("Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n", &[0, 400, 422]),
    ]
}

#[test]
fn nothing_is_done_that_is_hidden_in_another_request() {
    let timeouts = Timeouts { head: Duration::from_millis(500), ..Timeouts::default() };
    let server = Running::with(&FILES, |options| ServeOptions { timeouts, ..options });
    let token = server.admin();
    let own = format!("Host: localhost\r\nAuthorization: Bearer {token}\r\n");
    let hidden = format!("DELETE /v1/workspaces/mill/file?path=log.txt HTTP/1.1\r\n{own}\r\n");
    let check = |rest: &str, statuses: Statuses| {
        let open =
            format!("POST /v1/workspaces/mill/search HTTP/1.1\r\n{own}Content-Type: application/json\r\n");
        let said = exchange(server.address, format!("{open}{rest}{hidden}").as_bytes());
        let shown = String::from_utf8_lossy(&said);
        let answers = shown.matches("HTTP/1.1 ").count();
        assert!(answers <= 1, "{rest:?}: {shown}");
        let status = if answers == 0 { 0 } else { read_answer(&said, false).status };
        assert!(statuses.contains(&status), "{rest:?}: {shown}");
        assert!(server.folder.join("log.txt").exists(), "{rest:?} hides a request");
    };
    std::thread::scope(|scope| {
        for (rest, statuses) in doubtful() {
            let check = &check;
            scope.spawn(move || check(rest, statuses));
        }
    });
}

#[test]
fn targets_and_versions_are_taken_as_they_are_meant() {
    let timeouts = Timeouts { head: Duration::from_millis(500), ..Timeouts::default() };
    let server = Running::with(&FILES, |options| ServeOptions { timeouts, ..options });
    let token = server.admin();
    let check = |request: &str, statuses: Statuses| {
        let request = request.replace("TOKEN", &format!("Authorization: Bearer {token}"));
        let said = exchange(server.address, request.replace('\n', "\r\n").as_bytes());
        let status = if said.is_empty() { 0 } else { read_answer(&said, request.starts_with("HEAD")).status };
        assert!(statuses.contains(&status), "{request:?}: {}", String::from_utf8_lossy(&said));
        assert!(!String::from_utf8_lossy(&said).contains("first line"), "{request:?}");
    };
    let large = format!("GET /healthz HTTP/1.1\nHost: localhost\nX: {}\n\n", "x".repeat(200 << 10));
    let many = format!("GET /healthz HTTP/1.1\nHost: localhost\n{}\n", "X: y\n".repeat(64));
    let cases: Vec<(&str, Statuses)> = vec![
        ("GET /healthz HTTP/1.1\nHost: localhost\n\n", &[200]),
        ("HEAD /healthz HTTP/1.1\nHost: localhost\n\n", &[200]),
        ("GET http://localhost/healthz HTTP/1.1\nHost: localhost\n\n", &[200]),
        // A target that names a host stands above the header, for this guard as for whoever routes by it.
        ("GET http://evil.example/healthz HTTP/1.1\nHost: localhost\n\n", &[403]),
        ("GET http://localhost@evil.example/healthz HTTP/1.1\nHost: localhost\n\n", &[400, 403]),
        ("GET http://localhost/healthz HTTP/1.1\nHost: evil.example\n\n", &[200, 400, 403]),
        ("GET https://localhost/healthz HTTP/1.1\nHost: localhost\n\n", &[200, 400]),
        ("GET /healthz HTTP/1.1\nHost: localhost, evil.example\n\n", &[400, 403]),
        ("GET /healthz HTTP/1.1\nHost:\n\n", &[400, 403]),
        ("GET /healthz HTTP/1.1\nhost: localhost\nHOST: localhost\n\n", &[400]),
        ("GET /healthz HTTP/1.0\n\n", &[400]),
        ("GET /healthz HTTP/1.0\nHost: localhost\n\n", &[200]),
        ("GET /healthz HTTP/3.7\nHost: localhost\n\n", &[0, 400, 505]),
        ("GET /healthz\n\n", &[0, 400]),
        ("get /healthz HTTP/1.1\nHost: localhost\n\n", &[400, 405]),
        ("G\0T /healthz HTTP/1.1\nHost: localhost\n\n", &[0, 400]),
        ("OPTIONS * HTTP/1.1\nHost: localhost\n\n", &[400, 404, 405]),
        ("CONNECT localhost:22 HTTP/1.1\nHost: localhost\n\n", &[400, 403, 404, 405]),
        ("TRACE /healthz HTTP/1.1\nHost: localhost\nTOKEN\n\n", &[405]),
        ("GET healthz HTTP/1.1\nHost: localhost\n\n", &[0, 400, 403, 404]),
        ("GET //healthz HTTP/1.1\nHost: localhost\n\n", &[404]),
        ("GET /v1/../healthz HTTP/1.1\nHost: localhost\n\n", &[404]),
        ("GET /healthz%00 HTTP/1.1\nHost: localhost\n\n", &[404]),
        ("GET /%2e%2e/healthz HTTP/1.1\nHost: localhost\n\n", &[404]),
        ("GET /healthz?\0 HTTP/1.1\nHost: localhost\n\n", &[0, 400]),
        ("GET /v1/workspaces/../../etc/passwd HTTP/1.1\nHost: localhost\nTOKEN\n\n", &[404]),
        ("GET /v1/workspaces/mill%2Ffile?path=log.txt HTTP/1.1\nHost: localhost\nTOKEN\n\n", &[404]),
        ("GET /v1/workspaces/%00/file?path=log.txt HTTP/1.1\nHost: localhost\nTOKEN\n\n", &[404]),
        ("GET /v1/workspaces/%FF/file?path=log.txt HTTP/1.1\nHost: localhost\nTOKEN\n\n", &[400, 404]),
        (
            "GET /v1/workspaces/mill/file?path=log.txt HTTP/1.1\nHost: localhost\nAuthorization: Bearer x\nTOKEN\n\n",
            &[401],
        ),
        (
            "GET /v1/workspaces/mill/file?path=log.txt&access_token=TOKEN HTTP/1.1\nHost: localhost\n\n",
            &[0, 400, 401],
        ),
        (&large, &[0, 431]),
        (&many, &[431]),
    ];
    std::thread::scope(|scope| {
        for (request, statuses) in cases {
            let check = &check;
            scope.spawn(move || check(request, statuses));
        }
    });
}
