//! The page on which a person answers: what is sent of it, and that every call it makes is answered as it expects.

use crate::client::{Answer, Request};
use crate::served::{FILES, Running};
use custody::Right::{Admin, Read, Write};
use serde_json::{Value, json};
use workroom_server::{Anonymous, ServeOptions};

const SCRIPT: &str = include_str!("../../src/http/page/approvals.js");

fn page(server: &Running, target: &str) -> Answer {
    server.send(&Request::new("GET", target))
}

fn ask(server: &Running, token: &str, body: Value) -> Value {
    let asked = server.send(&server.request(token, "POST", "/approvals").json(body));
    assert_eq!(asked.status, 201, "{}", asked.text());
    asked.json()
}

#[test]
fn it_is_the_same_for_everybody_and_lets_nothing_else_run() {
    let server = Running::new();
    let first = page(&server, "/approvals/mill");
    assert_eq!((first.status, first.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = first.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'sha256-",
        "style-src 'sha256-",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.split(';').any(|found| found.trim().starts_with(part)), "{part}: {policy}");
    }
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(first.header(name), Some(value), "{name}");
    }
    assert!(first.header("set-cookie").is_none(), "no browser is to send a secret by itself");
    // Whoever asks, of whichever workspace, whether it is there or not.
    let token = server.admin();
    let with_token = Request::new("GET", "/approvals").header("Authorization", format!("Bearer {token}"));
    for other in [page(&server, "/approvals"), page(&server, "/approvals/no-such"), server.send(&with_token)]
    {
        assert_eq!(other.without_date(), first.clone().without_date());
    }
    let head = server.send(&Request::new("HEAD", "/approvals"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(server.send(&Request::new("POST", "/approvals").json(json!({}))).status, 405);
    assert_eq!(page(&server, "/approvals/mill/more").status, 404);
}

#[test]
fn the_guards_of_every_route_are_before_it() {
    let server = Running::new();
    let elsewhere = Request::new("GET", "/approvals").header("Host", "evil.example");
    let foreign = Request::new("GET", "/approvals").header("Origin", "https://evil.example");
    assert_eq!([server.send(&elsewhere).status, server.send(&foreign).status], [403, 403]);
    // A page of elsewhere cannot have an answer sent either, whatever its browser holds: nothing is sent by itself that lets anybody in.
    let asked = ask(&server, &server.token(&[("notes", &[Read])]), json!({"title": "x", "paths": ["notes"]}));
    let address = format!("/v1/workspaces/mill/approvals/{}/answer", asked["id"].as_str().unwrap());
    let forged = Request::new("POST", address).header("Cookie", format!("token={}", server.admin()));
    assert_eq!(server.send(&forged.clone().json(json!({"option": "approve"}))).status, 401);
    let foreign = forged.header("Origin", "https://evil.example").json(json!({"option": "approve"}));
    assert_eq!(server.send(&foreign).status, 403);
}

/// The addresses below a workspace that the script asks, as far as they are written in it.
fn asked_by_the_script() -> Vec<String> {
    let below = SCRIPT.split("below(").skip(1).filter_map(|rest| {
        let text = rest.strip_prefix(['`', '"'])?;
        Some(text.split(['?', '`', '"']).next().unwrap_or_default().to_owned())
    });
    let mut all: Vec<String> = below.collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn every_call_that_it_makes_is_answered_as_it_expects() {
    let server = Running::new();
    let (person, agent) = (server.token(&[("notes", &[Admin])]), server.token(&[("notes", &[Read, Write])]));
    for words in ["# Tides\n\nFirst.\n", "# Tides\n\nSecond.\n"] {
        let put = server.request(&agent, "PUT", "/file?path=notes%2Ftide.md").bytes(words);
        assert_eq!(server.send(&put).status, 200);
    }
    let get = |below: &str| {
        let answer = server.send(&server.request(&person, "GET", below).header("Accept", "application/json"));
        assert_eq!(answer.status, 200, "{below}: {}", answer.text());
        answer.json()
    };
    let is_text = |value: &Value, names: &[&str]| {
        for name in names {
            let found = name.split('.').fold(value, |value, name| &value[name]);
            assert!(found.is_string(), "no `{name}` in {value}");
        }
    };
    let mut made: Vec<&str> = Vec::new();
    let listed = Request::new("GET", "/v1/workspaces").header("Authorization", format!("Bearer {person}"));
    assert_eq!(server.send(&listed).json()["workspaces"], json!([{"name": "mill"}]));

    made.push("/events");
    let heard = get("/events?type=approval.*&limit=1000");
    is_text(&heard, &["next"]);
    let asked = ask(
        &server,
        &agent,
        json!({"title": "Send it?", "details": "All of it.", "paths": ["notes/tide.md"]}),
    );
    let after = heard["next"].as_str().unwrap();
    let heard = get(&format!("/events?type=approval.*&limit=1000&wait=25&after={after}"));
    is_text(&heard, &["next"]);
    assert_eq!(heard["events"][0]["type"], "approval.requested", "{heard}");

    made.push("/approvals");
    let approval = get("/approvals")["approvals"][0].clone();
    is_text(
        &approval,
        &["id", "state", "title", "details", "at", "expires", "by.principal", "by.name", "by.via"],
    );
    assert_eq!((&approval["state"], &approval["answerable"]), (&json!("open"), &json!(true)));
    assert_eq!(
        (&approval["paths"], &approval["options"]),
        (&json!(["notes/tide.md"]), &json!(["approve", "reject"]))
    );
    let of_agent = server.ask(&agent, "GET", "/approvals").json()["approvals"][0].clone();
    assert_eq!(
        (&of_agent["id"], &of_agent["answerable"]),
        (&asked["id"], &json!(false)),
        "who asks cannot answer"
    );

    made.extend(["/file/info", "/file", "/files", "/chunks"]);
    let info = get("/file/info?path=notes%2Ftide.md");
    assert_eq!((&info["kind"], &info["bytes"]), (&json!("file"), &json!(17)));
    let part = server.request(&person, "GET", "/file?path=notes%2Ftide.md").header("Range", "bytes=0-65535");
    let part = server.send(&part);
    assert_eq!((part.status, part.text().as_str()), (206, "# Tides\n\nSecond.\n"));
    assert_eq!(get("/file/info?path=notes")["kind"], "folder");
    assert_eq!(get("/files?folder=notes&limit=200")["entries"][0]["path"], "notes/gate.md");
    is_text(&get("/chunks?path=notes%2Ftide.md")["chunks"][0], &["text"]);

    made.extend(["/versions", "/versions/diff"]);
    let versions = get("/versions?path=notes%2Ftide.md")["versions"].clone();
    is_text(&versions[0], &["version", "at", "by.name"]);
    let version = |n: usize| versions[n]["version"].as_str().unwrap().to_owned();
    let diff = get(&format!("/versions/diff?path=notes%2Ftide.md&from={}&to={}", version(1), version(0)));
    assert!(diff["diff"].as_str().unwrap().contains("\n-First.\n+Second.\n"), "{diff}");

    made.push("/approvals/${encodeURIComponent(approval.id)}/answer");
    let address = format!("/approvals/{}/answer", approval["id"].as_str().unwrap());
    let answer = server.request(&person, "POST", &address);
    let refused = server.send(&answer.clone().json(json!({"option": "perhaps"})));
    assert_eq!(refused.status, 422);
    is_text(&refused.json(), &["detail"]);
    assert_eq!(
        server.send(&answer.json(json!({"option": "approve", "note": "without the draft"}))).status,
        200
    );
    let approval = get("/approvals")["approvals"][0].clone();
    is_text(&approval, &["answer.option", "answer.note", "answer.by.name", "answer.at"]);
    assert_eq!((&approval["state"], &approval["answerable"]), (&json!("answered"), &json!(false)));

    made.sort_unstable();
    assert_eq!(asked_by_the_script(), made, "what the script asks is what was tried here");
}

#[test]
fn without_a_token_it_has_what_anybody_may() {
    let read = |options: ServeOptions| ServeOptions { anonymous: Anonymous::Write, ..options };
    let server = Running::with(&FILES, read);
    let nobody = |method: &str, below: &str| Request::new(method, format!("/v1/workspaces/mill{below}"));
    let asked = server.send(&nobody("POST", "/approvals").json(json!({"title": "Open the gate?"})));
    assert_eq!(asked.status, 201, "{}", asked.text());
    let seen = server.send(&nobody("GET", "/approvals")).json()["approvals"][0].clone();
    assert_eq!((&seen["by"]["name"], &seen["answerable"]), (&json!("anonymous"), &json!(false)));
    let address = format!("/approvals/{}/answer", seen["id"].as_str().unwrap());
    // Nobody without a token administers anything: the page asks for one.
    let refused = server.send(&nobody("POST", &address).json(json!({"option": "approve"})));
    assert!(refused.status == 401 || refused.status == 403, "{}", refused.text());
    let person = server.admin();
    let answer = server.request(&person, "POST", &address).json(json!({"option": "approve"}));
    assert_eq!(server.send(&answer).status, 200);
}
