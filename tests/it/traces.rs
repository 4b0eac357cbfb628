//! Traces of the program: to the collector that the command line or the environment names, the last of them when it ends.

use crate::collector::{Collector, attribute};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use workroom_tests::{Agent, Room, Running};

fn room() -> Room {
    let room = Room::with(&[("tide.md", "# Tides\n\nThe mill turns at ebb and rests at flood.\n")]);
    room.ok(&["index"]);
    room
}

#[test]
fn an_agents_calls_are_told_when_it_has_left() {
    let (room, collector) = (room(), Collector::new());
    let endpoint = format!("http://{}", collector.address);
    let mut command = room.command(&["mcp", "--otlp-endpoint", &endpoint]);
    command.env("OTEL_SERVICE_NAME", "library").env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b");
    let mut agent = Agent::start(command);
    let found = agent.call("semantic_search", &json!({"query": "when does the wheel turn"}));
    assert_eq!(found["isError"], json!(false), "{found}");
    assert_eq!(agent.leave(), Some(0));
    let (received, spans) = (collector.received(), collector.spans());
    assert!(received[0].head.contains("x-key: a b"), "{}", received[0].head);
    assert_eq!(received[0].of_process("service.name").as_deref(), Some("library"));
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let call = named("tools/call semantic_search");
    assert_eq!(attribute(call, "network.transport").as_deref(), Some("pipe"));
    assert_eq!(named("retrieval w").parent_span_id, call.span_id);
    assert!(!format!("{spans:?}").contains("wheel"));
}

#[cfg(unix)]
#[test]
fn a_server_tells_the_last_spans_when_it_is_stopped() {
    let (room, collector) = (room(), Collector::new());
    let mut command = room.command(&["serve", "--listen", "127.0.0.1:0", "--anonymous", "read", "--json"]);
    command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.endpoint());
    let server = Running::start(command);
    let told = server.wait_for("its address", |line| line.contains("\"url\""));
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let address = told["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let request =
        "GET /v1/workspaces/w/search?query=wheel HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(server.interrupt(), Some(0));
    let names: Vec<String> = collector.spans().into_iter().map(|span| span.name).collect();
    assert!(names.iter().any(|name| name == "GET /v1/workspaces/{workspace}/search"), "{names:?}");
    assert!(names.iter().any(|name| name == "retrieval w"), "{names:?}");
}

#[test]
fn what_names_no_collector_is_refused() {
    let room = room();
    for (variables, arguments, told) in [
        (&[][..], &["--otlp-endpoint", "collector:4318"][..], "it is no URL"),
        (&[], &["--otlp-endpoint", "http://user:key@a"], "it holds a user or a key"),
        (
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a"), ("OTEL_EXPORTER_OTLP_HEADERS", "key")],
            &[],
            "OTEL_EXPORTER_OTLP_HEADERS cannot be understood",
        ),
    ] {
        let mut command = room.command(&[&["serve", "--listen", "127.0.0.1:0"][..], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told) && said.contains("hint:") && !said.contains("user:key"), "{said}");
    }
}
