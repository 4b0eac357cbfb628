//! Searching and asking, by whom.

use crate::agent::{Agent, Era};
use crate::served::Running;
use custody::Right;
use serde_json::json;

#[test]
fn what_is_found_can_be_checked_and_is_what_may_be_read() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let search = |token: &str, query: &str| {
        let body = json!({"query": query, "limit": 3, "mode": "hybrid"});
        let answer = server.send(&server.request(token, "POST", "/search").json(body));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["hits"].as_array().unwrap().clone()
    };
    let hits = search(&admin, "when is the wheel sold?");
    assert_eq!(hits[0]["path"], "hidden/plan.md");
    for hit in &hits {
        let file = server.ask(&admin, "GET", &format!("/file?path={}", hit["path"].as_str().unwrap()));
        let (start, end) =
            (hit["start_byte"].as_u64().unwrap() as usize, hit["end_byte"].as_u64().unwrap() as usize);
        assert_eq!(file.text()[start..end], *hit["quote"].as_str().unwrap());
        assert_eq!(file.header("etag"), Some(format!("{}", hit["version"]).as_str()));
    }
    let paths: Vec<String> =
        search(&reader, "when is the wheel sold?").iter().map(|hit| hit["path"].to_string()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.starts_with("\"notes/")), "{paths:?}");
    let body = json!({"question": "when does the mill turn?", "budget": 300});
    let answer = server.send(&server.request(&reader, "POST", "/ask").json(body)).json();
    assert!(answer["answer"].as_str().unwrap().contains("ebb"), "{answer}");
    let unknown = json!({"query": "x", "types": ["nonsense"]});
    assert_eq!(server.send(&server.request(&reader, "POST", "/search").json(unknown)).status, 422);
}

#[test]
fn what_is_written_is_found_at_once() {
    let server = Running::new();
    let token = server.admin();
    let written =
        server.request(&token, "PUT", "/file?path=otter.md").bytes("An otter lives under the bridge.\n");
    assert_eq!(server.send(&written).status, 201);
    let found = server.ask(&token, "GET", "/search?query=otter&limit=1");
    assert!(found.text().contains("otter.md"), "{}", found.text());
}

/// Switches indexing off for places, as `workroom index --off` does.
fn switch_off(server: &Running, places: &[&str]) {
    let file = server.folder.join(".workroom/config.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{settings}\n[index]\noff = {places:?}\n")).unwrap();
}

#[test]
fn what_is_not_searched_is_told_to_whoever_may_read_it() {
    let server = Running::new();
    let told = |token: &str, path: Option<&str>| {
        let mut body = json!({"query": "mill"});
        let mut question = json!({"question": "when does the mill turn?"});
        if let Some(path) = path {
            (body["path"], question["path"]) = (json!(path), json!(path));
        }
        let found = server.send(&server.request(token, "POST", "/search").json(body)).json();
        let asked = server.send(&server.request(token, "POST", "/ask").json(question.clone())).json();
        assert_eq!(found.get("not_searched"), asked.get("not_searched"), "{found} {asked}");
        let streamed = server.request(token, "POST", "/ask").header("Accept", "text/event-stream");
        let streamed = server.send(&streamed.json(question)).text();
        let whole = streamed.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
        let whole: serde_json::Value = serde_json::from_str(whole).unwrap();
        assert_eq!(found.get("not_searched"), whole.get("not_searched"), "{whole}");
        found.get("not_searched").cloned()
    };
    let (admin, notes) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let tide = server.token(&[("notes/tide.md", &[Right::Read])]);
    assert_eq!(told(&admin, None), None, "where everything is searched nothing is said");
    switch_off(&server, &["hidden", "notes/tide.md", "notes/old"]);
    for (token, path, expected) in [
        (&admin, None, Some(json!(["hidden", "notes/old", "notes/tide.md"]))),
        (&admin, Some("notes"), Some(json!(["notes/old", "notes/tide.md"]))),
        (&admin, Some("hidden/plan.md"), Some(json!(["hidden/plan.md"]))),
        (&admin, Some("log.txt"), None),
        (&notes, None, Some(json!(["notes/old", "notes/tide.md"]))),
        (&notes, Some("hidden"), None),
        (&tide, None, Some(json!(["notes/tide.md"]))),
    ] {
        assert_eq!(told(token, path), expected, "{path:?}");
    }
    let by_address = server.ask(&notes, "GET", "/search?query=mill").json();
    assert_eq!(by_address["not_searched"], json!(["notes/old", "notes/tide.md"]));
    let mut agent = Agent::connect(server.address, "/mcp", &notes, Era::Stateless);
    for (tool, arguments) in [
        ("semantic_search", json!({"query": "mill"})),
        ("ask", json!({"question": "when does the mill turn?"})),
        ("find_similar", json!({"path": "notes/gate.md"})),
    ] {
        let result = agent.call(tool, &arguments);
        assert_eq!(
            result["structuredContent"]["not_searched"],
            json!(["notes/old", "notes/tide.md"]),
            "{result}"
        );
        let text = result["content"].to_string();
        assert!(
            text.contains("not searched, since indexing is off there: notes/old, notes/tide.md"),
            "{text}"
        );
        assert!(!result.to_string().contains("hidden/"), "{result}");
    }
    std::fs::write(server.folder.join(".workroom/config.toml"), "[index]\noff = [\"/\"]\n").unwrap();
    assert_eq!((told(&admin, None), told(&notes, None)), (Some(json!(["/"])), Some(json!(["notes"]))));
}
