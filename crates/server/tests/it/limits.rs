//! Limits, and what is said at each of them: that it is one, which, and when to come back.

use crate::agent::{Agent, ERAS};
use crate::client::{Answer, Request};
use crate::served::{FILES, Running};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use workroom_server::ServeOptions;

const MIB: usize = 1 << 20;

fn refused(answer: &Answer, kind: &str) -> Value {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{problem}");
    assert_eq!((&problem["kind"], &problem["status"]), (&json!(kind), &json!(answer.status)), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    problem
}

#[test]
fn bodies_have_the_sizes_that_are_documented() {
    let server = Running::with(&FILES, |options| ServeOptions { largest_file: 10 * MIB as u64, ..options });
    let token = server.admin();
    let put = |bytes: usize| server.request(&token, "PUT", "/file?path=large.bin").bytes(vec![b'x'; bytes]);
    let append =
        |bytes: usize| server.request(&token, "POST", "/file/append?path=log.bin").bytes(vec![b'x'; bytes]);
    // White space is as good as anything for a size.
    let padded = |bytes: usize| {
        let text = r#"{"query": "wheel"}"#;
        let body = format!("{text}{}", " ".repeat(bytes - text.len()));
        server.request(&token, "POST", "/search").header("Content-Type", "application/json").body(body)
    };
    let call = |bytes: usize| {
        let mut agent = Agent::connect(server.address, "/mcp", &token, ERAS[1]);
        let (request, _) = agent.request("tools/list", json!({}));
        let more = bytes - request.body_length();
        request.with_more(&" ".repeat(more))
    };
    for (name, request, status, most) in [
        ("a file", put(10 * MIB), 201, ""),
        ("a file", put(10 * MIB + 1), 413, "10485760"),
        ("bytes to append", append(8 * MIB), 201, ""),
        ("bytes to append", append(8 * MIB + 1), 413, "8388608"),
        ("JSON", padded(8 * MIB), 200, ""),
        ("JSON", padded(8 * MIB + 1), 413, "8388608"),
        ("a message", call(8 * MIB), 200, ""),
        ("a message", call(8 * MIB + 1), 413, "8388608"),
    ] {
        let answer = server.send(&request);
        assert_eq!(answer.status, status, "{name}: {}", answer.text().chars().take(300).collect::<String>());
        if status == 413 {
            let problem = refused(&answer, "too-large");
            assert!(problem["detail"].as_str().unwrap().contains(most), "{name}: {problem}");
        }
    }
}

#[test]
fn whoever_asks_too_often_is_told_when_to_come_back_on_every_address() {
    for target in ["/v1/workspaces/mill/files", "/v1/workspaces", "/mcp", "/healthz", "/nowhere"] {
        let server = Running::with(&FILES, |options| ServeOptions { rate: NonZeroU32::MIN, ..options });
        let token = server.admin();
        let request = Request::new("GET", target).header("Authorization", format!("Bearer {token}"));
        let answer = (0..10).map(|_| server.send(&request)).find(|answer| answer.status == 429);
        let answer = answer.unwrap_or_else(|| panic!("{target} is never refused"));
        refused(&answer, "too-many-requests");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&seconds), "{target}: {seconds}");
    }
}

#[test]
fn tokens_that_are_none_are_slowed_down() {
    let server = Running::new();
    let guess =
        |n: usize| Request::new("GET", "/v1/workspaces").header("Authorization", format!("Bearer wrk_{n}"));
    let answers: Vec<Answer> = (0..200).map(|n| server.send(&guess(n))).collect();
    let slowed: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!slowed.is_empty() && answers.iter().all(|answer| matches!(answer.status, 401 | 429)));
    assert!(slowed.iter().all(|answer| answer.header("retry-after").is_some()));
    // Whoever has one is let in from the same address.
    assert_eq!(server.ask(&server.admin(), "GET", "").status, 200);
}
