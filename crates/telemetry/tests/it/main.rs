//! Spans on their way to a real collector on this machine: one that takes them, refuses them, is slow, or is not there.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod collector;

use collector::{Collector, Reply, attribute};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use workroom_telemetry::{Context, Counts, KeyValue, Settings, SpanKind, Telemetry, TraceContextExt};

/// Settings for a test: nobody waits for long.
fn settings(endpoint: String) -> Settings {
    let (pause, timeout) = (Duration::from_millis(10), Duration::from_millis(500));
    Settings { pause, timeout, ..Settings::new(endpoint) }
}

fn make(telemetry: &Telemetry, spans: usize) {
    for number in 0..spans {
        let attributes = vec![KeyValue::new("number", number as i64)];
        telemetry.span("test", SpanKind::Internal, attributes, &Context::new()).span().end();
    }
}

#[test]
fn what_waits_is_sent_at_the_end() {
    let collector = Collector::new();
    let headers = vec![("x-key".to_owned(), "secret".to_owned())];
    let attributes = vec![("room".to_owned(), "mill".to_owned())];
    let settings =
        Settings { headers, attributes, service: "library".into(), ..settings(collector.endpoint()) };
    let telemetry = Telemetry::start(settings).unwrap();
    let parent = telemetry.span("outer", SpanKind::Server, Vec::new(), &Context::new());
    make(&telemetry, 3);
    telemetry.span("inner", SpanKind::Client, Vec::new(), &parent).span().end();
    parent.span().end();
    telemetry.end();
    assert_eq!(telemetry.counts(), Counts { sent: 5, failed: 0, dropped: 0 });
    let received = collector.received();
    let [request] = received.as_slice() else { panic!("{} requests", received.len()) };
    let head = request.head.to_lowercase();
    for expected in ["post /v1/traces http/1.1", "content-type: application/x-protobuf", "x-key: secret"] {
        assert!(head.contains(expected), "{head}");
    }
    let of_process = ["service.name", "room"].map(|key| request.of_process(key));
    assert_eq!(of_process, [Some("library".to_owned()), Some("mill".to_owned())]);
    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (outer, inner) = (named("outer"), named("inner"));
    assert_eq!((&inner.parent_span_id, &inner.trace_id), (&outer.span_id, &outer.trace_id));
    assert_eq!(attribute(named("test"), "number").as_deref(), Some("0"));
    // Nothing is sent twice, and nothing after the end.
    telemetry.end();
    make(&telemetry, 1);
    assert_eq!(collector.received().len(), 1);
}

#[test]
fn a_full_batch_does_not_wait_for_the_end() {
    let collector = Collector::new();
    let telemetry = Telemetry::start(settings(collector.endpoint())).unwrap();
    make(&telemetry, 600);
    collector.wait_for(1);
    telemetry.end();
    assert_eq!((telemetry.counts().sent, collector.spans().len()), (600, 600));
}

#[test]
fn what_is_not_taken_is_counted() {
    let check = |reply: fn(usize) -> Reply, expected: Counts, requests: usize| {
        let collector = Collector::replying(reply);
        let telemetry = Telemetry::start(settings(collector.endpoint())).unwrap();
        make(&telemetry, 512);
        collector.wait_for(requests);
        telemetry.end();
        assert_eq!(telemetry.counts(), expected, "{:?}", reply(0));
        assert_eq!(collector.received().len(), requests, "{:?}", reply(0));
    };
    let all_of = |sent, failed| Counts { sent, failed, dropped: 0 };
    // It may be another time.
    let later = |number| if number < 2 { Reply::Status(503, "", Vec::new()) } else { Reply::ok() };
    check(later, all_of(512, 0), 3);
    check(|_| Reply::Status(429, "Retry-After: 0\r\n", Vec::new()), all_of(0, 512), 3);
    // It will never be.
    check(|_| Reply::Status(401, "", b"no".to_vec()), all_of(0, 512), 1);
    // Headers with keys go nowhere else.
    check(|_| Reply::Status(307, "Location: /v1/traces\r\n", Vec::new()), all_of(0, 512), 1);
    let some = |_| {
        let refused = ExportTracePartialSuccess { rejected_spans: 12, error_message: "too old".into() };
        let answer = ExportTraceServiceResponse { partial_success: Some(refused) };
        Reply::Status(200, "", answer.encode_to_vec())
    };
    check(some, all_of(500, 12), 1);
    check(|_| Reply::Status(200, "", b"nonsense".to_vec()), all_of(512, 0), 1);
}

#[test]
fn nobody_waits_for_a_collector_that_says_nothing() {
    const MANY: usize = 20_000;
    let collector = Collector::replying(|_| Reply::Silence);
    let telemetry = Telemetry::start(settings(collector.endpoint())).unwrap();
    make(&telemetry, 512);
    collector.wait_for(1);
    let begun = Instant::now();
    make(&telemetry, MANY);
    let took = begun.elapsed();
    assert!(telemetry.counts().dropped >= (MANY - 2048) as u64, "{:?}", telemetry.counts());
    assert!(took < Duration::from_secs(5), "{took:?}");
    telemetry.end();
    let Counts { sent, failed, dropped } = telemetry.counts();
    assert_eq!((sent, failed + dropped), (0, 512 + MANY as u64));
}

#[test]
fn a_collector_that_is_not_there_changes_nothing() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let telemetry = Telemetry::start(settings(format!("http://{gone}/v1/traces"))).unwrap();
    make(&telemetry, 10);
    telemetry.end();
    assert_eq!(telemetry.counts(), Counts { sent: 0, failed: 10, dropped: 0 });
}
