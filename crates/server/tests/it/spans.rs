//! Spans: one trace from the caller's through HTTP and MCP to what was searched, without any text unless it is wanted.

use crate::agent::{Agent, ERAS, Era};
use crate::client::Request;
use crate::collector::{Collector, Reply, attribute};
use crate::served::{FILES, Running};
use generate::Model;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use serde_json::json;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::{Settings, Telemetry};
use workroom_server::ServeOptions;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";
const QUERY: &str = "when does the wheel turn";

fn parent() -> String {
    format!("00-{TRACE}-{CALLER}-01")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server whose spans go to a collector.
struct Traced {
    server: Running,
    telemetry: Telemetry,
    collector: Collector,
}

impl Traced {
    fn new(content: bool) -> Self {
        Self::with(content, |options| options)
    }

    fn with(content: bool, change: impl FnOnce(ServeOptions) -> ServeOptions) -> Self {
        let collector = Collector::new();
        let settings = Settings { content, ..Settings::new(collector.endpoint()) };
        let telemetry = Telemetry::start(settings).unwrap();
        let theirs = Some(telemetry.clone());
        let server = Running::with(&FILES, |options| change(ServeOptions { telemetry: theirs, ..options }));
        Self { server, telemetry, collector }
    }

    /// All spans, after the end of the server.
    fn end(mut self) -> Spans {
        self.server.end();
        self.telemetry.end();
        let bytes = self.collector.received().into_iter().flat_map(|received| received.body).collect();
        Spans { all: self.collector.spans(), bytes }
    }
}

struct Spans {
    all: Vec<Span>,
    bytes: Vec<u8>,
}

impl Spans {
    fn named(&self, name: &str) -> &Span {
        let names: Vec<&str> = self.all.iter().map(|span| span.name.as_str()).collect();
        let at = names.iter().position(|found| *found == name);
        &self.all[at.unwrap_or_else(|| panic!("{name} is not among {names:?}"))]
    }

    /// Whether some text was sent, in whatever attribute.
    fn tell(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn is_child(span: &Span, parent: &Span) -> bool {
    (&span.parent_span_id, &span.trace_id) == (&parent.span_id, &parent.trace_id)
}

fn check(span: &Span, expected: &[(&str, &str)]) {
    for (key, value) in expected {
        assert_eq!(attribute(span, key).as_deref(), Some(*value), "{} {key}", span.name);
    }
}

#[test]
fn a_search_is_in_the_trace_of_its_caller() {
    let traced = Traced::new(false);
    let token = traced.server.token(&[("notes", &[custody::Right::Read])]);
    let search = traced.server.request(&token, "POST", "/search").json(json!({"query": QUERY, "limit": 7}));
    let hits = traced.server.send(&search.header("traceparent", parent()).header("tracestate", "a=b")).json();
    let by_address = format!("/search?query={}", QUERY.replace(' ', "+"));
    assert_eq!(traced.server.ask(&token, "GET", &by_address).status, 200);
    traced.server.send(&Request::new("GET", "/healthz"));
    let spans = traced.end();
    let request = spans.named("POST /v1/workspaces/{workspace}/search");
    assert_eq!((hex(&request.trace_id).as_str(), hex(&request.parent_span_id).as_str()), (TRACE, CALLER));
    assert_eq!((request.kind, request.trace_state.as_str()), (SpanKind::Server as i32, "a=b"));
    check(
        request,
        &[
            ("http.request.method", "POST"),
            ("http.route", "/v1/workspaces/{workspace}/search"),
            ("url.path", "/v1/workspaces/mill/search"),
            ("http.response.status_code", "200"),
            ("client.address", "127.0.0.1"),
        ],
    );
    let search =
        spans.all.iter().find(|span| span.name == "retrieval mill" && is_child(span, request)).unwrap();
    assert_eq!(search.kind, SpanKind::Client as i32);
    check(
        search,
        &[
            ("gen_ai.operation.name", "retrieval"),
            ("gen_ai.data_source.id", "mill"),
            ("gen_ai.request.top_k", "7.0"),
            ("openinference.span.kind", "RETRIEVER"),
        ],
    );
    let first = &hits["hits"][0];
    let id = format!("{}#{}", first["path"].as_str().unwrap(), first["chunk"]);
    check(search, &[("retrieval.documents.0.document.id", &id)]);
    let score: f64 = attribute(search, "retrieval.documents.0.document.score").unwrap().parse().unwrap();
    assert!((score - first["score"].as_f64().unwrap()).abs() < 1e-6);
    // Neither what was asked, be it in an address, nor what was found.
    for text in ["wheel", "turns at ebb", "wrk_", "query="] {
        assert!(!spans.tell(text), "{text}");
    }
    assert!(!spans.all.iter().any(|span| span.name.contains("healthz")));
}

#[test]
fn text_is_told_where_it_is_wanted() {
    let traced = Traced::new(true);
    let token = traced.server.admin();
    let ask =
        traced.server.request(&token, "POST", "/ask").json(json!({"question": "When does the mill rest?"}));
    let answer = traced.server.send(&ask).json();
    let spans = traced.end();
    let retrieval = spans.named("retrieval mill");
    check(
        retrieval,
        &[
            ("input.value", "When does the mill rest?"),
            ("gen_ai.retrieval.query.text", "When does the mill rest?"),
            ("retrieval.documents.0.document.content", answer["passages"][0]["quote"].as_str().unwrap()),
            ("output.value", answer["answer"].as_str().unwrap()),
        ],
    );
    let documents = attribute(retrieval, "gen_ai.retrieval.documents").unwrap();
    let documents: serde_json::Value = serde_json::from_str(&documents).unwrap();
    assert_eq!(documents[0]["id"], attribute(retrieval, "retrieval.documents.0.document.id").unwrap());
    assert!(!spans.tell("wrk_"));
}

#[test]
fn a_tool_is_in_the_trace_that_its_call_names() {
    for era in ERAS {
        let traced = Traced::new(false);
        let token = traced.server.admin();
        let mut agent = Agent::connect(traced.server.address, "/mcp", &token, era);
        let arguments = json!({"query": QUERY});
        let params =
            json!({"name": "semantic_search", "arguments": arguments, "_meta": {"traceparent": parent()}});
        assert!(agent.ask("tools/call", params)["result"]["structuredContent"].is_object());
        let refused = agent.call("read_text_file", &json!({"path": "notes/absent.md"}));
        assert_eq!(refused["isError"], true);
        assert!(agent.call("no_such_tool_here", &json!({}))["error"].is_object());
        let metrics = traced.server.send(&Request::new("GET", "/metrics")).text();
        let spans = traced.end();
        let call = spans.named("tools/call semantic_search");
        assert_eq!((hex(&call.trace_id).as_str(), hex(&call.parent_span_id).as_str()), (TRACE, CALLER));
        let version = if era == Era::Sessions { "2025-11-25" } else { "2026-07-28" };
        check(
            call,
            &[
                ("mcp.method.name", "tools/call"),
                ("gen_ai.tool.name", "semantic_search"),
                ("gen_ai.operation.name", "execute_tool"),
                ("openinference.span.kind", "TOOL"),
                ("mcp.protocol.version", version),
                ("network.transport", "tcp"),
            ],
        );
        assert_eq!(attribute(call, "mcp.session.id").is_some(), era == Era::Sessions);
        assert!(is_child(spans.named("retrieval mill"), call));
        // The request that carried it is another trace, which this one is tied to.
        let carriers = spans.all.iter().filter(|span| span.name == "POST /mcp");
        assert!(
            carriers.map(|span| &span.span_id).any(|id| call.links.iter().any(|link| link.span_id == *id))
        );
        let failed = spans.named("tools/call read_text_file");
        check(failed, &[("error.type", "tool_error")]);
        assert_eq!(failed.status.as_ref().unwrap().code, StatusCode::Error as i32);
        assert!(spans.all.iter().any(|span| span.name == "POST /mcp" && is_child(failed, span)));
        check(spans.named("tools/call"), &[("error.type", "-32602"), ("rpc.response.status_code", "-32602")]);
        for text in ["wheel", "turns at ebb", "no_such_tool_here"] {
            assert!(!spans.tell(text), "{text}");
        }
        for (tool, error) in
            [("semantic_search", ""), ("read_text_file", "tool_error"), ("", "protocol_error")]
        {
            let line = format!(
                "mcp_server_operation_duration_seconds_count{{mcp_method_name=\"tools/call\",gen_ai_tool_name=\"{tool}\",error_type=\"{error}\"}} 1"
            );
            assert!(metrics.contains(&line), "{line} {metrics}");
        }
        assert!(
            metrics.contains("le=\"0.02\"")
                && metrics.contains("workroom_spans_total{outcome=\"dropped\"} 0")
        );
    }
}

#[test]
fn arguments_are_told_where_they_are_wanted() {
    let traced = Traced::new(true);
    let token = traced.server.admin();
    let mut agent = Agent::connect(traced.server.address, "/mcp", &token, Era::Stateless);
    agent.call("semantic_search", &json!({"query": QUERY}));
    let spans = traced.end();
    let arguments =
        attribute(spans.named("tools/call semantic_search"), "gen_ai.tool.call.arguments").unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&arguments).unwrap(), json!({"query": QUERY}));
}

#[test]
fn a_models_answer_is_in_the_trace_of_its_request() {
    for accept in ["application/json", "text/event-stream"] {
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let model = Model::new(generate::Settings::new(format!("http://{gone}"), "scripted")).unwrap();
        let model = Some(Arc::new(model));
        let traced = Traced::with(false, |options| ServeOptions { model, ..options });
        let question = json!({"question": "When does the mill rest?", "generate": true});
        let ask = traced.server.request(&traced.server.admin(), "POST", "/ask").header("Accept", accept);
        assert_eq!(traced.server.send(&ask.json(question)).status, 200);
        let spans = traced.end();
        let chat = spans.named("chat scripted");
        check(chat, &[("gen_ai.request.model", "scripted"), ("error.type", "no_answer")]);
        assert!(is_child(chat, spans.named("POST /v1/workspaces/{workspace}/ask")), "{accept}");
    }
}

#[test]
fn a_collector_that_says_nothing_holds_nobody_up() {
    let collector = Collector::replying(|_| Reply::Silence);
    let settings = Settings { timeout: Duration::from_secs(30), ..Settings::new(collector.endpoint()) };
    let telemetry = Telemetry::start(settings).unwrap();
    let theirs = Some(telemetry.clone());
    let server = Running::with(&FILES, |options| ServeOptions { telemetry: theirs, ..options });
    let token = server.admin();
    let ask = || server.ask(&token, "GET", "/search?query=tide").status;
    // Until it is being asked, and never answers.
    let begun = Instant::now();
    while collector.received().is_empty() {
        assert_eq!(ask(), 200);
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(ask(), 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
