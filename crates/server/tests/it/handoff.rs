//! Comments, approvals and ownership over HTTP and MCP.

use crate::agent::{Agent, Era};
use crate::client::{Answer, Request};
use crate::served::Running;
use custody::Right::{Admin, Read, Write};
use serde_json::{Value, json};

fn post(server: &Running, token: &str, below: &str, body: Value) -> Answer {
    server.send(&server.request(token, "POST", below).json(body))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}"))
}

#[test]
fn a_comment_is_seen_where_its_file_is_and_says_whether_it_still_holds() {
    let server = Running::new();
    let (ann, ben) = (server.token(&[("", &[Read, Write])]), server.token(&[("notes", &[Read])]));
    let hidden = server.token(&[("log.txt", &[Read, Write])]);
    let about = |path: &str, quote: &str| json!({"path": path, "quote": quote, "text": "Is it so?"});
    let made = post(&server, &ben, "/comments", about("notes/tide.md", "rests at flood"));
    assert_eq!(made.status, 201, "{}", made.text());
    let comment = made.json();
    let (id, version) = (text(&comment, "id"), text(&comment, "version"));
    assert_eq!((text(&comment, "standing"), version.len()), ("current", 64));
    assert!(comment["range"]["start_byte"].is_u64() && comment["range"] == comment["now"], "{comment}");
    for (token, body, status) in [
        (&ben, about("notes/tide.md", "no such words"), 422),
        (&ben, about("notes/none.md", "x"), 404),
        (&ben, about("log.txt", "first"), 404),
        (&ben, json!({"path": "", "text": "All of it."}), 403),
        (&ben, json!({"path": "notes", "text": "The folder."}), 201),
        (&ben, json!({"path": "notes/tide.md", "text": ""}), 400),
        (&ann, json!({"path": "", "text": "All of it."}), 201),
    ] {
        let answer = post(&server, token, "/comments", body.clone());
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
    }
    let replies = format!("/comments/{id}/replies");
    assert_eq!(post(&server, &ann, &replies, json!({"text": "Yes."})).status, 201);
    // What may not be seen is answered as what is not there.
    let said = |token: &str, id: &str| {
        let answer = post(&server, token, &format!("/comments/{id}/replies"), json!({"text": "x"}));
        (answer.status, answer.text().replace(id, "ID"))
    };
    assert_eq!(said(&hidden, id), said(&hidden, "abcdefgh"));
    assert_eq!(said(&hidden, id).0, 404);
    let listed = |token: &str, query: &str| {
        server.ask(token, "GET", &format!("/comments{query}")).json()["comments"].as_array().unwrap().clone()
    };
    assert_eq!((listed(&ann, "").len(), listed(&ben, "").len(), listed(&hidden, "").len()), (3, 2, 0));
    assert_eq!(listed(&ann, "?path=notes/tide.md")[0]["replies"][0]["text"], "Yes.");

    let standing = |words: &str| {
        let put = server.request(&ann, "PUT", "/file?path=notes/tide.md").bytes(words);
        assert_eq!(server.send(&put).status, 200);
        text(&listed(&ben, "?path=notes/tide.md")[0], "standing").to_owned()
    };
    assert_eq!(standing("# Tides\n\nNew words. The mill turns at ebb and rests at flood.\n"), "kept");
    assert_eq!(standing("# Tides\n\nThe mill is gone.\n"), "changed");
    let moved = post(&server, &ann, "/file/move", json!({"from": "notes/tide.md", "to": "notes/ebb.md"}));
    assert_eq!(moved.status, 200, "{}", moved.text());
    assert_eq!(text(&listed(&ben, "?path=notes/ebb.md")[0], "id"), id);
    // Who made it resolves it, or who may write there.
    let resolve = |token: &str| server.ask(token, "POST", &format!("/comments/{id}/resolve")).status;
    let reader = server.token(&[("notes", &[Read])]);
    assert_eq!([resolve(&reader), resolve(&hidden), resolve(&ben)], [403, 404, 200]);
    assert_eq!((listed(&ben, "?path=notes/ebb.md").len(), listed(&ben, "?resolved=true").len()), (0, 2));
}

#[test]
fn an_agent_waits_until_a_person_has_answered() {
    let server = Running::new();
    let person = server.token(&[("notes", &[Admin])]);
    let agent = server.token(&[("notes", &[Read, Write])]);
    let ask = |body: Value| post(&server, &agent, "/approvals", body);
    assert_eq!(ask(json!({"title": "x", "paths": ["log.txt"]})).status, 404, "it may not know of it");
    assert_eq!(ask(json!({"title": "x", "options": ["yes"]})).status, 400);
    let asked = ask(json!({"title": "Send it?", "paths": ["notes"], "options": ["today", "never"]}));
    assert_eq!(asked.status, 201, "{}", asked.text());
    let id = text(&asked.json(), "id").to_owned();
    assert_eq!(text(&asked.json(), "state"), "open");
    let answer = |token: &str, option: &str| {
        post(&server, token, &format!("/approvals/{id}/answer"), json!({"option": option, "note": "go"}))
    };
    assert_eq!(answer(&agent, "today").status, 403);
    let stranger = server.token(&[("hidden", &[Admin])]);
    assert_eq!(answer(&stranger, "today").status, 404);
    assert_eq!(server.ask(&stranger, "GET", &format!("/approvals/{id}")).status, 404);
    assert_eq!(answer(&person, "tomorrow").status, 422);

    std::thread::scope(|scope| {
        let waits = scope.spawn(|| server.ask(&agent, "GET", &format!("/approvals/{id}?wait=50")).json());
        assert_eq!(answer(&person, "today").status, 200);
        let answered = waits.join().unwrap();
        assert_eq!((text(&answered, "state"), text(&answered["answer"], "option")), ("answered", "today"));
    });
    assert_eq!(answer(&person, "never").status, 422, "it is answered once");
    let open =
        |token: &str| server.ask(token, "GET", "/approvals").json()["approvals"].as_array().unwrap().len();
    assert_eq!((open(&agent), open(&person), open(&stranger)), (1, 1, 0));
}

#[test]
fn nobody_answers_by_a_token_of_its_own_making() {
    let server = Running::new();
    let agent = server.token(&[("notes", &[Admin])]);
    let grants = json!([{"prefix": "notes", "rights": ["admin"]}]);
    let made = post(&server, &agent, "/tokens", json!({"name": "puppet", "grants": grants})).json();
    let asked = post(&server, &agent, "/approvals", json!({"title": "Send it?", "paths": ["notes"]})).json();
    let answer = |token: &str| {
        let below = format!("/approvals/{}/answer", text(&asked, "id"));
        post(&server, token, &below, json!({"option": "approve"})).status
    };
    assert_eq!([answer(&agent), answer(text(&made, "secret"))], [403, 403]);
    assert_eq!(answer(&server.token(&[("notes", &[Admin])])), 200);
}

#[test]
fn over_mcp_an_agent_comments_asks_and_hands_over_and_cannot_answer() {
    let server = Running::new();
    let (owner, agent) = (server.admin(), server.token(&[("notes", &[Read])]));
    let mut mcp = Agent::connect(server.address, "/mcp", &agent, Era::Stateless);
    let content = |result: &Value| result["structuredContent"].clone();
    let made =
        mcp.call("add_comment", &json!({"path": "notes/tide.md", "text": "Hm.", "quote": "rests at flood"}));
    let id = text(&content(&made), "id").to_owned();
    mcp.call("add_comment", &json!({"reply_to": id, "text": "Oh."}));
    let listed = content(&mcp.call("list_comments", &json!({"path": "notes"})));
    assert_eq!(listed["comments"][0]["replies"][0]["text"], "Oh.", "{listed}");
    assert_eq!(content(&mcp.call("resolve_comment", &json!({"id": id})))["resolved"], true);

    let asked = content(&mcp.call("request_approval", &json!({"title": "Send it?", "paths": ["notes"]})));
    let id = text(&asked, "id").to_owned();
    let waited = content(&mcp.call("wait_for_approval", &json!({"id": id, "seconds": 0})));
    assert_eq!(text(&waited, "state"), "open");
    let tools = mcp.ask("tools/list", json!({})).to_string();
    assert!(!tools.contains("answer_approval") && !tools.contains("create_transfer"), "{tools}");
    let answered = post(&server, &owner, &format!("/approvals/{id}/answer"), json!({"option": "reject"}));
    assert_eq!(answered.status, 200, "{}", answered.text());
    let waited = content(&mcp.call("wait_for_approval", &json!({"id": id})));
    assert_eq!(text(&waited, "answer"), "reject");

    let mut mcp = Agent::connect(server.address, "/mcp", &owner, Era::Stateless);
    let offered =
        content(&mcp.call("create_transfer", &json!({"keeps": [{"path": "notes", "rights": ["read"]}]})));
    assert!(text(&offered, "claim").starts_with("wrc_"), "{offered}");
}

#[test]
fn an_agent_hands_over_what_it_has_set_up() {
    let server = Running::new();
    let agent = server.admin();
    let grants = json!([{"prefix": "notes", "rights": ["write"]}]);
    let writer = post(&server, &agent, "/tokens", json!({"name": "writer", "grants": grants})).json();
    let keeps = json!([{"prefix": "notes", "rights": ["read"]}]);
    let reader = server.token(&[("", &[Read])]);
    assert_eq!(post(&server, &reader, "/transfers", json!({})).status, 403);
    assert_eq!(server.ask(&reader, "GET", "/transfers").status, 403);
    let offered = post(&server, &agent, "/transfers", json!({"keeps": keeps, "pass_tokens": true}));
    assert_eq!((offered.status, offered.header("cache-control")), (201, Some("no-store")));
    let claim = text(&offered.json(), "claim").to_owned();
    let take = |claim: &str, name: &str| {
        server.send(&Request::new("POST", "/v1/claims").json(json!({"claim": claim, "name": name})))
    };
    let other = if claim.ends_with('0') { '1' } else { '0' };
    let wrong = take(&format!("{}{other}", &claim[..claim.len() - 1]), "ann");
    assert_eq!(wrong.status, 404, "{}", wrong.text());
    assert_eq!(take(&claim, "x").status, 400, "no name");
    let taken = take(&claim, "ann");
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(text(&taken.json(), "workspace"), "mill");
    assert_eq!(take(&claim, "ben").text(), wrong.text(), "whoever comes late is told what anybody is told");
    let owner = text(&taken.json(), "secret").to_owned();

    let status = |token: &str, method: &str, below: &str| server.ask(token, method, below).status;
    assert_eq!(status(&owner, "GET", "/tokens"), 200);
    assert_eq!([status(&agent, "GET", "/tokens"), status(&agent, "GET", "/file?path=log.txt")], [403, 404]);
    assert_eq!(status(&agent, "GET", "/file?path=notes/tide.md"), 200);
    let write = server.request(text(&writer, "secret"), "PUT", "/file?path=notes/new.md").bytes("x");
    assert_eq!(server.send(&write).status, 200, "what it made went over");
    let transfers = server.ask(&owner, "GET", "/transfers").json();
    assert_eq!(transfers["transfers"][0]["state"], "claimed");
    assert!(!transfers.to_string().contains(&claim));
    // Five are open at once, and each can be taken back.
    let offers: Vec<Answer> = (0..6).map(|_| post(&server, &owner, "/transfers", json!({}))).collect();
    let statuses: Vec<u16> = offers.iter().map(|offer| offer.status).collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 422]);
    let first = offers[0].json();
    let id = text(&first["transfer"], "id");
    assert_eq!(status(&owner, "DELETE", &format!("/transfers/{id}")), 200);
    assert_eq!(take(text(&first, "claim"), "cat").status, 404);
}
