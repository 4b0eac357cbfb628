//! Spans: what was done for a request and how long it took, in the names of OpenTelemetry and OpenInference.
//!
//! Invariant: without a collector nothing is made, and asking whether there is one costs a look at a thread's own variable. Names of files,
//! workspaces and tools are told; text of queries, documents and arguments only if the operator says so. What cannot be sent changes no answer.
//! Not here: how spans are sent (`telemetry`), where a request begins and ends (`http`, `mcp`).

mod chat;
mod retrieval;

pub(crate) use chat::Chat;
pub(crate) use retrieval::Retrieval;

use telemetry::{Context, KeyValue, SpanKind, Status, Telemetry, TraceContextExt};

/// The context of the request that is being answered, with its span, if spans are wanted.
pub(crate) fn here() -> Option<Context> {
    Context::map_current(|context| context.get::<Telemetry>().is_some().then(|| context.clone()))
}

/// Begins a span in `parent`; what happens in its context finds it by [`here`].
pub(crate) fn begin(
    telemetry: &Telemetry,
    name: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    parent: &Context,
) -> Context {
    telemetry.span(name, kind, attributes, parent).with_value(telemetry.clone())
}

/// Says what went wrong, in a word.
pub(crate) fn fail(context: &Context, error: impl Into<String>) {
    let span = context.span();
    span.set_attribute(KeyValue::new("error.type", error.into()));
    // The word is all: a description might hold a path, or what was asked.
    span.set_status(Status::error(""));
}

/// The longest text in one attribute, in bytes.
const LONGEST: usize = 4 << 10;

/// The beginning of a text, at most so long.
pub(crate) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(LONGEST.min(text.len()));
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let check = |text: &str, expected: usize| assert_eq!(cut(text).len(), expected);
        check("", 0);
        check("tide", 4);
        check(&"é".repeat(LONGEST), LONGEST);
        check(&format!("a{}", "é".repeat(LONGEST)), LONGEST - 1);
    }

    #[test]
    fn nothing_is_wanted_where_no_collector_is() {
        assert!(here().is_none());
    }
}
