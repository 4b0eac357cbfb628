//! Spans of what a server does, sent to a collector by OTLP over HTTP.
//!
//! [`Telemetry`] is one collector with the queue before it; [`Settings`] say which; [`remote`] reads what a caller sends of its own trace.
//!
//! Invariant: whoever ends a span never waits. Spans go into a bounded queue, are sent in batches by a thread of their own, and what does not fit
//! is dropped and counted. Nothing here is global: no provider is installed, no environment is read but the official SDK's own limits and sampler.
//! Not here: what spans say (`server`), where settings come from (`cli`).

mod collector;
mod ending;
mod queue;
mod settings;

pub use opentelemetry::context::FutureExt;
pub use opentelemetry::trace::{SpanKind, Status, TraceContextExt};
pub use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
pub use settings::{Error, Settings};

use collector::Collector;
use ending::Ending;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanBuilder, Tracer, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider};
use queue::{Bounded, Tally};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Spans that wait, or are being sent.
const MOST_WAITING: usize = 2048;
/// Spans in one request to the collector.
const BATCH: usize = 512;
/// A span waits so long for others to go with.
const DELAY: Duration = Duration::from_secs(2);
/// At the end the collector has so long to take what waits.
const LAST: Duration = Duration::from_secs(5);
/// A search of a hundred hits has a few attributes for each.
const MOST_ATTRIBUTES: u32 = 1024;

/// A collector, and the queue before it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Telemetry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    has_content: bool,
    tally: Arc<Tally>,
    ending: Arc<Ending>,
}

/// What became of spans so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The collector took them.
    pub sent: u64,
    /// The collector did not, and they are given up.
    pub failed: u64,
    /// There was no place in the queue.
    pub dropped: u64,
}

impl Telemetry {
    /// Begins to send. Nothing is asked of the collector until there is a span.
    ///
    /// # Errors
    /// When the settings name no collector that can be asked.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let (tally, ending) = (Arc::<Tally>::default(), Arc::<Ending>::default());
        let (has_content, resource) = (settings.content, settings.resource());
        let collector = Collector::new(settings, Arc::clone(&tally), Arc::clone(&ending))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let batches = BatchSpanProcessor::new(collector, batches);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded::new(batches, Arc::clone(&tally), MOST_WAITING))
            .with_max_attributes_per_span(MOST_ATTRIBUTES)
            .with_resource(resource)
            .build();
        let tracer = provider.tracer("workroom");
        Ok(Self(Arc::new(Inner { provider, tracer, has_content, tally, ending })))
    }

    /// Whether spans may hold text of queries and documents.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.0.has_content
    }

    /// Begins a span in `parent`. It is ended through the context, or when the last clone of that goes.
    #[must_use]
    pub fn span(
        &self,
        name: impl Into<Cow<'static, str>>,
        kind: SpanKind,
        attributes: Vec<KeyValue>,
        parent: &Context,
    ) -> Context {
        let builder = SpanBuilder::from_name(name).with_kind(kind).with_attributes(attributes);
        parent.with_span(self.0.tracer.build_with_context(builder, parent))
    }

    /// What became of spans so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.tally.counts()
    }

    /// Sends what waits, and ends. Takes as long as the collector does, five seconds at most.
    pub fn end(&self) {
        self.0.ending.begin();
        if let Err(error) = self.0.provider.shutdown_with_timeout(LAST) {
            tracing::debug!(%error, "spans may be lost at the end");
        }
    }
}

/// The longest `tracestate` that is passed on.
const LONGEST_STATE: usize = 512;
/// A version, a trace, a span and flags, with their hyphens.
const SHORTEST_PARENT: usize = 55;

/// The span of a caller, by its `traceparent` and `tracestate` (W3C Trace Context). What is malformed is no parent.
#[must_use]
pub fn remote(traceparent: Option<&str>, tracestate: Option<&str>) -> Context {
    let parent = traceparent.filter(|parent| parent.len() >= SHORTEST_PARENT);
    let state = tracestate.filter(|state| state.len() <= LONGEST_STATE);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &Carried { parent, state })
}

struct Carried<'a> {
    parent: Option<&'a str>,
    state: Option<&'a str>,
}

impl Extractor for Carried<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.parent,
            "tracestate" => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_callers_span_is_read_and_nonsense_is_none() {
        let check = |parent: &str, state: Option<&str>, expected: Option<(&str, &str, bool)>| {
            let context = remote(Some(parent), state);
            let span = context.span().span_context().clone();
            let read = span.is_valid().then(|| {
                let (trace, id) = (span.trace_id().to_string(), span.span_id().to_string());
                assert!(span.is_remote());
                (trace, id, span.is_sampled())
            });
            let expected = expected.map(|(trace, id, sampled)| (trace.to_owned(), id.to_owned(), sampled));
            assert_eq!(read, expected, "{parent}");
        };
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        check(&format!("00-{trace}-{span}-01"), Some("a=b"), Some((trace, span, true)));
        check(&format!("00-{trace}-{span}-00"), None, Some((trace, span, false)));
        check(&format!("01-{trace}-{span}-01-more"), None, Some((trace, span, true)));
        for bad in [
            "",
            "00",
            "00-1-1-01",
            &format!("00-{trace}-{span}"),
            &format!("ff-{trace}-{span}-01"),
            &format!("00-{}-{span}-01", "0".repeat(32)),
            &format!("00-{trace}-{}-01", "0".repeat(16)),
            &format!("00-{}-{span}-01", trace.to_uppercase()),
        ] {
            check(bad, None, None);
        }
        let long = format!("a={}", "b".repeat(LONGEST_STATE));
        let parent = format!("00-{trace}-{span}-01");
        let state =
            |state: &str| remote(Some(&parent), Some(state)).span().span_context().trace_state().header();
        assert_eq!((state("a=b,c=d"), state(&long)), ("a=b,c=d".to_owned(), String::new()));
    }

    proptest! {
        #[test]
        fn anything_can_be_sent(parent in "\\PC{0,80}", state in "\\PC{0,80}") {
            let _read = remote(Some(&parent), Some(&state));
        }
    }
}
