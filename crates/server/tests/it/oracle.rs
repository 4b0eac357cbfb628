//! What a token may not read is as what is not there: byte for byte, by every call.

use crate::alike::without_drawn;
use crate::client::Answer;
use crate::served::{FILES, Running};
use custody::Right;
use serde_json::json;

/// All that a token is told about a path, with the place and the port of the server taken out.
fn told(server: &Running, token: &str, path: &str) -> Vec<Answer> {
    let json_body = |below: &str, body| server.request(token, "POST", below).json(body);
    let requests = [
        server.request(token, "GET", &format!("/file?path={path}")),
        server.request(token, "HEAD", &format!("/file?path={path}")),
        server.request(token, "GET", &format!("/file/info?path={path}")),
        server.request(token, "GET", &format!("/files?folder={path}")),
        server.request(token, "GET", &format!("/files?folder={path}&pattern=**/*")),
        server.request(token, "GET", &format!("/chunks?path={path}")),
        server.request(token, "GET", &format!("/chunks?path={path}&chunk=0")),
        server.request(token, "GET", &format!("/search?query=wheel+sold+autumn&path={path}")),
        server.request(token, "GET", "/search?query=wheel+sold+autumn"),
        server.request(token, "GET", "/files?depth=9"),
        server.request(token, "GET", "/files?pattern=**/*.md"),
        server.request(token, "GET", "/problems"),
        server.request(token, "GET", ""),
        json_body("/ask", json!({"question": "when is the wheel sold?"})),
        server.request(token, "PUT", &format!("/file?path={path}")).bytes("x"),
        server.request(token, "PUT", &format!("/file?path={path}")).bytes("x").header("If-None-Match", "*"),
        server.request(token, "DELETE", &format!("/file?path={path}")),
        server.request(token, "POST", &format!("/file/append?path={path}")).bytes("x"),
        json_body("/file/edit", json!({"path": path, "edits": [{"old": "wheel", "new": "x"}]})),
        json_body("/file/move", json!({"from": path, "to": "notes/stolen.md"})),
        json_body("/file/copy", json!({"from": path, "to": "notes/stolen.md"})),
        json_body("/file/move", json!({"from": "notes/tide.md", "to": path})),
        json_body("/file/copy", json!({"from": "notes/tide.md", "to": path})),
        json_body("/folder", json!({"path": path})),
    ];
    let mut answers: Vec<Answer> =
        requests.iter().map(|request| server.send(request).without_date()).collect();
    for answer in &mut answers {
        let text = answer.text();
        // When it was indexed is a matter of time.
        let cut = text
            .split("\"indexed_at\":\"")
            .enumerate()
            .map(|(n, part)| if n == 0 { part } else { part.split_once('"').unwrap().1 });
        answer.body = cut.collect::<Vec<_>>().join("").into_bytes();
        answer.headers.retain(|(name, _)| name != "content-length");
    }
    answers
}

#[test]
fn hidden_is_as_absent() {
    let visible: Vec<(&str, &str)> =
        FILES.iter().filter(|(path, _)| !path.starts_with("hidden")).copied().collect();
    let (full, bare) = (Running::new(), Running::with(&visible, |options| options));
    let modified = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
    let rights: &[(&str, &[Right])] = &[("notes", &[Right::Read, Right::Write])];
    let tokens = [&full, &bare].map(|server| {
        for (path, _) in visible.iter().filter(|(path, _)| path.starts_with("notes")) {
            let file = std::fs::File::options().append(true).open(server.folder.join(path)).unwrap();
            file.set_modified(modified).unwrap();
        }
        server.token(rights)
    });
    for path in ["hidden/plan.md", "hidden", "hidden/plan.md/x", "log.txt/x"] {
        let [one, other] = [told(&full, &tokens[0], path), told(&bare, &tokens[1], path)];
        for (number, (one, other)) in one.iter().zip(&other).enumerate() {
            let port =
                |answer: &Answer, server: &Running| {
                    let shown = format!("{} {:?} {}", answer.status, answer.headers, answer.text());
                    let times = shown.replace(&server.address.port().to_string(), "PORT");
                    // Both were made by this test, at two times.
                    times
                        .split("\"modified\":\"")
                        .enumerate()
                        .map(|(n, part)| {
                            if n == 0 { part.to_owned() } else { part.split_once('"').unwrap().1.to_owned() }
                        })
                        .collect::<String>()
                };
            let (one, other) = (port(one, &full), port(other, &bare));
            let strip =
                |text: &str| {
                    text.split("\"created\":\"")
                        .enumerate()
                        .map(|(n, part)| {
                            if n == 0 { part.to_owned() } else { part.split_once('"').unwrap().1.to_owned() }
                        })
                        .collect::<String>()
                };
            // Each workspace has an id of its own.
            let strip = |text: &str| without_drawn(&strip(text), "ws_", 22);
            assert_eq!(strip(&one), strip(&other), "call {number} about {path}");
        }
    }
    assert_eq!(std::fs::read_to_string(full.folder.join("hidden/plan.md")).unwrap(), FILES[2].1);
}
