//! `search` and `fetch`, in the exact shape that ChatGPT and deep research expect: the structured result, and the same as one JSON text.
//!
//! Invariant: id, title and url are never empty; what `search` returns, `fetch` takes.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::mcp::citation::{self, Citation, Named};
use crate::mcp::{passage, uri};
use crate::refusal::{Kind, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use workroom::{Query, Shown, ShownChunk};

/// Documents in an answer.
const RESULTS: usize = 10;
/// Chunks that are looked at for them: several may be of one document.
const CONSIDERED: usize = 30;
/// The text of a result, in bytes; of a longer document, the part around the chunk.
const MOST: usize = 48 << 10;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "search",
            "Search",
            "Search the workspace's documents by meaning and words. Returns ids for fetch, with titles and URLs to cite. For passages and filters \
             use semantic_search.",
            (Effect::Reads, Needs::Read),
            |call, input: Search| search(call, &input),
        ),
        Action::new(
            "fetch",
            "Fetch a document",
            "Fetch the text of a document that search found, by its id: all of it, or of a long one the part around what was found, with the ids \
             of what comes before and after in the metadata.",
            (Effect::Reads, Needs::Read),
            |call, input: Fetch| fetch(call, &input),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Search {
    /// What to find, in words.
    query: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Results {
    /// The best first.
    results: Vec<Found>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Found {
    /// For `fetch`.
    id: String,
    /// The document's title.
    title: String,
    /// To be cited.
    url: String,
}

fn search(call: &Call<'_>, input: &Search) -> Result<Reply<Results>> {
    let hits = call.access.search(&Query::new(&input.query).limit(CONSIDERED))?;
    let mut seen = HashSet::new();
    let best = hits.iter().filter(|hit| seen.insert(hit.path.as_str())).take(RESULTS);
    let results = best.map(|hit| Citation::of(&call.access.room().name, hit)).map(|citation| Found {
        id: citation.id,
        title: citation.title,
        url: citation.url,
    });
    as_json(Results { results: results.collect() })
}

/// The structured result, and nothing but the same as text.
fn as_json<O: Serialize>(structured: O) -> Result<Reply<O>> {
    // Through a value, so that members stand in one order in both.
    let value = serde_json::to_value(&structured);
    let text = value.map_err(|error| Refusal::new(Kind::Internal, error.to_string()))?.to_string();
    Ok(Reply::new(text, structured))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Fetch {
    /// An id that `search` returned, or a file's path.
    id: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Fetched {
    /// The id.
    id: String,
    /// The document's title.
    title: String,
    /// The text.
    text: String,
    /// To be cited.
    url: String,
    /// What is known of it.
    metadata: BTreeMap<String, String>,
}

fn fetch(call: &Call<'_>, input: &Fetch) -> Result<Reply<Fetched>> {
    let id = path::file(call.access, &input.id)?;
    let Named { path, chunk, version } = citation::parse_id(&id);
    let shown = match version {
        None => call.access.show(path, None),
        Some(version) => call.access.show_version(path, version),
    };
    let (shown, chunk) = match (shown, chunk) {
        (Ok(shown), chunk) => (shown, chunk),
        // The number was a part of the file's name.
        (Err(refusal), Some(_)) if refusal.kind == Kind::NotFound => {
            (call.access.show(&id, None).map_err(|_| refusal)?, None)
        }
        (Err(refusal), _) => return Err(refusal),
    };
    let count = shown.chunks.len() as u64;
    if chunk.is_some_and(|chunk| chunk >= count.max(1)) {
        return Err(Refusal::new(
            Kind::NotFound,
            format!("`{path}` has no chunk {}", chunk.unwrap_or_default()),
        )
        .hint(format!("it has {count} now; search again, or fetch `{path}`")));
    }
    let chosen = around(&shown.chunks, chunk.unwrap_or_default());
    let text = joined(chosen);
    let metadata = metadata(&shown, (chosen, version), &text);
    as_json(Fetched {
        id: input.id.clone(),
        title: citation::title(shown.title.as_deref(), &shown.path),
        url: url(call, &shown, chosen),
        text,
        metadata,
    })
}

/// As many chunks around one as fit: all of a document that does.
fn around(chunks: &[ShownChunk], chunk: u64) -> &[ShownChunk] {
    let at = usize::try_from(chunk).unwrap_or(usize::MAX).min(chunks.len().saturating_sub(1));
    let size = |at: usize| chunks.get(at).map_or(0, |chunk| chunk.text.len() + 2);
    let (mut first, mut end, mut taken) = (at, (at + 1).min(chunks.len()), size(at));
    loop {
        let before = first.checked_sub(1).map(size).filter(|size| taken + size <= MOST);
        if let Some(size) = before {
            (first, taken) = (first - 1, taken + size);
        }
        let after = Some(size(end)).filter(|size| end < chunks.len() && taken + size <= MOST);
        if let Some(size) = after {
            (end, taken) = (end + 1, taken + size);
        }
        if before.is_none() && after.is_none() {
            return chunks.get(first..end).unwrap_or_default();
        }
    }
}

/// The text of chunks that follow each other: where they overlap it stands once, and what lies between, white space, is a blank line.
pub(in crate::mcp) fn joined(chunks: &[ShownChunk]) -> String {
    let mut text = String::new();
    let mut end = None;
    for chunk in chunks {
        match end {
            Some(end) if chunk.start_byte < end => {
                let known = (end - chunk.start_byte) as usize;
                text.push_str(chunk.text.get(known..).unwrap_or_default());
            }
            Some(end) => {
                let gap = chunk.start_byte - end;
                text.push_str(match gap {
                    0 => "",
                    1 => "\n",
                    _ => "\n\n",
                });
                text.push_str(&chunk.text);
            }
            None => text.push_str(&chunk.text),
        }
        end = Some(end.unwrap_or(0).max(chunk.end_byte));
    }
    text
}

fn url(call: &Call<'_>, shown: &Shown, chosen: &[ShownChunk]) -> String {
    let name = &call.access.room().name;
    let lines = chosen.first().zip(chosen.last()).map(|(first, last)| (first.start_line, last.end_line));
    uri::of_lines(name, &shown.path, chosen.first().and_then(|chunk| chunk.page), lines)
}

fn metadata(
    shown: &Shown,
    (chosen, version): (&[ShownChunk], Option<&str>),
    text: &str,
) -> BTreeMap<String, String> {
    let mut metadata = shown.metadata.clone();
    let mut say = |name: &str, value: String| drop(metadata.insert(name.to_owned(), value));
    say("path", shown.path.clone());
    say("version", shown.version.clone());
    say("type", shown.format.clone());
    say("fresh", shown.fresh.to_string());
    if let Some(container) = &shown.container {
        say("container", container.clone());
    }
    if let Some(label) = citation::label(shown.trust) {
        say("trust", label.to_owned());
    }
    if let Some(origin) = &shown.origin {
        say("written_by", origin.by.name.clone());
        say("written_via", citation::via(&origin.by));
        say("written_at", origin.at.clone());
        if let Some(url) = &origin.source_url {
            say("source_url", url.clone());
        }
    }
    if let (Some(first), Some(last)) = (chosen.first(), chosen.last()) {
        say("chunks", format!("{}-{} of {}", first.chunk, last.chunk, shown.chunks.len()));
        if let Some(before) = first.chunk.checked_sub(1) {
            say("before", citation::id_in(&shown.path, before, version));
        }
        if last.chunk + 1 < shown.chunks.len() as u64 {
            say("after", citation::id_in(&shown.path, last.chunk + 1, version));
        }
    }
    if let Some(hidden) = passage::hidden(text) {
        say("hidden_characters", hidden);
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(number: u64, start: u32, text: &str) -> ShownChunk {
        let end_byte = start + text.len() as u32;
        ShownChunk {
            chunk: number,
            asked: false,
            headings: Vec::new(),
            header: None,
            place: None,
            page: None,
            start_byte: start,
            end_byte,
            start_line: 1,
            end_line: 1,
            text: text.into(),
        }
    }

    #[test]
    fn chunks_are_joined_once() {
        let chunks =
            [chunk(0, 0, "one two"), chunk(1, 4, "two three"), chunk(2, 15, "four"), chunk(3, 20, "five")];
        assert_eq!(joined(&chunks), "one two three\n\nfour\nfive");
        assert_eq!(joined(&[]), "");
    }

    #[test]
    fn of_a_long_document_the_part_around_a_chunk_is_taken() {
        let text = "x".repeat(MOST / 4);
        let chunks: Vec<ShownChunk> =
            (0..20).map(|n| chunk(n, n as u32 * text.len() as u32, &text)).collect();
        let taken = |at: u64| around(&chunks, at).iter().map(|chunk| chunk.chunk).collect::<Vec<_>>();
        assert_eq!(taken(10), [9, 10, 11]);
        assert_eq!(taken(0), [0, 1, 2]);
        assert_eq!(taken(19), [17, 18, 19]);
        assert_eq!(around(&chunks[..2], 0).len(), 2);
        assert!(around(&[], 0).is_empty());
    }
}
