//! The span of a search: what was searched, and which chunks were found with which scores, for tools that look at retrieval.
//!
//! Invariant: both vocabularies on one span (`gen_ai.*`, OpenInference's `retrieval.*`). Its bytes are bounded, whatever was found.

use super::{begin, cut, fail, here};
use crate::refusal::Result;
use serde_json::json;
use std::borrow::Cow;
use telemetry::{Context, KeyValue, SpanKind, Telemetry, TraceContextExt};
use workroom::{Answer, Hit, Query};

/// Documents that are told of; more would cost more than they say.
const MOST_DOCUMENTS: usize = 100;
/// Text of all documents of a span, in bytes.
const MOST_TEXT: usize = 32 << 10;

/// A search that is on its way; it has ended when this goes.
pub(crate) struct Retrieval(Option<Begun>);

struct Begun {
    context: Context,
    has_content: bool,
}

impl Retrieval {
    /// Begins one, if spans are wanted. `top_k`: how many hits were asked for.
    pub(crate) fn begin(workspace: &str, user: &str, query: &Query, top_k: Option<usize>) -> Self {
        Self(here().and_then(|parent| Begun::new(&parent, workspace, user, query, top_k)))
    }

    /// Says what was found, and gives it on.
    pub(crate) fn found(&self, hits: Result<Vec<Hit>>) -> Result<Vec<Hit>> {
        self.tell(&hits, |begun, hits| begun.tell_documents(hits));
        hits
    }

    /// Says what was answered, and by which passages, and gives it on.
    pub(crate) fn answered(&self, answer: Result<Answer>) -> Result<Answer> {
        self.tell(&answer, |begun, answer| {
            begun.tell_documents(&answer.passages);
            begun.tell_answer(answer.answer.as_deref());
        });
        answer
    }

    fn tell<T>(&self, result: &Result<T>, tell: impl FnOnce(&Begun, &T)) {
        let Some(begun) = &self.0 else { return };
        match result {
            Ok(found) => tell(begun, found),
            Err(refusal) => fail(&begun.context, refusal.kind.name()),
        }
    }
}

impl Begun {
    fn new(
        parent: &Context,
        workspace: &str,
        user: &str,
        query: &Query,
        top_k: Option<usize>,
    ) -> Option<Self> {
        let telemetry = parent.get::<Telemetry>()?;
        let has_content = telemetry.has_content();
        let mut attributes = vec![
            KeyValue::new("gen_ai.operation.name", "retrieval"),
            KeyValue::new("gen_ai.data_source.id", workspace.to_owned()),
            KeyValue::new("gen_ai.provider.name", "workroom"),
            KeyValue::new("openinference.span.kind", "RETRIEVER"),
            KeyValue::new("user.id", user.to_owned()),
        ];
        // A double, as the convention has it.
        attributes.extend(top_k.map(|top_k| KeyValue::new("gen_ai.request.top_k", top_k as f64)));
        if has_content {
            let text = cut(&query.text);
            attributes.push(KeyValue::new("gen_ai.retrieval.query.text", text.clone()));
            attributes.push(KeyValue::new("input.value", text));
            attributes.push(KeyValue::new("input.mime_type", "text/plain"));
        }
        let context =
            begin(telemetry, format!("retrieval {workspace}"), SpanKind::Client, attributes, parent);
        Some(Self { context, has_content })
    }

    fn tell_documents(&self, hits: &[Hit]) {
        let span = self.context.span();
        if !span.is_recording() {
            return;
        }
        let mut room = MOST_TEXT;
        for (i, hit) in hits.iter().take(MOST_DOCUMENTS).enumerate() {
            let at = |name: &str| format!("retrieval.documents.{i}.document.{name}");
            span.set_attribute(KeyValue::new(at("id"), id(hit)));
            span.set_attribute(KeyValue::new(at("score"), f64::from(hit.score)));
            let text = self.has_content.then(|| cut(&hit.quote)).filter(|text| text.len() <= room);
            if let Some(text) = text {
                room -= text.len();
                span.set_attribute(KeyValue::new(at("content"), text));
            }
        }
        span.set_attribute(KeyValue::new("workroom.retrieval.found", hits.len() as i64));
        if self.has_content {
            let told = hits.iter().take(MOST_DOCUMENTS);
            let documents = told.map(|hit| json!({"id": id(hit), "score": hit.score})).collect();
            let documents = serde_json::Value::Array(documents).to_string();
            span.set_attribute(KeyValue::new("gen_ai.retrieval.documents", documents));
        }
    }

    fn tell_answer(&self, text: Option<&str>) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("workroom.answer.found", text.is_some()));
        if let Some(text) = text.filter(|_| self.has_content) {
            span.set_attribute(KeyValue::new("output.value", cut(text)));
            span.set_attribute(KeyValue::new("output.mime_type", "text/plain"));
        }
    }
}

/// As every tool's results and `fetch` name a chunk.
fn id(hit: &Hit) -> Cow<'static, str> {
    format!("{}#{}", hit.path, hit.chunk).into()
}
