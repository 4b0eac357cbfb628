//! Checkpoints: all files at one instant, to compare with and to go back to.
//!
//! Invariant: a restore can be undone: it says which checkpoint holds what was there before.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::refusal::Result;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "create_checkpoint",
            "Make a checkpoint",
            "Remember all files as they are now, to go back to. Quick, and copies nothing. Needs the rights to read and write everything.",
            (Effect::Adds, Needs::Whole),
            |call, input: Create| create(call, &input),
        ),
        Action::new(
            "list_checkpoints",
            "List checkpoints",
            "The checkpoints, the newest first, with what they are for.",
            (Effect::Reads, Needs::Read),
            |call, input: List| list(call, &input),
        ),
        Action::new(
            "diff_checkpoint",
            "Compare a checkpoint",
            "Which files were created, modified or removed since a checkpoint, or between two of them.",
            (Effect::Reads, Needs::Read),
            |call, input: Diff| diff(call, &input),
        ),
        Action::new(
            "restore_checkpoint",
            "Restore a checkpoint",
            "Put the files of a checkpoint back, all below a folder or the whole workspace: what was made since is removed. A checkpoint of what \
             is there is made first; its id is returned as `before`, and restoring that undoes this.",
            (Effect::Replaces, Needs::Both),
            |call, input: Restore| restore(call, &input),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Create {
    /// What it is for, in a few words.
    #[serde(default)]
    note: String,
    /// Names by which it is found, of letters, digits, `-`, `_` and `.`.
    #[serde(default)]
    tags: Vec<String>,
}

/// A checkpoint.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Checkpoint {
    /// Its id.
    id: String,
    /// When it was made, RFC 3339.
    at: String,
    /// Who made it.
    by: String,
    /// What it is for.
    note: String,
    /// Names by which it is found, besides its id.
    tags: Vec<String>,
    /// How many files it has; 0 for who may not read all of them.
    files: u64,
}

impl From<workroom::CheckpointInfo> for Checkpoint {
    fn from(checkpoint: workroom::CheckpointInfo) -> Self {
        let workroom::CheckpointInfo { id, at, by, note, tags, files, .. } = checkpoint;
        Self { id, at, by: by.name, note, tags, files }
    }
}

fn create(call: &Call<'_>, input: &Create) -> Result<Reply<Checkpoint>> {
    let made = call.access.create_checkpoint(&input.note, &input.tags)?;
    let text = format!("made checkpoint {} of {} files", made.id, made.files);
    Ok(Reply::new(text, Checkpoint::from(made)))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Checkpoints {
    /// The newest first.
    checkpoints: Vec<Checkpoint>,
}

fn list(call: &Call<'_>, _: &List) -> Result<Reply<Checkpoints>> {
    let found = call.access.checkpoints()?;
    let line = |checkpoint: &workroom::CheckpointInfo| {
        let tags = checkpoint.tags.iter().map(|tag| format!(" [{tag}]")).collect::<String>();
        format!("{}  {} by {}{tags}  {}", checkpoint.id, checkpoint.at, checkpoint.by.name, checkpoint.note)
    };
    let text = match found.is_empty() {
        true => "there are no checkpoints".to_owned(),
        false => found.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    Ok(Reply::new(text, Checkpoints { checkpoints: found.into_iter().map(Checkpoint::from).collect() }))
}

/// Files that one answer lists where nothing is said.
const USUAL: u64 = 200;

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Diff {
    /// The checkpoint's id, or a tag.
    checkpoint: String,
    /// Another one; what is there now, when it is absent.
    to: Option<String>,
    /// Only this file or folder, relative to the workspace.
    path: Option<String>,
    /// Only behind this path: `next` of the answer before.
    after: Option<String>,
    /// How many files at most, 1 to 1000; 200 when it is absent.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
}

/// A file that differs.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Changed {
    /// The file.
    path: String,
    /// `created`, `modified` or `removed`.
    change: String,
    /// BLAKE3 of what it held before.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// BLAKE3 of what it held after.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Compared {
    /// In the order of their paths.
    changes: Vec<Changed>,
    /// For `after`, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn diff(call: &Call<'_>, input: &Diff) -> Result<Reply<Compared>> {
    let path = input.path.as_deref().map(|path| path::folder(call.access, path)).transpose()?;
    let limit = input.limit.unwrap_or(USUAL).clamp(1, 1000) as usize;
    let names = (input.checkpoint.as_str(), input.to.as_deref());
    let found = call.access.diff_checkpoints(
        names,
        path.as_deref().unwrap_or_default(),
        input.after.as_deref(),
        limit,
    )?;
    let word = |change: workroom::FileChange| match change {
        workroom::FileChange::Created => "created",
        workroom::FileChange::Modified => "modified",
        workroom::FileChange::Removed => "removed",
    };
    let lines: Vec<String> =
        found.rows.iter().map(|file| format!("{}  {}", word(file.change), file.path)).collect();
    let text = if lines.is_empty() { "nothing differs".to_owned() } else { lines.join("\n") };
    let changes = found.rows.into_iter().map(|file| {
        let workroom::ChangedFile { path, change, before, after } = file;
        Changed { path, change: word(change).to_owned(), before, after }
    });
    let more = found.next.as_ref().map(|next| format!("there are more: ask again with after `{next}`"));
    Ok(Reply::new(text, Compared { changes: changes.collect(), next: found.next }).and(more))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Restore {
    /// The checkpoint's id, or a tag.
    checkpoint: String,
    /// Only this file or folder, with all below it, relative to the workspace; all of it, when it is absent.
    path: Option<String>,
    /// A lease of yours on what changes, where somebody holds one.
    lease: Option<String>,
}

/// What a restore came to.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Restored {
    /// The checkpoint whose files stand there now.
    checkpoint: String,
    /// The checkpoint of what stood there before.
    before: String,
    /// Files that were written.
    written: u64,
    /// Files that were removed.
    removed: u64,
}

fn restore(call: &Call<'_>, input: &Restore) -> Result<Reply<Restored>> {
    let access = call.access.under_lease(input.lease.as_deref());
    let path = input.path.as_deref().map(|path| path::folder(&access, path)).transpose()?;
    let done = access.restore_checkpoint(&input.checkpoint, path.as_deref().unwrap_or_default())?;
    let workroom::Restored { checkpoint, before, written, removed, .. } = done;
    let text = format!(
        "wrote {written} files of checkpoint {checkpoint} and removed {removed}; restoring {before} undoes this"
    );
    Ok(Reply::new(text, Restored { checkpoint, before, written, removed }))
}
