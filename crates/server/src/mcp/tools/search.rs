//! `semantic_search` and `ask`: passages for a model, and quoted sentences as an answer.
//!
//! Invariant: every passage and sentence is byte for byte part of the file that is named beside it; where nothing answers a question, that is
//! said, and nothing made up.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::detail::{Detail, from};
use super::path;
use crate::mcp::citation::{self, Citation, Shape};
use crate::mcp::passage;
use crate::refusal::{Refusal, Result};
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom::{Hit, Mode, Query, Question};

/// Hits where the caller does not say how many.
const USUAL: usize = 8;
/// The most hits.
const MOST: usize = 50;
/// Word pieces of all passages where the caller does not say how many, and the most.
const BUDGET: usize = 1500;
const MOST_BUDGET: usize = 100_000;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "semantic_search",
            "Search by meaning",
            "Find passages by meaning and words, best first, each with its file, lines and text. Narrow with path, types and filters. \
             Terse by default; detail `standard` adds titles, headings and times, `full` all that a citation is checked by.",
            (Effect::Reads, Needs::Read),
            |call, input: Search| search(call, &input),
        ),
        Action::new(
            "ask",
            "Ask a question",
            "Answer a question with sentences quoted from the documents, each with its source, or say that nothing answers it and what comes \
             nearest. Nothing is made up. detail `standard` adds the passages, `full` all that a citation is checked by.",
            (Effect::Reads, Needs::Read),
            |call, input: Ask| ask(call, &input),
        ),
    ]
}

/// What ranks.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum Ranking {
    /// Words and meaning together.
    #[default]
    Hybrid,
    /// Words alone.
    Lexical,
    /// Meaning alone.
    Dense,
}

impl From<Ranking> for Mode {
    fn from(ranking: Ranking) -> Self {
        match ranking {
            Ranking::Hybrid => Self::Hybrid,
            Ranking::Lexical => Self::Lexical,
            Ranking::Dense => Self::Dense,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Search {
    /// What to find, in words.
    query: String,
    /// How many passages; 8 unless told, at most 50.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<usize>,
    /// Only this file, or files below this folder.
    path: Option<String>,
    /// Only files of these types, such as `markdown`, `pdf`, `rust`.
    #[serde(default)]
    types: Vec<String>,
    /// Only documents that say this of themselves: `author=smith`, `title=plan`, `keyword=tide`, `language=de`, `created>=2024-03`,
    /// `modified<2024`, `pages>10`.
    #[serde(default)]
    filters: Vec<String>,
    /// What ranks.
    #[serde(default)]
    mode: Ranking,
    /// How much is told.
    #[serde(default)]
    detail: Detail,
    /// Adds to each passage a citation in that form: `openai`, `anthropic` (a `search_result` block) or `langchain` (a document).
    cite_as: Option<Shape>,
}

/// A passage that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Passage {
    /// For `fetch`.
    id: String,
    /// The file, relative to the workspace.
    path: String,
    /// The lines, as in `12-18`.
    lines: String,
    /// Page, slide, cells or chapter in the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The passage, byte for byte; in an answer only from detail `standard` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The header row of the table whose rows these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<String>,
    /// The file has changed since it was indexed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    changed: bool,
    /// Characters in it that nobody sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<String>,
    /// The document's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// Headings that lead to it, outermost first.
    #[serde(skip_serializing_if = "Option::is_none")]
    headings: Option<Vec<String>>,
    /// When the file was modified, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    /// What the list is ordered by; comparable within one list only.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    /// All that the passage can be checked by.
    #[serde(skip_serializing_if = "Option::is_none")]
    citation: Option<Citation>,
    /// The citation in the form that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    cited: Option<JsonObject>,
}

/// Passages, best first.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct Passages {
    results: Vec<Passage>,
}

fn search(call: &Call<'_>, input: &Search) -> Result<Reply<Passages>> {
    let scope = Scope { path: &input.path, types: &input.types, filters: &input.filters, mode: input.mode };
    let query = scope.query(call, &input.query)?.limit(input.limit.unwrap_or(USUAL).clamp(1, MOST));
    let hits = call.access.search(&query)?;
    Ok(found(call, &hits, input.detail, input.cite_as))
}

/// The answer for hits.
pub(super) fn found(call: &Call<'_>, hits: &[Hit], detail: Detail, shape: Option<Shape>) -> Reply<Passages> {
    let results = hits.iter().map(|hit| Passage::of(call, hit, detail, shape)).collect();
    let texts: Vec<String> = hits.iter().zip(1..).map(|(hit, number)| shown(number, hit, detail)).collect();
    let text = if texts.is_empty() {
        "nothing found; try other words, or fewer filters".to_owned()
    } else {
        texts.join("\n")
    };
    Reply::new(text, Passages { results })
}

/// What narrows a search.
struct Scope<'a> {
    path: &'a Option<String>,
    types: &'a [String],
    filters: &'a [String],
    mode: Ranking,
}

impl Scope<'_> {
    fn query(&self, call: &Call<'_>, text: &str) -> Result<Query> {
        if text.trim().is_empty() {
            return Err(Refusal::invalid("the query is empty").hint("say in words what to find"));
        }
        let mut query = Query::new(text).mode(self.mode.into());
        if let Some(path) = self.path {
            query = query.path(path::folder(call.access, path)?);
        }
        query.types = self.types.to_vec();
        query.filters = self.filters.to_vec();
        Ok(query)
    }
}

impl Passage {
    fn of(call: &Call<'_>, hit: &Hit, detail: Detail, shape: Option<Shape>) -> Self {
        let citation = Citation::of(&call.access.room().name, hit);
        Self {
            id: citation.id.clone(),
            path: citation.path.clone(),
            lines: citation.lines(),
            place: citation.place.clone(),
            text: Some(hit.quote.clone()),
            header: hit.header.clone(),
            changed: !hit.fresh,
            hidden: passage::hidden(&hit.quote),
            title: from(Detail::Standard, detail, || hit.title.clone()),
            headings: from(Detail::Standard, detail, || {
                (!hit.headings.is_empty()).then(|| hit.headings.clone())
            }),
            modified: from(Detail::Standard, detail, || Some(hit.modified.clone())),
            score: from(Detail::Standard, detail, || Some(hit.score)),
            cited: shape.map(|shape| citation.shaped(shape, &hit.quote)),
            citation: from(Detail::Full, detail, || Some(citation)),
        }
    }
}

/// A passage as a model reads it.
fn shown(number: usize, hit: &Hit, detail: Detail) -> String {
    let number = number.to_string();
    let source = format!("{}:{}", hit.path, citation::lines(hit.start_line, hit.end_line));
    let headings = hit.headings.join(" > ");
    let mut attributes = vec![("n", number.as_str()), ("source", source.as_str())];
    attributes.extend(hit.place.as_ref().map(|place| ("place", place.label.as_str())));
    attributes.extend(hit.header.as_ref().map(|header| ("columns", header.as_str())));
    if !hit.fresh {
        attributes.push(("changed", "since it was indexed"));
    }
    if detail >= Detail::Standard {
        attributes.extend(hit.title.as_ref().map(|title| ("title", title.as_str())));
        attributes.extend((!headings.is_empty()).then_some(("headings", headings.as_str())));
        attributes.push(("modified", hit.modified.as_str()));
    }
    passage::delimited(&attributes, &hit.quote)
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The question.
    question: String,
    /// How many tokens the passages may hold together; 1500 unless told.
    #[schemars(range(min = 50, max = 100000))]
    budget: Option<usize>,
    /// Only this file, or files below this folder.
    path: Option<String>,
    /// Only files of these types, such as `markdown`, `pdf`, `rust`.
    #[serde(default)]
    types: Vec<String>,
    /// As for `semantic_search`.
    #[serde(default)]
    filters: Vec<String>,
    /// How much is told.
    #[serde(default)]
    detail: Detail,
    /// Adds to each passage a citation in that form: `openai`, `anthropic` or `langchain`.
    cite_as: Option<Shape>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Answered {
    /// The quoted sentences together; absent when no passage answers the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// How near the best sentence is to the question, 0 to 1; not a probability.
    support: f32,
    /// The sentences of the answer.
    sentences: Vec<Sentence>,
    /// The passages, best first; without an answer, the nearest misses.
    passages: Vec<Passage>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Sentence {
    /// The sentence, byte for byte.
    quote: String,
    /// Which of the passages it is from, from 1.
    passage: usize,
    /// The file, relative to the workspace.
    path: String,
    /// The lines, as in `12-18`.
    lines: String,
    /// Page, slide, cells or chapter in the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

fn ask(call: &Call<'_>, input: &Ask) -> Result<Reply<Answered>> {
    let scope =
        Scope { path: &input.path, types: &input.types, filters: &input.filters, mode: Ranking::Hybrid };
    let query = scope.query(call, &input.question)?;
    let budget = input.budget.unwrap_or(BUDGET).min(MOST_BUDGET);
    let answer = call.access.ask(&Question { query, budget })?;
    let sentences: Vec<Sentence> = answer.sentences.iter().map(sentence).collect();
    let texts = input.detail >= Detail::Standard;
    let passages = answer.passages.iter().map(|hit| {
        let passage = Passage::of(call, hit, input.detail, input.cite_as);
        // An answer stands for its passages, unless there is none.
        if texts || answer.answer.is_none() {
            passage
        } else {
            Passage { text: None, hidden: None, ..passage }
        }
    });
    let passages: Vec<Passage> = passages.collect();
    let text = said(&sentences, &answer.passages, input.detail);
    Ok(Reply::new(text, Answered { answer: answer.answer, support: answer.support, sentences, passages }))
}

fn sentence(sentence: &workroom::Citation) -> Sentence {
    Sentence {
        quote: sentence.quote.clone(),
        passage: sentence.passage + 1,
        path: sentence.path.clone(),
        lines: citation::lines(sentence.start_line, sentence.end_line),
        place: sentence.place.as_ref().map(|place| place.label.clone()),
    }
}

fn said(sentences: &[Sentence], passages: &[Hit], detail: Detail) -> String {
    let mut parts = Vec::new();
    if sentences.is_empty() {
        parts.push(match passages {
            [] => "nothing in the documents answers this".to_owned(),
            _ => "no passage answers this; the nearest are:".to_owned(),
        });
    }
    for sentence in sentences {
        let place = sentence.place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
        let source = format!("{}:{}{place}", sentence.path, sentence.lines);
        parts.push(passage::delimited(&[("source", &source)], &sentence.quote));
    }
    if sentences.is_empty() || detail >= Detail::Standard {
        parts.extend(passages.iter().zip(1..).map(|(hit, number)| shown(number, hit, detail)));
    }
    parts.join("\n")
}
