//! What is said to a client: results of tools, refusals that tell a model what to do next, and errors of the protocol.

use super::tools::Done;
use crate::refusal::{Kind, NextCall, Refusal};
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// A tool's result.
pub(super) fn done(done: Done) -> CallToolResult {
    let mut result = CallToolResult::success(done.content);
    result.structured_content = (!done.structured.is_null()).then_some(done.structured);
    result
}

/// A tool's refusal, which the model reads.
pub(super) fn refused(refusal: &Refusal) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(refusal_text(refusal))])
}

/// What happened, what to do about it, and calls that may help, each on a line.
pub(super) fn refusal_text(refusal: &Refusal) -> String {
    let mut lines = vec![refusal.detail.clone()];
    lines.extend(refusal.hint.clone());
    lines.extend(refusal.retry_after.map(|seconds| format!("try again in {seconds} s")));
    lines.extend(refusal.next.iter().map(|call| {
        let (tool, arguments) = next(call);
        format!("next: {tool} {arguments}")
    }));
    lines.join("\n")
}

fn next(call: &NextCall) -> (&'static str, Value) {
    match call {
        NextCall::List { folder } => ("list_directory", json!({"path": folder})),
        NextCall::Read { path } => ("read_text_file", json!({"path": path})),
        NextCall::Find { pattern } => ("search_files", json!({"path": "", "pattern": pattern})),
        NextCall::Problems => ("status", json!({"detail": "full"})),
        NextCall::Lease { paths } => ("acquire_lease", json!({"paths": paths, "wait": 30})),
    }
}

/// The error of a request that is not a tool's: about a resource, where `uri` names one.
pub(super) fn error(refusal: &Refusal, uri: Option<&str>) -> ErrorData {
    let data = uri.map(|uri| json!({"uri": uri}));
    let text = refusal_text(refusal);
    match refusal.kind {
        Kind::NotFound => ErrorData::resource_not_found(text, data),
        Kind::Internal | Kind::Unavailable | Kind::Timeout => ErrorData::internal_error(text, data),
        _ => ErrorData::invalid_params(text, data),
    }
}

/// An unknown tool, and one that the principal is not shown.
pub(super) fn unknown_tool(name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("there is no tool `{name}`"), None)
}
