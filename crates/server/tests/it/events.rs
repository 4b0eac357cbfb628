//! Events over HTTP: lists that are waited for, cursors, and who hears of what; and webhooks, by whom they are managed.

use crate::agent::{Agent, Era};
use crate::served::{FILES, Running};
use custody::Right;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use workroom_server::ServeOptions;

fn put(server: &Running, token: &str, path: &str) {
    let put = server.request(token, "PUT", &format!("/file?path={path}")).bytes(path);
    assert!(server.send(&put).status < 300);
}

fn list(server: &Running, token: &str, query: &str) -> Value {
    let answer = server.ask(token, "GET", &format!("/events?{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// `file.created notes/a.md`, of each.
fn said(list: &Value) -> Vec<String> {
    let events = list["events"].as_array().unwrap().iter();
    events
        .map(|event| format!("{} {}", event["type"].as_str().unwrap(), event["path"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_list_goes_on_where_it_was_and_tells_who_did_what() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let begin = list(&server, &admin, "after=now");
    let mine = list(&server, &reader, "");
    assert_eq!((said(&begin), said(&mine)), (vec![], vec![]));
    put(&server, &admin, "secret/a.md");
    put(&server, &admin, "notes/b.md");
    let moved = json!({"from": "secret/a.md", "to": "notes/a.md"});
    assert_eq!(server.send(&server.request(&admin, "POST", "/file/move").json(moved)).status, 200);
    let after = |list: &Value| format!("after={}", list["next"].as_str().unwrap());
    let all = list(&server, &admin, &format!("{}&type=file.created,file.moved", after(&begin)));
    assert_eq!(said(&all), ["file.created secret/a.md", "file.created notes/b.md", "file.moved secret/a.md"]);
    assert_eq!(all["events"][2]["to"], "notes/a.md");
    assert_eq!(all["events"][0]["by"]["via"], "http");
    // Whoever may see the one end of a move hears that something came there.
    let theirs = list(&server, &reader, &after(&mine));
    let seen = [
        "file.created notes/b.md",
        "file.indexed notes/b.md",
        "file.created notes/a.md",
        "file.indexed notes/a.md",
    ];
    assert_eq!(said(&theirs), seen);
    assert!(!theirs.to_string().contains("secret"), "{theirs}");
    let below = list(&server, &reader, &format!("{}&path=secret", after(&mine)));
    assert_eq!(said(&below), Vec::<String>::new());
    let first = theirs["events"][0]["cursor"].as_str().unwrap();
    assert_eq!(said(&list(&server, &reader, &format!("after={first}&limit=2"))), seen[1..3]);
    assert_eq!(server.ask(&admin, "GET", "/events?after=nonsense").status, 422);
    assert_eq!(server.ask(&admin, "GET", "/events?wait=61").status, 400);
}

#[test]
fn whoever_waits_is_answered_by_the_first_event_that_it_may_hear_of() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let begun = Instant::now();
    let waited = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| list(&server, &reader, "after=now&wait=60&type=file.created"));
        // What it may not hear of does not wake it; the writes go on until it has heard of one.
        for n in 0.. {
            put(&server, &admin, &format!("secret/{n}.md"));
            put(&server, &admin, &format!("notes/{n}.md"));
            if waiting.is_finished() {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(50), "it is not woken");
        }
        waiting.join().unwrap()
    });
    assert!(said(&waited).first().unwrap().starts_with("file.created notes/"), "{waited}");
    let nothing = list(&server, &reader, "after=now&wait=1&path=nowhere");
    assert_eq!((said(&nothing), &nothing["missed"]), (vec![], &json!(false)));
}

#[test]
fn webhooks_are_for_who_administers_everything() {
    let server = Running::with(&FILES, |options: ServeOptions| options);
    let (admin, some) = (server.admin(), server.token(&[("notes", &[Right::Admin])]));
    let new = json!({"url": "https://hooks.example/workroom", "types": ["file.*"], "paths": ["notes"]});
    let make =
        |token: &str, new: &Value| server.send(&server.request(token, "POST", "/webhooks").json(new.clone()));
    assert_eq!(make(&some, &new).status, 403);
    let made = make(&admin, &new);
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(made.json()["secret"].as_str().unwrap().starts_with("whsec_"));
    let id = made.json()["webhook"]["id"].as_str().unwrap().to_owned();
    let listed = server.ask(&admin, "GET", "/webhooks");
    assert_eq!(listed.json()["webhooks"][0]["paths"], json!(["notes"]));
    assert!(!listed.text().contains("whsec_"));
    // What only the owner may have, nobody gets over the network.
    for url in [
        "http://hooks.example/",
        "https://127.0.0.1:9000/",
        "https://u:p@hooks.example/",
        "file:///etc/passwd",
    ] {
        assert_eq!(make(&admin, &json!({"url": url})).status, 422, "{url}");
    }
    let nearby = make(&admin, &json!({"url": "https://127.0.0.1/"})).json();
    let nearby = nearby["webhook"]["id"].as_str().unwrap();
    let tested = server.send(&server.request(&admin, "POST", &format!("/webhooks/{nearby}/test"))).json();
    assert_eq!(tested["delivered"], false);
    assert!(tested["error"].as_str().unwrap().contains("this machine"), "{tested}");
    let ask = |method: &str, rest: &str| server.ask(&admin, method, &format!("/webhooks/{id}{rest}"));
    assert_ne!(ask("POST", "/rotate").json()["secret"], made.json()["secret"]);
    assert_eq!(ask("POST", "/enable").status, 200);
    assert_eq!(ask("GET", "/deliveries").json(), json!({"deliveries": []}));
    let again = |body: Value| {
        server.send(&server.request(&admin, "POST", &format!("/webhooks/{id}/replay")).json(body)).status
    };
    assert_eq!(
        [again(json!({"after": "start"})), again(json!({})), again(json!({"event": "msg_no"}))],
        [202, 400, 422]
    );
    assert_eq!(server.ask(&some, "DELETE", &format!("/webhooks/{id}")).status, 403);
    assert_eq!([ask("DELETE", "").status, ask("DELETE", "").status], [200, 404]);
    // What was denied is in the audit log.
    for kind in ["webhook.create", "webhook.remove"] {
        let denied = server.ask(&admin, "GET", &format!("/audit?kind={kind}&outcome=denied")).json();
        assert_eq!(denied["records"].as_array().unwrap().len(), 1, "{kind}: {denied}");
    }
}

#[test]
fn who_administers_a_folder_looks_up_what_was_done_there_and_no_more() {
    let server = Running::new();
    let (admin, reader) = (server.admin(), server.token(&[("notes", &[Right::Read])]));
    let keeper = server.token(&[("notes", &[Right::Read, Right::Write, Right::Admin])]);
    for path in ["notes/tide.md", "hidden/plan.md", "log.txt"] {
        assert_eq!(server.ask(&admin, "GET", &format!("/file?path={path}")).status, 200);
    }
    assert_eq!(server.ask(&admin, "GET", "/search?query=wheel").status, 200);
    assert_eq!(server.ask(&reader, "GET", "/audit").status, 403);
    let page = server.ask(&keeper, "GET", "/audit?from=0").json();
    let mut agent = Agent::connect(server.address, "/mcp", &keeper, Era::Stateless);
    let called = agent.call("audit_log", &json!({"path": "notes"}));
    for (said, kind) in [(&page, "doing"), (&called["structuredContent"], "kind")] {
        let records = said["records"].as_array().unwrap();
        assert!(records.iter().any(|record| record[kind] == "file.read"), "{said}");
        for record in records {
            assert!(record["path"].as_str().is_some_and(|path| path.starts_with("notes/")), "{record}");
        }
        assert!(!said.to_string().contains("hidden"), "{said}");
    }
    let everything = server.ask(&admin, "GET", "/audit?from=0").json().to_string();
    assert!(everything.contains("hidden/plan.md") && everything.contains("search"), "{everything}");
}
