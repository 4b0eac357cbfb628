//! `semantic_search`: passages for a model.
//!
//! Invariant: every passage is byte for byte part of the file that is named beside it.
//! Not here: questions (`ask`).

use super::action::{Action, Call, Effect, Needs, Reply};
use super::detail::{Detail, from};
use super::instant::AsOf;
use super::path;
use crate::mcp::citation::{self, Citation, Shape};
use crate::mcp::passage;
use crate::refusal::{Refusal, Result};
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom::{Hit, Mode, Query};

/// Hits where the caller does not say how many.
const USUAL: usize = 8;
/// The most hits.
const MOST: usize = 50;

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "semantic_search",
        "Search by meaning",
        "Find passages by meaning and words, best first, each with its file, lines and text. Narrow with path, types and filters. \
             Terse by default; detail `standard` adds titles, headings and times, `full` all that a citation is checked by.",
        (Effect::Reads, Needs::Read),
        |call, input: Search| search(call, &input),
    )]
}

/// What ranks.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
pub(super) enum Ranking {
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
    /// `modified<2024`, `pages>10`; or that are labelled so: `trust=untrusted`.
    #[serde(default)]
    filters: Vec<String>,
    /// Search what was there then, as it was: a date, a time (RFC 3339), an age (`90m`, `12h`, `7d`, `2w`), or the id or a tag of a checkpoint.
    as_of: Option<String>,
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
    /// The file has changed since it was indexed, or since then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    changed: bool,
    /// When it was so, of a search as of another time than now.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    /// Of such a search, what the file held then: for `read_version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Of such a search, whether the file holds the same now.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_current: Option<bool>,
    /// How far it is to be believed: `trusted` or `untrusted`; absent where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<&'static str>,
    /// What the writer of that version is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    written_by: Option<String>,
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
    /// Places that were not searched, because indexing is switched off there; `/` is the whole workspace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_searched: Vec<String>,
    /// The instant that was searched, if it was not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
}

fn search(call: &Call<'_>, input: &Search) -> Result<Reply<Passages>> {
    let scope = Scope {
        path: &input.path,
        types: &input.types,
        filters: &input.filters,
        as_of: &input.as_of,
        mode: input.mode,
    };
    let query = scope.query(call, &input.query)?.limit(input.limit.unwrap_or(USUAL).clamp(1, MOST));
    let (query, as_of) = call.access.dated(query)?;
    let (hits, not_searched) = (call.access.search(&query)?, call.access.not_searched(&query)?);
    Ok(found(call, (&hits, not_searched, as_of), input.detail, input.cite_as))
}

/// The answer for hits.
pub(super) fn found(
    call: &Call<'_>,
    (hits, not_searched, as_of): (&[Hit], Vec<String>, Option<workroom::AsOf>),
    detail: Detail,
    shape: Option<Shape>,
) -> Reply<Passages> {
    let results = hits.iter().map(|hit| Passage::of(call, hit, detail, shape)).collect();
    let texts: Vec<String> = hits.iter().zip(1..).map(|(hit, number)| shown(number, hit, detail)).collect();
    let text = if texts.is_empty() {
        "nothing found; try other words, or fewer filters".to_owned()
    } else {
        texts.join("\n")
    };
    let note = left_out(&not_searched);
    let as_of = as_of.map(AsOf::from);
    let then = as_of.as_ref().map(AsOf::shown);
    Reply::new(text, Passages { results, not_searched, as_of }).and(note).and(then)
}

/// What is said of places that were not searched.
pub(super) fn left_out(places: &[String]) -> Option<String> {
    (!places.is_empty())
        .then(|| format!("(not searched, since indexing is off there: {})", places.join(", ")))
}

/// What narrows a search.
pub(super) struct Scope<'a> {
    pub(super) path: &'a Option<String>,
    pub(super) types: &'a [String],
    pub(super) filters: &'a [String],
    pub(super) as_of: &'a Option<String>,
    pub(super) mode: Ranking,
}

impl Scope<'_> {
    pub(super) fn query(&self, call: &Call<'_>, text: &str) -> Result<Query> {
        if text.trim().is_empty() {
            return Err(Refusal::invalid("the query is empty").hint("say in words what to find"));
        }
        let mut query = Query::new(text).mode(self.mode.into());
        if let Some(path) = self.path {
            query = query.path(path::folder(call.access, path)?);
        }
        query.types = self.types.to_vec();
        query.filters = self.filters.to_vec();
        query.as_of.clone_from(self.as_of);
        Ok(query)
    }
}

impl Passage {
    pub(super) fn of(call: &Call<'_>, hit: &Hit, detail: Detail, shape: Option<Shape>) -> Self {
        let citation = Citation::of(&call.access.room().name, hit);
        Self {
            id: citation.id.clone(),
            path: citation.path.clone(),
            lines: citation.lines(),
            place: citation.place.clone(),
            text: Some(hit.quote.clone()),
            header: hit.header.clone(),
            changed: !hit.fresh,
            as_of: hit.as_of.clone(),
            version: hit.as_of.as_ref().map(|_| hit.version.clone()),
            is_current: hit.is_current,
            trust: citation::label(hit.trust),
            written_by: from(Detail::Standard, detail, || citation.written_by.clone()),
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

    /// The passage where its text is told elsewhere.
    pub(super) fn without_text(self) -> Self {
        Self { text: None, hidden: None, ..self }
    }
}

/// A passage as a model reads it.
pub(super) fn shown(number: usize, hit: &Hit, detail: Detail) -> String {
    let number = number.to_string();
    let source = format!("{}:{}", hit.path, citation::lines(hit.start_line, hit.end_line));
    let headings = hit.headings.join(" > ");
    let via = hit.origin.as_ref().map(|origin| citation::via(&origin.by));
    let mut attributes = vec![("n", number.as_str()), ("source", source.as_str())];
    attributes.extend(hit.place.as_ref().map(|place| ("place", place.label.as_str())));
    attributes.extend(hit.header.as_ref().map(|header| ("columns", header.as_str())));
    attributes.extend(hit.as_of.as_ref().map(|then| ("as_of", then.as_str())));
    if !hit.fresh {
        attributes.push(("changed", if hit.as_of.is_some() { "since then" } else { "since it was indexed" }));
    }
    attributes.extend(citation::label(hit.trust).map(|label| ("trust", label)));
    if detail >= Detail::Standard {
        attributes.extend(hit.title.as_ref().map(|title| ("title", title.as_str())));
        attributes.extend((!headings.is_empty()).then_some(("headings", headings.as_str())));
        attributes.push(("modified", hit.modified.as_str()));
        if let (Some(origin), Some(via)) = (&hit.origin, &via) {
            attributes.extend([("written_by", origin.by.name.as_str()), ("via", via.as_str())]);
            attributes.extend(origin.source_url.as_ref().map(|url| ("source_url", url.as_str())));
        }
    }
    passage::delimited(&attributes, &hit.quote)
}
