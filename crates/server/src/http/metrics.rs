//! Metrics in the text format of Prometheus.
//!
//! Invariant: labels come from a fixed set: routes as they are declared, methods and statuses. No path, name or query is among them.
//! Not here: who may read them (`health`).

use super::App;
use crate::mcp::Durations;
use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::time::Instant;
use telemetry::Telemetry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Route, Histogram>,
    /// Open connections.
    pub(super) connections: Gauge,
    /// Connections that were closed at once, because there were too many.
    pub(super) refused: Counter,
    /// Clients that hear of changes.
    pub(super) listeners: Gauge,
}

impl Metrics {
    /// Those of a server, of MCP's requests, and of the spans that it sends.
    pub(super) fn new(durations: &Durations, telemetry: Option<&Telemetry>) -> Self {
        let mut all = Registry::default();
        let help = "How long a request of the Model Context Protocol took";
        all.register_with_unit("mcp_server_operation_duration", help, Unit::Seconds, durations.clone());
        if let Some(telemetry) = telemetry {
            all.register_collector(Box::new(Spans(telemetry.clone())));
        }
        let registry = all.sub_registry_with_prefix("workroom_http");
        let requests = Family::<Labels, Counter>::default();
        registry.register("requests", "Requests answered", requests.clone());
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 16))
        });
        registry.register("request_seconds", "Time to the head of the answer", seconds.clone());
        let (connections, listeners) = (Gauge::default(), Gauge::default());
        registry.register("connections", "Open connections", connections.clone());
        registry.register("listeners", "Clients that hear of changes", listeners.clone());
        let refused = Counter::default();
        registry.register(
            "refused_connections",
            "Connections closed at once, being too many",
            refused.clone(),
        );
        Self { registry: all, requests, seconds, connections, refused, listeners }
    }

    /// All of them as text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}

/// What became of spans.
#[derive(Debug)]
struct Spans(Telemetry);

impl Collector for Spans {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let counts = self.0.counts();
        let help = "Spans, by what became of them";
        let mut family = encoder.encode_descriptor("workroom_spans", help, None, MetricType::Counter)?;
        for (outcome, count) in
            [("sent", counts.sent), ("failed", counts.failed), ("dropped", counts.dropped)]
        {
            let labels = [("outcome", outcome)];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// Counts requests.
pub(super) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let begun = Instant::now();
    let response = next.run(request).await;
    let seconds = begun.elapsed().as_secs_f64();
    app.metrics.seconds.get_or_create(&Route { route: route.clone() }).observe(seconds);
    let labels = Labels { method, route, status: response.status().as_u16() };
    app.metrics.requests.get_or_create(&labels).inc();
    response
}

/// A client may make up methods.
pub(super) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
