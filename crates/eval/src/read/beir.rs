//! BEIR folders: `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv`.

use super::lines::{Name, each, each_line};
use super::scope;
use crate::set::Ids;
use crate::{Body, Document, Judgments, Query, Result, Set};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::Path;

pub(super) const CORPUS: &str = "corpus.jsonl";
const QUERIES: &str = "queries.jsonl";
const JUDGMENTS: &str = "qrels/test.tsv";
const HEADER: [&str; 3] = ["query-id", "corpus-id", "score"];

/// A line of either JSONL file.
#[derive(Deserialize)]
#[serde(expecting = "an object with `_id` and `text`")]
struct Row {
    _id: Name,
    #[serde(default)]
    title: Option<String>,
    text: Option<String>,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// What documents and queries have alike.
struct Common {
    id: String,
    scope: Option<String>,
    text: String,
}

impl Row {
    /// Takes the row apart, if its id is new and its scope is named where there must be one.
    fn common(self, ids: &mut Ids, key: Option<&str>) -> std::result::Result<Common, String> {
        let id = self._id.into_string();
        ids.take(&id)?;
        let scope = scope::of(key, self.metadata.as_ref())?;
        let text = self.text.ok_or("no `text`")?;
        Ok(Common { id, scope, text })
    }
}

pub(super) fn read(folder: &Path, name: &str) -> Result<Set> {
    let key = scope::key(folder)?;
    let (corpus, judgments_at) = (folder.join(CORPUS), folder.join(JUDGMENTS));
    let (documents, known) = documents(&corpus, key.as_deref())?;
    let mut queries = queries(&folder.join(QUERIES), key.as_deref())?;
    let unknown = judge(&mut queries, &known, &judgments_at)?;
    // A file of queries often holds those of the training split too: nobody judged them here, so nobody asks them.
    let of_all = queries.len();
    queries.retain(|query| !query.judged.is_empty());
    let mut notes = Vec::new();
    if of_all > queries.len() {
        notes.push(format!("queries without a judgment, not asked: {} of {of_all}", of_all - queries.len()));
    }
    if unknown > 0 {
        notes.push(format!("judgments of documents that do not exist, counted as never found: {unknown}"));
    }
    notes.extend(outside(&documents, &queries));
    Set { name: name.to_owned(), documents, queries, notes }.checked(&corpus, &judgments_at)
}

fn documents(path: &Path, key: Option<&str>) -> Result<(Vec<Document>, Ids)> {
    let (mut documents, mut ids) = (Vec::new(), Ids::default());
    each(path, |_, row: Row| {
        let title = row.title.clone().unwrap_or_default();
        let Common { id, scope, text } = row.common(&mut ids, key)?;
        documents.push(Document { id, title, body: Body::Text(text), scope });
        Ok(())
    })?;
    Ok((documents, ids))
}

fn queries(path: &Path, key: Option<&str>) -> Result<Vec<Query>> {
    let (mut queries, mut ids) = (Vec::new(), Ids::default());
    each(path, |_, row: Row| {
        let Common { id, scope, text } = row.common(&mut ids, key)?;
        queries.push(Query { id, text, scope, judged: Judgments::new(), quote: None });
        Ok(())
    })?;
    Ok(queries)
}

/// Reads the judgments into the queries. Returns how many name a document that does not exist.
fn judge(queries: &mut [Query], known: &Ids, path: &Path) -> Result<usize> {
    let at: HashMap<String, usize> =
        queries.iter().zip(0..).map(|(query, at)| (query.id.clone(), at)).collect();
    let mut unknown = 0;
    each_line(path, |number, line| {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [query, document, score] = fields[..] else {
            return Err(format!("{} columns instead of {}", fields.len(), HEADER.join(", ")));
        };
        if number == 1 {
            let is_header = [query, document, score] == HEADER;
            return if is_header { Ok(()) } else { Err(format!("the header is not {}", HEADER.join(", "))) };
        }
        let gain: i32 = score.parse().map_err(|_| format!("the score `{score}` is not a whole number"))?;
        let query = at.get(query).and_then(|at| queries.get_mut(*at));
        let query = query.ok_or_else(|| format!("the query `{}` is not in {QUERIES}", fields[0]))?;
        if query.judged.insert(document.to_owned(), gain).is_some() {
            return Err(format!("`{document}` is judged a second time for the query `{}`", query.id));
        }
        unknown += usize::from(!known.contains(document));
        Ok(())
    })?;
    Ok(unknown)
}

/// A note about relevant documents that their query may not see.
fn outside(documents: &[Document], queries: &[Query]) -> Option<String> {
    let scopes: HashMap<&str, Option<&String>> =
        documents.iter().map(|document| (document.id.as_str(), document.scope.as_ref())).collect();
    let hidden = |query: &Query, id: &str| scopes.get(id).is_some_and(|scope| *scope != query.scope.as_ref());
    let of_query =
        |query: &Query| query.judged.iter().filter(|(id, gain)| **gain > 0 && hidden(query, id)).count();
    let n: usize = queries.iter().map(of_query).sum();
    (n > 0).then(|| format!("relevant documents outside their query's scope, counted as never found: {n}"))
}
