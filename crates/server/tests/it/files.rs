//! Files: read, written, conditional, in parts, once.

use crate::client::Answer;
use crate::served::Running;
use custody::Right;
use serde_json::{Value, json};

fn put(server: &Running, token: &str, path: &str, text: &str, headers: &[(&str, &str)]) -> Answer {
    let request = server.request(token, "PUT", &format!("/file?path={path}")).bytes(text);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    server.send(&request)
}

#[test]
fn requests_are_answered_so() {
    let server = Running::new();
    let token = server.admin();
    let check = |method: &str, below: &str, status: u16, words: &str| {
        let answer = server.ask(&token, method, below);
        assert_eq!(answer.status, status, "{method} {below}: {}", answer.text());
        assert!(answer.text().contains(words), "{method} {below}: {}", answer.text());
        if status >= 400 {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{method} {below}");
            assert_eq!(answer.json()["status"], json!(status));
        }
    };
    check("GET", "", 200, "\"documents\":4");
    check("GET", "/file?path=log.txt", 200, "first line\n");
    check("GET", "/file?path=log.tx", 404, "log.txt");
    check("GET", "/file?path=notes", 409, "`notes` is a folder");
    check("GET", "/file", 400, "path");
    check("GET", "/file?path=log.txt&path=log.txt", 400, "duplicate");
    check("GET", "/file?path=log.txt&other=1", 400, "other");
    check("GET", "/file?path=%FF", 400, "UTF-8");
    check("GET", "/file/info?path=notes", 200, "\"kind\":\"folder\"");
    check("GET", "/file/info?path=log.txt", 200, "\"version\":\"");
    check("GET", "/files", 200, "\"path\":\"log.txt\"");
    check("GET", "/files?pattern=**/*.md", 200, "notes/gate.md");
    check("GET", "/files?depth=0", 400, "depth");
    check("GET", "/files?limit=1", 200, "\"next\":");
    check("GET", "/chunks?path=notes/tide.md", 200, "rests at flood");
    check("GET", "/problems", 200, "\"problems\":[]");
    check("GET", "/tokens", 200, "\"active\":true");
    check("GET", "/nothing", 404, "no such address");
    check("PATCH", "/file?path=log.txt", 405, "Allow");
    check("DELETE", "/file?path=none.txt", 404, "no such file");
    check("DELETE", "/file?path=notes", 409, "not empty");
    check("POST", "/search", 415, "application/json");
    let allowed = server.ask(&token, "PATCH", "/file?path=log.txt");
    assert_eq!(allowed.header("allow"), Some("GET,HEAD,PUT,DELETE"));
}

#[test]
fn no_path_leads_out() {
    let server = Running::new();
    let token = server.admin();
    std::fs::write(server.folder.parent().unwrap().join("outside.txt"), "outside").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../outside.txt", server.folder.join("link.txt")).unwrap();
    let vectors = [
        "../outside.txt",
        "..%2Foutside.txt",
        "%2e%2e/outside.txt",
        "notes/../../outside.txt",
        "notes/..%2f..%2foutside.txt",
        "./../outside.txt",
        "/etc/passwd",
        "//etc/passwd",
        "notes//tide.md",
        "log.txt%00.md",
        "..%00/outside.txt",
        ".workroom/config.toml",
        ".WORKROOM/config.toml",
        ".workroom/custody/tokens.journal",
        "link.txt",
        "",
    ];
    for vector in vectors {
        for (method, below) in
            [("GET", "/file"), ("DELETE", "/file"), ("GET", "/file/info"), ("GET", "/chunks")]
        {
            if (vector, below) == ("link.txt", "/file/info") {
                continue;
            }
            let answer = server.ask(&token, method, &format!("{below}?path={vector}"));
            let is_refused = (400..500).contains(&answer.status) && !answer.text().contains("outside\"");
            assert!(is_refused, "{method} {below} {vector}: {} {}", answer.status, answer.text());
        }
        let written = put(&server, &token, vector, "evil", &[]);
        assert!((400..500).contains(&written.status), "PUT {vector}: {}", written.text());
    }
    let outside = std::fs::read_to_string(server.folder.parent().unwrap().join("outside.txt")).unwrap();
    assert_eq!(outside, "outside");
}

#[test]
fn writes_hold_to_their_conditions() {
    let server = Running::new();
    let token = server.admin();
    let check = |answer: Answer, status: u16| -> Value {
        assert_eq!(answer.status, status, "{}", answer.text());
        answer.json()
    };
    let first = check(put(&server, &token, "new/a.md", "one", &[("If-None-Match", "*")]), 201);
    check(put(&server, &token, "new/a.md", "two", &[("If-None-Match", "*")]), 412);
    let version = first["version"].as_str().unwrap().to_owned();
    let tag = format!("\"{version}\"");
    let second = check(put(&server, &token, "new/a.md", "two", &[("If-Match", &tag)]), 200);
    let stale = check(put(&server, &token, "new/a.md", "three", &[("If-Match", &tag)]), 412);
    assert!(stale["detail"].as_str().unwrap().contains(second["version"].as_str().unwrap()));
    check(put(&server, &token, "new/a.md", "three", &[("If-Match", "*")]), 200);
    check(put(&server, &token, "new/b.md", "three", &[("If-Match", "*")]), 412);
    check(put(&server, &token, "new/a.md", "x", &[("If-None-Match", "\"a\"")]), 400);
    let read = server.ask(&token, "GET", "/file?path=new/a.md");
    let unread = server
        .request(&token, "GET", "/file?path=new/a.md")
        .header("If-None-Match", read.header("etag").unwrap());
    let unread = server.send(&unread);
    assert_eq!((unread.status, unread.body.len()), (304, 0));
    let edits = json!({"path": "new/a.md", "edits": [{"old": "thr", "new": "fr"}]});
    let edited = server.send(&server.request(&token, "POST", "/file/edit").json(edits.clone()));
    assert_eq!(check(edited, 200)["replaced"], json!(1));
    check(server.send(&server.request(&token, "POST", "/file/edit").json(edits)), 409);
    let gone = server.request(&token, "DELETE", "/file?path=new/a.md").header("If-Match", &tag);
    check(server.send(&gone), 412);
    check(server.ask(&token, "DELETE", "/file?path=new/a.md"), 200);
    check(server.ask(&token, "GET", "/file?path=new/a.md"), 404);
}

#[test]
fn ranges_are_parts_of_the_file() {
    let server = Running::new();
    let token = server.token(&[("", &[Right::Read])]);
    let check = |range: &str, status: u16, body: &str, shown: Option<&str>| {
        let answer = server.send(&server.request(&token, "GET", "/file?path=log.txt").header("Range", range));
        assert_eq!((answer.status, answer.header("content-range")), (status, shown), "{range}");
        if status < 400 {
            assert_eq!(answer.text(), body, "{range}");
        }
    };
    check("bytes=0-4", 206, "first", Some("bytes 0-4/11"));
    check("bytes=-5", 206, "line\n", Some("bytes 6-10/11"));
    check("bytes=6-", 206, "line\n", Some("bytes 6-10/11"));
    check("bytes=0-1,3-4", 200, "first line\n", None);
    check("bytes=11-", 416, "", Some("bytes */11"));
    let head = server.ask(&token, "HEAD", "/file?path=log.txt");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("11"), 0));
}

#[test]
fn a_change_under_a_key_is_made_once() {
    let server = Running::new();
    let token = server.admin();
    let append = |text: &str, key: &str| {
        let request = server.request(&token, "POST", "/file/append?path=log.txt").bytes(text);
        server.send(&request.header("Idempotency-Key", key))
    };
    let first = append("second line\n", "k1");
    assert_eq!(first.status, 200);
    assert_eq!(append("second line\n", "k1").without_date(), first.without_date());
    assert_eq!(append("third line\n", "k1").status, 422);
    assert_eq!(append("third line\n", "k2").status, 200);
    let read = server.ask(&token, "GET", "/file?path=log.txt").text();
    assert_eq!(read, "first line\nsecond line\nthird line\n");
    // Another principal's key is another key.
    let other = server.admin();
    let request = server.request(&other, "POST", "/file/append?path=log.txt").bytes("fourth line\n");
    assert_eq!(server.send(&request.header("Idempotency-Key", "k1")).status, 200);

    // What was expected of the file before is not asked of it again.
    let tag = server.ask(&token, "HEAD", "/file?path=log.txt").header("etag").unwrap().to_owned();
    let expected = format!("\"{}\", {tag}", "0".repeat(64));
    let write = || {
        let request = server.request(&token, "PUT", "/file?path=log.txt").bytes("new\n");
        server.send(&request.header("If-Match", &expected).header("Idempotency-Key", "k3"))
    };
    let first = write();
    assert_eq!(first.status, 200, "{}", first.text());
    assert_eq!(write().without_date(), first.without_date());
}

#[test]
fn folders_are_made_moved_copied_and_removed() {
    let server = Running::new();
    let token = server.admin();
    let post =
        |below: &str, body: Value| server.send(&server.request(&token, "POST", below).json(body)).status;
    assert_eq!(post("/folder", json!({"path": "a/b"})), 201);
    assert_eq!(post("/folder", json!({"path": "a/b"})), 200);
    assert_eq!(post("/file/copy", json!({"from": "notes", "to": "a/notes"})), 201);
    assert_eq!(post("/file/copy", json!({"from": "notes", "to": "a/notes"})), 409);
    assert_eq!(post("/file/move", json!({"from": "a/notes", "to": "moved"})), 200);
    assert_eq!(post("/file/move", json!({"from": "a/notes", "to": "moved"})), 404);
    assert_eq!(post("/file/move", json!({"from": "moved", "to": "moved/inside"})), 409);
    assert_eq!(post("/folder", json!({"path": "log.txt/x"})), 409);
    assert_eq!(post("/folder", json!({"path": "../x"})), 422);
    assert_eq!(post("/folder", json!({"path": "x", "mode": 7})), 422);
    assert_eq!(server.ask(&token, "GET", "/file?path=moved/tide.md").status, 200);
    assert_eq!(server.ask(&token, "DELETE", "/file?path=moved&recursive=true").status, 200);
    assert_eq!(server.ask(&token, "GET", "/file?path=moved/tide.md").status, 404);
}
