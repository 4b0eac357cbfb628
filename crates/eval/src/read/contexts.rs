//! Ragas and DeepEval JSONL: questions that carry the passages they were asked over.
//!
//! All passages of the file together are the collection, each text once. Those that a question names as its reference are its relevant
//! documents; those that some system retrieved for it are only there to be found by mistake.

use super::lines::{Name, each};
use crate::set::Ids;
use crate::{Body, Document, Judgments, Query, Result, Set};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// A sample of Ragas.
#[derive(Deserialize)]
#[serde(expecting = "an object with `user_input`")]
struct Ragas {
    id: Option<Name>,
    user_input: String,
    reference_contexts: Option<Vec<String>>,
    retrieved_contexts: Option<Vec<String>>,
}

/// A test case of DeepEval.
#[derive(Deserialize)]
#[serde(expecting = "an object with `input`")]
struct DeepEval {
    id: Option<Name>,
    input: String,
    context: Option<Vec<Retrieved>>,
    #[serde(alias = "retrievalContext")]
    retrieval_context: Option<Vec<Retrieved>>,
}

/// A passage, with or without where it is from.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a passage is neither a text nor an object with `context`")]
enum Retrieved {
    Text(String),
    Sourced { context: String },
}

impl Retrieved {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Sourced { context: text } => text,
        }
    }
}

pub(super) fn read_ragas(path: &Path, name: &str) -> Result<Set> {
    let mut pool = Pool::default();
    each(path, |line, row: Ragas| {
        let (relevant, others) = (row.reference_contexts, row.retrieved_contexts);
        pool.ask(line, row.id, row.user_input, relevant.unwrap_or_default(), others.unwrap_or_default())
    })?;
    pool.into_set(path, name)
}

pub(super) fn read_deepeval(path: &Path, name: &str) -> Result<Set> {
    let texts = |list: Option<Vec<Retrieved>>| -> Vec<String> {
        list.unwrap_or_default().into_iter().map(Retrieved::into_text).collect()
    };
    let mut pool = Pool::default();
    each(path, |line, row: DeepEval| {
        pool.ask(line, row.id, row.input, texts(row.context), texts(row.retrieval_context))
    })?;
    pool.into_set(path, name)
}

/// The collection as it grows.
#[derive(Default)]
struct Pool {
    documents: Vec<Document>,
    by_text: HashMap<String, String>,
    queries: Vec<Query>,
    ids: Ids,
}

impl Pool {
    fn ask(
        &mut self,
        line: usize,
        id: Option<Name>,
        text: String,
        relevant: Vec<String>,
        others: Vec<String>,
    ) -> std::result::Result<(), String> {
        let id = id.map_or_else(|| format!("q{line}"), Name::into_string);
        self.ids.take(&id)?;
        let judged: Judgments = relevant.into_iter().map(|text| (self.document(text), 1)).collect();
        others.into_iter().for_each(|text| drop(self.document(text)));
        self.queries.push(Query { id, text, scope: None, judged, quote: None });
        Ok(())
    }

    /// The id of the document with this text.
    fn document(&mut self, text: String) -> String {
        if let Some(id) = self.by_text.get(&text) {
            return id.clone();
        }
        let id = format!("c{}", self.documents.len() + 1);
        self.by_text.insert(text.clone(), id.clone());
        let body = Body::Text(text);
        self.documents.push(Document { id: id.clone(), title: String::new(), body, scope: None });
        id
    }

    fn into_set(self, path: &Path, name: &str) -> Result<Set> {
        let Self { documents, queries, .. } = self;
        Set { name: name.to_owned(), documents, queries, notes: Vec::new() }.checked(path, path)
    }
}
