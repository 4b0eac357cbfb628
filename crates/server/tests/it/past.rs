//! Searches as of an instant over HTTP and MCP: what was there then, as far as the token may read, and the very bytes that are cited.

use crate::agent::{Agent, ERAS};
use crate::served::Running;
use custody::Right::{Read, Write};
use serde_json::{Value, json};

const THEN: &str = "# Gate\n\nThe keeper closes the gate at dusk, and the heron leaves.\n";
const NOW: &str = "# Gate\n\nNobody closes the gate any more.\n";

fn write(server: &Running, token: &str, path: &str, text: &str) {
    let answer = server.send(&server.request(token, "PUT", &format!("/file?path={path}")).bytes(text));
    assert!(answer.status < 300, "{}", answer.text());
}

/// A server whose files have changed since the checkpoint `v1`.
fn changed() -> (Running, String) {
    let server = Running::new();
    let all = server.token(&[("", &[Read, Write])]);
    write(&server, &all, "notes/gate.md", THEN);
    write(&server, &all, "hidden/plan.md", "The heron is to be followed at dusk.\n");
    let made = server.send(&server.request(&all, "POST", "/checkpoints").json(json!({"tags": ["v1"]})));
    assert_eq!(made.status, 201, "{}", made.text());
    write(&server, &all, "notes/gate.md", NOW);
    assert_eq!(server.ask(&all, "DELETE", "/file?path=hidden/plan.md").status, 200);
    (server, all)
}

#[test]
fn then_is_searched_as_far_as_it_may_be_read() {
    let (server, all) = changed();
    let notes = server.token(&[("notes", &[Read])]);
    let search = |token: &str, body: Value| server.send(&server.request(token, "POST", "/search").json(body));
    let paths = |found: &Value| {
        let hits = found["hits"].as_array().unwrap().iter();
        let mut paths: Vec<String> = hits.map(|hit| hit["path"].as_str().unwrap().to_owned()).collect();
        paths.sort();
        paths.dedup();
        paths
    };
    let body = json!({"query": "heron at dusk", "mode": "lexical", "as_of": "v1"});
    let found = search(&all, body.clone()).json();
    assert_eq!(paths(&found), ["hidden/plan.md", "notes/gate.md"]);
    let hit = found["hits"].as_array().unwrap().iter().find(|hit| hit["path"] == "notes/gate.md").unwrap();
    assert_eq!((&hit["is_current"], &hit["fresh"]), (&json!(false), &json!(false)));
    assert_eq!(hit["as_of"], found["as_of"]["at"]);
    let below = format!("/version?path=notes/gate.md&version={}", hit["version"].as_str().unwrap());
    let bytes = server.ask(&notes, "GET", &below).text();
    assert_eq!(bytes, THEN);
    let (start, end) = (hit["start_byte"].as_u64().unwrap(), hit["end_byte"].as_u64().unwrap());
    assert_eq!(json!(&bytes[start as usize..end as usize]), hit["quote"]);
    // What is found is asked for again by what the answer says.
    for again in ["as_of", "at"] {
        let body = json!({"query": "heron at dusk", "mode": "lexical", "as_of": found["as_of"][again]});
        assert_eq!(paths(&search(&all, body).json()), paths(&found), "{again}");
    }
    let part = search(&notes, body).json();
    assert_eq!(paths(&part), ["notes/gate.md"]);
    assert!(!part.to_string().contains("hidden"), "{part}");
    assert!(part["as_of"]["files"].as_u64() < found["as_of"]["files"].as_u64());

    let question = json!({"question": "when does the keeper close the gate?", "as_of": "v1"});
    let answer = server.send(&server.request(&notes, "POST", "/ask").json(question)).json();
    assert!(answer["answer"].as_str().is_some_and(|answer| answer.contains("at dusk")), "{answer}");
    assert_eq!((&answer["as_of"]["as_of"], answer["passages"][0].get("as_of")), {
        (&found["as_of"]["as_of"], Some(&found["as_of"]["at"]))
    });
    assert_eq!(search(&all, json!({"query": "heron"})).json().get("as_of"), None);

    let before = search(&all, json!({"query": "heron", "as_of": "1970-01-02"})).json();
    assert_eq!((&before["hits"], &before["as_of"]["files"]), (&json!([]), &json!(0)));
    assert!(before["as_of"]["note"].as_str().is_some_and(|note| note.contains("first is known since")));
    for (when, status) in [("soon", 422), ("2999-01-01", 422), ("checkpoint_00000000", 404)] {
        let refused = search(&all, json!({"query": "heron", "as_of": when}));
        assert_eq!(refused.status, status, "{when}: {}", refused.text());
        assert!(refused.json()["hint"].is_string(), "{when}: {}", refused.text());
    }
}

#[test]
fn agents_cite_then_and_fetch_what_they_cite() {
    for era in ERAS {
        let (server, _) = changed();
        let token = server.token(&[("notes", &[Read])]);
        let mut agent = Agent::connect(server.address, "/mcp", &token, era);
        let mut call = |tool: &str, arguments: Value| {
            let result = agent.call(tool, &arguments);
            assert_ne!(result["isError"], json!(true), "{result}");
            (result["content"].to_string(), result["structuredContent"].clone())
        };
        let arguments = json!({"query": "heron at dusk", "as_of": "v1", "detail": "full"});
        let (text, found) = call("semantic_search", arguments);
        let hit = &found["results"][0];
        assert_eq!((&hit["path"], &hit["is_current"]), (&json!("notes/gate.md"), &json!(false)), "{found}");
        assert_eq!(
            (&hit["as_of"], &hit["citation"]["as_of"]),
            (&found["as_of"]["at"], &found["as_of"]["at"])
        );
        assert!(text.contains("(as of 2") && !text.contains("hidden/plan"), "{text}");
        let (_, fetched) = call("fetch", json!({"id": hit["id"]}));
        assert!(fetched["text"].as_str().unwrap().contains(hit["text"].as_str().unwrap()), "{fetched}");
        assert_eq!(
            (&fetched["metadata"]["version"], &fetched["metadata"]["fresh"]),
            (&hit["version"], &json!("false"))
        );
        let (_, read) = call("read_version", json!({"path": hit["path"], "version": hit["version"]}));
        assert_eq!(read["text"], json!(THEN));
        let (_, answer) = call("ask", json!({"question": "when is the gate closed?", "as_of": "v1"}));
        assert!(answer["answer"].as_str().is_some_and(|answer| answer.contains("dusk")), "{answer}");
        // An id of a file that may not be read names nothing.
        let id =
            format!("hidden/plan.md#0@{}", workroom::version_of(b"The heron is to be followed at dusk.\n"));
        let refused = agent.call("fetch", &json!({"id": id}));
        assert_eq!(refused["isError"], json!(true), "{refused}");
        let refused = agent.call("semantic_search", &json!({"query": "heron", "as_of": "soon"}));
        assert!(refused["isError"] == json!(true) && refused.to_string().contains("2026-11-21"), "{refused}");
    }
}
