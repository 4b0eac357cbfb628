//! Searching and asking, by whom.

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
