//! `status`: what is searchable, and what is not and why.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::detail::{Detail, from};
use crate::refusal::Result;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files that are named at once.
const MOST: usize = 200;

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "status",
        "Say what is searchable",
        "Say how many documents are searchable and how many files are not. detail `standard` adds types, sizes and models, `full` every file that is \
         not searchable with its reason.",
        (Effect::Reads, Needs::Read),
        |call, input: Input| status(call, &input),
    )]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// How much is told.
    #[serde(default)]
    detail: Detail,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// The workspace's name.
    workspace: String,
    /// Documents that are searchable.
    documents: u64,
    /// Chunks of them.
    chunks: u64,
    /// Files that are not searchable.
    not_searchable: u64,
    /// Places whose files are not searched because indexing is switched off there; `/` is the whole workspace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    index_off: Vec<String>,
    /// Whether the workspace is archived: it can be read and searched, and nothing in it changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    archived: bool,
    /// Chunks that still wait for a better vector; they are found all the same.
    #[serde(skip_serializing_if = "is_zero")]
    waiting: u64,
    /// Documents by type.
    #[serde(skip_serializing_if = "Option::is_none")]
    types: Option<BTreeMap<String, u64>>,
    /// Bytes of the indexed files.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The model that places queries and chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Files that are not searchable, by the kind of reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasons: Option<BTreeMap<String, u64>>,
    /// Files that are not searchable, at most 200 of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<Problem>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Problem {
    /// The file, relative to the workspace.
    path: String,
    /// Why.
    reason: String,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn status(call: &Call<'_>, input: &Input) -> Result<Reply<Output>> {
    let status = call.access.status()?;
    let problems = if input.detail == Detail::Full { call.access.problems()? } else { Vec::new() };
    let problems =
        problems.into_iter().take(MOST).map(|problem| Problem { path: problem.path, reason: problem.reason });
    let detail = input.detail;
    let output = Output {
        workspace: call.access.room().name.clone(),
        documents: status.documents,
        chunks: status.chunks,
        not_searchable: status.skipped,
        index_off: status.index_off,
        archived: status.archived,
        waiting: status.backlog,
        types: from(Detail::Standard, detail, || Some(status.types)),
        bytes: from(Detail::Standard, detail, || Some(status.bytes)),
        model: from(Detail::Standard, detail, || Some(status.model)),
        reasons: from(Detail::Standard, detail, || Some(status.skipped_by)),
        problems: from(Detail::Full, detail, || Some(problems.collect())),
    };
    Ok(Reply::new(text(&output), output))
}

fn text(output: &Output) -> String {
    let counts = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", ")
    };
    let mut lines = vec![format!(
        "{}: {} documents in {} chunks are searchable, {} files are not",
        output.workspace, output.documents, output.chunks, output.not_searchable
    )];
    if !output.index_off.is_empty() {
        lines.push(format!("not searched, since indexing is off there: {}", output.index_off.join(", ")));
    }
    if output.archived {
        lines.push("the workspace is archived: nothing in it can be changed".to_owned());
    }
    if output.waiting > 0 {
        lines.push(format!("{} chunks wait for a better vector", output.waiting));
    }
    lines.extend(output.types.as_ref().map(|types| format!("types: {}", counts(types))));
    lines.extend(output.model.as_ref().map(|model| format!("model: {model}")));
    let reasons = output.reasons.as_ref().filter(|reasons| !reasons.is_empty());
    lines.extend(reasons.map(|reasons| format!("not searchable: {}", counts(reasons))));
    let problems = output.problems.iter().flatten();
    lines.extend(problems.map(|problem| format!("{}: {}", problem.path, problem.reason)));
    lines.join("\n")
}
