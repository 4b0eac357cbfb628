//! `find_similar`: passages of other documents that are like a chunk of one.

use super::action::{Action, Call, Effect, Needs};
use super::detail::Detail;
use super::{path, search};
use crate::refusal::{Kind, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::Deserialize;
use workroom::{Hit, Mode, Query};

/// Of a chunk, what is asked with: a query of more words means no more.
const LONGEST: usize = 1200;
/// Hits where the caller does not say how many, and the most.
const USUAL: usize = 8;
const MOST: usize = 50;
/// So many chunks of the same document may come before the others.
const OWN: usize = 100;

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "find_similar",
        "Find what is like this",
        "Find passages of other documents that are about the same as a file, or as one of its chunks (the number after # in an id).",
        (Effect::Reads, Needs::Read),
        |call, input: Input| {
            let (hits, not_searched) = similar(call, &input)?;
            Ok(search::found(call, (&hits, not_searched, None), input.detail, None))
        },
    )]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file, relative to the workspace.
    path: String,
    /// The chunk, from 0; the first unless told.
    chunk: Option<u64>,
    /// How many passages; 8 unless told, at most 50.
    #[schemars(range(min = 1, max = 50))]
    limit: Option<usize>,
    /// How much is told.
    #[serde(default)]
    detail: Detail,
}

fn similar(call: &Call<'_>, input: &Input) -> Result<(Vec<Hit>, Vec<String>)> {
    let path = path::file(call.access, &input.path)?;
    let shown = call.access.show(&path, Some(input.chunk.unwrap_or_default()))?;
    let chunk = shown.chunks.iter().find(|chunk| chunk.asked);
    let Some(text) = chunk.map(|chunk| chunk.text.as_str()).filter(|text| !text.trim().is_empty()) else {
        return Err(Refusal::new(Kind::NotFound, format!("`{path}` holds no text to compare with")));
    };
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(text);
    let wanted = input.limit.unwrap_or(USUAL).clamp(1, MOST);
    // Its own chunks come first, and are not what is asked for.
    let query = Query::new(text).mode(Mode::Dense).limit(wanted * 3 + OWN);
    let (hits, not_searched) = (call.access.search(&query)?, call.access.not_searched(&query)?);
    Ok((hits.into_iter().filter(|hit| hit.path != path).take(wanted).collect(), not_searched))
}
