//! The span of an answer by a language model: which model, and how long it took.
//!
//! Invariant: neither what it was shown nor what it said; whoever runs the model can see that there.

use super::{begin, fail, here};
use telemetry::{Context, KeyValue, SpanKind, Telemetry};

/// An answer that is on its way; it has ended when this goes.
pub(crate) struct Chat(Option<Context>);

impl Chat {
    /// Begins one, if spans are wanted.
    pub(crate) fn begin(model: &str) -> Self {
        Self(here().and_then(|parent| {
            let attributes = vec![
                KeyValue::new("gen_ai.operation.name", "chat"),
                // Whoever answers, it is by this one's protocol.
                KeyValue::new("gen_ai.provider.name", "openai"),
                KeyValue::new("gen_ai.request.model", model.to_owned()),
                KeyValue::new("llm.model_name", model.to_owned()),
                KeyValue::new("openinference.span.kind", "LLM"),
            ];
            let name = format!("chat {model}");
            Some(begin(parent.get::<Telemetry>()?, name, SpanKind::Client, attributes, &parent))
        }))
    }

    /// There is no answer.
    pub(crate) fn failed(&self) {
        if let Some(context) = &self.0 {
            fail(context, "no_answer");
        }
    }
}
