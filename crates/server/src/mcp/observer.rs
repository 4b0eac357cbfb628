//! What is seen of a request of the protocol: how long it took and how it ended, for the metrics and for its span.
//!
//! Invariant: labels of metrics come from a fixed set: methods and tools that there are, and kinds of errors. What a client makes up is in none.
//! Not here: which requests there are (`observed`), how metrics and spans leave (`http`, `telemetry`).

use super::tools;
use crate::spans;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use rmcp::model::{CallToolRequestParams, CallToolResponse};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use std::future::Future;
use std::time::Instant;
use telemetry::{Context, FutureExt, KeyValue, SpanKind, Telemetry, TraceContextExt};

/// Those of the convention, in seconds.
const BUCKETS: [f64; 14] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// What a duration is told by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Labels {
    mcp_method_name: &'static str,
    gen_ai_tool_name: &'static str,
    error_type: &'static str,
}

/// `mcp.server.operation.duration`.
pub(crate) type Durations = Family<Labels, Histogram, fn() -> Histogram>;

/// Sees requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Observer {
    durations: Durations,
    telemetry: Option<Telemetry>,
}

impl Observer {
    /// Sends spans there, if anywhere.
    pub(crate) fn new(telemetry: Option<Telemetry>) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        Self { durations: Family::new_with_constructor(histogram), telemetry }
    }

    /// How long requests took.
    pub(crate) fn durations(&self) -> &Durations {
        &self.durations
    }

    /// A request begins.
    pub(super) fn begin(&self, operation: &Operation<'_>, context: &RequestContext<RoleServer>) -> Seen {
        let span = self.telemetry.as_ref().map(|telemetry| operation.span(telemetry, context));
        Seen {
            durations: self.durations.clone(),
            method: operation.method,
            tool: operation.tool,
            begun: Instant::now(),
            span,
        }
    }
}

/// A request, as far as it is told of.
pub(super) struct Operation<'a> {
    method: &'static str,
    /// The tool, if there is one of that name.
    tool: &'static str,
    detail: Option<KeyValue>,
    call: Option<&'a CallToolRequestParams>,
}

impl<'a> Operation<'a> {
    pub(super) fn named(method: &'static str) -> Self {
        Self { method, tool: "", detail: None, call: None }
    }

    pub(super) fn tool(call: &'a CallToolRequestParams) -> Self {
        let tool = tools::known(&call.name).unwrap_or_default();
        Self { tool, call: Some(call), ..Self::named("tools/call") }
    }

    pub(super) fn resource(method: &'static str, uri: &str) -> Self {
        let detail = Some(KeyValue::new("mcp.resource.uri", spans::cut(uri)));
        Self { detail, ..Self::named(method) }
    }

    pub(super) fn prompt(name: &str) -> Self {
        let detail = Some(KeyValue::new("gen_ai.prompt.name", spans::cut(name)));
        Self { detail, ..Self::named("prompts/get") }
    }

    /// Begins its span: in the trace that its `_meta` names and linked to the HTTP request, or within that.
    fn span(&self, telemetry: &Telemetry, context: &RequestContext<RoleServer>) -> Context {
        let parts = context.extensions.get::<http::request::Parts>();
        let carrier = parts.and_then(|parts| parts.extensions.get::<Context>());
        let named = telemetry::remote(context.meta.get_traceparent(), context.meta.get_tracestate());
        let is_named = named.span().span_context().is_valid();
        let parent = if is_named { &named } else { carrier.unwrap_or(&named) };
        let name = format!("{} {}", self.method, self.tool);
        let attributes = self.attributes(telemetry, context, parts);
        let begun = spans::begin(telemetry, name.trim_end().to_owned(), SpanKind::Server, attributes, parent);
        if let Some(carrier) = carrier.filter(|_| is_named) {
            begun.span().add_link(carrier.span().span_context().clone(), Vec::new());
        }
        begun
    }

    fn attributes(
        &self,
        telemetry: &Telemetry,
        context: &RequestContext<RoleServer>,
        parts: Option<&http::request::Parts>,
    ) -> Vec<KeyValue> {
        let transport = if parts.is_some() { "tcp" } else { "pipe" };
        let mut attributes = vec![
            KeyValue::new("mcp.method.name", self.method),
            KeyValue::new("jsonrpc.request.id", spans::cut(&context.id.to_string())),
            KeyValue::new("network.transport", transport),
        ];
        let version = context.protocol_version();
        attributes.extend(
            version.map(|version| KeyValue::new("mcp.protocol.version", spans::cut(version.as_str()))),
        );
        let session = parts.and_then(|parts| parts.headers.get("mcp-session-id")?.to_str().ok());
        attributes.extend(session.map(|session| KeyValue::new("mcp.session.id", spans::cut(session))));
        attributes.extend(self.detail.clone());
        if let Some(call) = self.call {
            attributes.push(KeyValue::new("gen_ai.operation.name", "execute_tool"));
            attributes.push(KeyValue::new("openinference.span.kind", "TOOL"));
            if !self.tool.is_empty() {
                attributes.push(KeyValue::new("gen_ai.tool.name", self.tool));
                attributes.push(KeyValue::new("tool.name", self.tool));
            }
            if telemetry.has_content() {
                let arguments = serde_json::to_string(&call.arguments).unwrap_or_default();
                attributes.push(KeyValue::new("gen_ai.tool.call.arguments", spans::cut(&arguments)));
            }
        }
        attributes
    }
}

/// A request that is being answered.
pub(super) struct Seen {
    durations: Durations,
    method: &'static str,
    tool: &'static str,
    begun: Instant,
    span: Option<Context>,
}

impl Seen {
    /// Does its work within its span.
    pub(super) async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.span {
            Some(span) => work.with_context(span.clone()).await,
            None => work.await,
        }
    }

    /// It has ended so.
    pub(super) fn end<T>(&self, result: Result<T, ErrorData>) -> Result<T, ErrorData> {
        self.note(result.as_ref().err(), "");
        result
    }

    /// A tool's call has ended so: a refusal, which a model is to read, is a result to the protocol.
    pub(super) fn end_tool(
        &self,
        result: Result<CallToolResponse, ErrorData>,
    ) -> Result<CallToolResponse, ErrorData> {
        let is_refused = |response: &CallToolResponse| matches!(response, CallToolResponse::Complete(result) if result.is_error == Some(true));
        let word = if result.as_ref().is_ok_and(is_refused) { "tool_error" } else { "" };
        self.note(result.as_ref().err(), word);
        result
    }

    fn note(&self, error: Option<&ErrorData>, refused: &'static str) {
        let error_type = if error.is_some() { "protocol_error" } else { refused };
        let labels = Labels { mcp_method_name: self.method, gen_ai_tool_name: self.tool, error_type };
        self.durations.get_or_create(&labels).observe(self.begun.elapsed().as_secs_f64());
        let Some(context) = &self.span else { return };
        let code = error.map(|error| error.code.0.to_string());
        if let Some(code) = code.clone() {
            context.span().set_attribute(KeyValue::new("rpc.response.status_code", code));
        }
        match code {
            Some(code) => spans::fail(context, code),
            None if !refused.is_empty() => spans::fail(context, refused),
            None => {}
        }
        context.span().end();
    }
}
