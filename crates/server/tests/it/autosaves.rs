//! States of agents over HTTP: what each token may save and resume, and that a save is made once.

use crate::agent::{Agent, Era};
use crate::client::Answer;
use crate::served::Running;
use custody::Right::{Read, Write};
use serde_json::{Value, json};

fn save(server: &Running, token: &str, body: &Value) -> Answer {
    server.send(&server.request(token, "POST", "/autosaves").json(body.clone()))
}

#[test]
fn a_state_is_saved_resumed_listed_and_pruned() {
    let server = Running::new();
    let token = server.token(&[("agents", &[Read, Write])]);
    for n in 1..=3 {
        let body = json!({
            "agent": "Tide Watcher", "id": "agent-0123456789ab", "state": {"n": n}, "config": {"max_loops": 5},
            "loop_count": n, "reason": "interval",
        });
        let saved = save(&server, &token, &body);
        assert_eq!((saved.status, &saved.json()["sequence"]), (201, &json!(n)), "{}", saved.text());
    }
    let resumed = server.ask(&token, "GET", "/autosaves/resume?agent=Tide%20Watcher").json();
    assert_eq!((&resumed["state"], &resumed["config"]), (&json!({"n": 3}), &json!({"max_loops": 5})));
    assert_eq!((&resumed["run"]["reason"], &resumed["run"]["loop_count"]), (&json!("interval"), &json!(3)));
    let first = server.ask(&token, "GET", "/autosaves/resume?agent=Tide%20Watcher&step=1").json();
    assert_eq!(first["path"], "agents/tide-watcher-0123456789ab/steps/00000001.json");
    let listed = server.ask(&token, "GET", "/autosaves?agent=Tide%20Watcher").json();
    assert_eq!((&listed["runs"][0]["steps"], &listed["runs"][0]["problems"]), (&json!(3), &json!([])));
    let prune = |body: Value| server.send(&server.request(&token, "POST", "/autosaves/prune").json(body));
    assert_eq!(
        prune(json!({"keep_steps": 1, "dry_run": true})).json()["removed"].as_array().map(Vec::len),
        Some(2)
    );
    assert_eq!(prune(json!({"keep_steps": 1})).json()["removed"][0]["path"], first["path"]);
    assert_eq!(prune(json!({})).status, 422);
    let gone = server.ask(&token, "GET", "/autosaves/resume?agent=Tide%20Watcher&step=1");
    assert_eq!((gone.status, &gone.json()["hint"]), (404, &json!("steps 3 to 3 are kept")));
}

#[test]
fn a_save_that_is_sent_again_is_made_once() {
    let server = Running::new();
    let token = server.token(&[("agents", &[Read, Write])]);
    let once = |body: Value| {
        let request = server.request(&token, "POST", "/autosaves").header("Idempotency-Key", "one");
        server.send(&request.json(body))
    };
    let first = once(json!({"agent": "scout", "state": {"n": 1}}));
    assert_eq!(once(json!({"agent": "scout", "state": {"n": 1}})).json(), first.json());
    assert_eq!(
        once(json!({"agent": "scout", "state": {"n": 2}})).status,
        422,
        "another request under the same key"
    );
    assert_eq!(server.ask(&token, "GET", "/autosaves").json()["runs"][0]["steps"], 1);
}

#[test]
fn a_run_that_may_not_be_read_is_as_one_that_is_not_there() {
    let server = Running::new();
    let all = server.token(&[("agents", &[Read, Write])]);
    let saved =
        save(&server, &all, &json!({"agent": "scout", "id": "agent-0123456789ab", "state": {"n": 1}}));
    assert_eq!(saved.status, 201, "{}", saved.text());
    let outside = server.token(&[("notes", &[Read, Write])]);
    assert_eq!(server.ask(&outside, "GET", "/autosaves").json(), json!({"runs": []}));
    let hidden = server.ask(&outside, "GET", "/autosaves/resume?agent=scout");
    let missing = server.ask(&outside, "GET", "/autosaves/resume?agent=nobody");
    let detail = |answer: &Answer| answer.json()["detail"].as_str().unwrap().replace("scout", "nobody");
    assert_eq!((hidden.status, detail(&hidden)), (404, detail(&missing)));
    assert_eq!(hidden.json()["hint"], missing.json()["hint"]);

    let write = json!({"agent": "scout", "id": "agent-0123456789ab", "state": {"n": 2}});
    assert_eq!(save(&server, &outside, &write).status, 404);
    let reader = server.token(&[("agents", &[Read])]);
    assert_eq!(save(&server, &reader, &write).status, 403);
    let blind = server.token(&[("agents", &[Write])]);
    assert_eq!(save(&server, &blind, &write).status, 403);
    let own = server.token(&[("agents/scout-0123456789ab", &[Read, Write])]);
    assert_eq!(save(&server, &own, &write).json()["sequence"], 2);
    assert_eq!(server.ask(&own, "GET", "/autosaves").json()["runs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn who_holds_the_run_saves_by_the_lease_and_nobody_else_does() {
    let server = Running::new();
    let (holder, other) =
        (server.token(&[("agents", &[Read, Write])]), server.token(&[("agents", &[Read, Write])]));
    let folder = "agents/scout-0123456789ab";
    let body = |n: u64| json!({"agent": "scout", "id": "agent-0123456789ab", "state": {"n": n}});
    assert_eq!(save(&server, &holder, &body(1)).status, 201);
    let taken = server.request(&holder, "POST", "/leases").json(json!({"paths": [folder]}));
    let lease = server.send(&taken).json()["id"].as_str().unwrap().to_owned();
    let by = |token: &str, lease: &str, n: u64| {
        let request = server.request(token, "POST", "/autosaves").header("Workroom-Lease", lease);
        server.send(&request.json(body(n)))
    };
    assert_eq!([save(&server, &other, &body(2)).status, save(&server, &holder, &body(2)).status], [423, 423]);
    assert_eq!(by(&other, &lease, 2).status, 412, "it is its holder's alone");
    assert_eq!(by(&holder, &lease, 2).json()["sequence"], 2);
    let mut agent = Agent::connect(server.address, "/mcp", &holder, Era::Stateless);
    let state = |lease: Value| json!({"agent": "scout", "id": "agent-0123456789ab", "state": {"n": 3}, "lease": lease});
    let refused = agent.call("save_state", &json!({"agent": "scout", "state": {"n": 3}}));
    assert!(refused["isError"] == json!(true) && refused.to_string().contains("is held by"), "{refused}");
    let saved = agent.call("save_state", &state(json!(lease)));
    assert_eq!(saved["structuredContent"]["step"], 3, "{saved}");
    let prune = |lease: Option<&str>| {
        let request = server.request(&holder, "POST", "/autosaves/prune").json(json!({"keep_steps": 1}));
        server
            .send(&lease.into_iter().fold(request, |request, id| request.header("Workroom-Lease", id)))
            .status
    };
    assert_eq!([prune(None), prune(Some(&lease))], [423, 200]);
    assert_eq!(server.ask(&holder, "DELETE", &format!("/leases/{lease}")).status, 200);
    assert_eq!(save(&server, &other, &body(4)).json()["sequence"], 4);
}
