//! `audit_log`: who did what, for agents that administer something.

use super::action::{Action, Call, Effect, Needs, Reply};
use crate::access::Order;
use crate::refusal::{Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use workroom::AuditFilter;

/// Records that are told at once, at most.
const MOST: usize = 200;

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "audit_log",
        "Look up who did what",
        "Look up who did what in the part of the workspace that you administer: each record says when, who, what, on which file, from which \
         version to which, and what came of it; also what was denied. The last ones come first; `before` goes on.",
        (Effect::Reads, Needs::Admin),
        |call, input: Input| log(call, input),
    )]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// Only records on this file, or on this folder and what is below it.
    #[serde(default)]
    path: Option<String>,
    /// Only those of this principal, by id or name.
    #[serde(default)]
    principal: Option<String>,
    /// Only of this kind, such as file.write, or of all that begin so, such as file.
    #[serde(default)]
    kind: Option<String>,
    /// Only with this outcome: done, denied, failed or begun.
    #[serde(default)]
    outcome: Option<String>,
    /// Only below this number: the `next` of the call before.
    #[serde(default)]
    before: Option<u64>,
    /// How many records, at most 200; 50 when it is absent.
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// The records, the last first, as they stand in the log.
    records: Vec<Record>,
    /// What to give for `before` to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Record {
    /// Its number.
    seq: u64,
    /// When, RFC 3339, UTC.
    at: String,
    /// Who, by id.
    principal: String,
    /// What people call them.
    name: String,
    /// What was done.
    kind: String,
    /// What came of it.
    outcome: String,
    /// The file or folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Where it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// The version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The version after.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// What was searched for or asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    /// Why it was refused, or what else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

fn log(call: &Call<'_>, input: Input) -> Result<Reply<Output>> {
    const USUAL: usize = 50;
    let limit = input.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Refusal::invalid(format!("`limit` is from 1 to {MOST}")));
    }
    let filter = AuditFilter {
        path: input.path.map(|path| path.trim_matches('/').to_owned()),
        principal: input.principal,
        doing: input.kind,
        outcome: input.outcome,
        ..AuditFilter::default()
    };
    let page = call.access.audit(filter, Order::Last(input.before), limit)?;
    let records: Vec<Record> = page.records.iter().filter_map(record).collect();
    let text = match records.is_empty() {
        true => "no such record".to_owned(),
        false => records.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    let more = page.next.map(|next| format!("there are more: call again with before={next}"));
    Ok(Reply::new(text, Output { records, next: page.next }).and(more))
}

fn record(record: &Value) -> Option<Record> {
    let text = |at: &str| record.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let at = jiff::Timestamp::from_millisecond(record.get("at_ms")?.as_i64()?).ok()?;
    Some(Record {
        seq: record.get("seq")?.as_u64()?,
        at: at.to_string(),
        principal: text("/by/principal")?,
        name: text("/by/name")?,
        kind: text("/doing")?,
        outcome: text("/outcome")?,
        path: text("/path"),
        to: text("/to"),
        before: text("/before"),
        after: text("/after"),
        query: text("/query"),
        detail: text("/detail"),
    })
}

fn line(record: &Record) -> String {
    let mut parts = vec![format!("#{} {} {} {}", record.seq, record.at, record.name, record.kind)];
    parts.extend(record.path.clone());
    parts.extend(record.to.as_ref().map(|to| format!("-> {to}")));
    parts.push(record.outcome.clone());
    parts.extend(record.detail.as_ref().map(|detail| format!("({detail})")));
    parts.join(" ")
}
