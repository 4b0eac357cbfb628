//! Searching and asking.
//!
//! Invariant: what the token may not read has no share in any answer.
//! Not here: ranking (`workroom`).

use super::App;
use super::asked::{events, wants_events};
use super::extract::{Caller, Json, Nothing, Query};
use super::reply::Problems;
use super::schema::{Ask, InWorkspace, Mode, Search, SearchQuery, check_range};
use crate::generation;
use crate::refusal::Result;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use generate::Answered;
use serde::Serialize;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::{AsOf, Hit, Problem, Question};

const USUAL_LIMIT: u64 = 10;
const USUAL_BUDGET: u64 = 1500;

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(search, search_by_address))
        .routes(routes!(ask))
        .routes(routes!(problems))
}

#[derive(Serialize)]
struct Hits {
    hits: Vec<Hit>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_searched: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
}

#[derive(Serialize)]
struct Unsearchable {
    problems: Vec<Problem>,
}

/// Search by meaning and words
///
/// Chunks, best first, each with its path, version, range and quote.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/search", tag = "search", operation_id = "search",
    params(InWorkspace),
    request_body = Search,
    responses((status = 200, description = "What was found", body = super::answer::Hits), Problems),
)]
async fn search(
    caller: Caller,
    Query(Nothing {}): Query<Nothing>,
    Json { value, .. }: Json<Search>,
) -> Result<axum::Json<Hits>> {
    let scope = Scope {
        mode: value.mode,
        path: value.path.map(|path| path.0),
        types: value.types,
        filters: value.filters,
        as_of: value.as_of,
    };
    found(&caller, scope, &value.query, value.limit).await
}

/// Search by meaning and words, from an address
///
/// As the search that is posted, with less to choose.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/search", tag = "search", operation_id = "search_by_address",
    params(InWorkspace, SearchQuery),
    responses((status = 200, description = "What was found", body = super::answer::Hits), Problems),
)]
async fn search_by_address(caller: Caller, Query(query): Query<SearchQuery>) -> Result<axum::Json<Hits>> {
    let scope = Scope { path: query.path.map(|path| path.0), ..Scope::default() };
    found(&caller, scope, &query.query, query.limit).await
}

async fn found(caller: &Caller, scope: Scope, words: &str, limit: Option<u64>) -> Result<axum::Json<Hits>> {
    let limit = limit.unwrap_or(USUAL_LIMIT);
    check_range("limit", limit, 1..=100)?;
    let query = scope.query(words)?.limit(limit as usize);
    let found = caller.query(move |access, _| {
        let (query, as_of) = access.dated(query)?;
        Ok(Hits { hits: access.search(&query)?, not_searched: access.not_searched(&query)?, as_of })
    });
    found.await.map(axum::Json)
}

/// Ask a question
///
/// Passages within a budget, and the sentences of them that answer it, each with its place. With `generate`, the server's language model
/// answers from those passages, and what it quotes is held against them. Whoever accepts `text/event-stream` gets events: `passages` at once,
/// `delta` for what the model says as it says it, not yet checked, and `answer` with the whole, or `problem`.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/ask", tag = "search", operation_id = "ask",
    params(InWorkspace),
    request_body = Ask,
    responses((status = 200, description = "Passages, and an answer where there is one", content(
        (super::answer::Answer = "application/json"),
        (String = "text/event-stream"),
    )), Problems),
)]
async fn ask(
    caller: Caller,
    Query(Nothing {}): Query<Nothing>,
    headers: HeaderMap,
    Json { value, .. }: Json<Ask>,
) -> Result<Response> {
    let budget = value.budget.unwrap_or(USUAL_BUDGET);
    check_range("budget", budget, 50..=32_000)?;
    let scope = Scope {
        mode: value.mode,
        path: value.path.map(|path| path.0),
        types: value.types,
        filters: value.filters,
        as_of: value.as_of,
    };
    let query = scope.query(&value.question)?;
    let wants_model = value.generate.unwrap_or_default();
    let model = wants_model.then(|| generation::model_of(caller.access.room())).transpose()?;
    let found = caller.query(move |access, _| {
        let (query, as_of) = access.dated(query)?;
        let question = Question { query, budget: budget as usize };
        let (found, not_searched) = (access.ask(&question)?, access.not_searched(&question.query)?);
        Ok(Answered { found, not_searched, as_of, generated: None })
    });
    let found = found.await?;
    if wants_events(&headers) {
        return Ok(events(caller.app(), found, model));
    }
    let answered = match model {
        None => found,
        Some(model) => {
            let deadline = generation::patience(&model);
            let call = move |cancel: &_| {
                let generated = generation::answer(&model, &found.found, &mut |_| {}, cancel);
                Ok(Answered { generated: Some(generated), ..found })
            };
            caller.app().blocking.run(deadline, call).await?
        }
    };
    Ok(axum::Json(answered).into_response())
}

/// List what is not searchable
///
/// Files that were seen, each with the reason.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/problems", tag = "search", operation_id = "problems",
    params(InWorkspace),
    responses((status = 200, description = "The files", body = super::answer::UnsearchableFiles), Problems),
)]
async fn problems(caller: Caller, Query(Nothing {}): Query<Nothing>) -> Result<axum::Json<Unsearchable>> {
    let problems = caller.call(|access, _| access.problems()).await?;
    Ok(axum::Json(Unsearchable { problems }))
}

/// What a search is narrowed to.
#[derive(Default)]
struct Scope {
    mode: Option<Mode>,
    path: Option<String>,
    types: Option<Vec<String>>,
    filters: Option<Vec<String>>,
    as_of: Option<String>,
}

impl Scope {
    fn query(self, text: &str) -> Result<workroom::Query> {
        check_range("the length of the query", text.chars().count() as u64, 1..=4096)?;
        let (types, filters) = (self.types.unwrap_or_default(), self.filters.unwrap_or_default());
        check_range("the number of types", types.len() as u64, 0..=64)?;
        check_range("the number of filters", filters.len() as u64, 0..=16)?;
        let mut query = workroom::Query::new(text);
        query.mode = match self.mode {
            None | Some(Mode::Hybrid) => workroom::Mode::Hybrid,
            Some(Mode::Lexical) => workroom::Mode::Lexical,
            Some(Mode::Dense) => workroom::Mode::Dense,
        };
        query.as_of = self.as_of;
        (query.path, query.types, query.filters) =
            (self.path.filter(|path| !path.is_empty()), types, filters);
        Ok(query)
    }
}
