//! Comments: said of a file or a passage, for people and other agents to read.
//!
//! Invariant: each says whether what it is about is still there. What was said is data from whoever said it.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::refusal::{Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom::{About, Commented, Standing};

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "add_comment",
            "Comment on a file",
            "Say something about a file or folder, or about a passage of a file (`quote`, word for word), for people and other agents to read; \
             the file itself does not change. With `reply_to`, answer a comment instead.",
            (Effect::Adds, Needs::Read),
            |call, input: Add| add(call, &input),
        ),
        Action::new(
            "list_comments",
            "List comments",
            "What was said about a file or folder and what lies below it, the newest first, with replies. `standing` says whether the file is \
             still the one that a comment was made on.",
            (Effect::Reads, Needs::Read),
            |call, input: List| list(call, &input),
        ),
        Action::new(
            "resolve_comment",
            "Resolve a comment",
            "Say that a comment needs nobody's attention any more. For comments of yours, and where you may write.",
            (Effect::AddsOnce, Needs::Read),
            |call, input: Resolve| resolve(call, &input),
        ),
    ]
}

/// Comments that are listed at once.
const MOST: usize = 100;

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Add {
    /// The file or folder, relative to the workspace. Not with `reply_to`.
    path: Option<String>,
    /// What is said.
    text: String,
    /// The passage that it is about, word for word as it stands in the file.
    quote: Option<String>,
    /// The version of the file that you have read; the one that is there, if left out.
    version: Option<String>,
    /// The id of a comment to answer.
    reply_to: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {
    /// Only those on this file or folder, or on what lies below it.
    path: Option<String>,
    /// Those that are resolved too.
    #[serde(default)]
    resolved: bool,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Resolve {
    /// The comment's id.
    id: String,
}

/// A comment.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// Its id.
    id: String,
    /// The file or folder.
    path: String,
    /// What it is about, where that is not the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<String>,
    /// What was said.
    text: String,
    /// Who said it.
    by: String,
    /// When, RFC 3339.
    at: String,
    /// `current`, `kept` (the file has changed, the passage not), `changed`, `gone`.
    standing: String,
    /// Whether it is resolved.
    resolved: bool,
    /// What was said to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replies: Vec<Said>,
}

/// What was said to a comment.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Said {
    /// Who said it.
    by: String,
    /// When, RFC 3339.
    at: String,
    /// What was said.
    text: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Listed {
    /// The newest first.
    comments: Vec<Output>,
    /// Whether there are more.
    more: bool,
}

impl From<&Commented> for Output {
    fn from(Commented { comment, standing, .. }: &Commented) -> Self {
        let said = |reply: &workroom::Reply| Said {
            by: reply.by.name.clone(),
            at: crate::access::lease_time(reply.at_ms),
            text: reply.text.clone(),
        };
        Self {
            id: comment.id.clone(),
            path: comment.path.clone(),
            quote: comment.quote.clone(),
            text: comment.text.clone(),
            by: comment.by.name.clone(),
            at: crate::access::lease_time(comment.at_ms),
            standing: match standing {
                Standing::Current => "current",
                Standing::Kept => "kept",
                Standing::Changed => "changed",
                Standing::Gone => "gone",
            }
            .to_owned(),
            resolved: comment.resolved.is_some(),
            replies: comment.replies.iter().map(said).collect(),
        }
    }
}

impl Output {
    fn lines(&self) -> String {
        let place = if self.path.is_empty() { "the workspace" } else { &self.path };
        let resolved = if self.resolved { ", resolved" } else { "" };
        let head =
            format!("{} on {place} ({}{resolved}), {} at {}", self.id, self.standing, self.by, self.at);
        let quote = self.quote.iter().map(|quote| format!("> {}", quote.replace('\n', "\n> ")));
        let replies = self.replies.iter().map(|said| format!("- {}: {}", said.by, said.text));
        let lines: Vec<String> =
            std::iter::once(head).chain(quote).chain([self.text.clone()]).chain(replies).collect();
        lines.join("\n")
    }
}

fn add(call: &Call<'_>, input: &Add) -> Result<Reply<Output>> {
    let made = match (&input.reply_to, &input.path) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid("a reply is on what its comment is on").hint("leave `path` out"));
        }
        (Some(id), None) => call.access.reply_to_comment(id, &input.text)?,
        (None, path) => {
            let path = path::folder(call.access, path.as_deref().unwrap_or_default())?;
            let (version, quote) = (input.version.clone(), input.quote.clone());
            call.access.comment(&About { path, version, range: None, quote }, &input.text)?
        }
    };
    let output = Output::from(&made);
    Ok(Reply::new(format!("said it:\n{}", output.lines()), output))
}

fn list(call: &Call<'_>, input: &List) -> Result<Reply<Listed>> {
    let path = input.path.as_ref().map(|path| path::folder(call.access, path)).transpose()?;
    let found = call.access.comments(path.as_deref(), input.resolved)?;
    let comments: Vec<Output> = found.iter().take(MOST).map(Output::from).collect();
    let more = found.len() > MOST;
    let text = match comments.is_empty() {
        true => "nobody has said anything there".to_owned(),
        false => comments.iter().map(Output::lines).collect::<Vec<_>>().join("\n\n"),
    };
    Ok(Reply::new(text, Listed { comments, more })
        .and(more.then(|| format!("{} more; name a path", found.len() - MOST))))
}

fn resolve(call: &Call<'_>, input: &Resolve) -> Result<Reply<Output>> {
    let output = Output::from(&call.access.resolve_comment(&input.id)?);
    Ok(Reply::new(format!("resolved {}", output.id), output))
}
