//! Versions, trash and checkpoints over HTTP and MCP: what files held, told and given back to whom it may be.

use crate::agent::{Agent, ERAS};
use crate::client::Answer;
use crate::served::Running;
use custody::Right::{Read, Write};
use serde_json::{Value, json};

fn write(server: &Running, token: &str, path: &str, text: &str) -> String {
    let answer = server.send(&server.request(token, "PUT", &format!("/file?path={path}")).bytes(text));
    assert!(answer.status < 300, "{}", answer.text());
    answer.json()["version"].as_str().unwrap().to_owned()
}

fn post(server: &Running, token: &str, below: &str, body: Value) -> Answer {
    server.send(&server.request(token, "POST", below).json(body))
}

#[test]
fn what_a_file_held_is_listed_read_compared_and_restored() {
    let server = Running::new();
    let (writer, stranger) =
        (server.token(&[("notes", &[Read, Write])]), server.token(&[("hidden", &[Read, Write])]));
    let first = write(&server, &writer, "notes/plan.md", "one\n");
    let second = write(&server, &writer, "notes/plan.md", "two\n");
    let listed = server.ask(&writer, "GET", "/versions?path=notes/plan.md").json();
    let versions: Vec<&Value> =
        listed["versions"].as_array().unwrap().iter().map(|one| &one["version"]).collect();
    assert_eq!(versions, [&json!(second), &json!(first)]);
    assert_eq!(
        (&listed["versions"][0]["current"], &listed["versions"][1]["by"]["name"]),
        (&json!(true), &json!("token 0"))
    );
    let old = server.ask(&writer, "GET", &format!("/version?path=notes/plan.md&version={}", &first[..8]));
    assert_eq!(
        (old.status, old.text().as_str(), old.header("etag")),
        (200, "one\n", Some(format!("\"{first}\"").as_str()))
    );
    let diff = server.ask(&writer, "GET", &format!("/versions/diff?path=notes/plan.md&from={first}")).json();
    assert!(diff["diff"].as_str().unwrap().ends_with("-one\n+two\n"), "{diff}");
    // Whoever may not see the file is told of none, also by a version that it knows.
    for below in [
        "/versions?path=notes/plan.md".to_owned(),
        format!("/version?path=notes/plan.md&version={first}"),
        format!("/versions/diff?path=notes/plan.md&from={first}"),
    ] {
        assert_eq!(server.ask(&stranger, "GET", &below).status, 404, "{below}");
    }
    let body = json!({"path": "notes/plan.md", "version": first});
    assert_eq!(post(&server, &stranger, "/versions/restore", body.clone()).status, 404);
    let request = server.request(&writer, "POST", "/versions/restore").json(body.clone());
    let stale = server.send(&request.header("If-Match", format!("\"{first}\"")));
    assert_eq!(stale.status, 412, "{}", stale.text());
    let restored = post(&server, &writer, "/versions/restore", body);
    assert_eq!((restored.status, &restored.json()["version"]), (200, &json!(first)));
    for (version, status) in [("zzzzzz", 400), ("123", 400), ("000000", 404)] {
        let below = format!("/version?path=notes/plan.md&version={version}");
        assert_eq!(server.ask(&writer, "GET", &below).status, status, "{version}");
    }
}

#[test]
fn what_was_removed_is_put_back_by_whoever_may_write_there() {
    let server = Running::new();
    let (writer, reader) = (server.token(&[("notes", &[Read, Write])]), server.token(&[("notes", &[Read])]));
    let stranger = server.token(&[("hidden", &[Read, Write])]);
    write(&server, &writer, "notes/gone.md", "the heron\n");
    assert_eq!(server.ask(&writer, "DELETE", "/file?path=notes/gone.md").status, 200);
    assert_eq!(server.ask(&stranger, "GET", "/trash").json()["entries"], json!([]));
    let entry = server.ask(&reader, "GET", "/trash").json()["entries"][0].clone();
    assert_eq!((&entry["path"], &entry["by"]["name"]), (&json!("notes/gone.md"), &json!("token 0")));
    let below = format!("/trash/{}/restore", entry["id"].as_str().unwrap());
    assert_eq!(post(&server, &stranger, &below, json!({})).status, 404);
    assert_eq!(post(&server, &reader, &below, json!({})).status, 403);
    assert_eq!(post(&server, &writer, &below, json!({"to": "hidden/x.md"})).status, 404);
    let back = post(&server, &writer, &below, json!({}));
    assert_eq!((back.status, &back.json()["path"]), (201, &json!("notes/gone.md")));
    assert_eq!(server.ask(&reader, "GET", "/file?path=notes/gone.md").text(), "the heron\n");
    assert_eq!(post(&server, &writer, &below, json!({})).status, 404);
    server.ask(&writer, "DELETE", "/file?path=notes/gone.md");
    assert_eq!(server.ask(&writer, "DELETE", "/trash").status, 403);
    assert_eq!(server.ask(&server.admin(), "DELETE", "/trash").json()["purged"], json!(1));
}

#[test]
fn a_checkpoint_is_everybodys_and_shows_each_what_it_may_read() {
    let server = Running::new();
    let admin = server.admin();
    let (all, writer) = (server.token(&[("", &[Read, Write])]), server.token(&[("notes", &[Read, Write])]));
    assert_eq!(post(&server, &writer, "/checkpoints", json!({})).status, 403);
    let made = post(&server, &all, "/checkpoints", json!({"note": "before", "tags": ["v1"]}));
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["files"].as_u64() > Some(1));
    assert_eq!(post(&server, &all, "/checkpoints", json!({"tags": ["v1"]})).status, 409);
    let seen = server.ask(&writer, "GET", "/checkpoints").json()["checkpoints"][0].clone();
    assert_eq!((&seen["files"], &seen["note"], &seen["tags"]), (&json!(0), &json!(""), &json!(["v1"])));
    let files = server.ask(&writer, "GET", "/checkpoints/v1/files?limit=1").json();
    assert!(files["files"][0]["path"].as_str().unwrap().starts_with("notes/"), "{files}");

    write(&server, &writer, "notes/new.md", "new\n");
    write(&server, &admin, "hidden/new.md", "new\n");
    let diff = server.ask(&writer, "GET", "/checkpoints/v1/diff").json();
    assert_eq!(
        diff["changes"],
        json!([{"path": "notes/new.md", "change": "created", "after": diff["changes"][0]["after"]}])
    );
    assert_eq!(post(&server, &writer, "/checkpoints/v1/restore", json!({})).status, 403);
    assert_eq!(post(&server, &writer, "/checkpoints/v1/restore", json!({"path": "hidden"})).status, 404);
    let done = post(&server, &writer, "/checkpoints/v1/restore", json!({"path": "notes"}));
    assert_eq!((done.status, &done.json()["removed"]), (200, &json!(1)), "{}", done.text());
    assert_eq!(server.ask(&admin, "GET", "/file?path=notes/new.md").status, 404);
    assert_eq!(server.ask(&admin, "GET", "/file?path=hidden/new.md").status, 200);
    let undo = format!("/checkpoints/{}/restore", done.json()["before"].as_str().unwrap());
    assert_eq!(post(&server, &writer, &undo, json!({"path": "notes"})).json()["written"], json!(1));
    assert_eq!(server.ask(&all, "DELETE", "/checkpoints/v1").status, 403);
    assert_eq!(server.ask(&admin, "DELETE", "/checkpoints/v1").status, 200);
    assert_eq!(server.ask(&admin, "GET", "/checkpoints/v1/files").status, 404);
}

#[test]
fn agents_go_back_by_tools() {
    for era in ERAS {
        let server = Running::new();
        let token = server.token(&[("", &[Read, Write])]);
        let mut agent = Agent::connect(server.address, "/mcp", &token, era);
        let mut call = |tool: &str, arguments: Value| {
            let result = agent.call(tool, &arguments);
            let text = result["content"][0]["text"].as_str().unwrap().to_owned();
            (result["isError"] == json!(true), text, result["structuredContent"].clone())
        };
        call("write_file", json!({"path": "plan.md", "content": "one\n"}));
        let (failed, text, made) = call("create_checkpoint", json!({"note": "before"}));
        assert!(!failed && text.starts_with("made checkpoint checkpoint_"), "{text}");
        call("write_file", json!({"path": "plan.md", "content": "two\n"}));
        let (_, text, listed) = call("list_versions", json!({"path": "plan.md"}));
        assert!(text.lines().next().unwrap().ends_with("written by token 0, now"), "{text}");
        let first = listed["versions"][1]["version"].clone();
        let (_, _, old) = call("read_version", json!({"path": "plan.md", "version": first}));
        assert_eq!((&old["text"], &old["truncated"]), (&json!("one\n"), &json!(false)));
        let (_, text, _) = call("diff_versions", json!({"path": "plan.md", "from": first}));
        assert!(text.ends_with("-one\n+two\n"), "{text}");
        let (_, text, _) = call("diff_checkpoint", json!({"checkpoint": made["id"]}));
        assert_eq!(text, "modified  plan.md");
        let (failed, text, _) =
            call("restore_version", json!({"path": "plan.md", "version": first, "if_match": "absent"}));
        assert!(failed, "{text}");
        assert!(!call("restore_version", json!({"path": "plan.md", "version": first})).0);
        call("delete_file", json!({"path": "plan.md"}));
        let (_, _, trash) = call("list_trash", json!({}));
        let (failed, text, _) =
            call("restore_from_trash", json!({"id": trash["entries"][0]["id"], "to": "back.md"}));
        assert!(!failed && text == "`back.md` is there again", "{text}");
        let (failed, text, done) = call("restore_checkpoint", json!({"checkpoint": made["id"]}));
        assert!(!failed && done["written"] == json!(1) && done["removed"] == json!(1), "{text}");
        let (_, text, _) = call("list_checkpoints", json!({}));
        assert!(text.contains("before\n") || text.ends_with("before"), "{text}");
    }
}
