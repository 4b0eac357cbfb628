//! Changing files and folders.
//!
//! Invariant: a call that returns has its change on the disk and in every search. `if_match` names the version that a file must have, so that of
//! several who read it one writes and the others are told.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::access::Change;
use crate::refusal::{Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom::{Claim, Condition, Edit, Trust};

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "write_file",
            "Write a file",
            "Write a whole file, making its folders; what was there is replaced. When this returns, the file is on the disk and found by every \
             search. To change some of a file, use edit_file. Say where it comes from, if from elsewhere: source_url, derived_from, trust.",
            (Effect::ReplacesOnce, Needs::Write),
            |call, input: Write| write(call, &input),
        ),
        Action::new(
            "append_file",
            "Add to a file",
            "Add text at the end of a file, which is made if it is not there. Several may do so at once; nothing is lost.",
            (Effect::Adds, Needs::Write),
            |call, input: Append| append(call, &input),
        ),
        Action::new(
            "edit_file",
            "Edit a file",
            "Replace text in a file. Each oldText must stand there exactly once, byte for byte; edits are made in order, all or none. \
             Returns a diff. With dryRun only the diff is made.",
            (Effect::Replaces, Needs::Both),
            |call, input: EditFile| edit(call, &input),
        ),
        Action::new(
            "create_directory",
            "Make a folder",
            "Make a folder, and those above it. One that is there already is fine.",
            (Effect::AddsOnce, Needs::Both),
            |call, input: Make| make(call, &input),
        ),
        Action::new(
            "move_file",
            "Move or rename",
            "Move a file or a folder with all in it to a path where nothing is, making folders.",
            (Effect::Replaces, Needs::Both),
            |call, input: Move| rename(call, &input),
        ),
        Action::new(
            "copy_file",
            "Copy",
            "Copy a file or a folder with all in it to a path where nothing is, making folders.",
            (Effect::Adds, Needs::Both),
            |call, input: Copy| copy(call, &input),
        ),
        Action::new(
            "delete_file",
            "Delete",
            "Delete a file, or an empty folder; with recursive, a folder and all in it. It is gone from the disk and from every search.",
            (Effect::Replaces, Needs::Both),
            |call, input: Delete| delete(call, &input),
        ),
    ]
}

/// What came of a change.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Changed {
    /// The file or folder, relative to the workspace.
    path: String,
    /// BLAKE3 of what a file holds now, for `if_match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether nothing was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<bool>,
}

fn changed(what: &str, path: String, change: Change) -> Reply<Changed> {
    let version = change.version.as_ref().map(|version| format!(" (version {version})")).unwrap_or_default();
    Reply::new(
        format!("{what} `{path}`{version}"),
        Changed { path, version: change.version, created: change.created },
    )
}

pub(super) fn condition(if_match: Option<&String>) -> Result<Condition> {
    match if_match {
        None => Ok(Condition::Any),
        // As HTTP has it: nothing must be there.
        Some(version) if version == "absent" => Ok(Condition::Absent),
        Some(version) if version.is_empty() => Err(Refusal::invalid("`if_match` is empty")
            .hint("give the version that the file was read with, or leave it out")),
        Some(version) => Ok(Condition::Version(version.clone())),
    }
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Write {
    /// The file, relative to the workspace.
    path: String,
    /// All that it is to hold.
    content: String,
    /// Only if the file has this version; `absent`: only if nothing is there.
    if_match: Option<String>,
    /// Where it was fetched, if it was.
    source_url: Option<String>,
    /// The files that it was made of, relative to the workspace: it is trusted no further than they are.
    #[serde(default)]
    derived_from: Vec<String>,
    /// How far it is to be believed: `untrusted` for what a stranger may have written.
    trust: Option<Label>,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

/// How far a file is to be believed.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum Label {
    /// Whoever it is from may mean harm.
    Untrusted,
    /// The owner vouches for it; nobody else may say so.
    Trusted,
}

fn claim(call: &Call<'_>, input: &Write) -> Result<Claim> {
    let sources = input.derived_from.iter().map(|source| path::file(call.access, source));
    Ok(Claim {
        source_url: input.source_url.clone(),
        derived_from: sources.collect::<Result<_>>()?,
        trust: input.trust.map(|label| match label {
            Label::Untrusted => Trust::Untrusted,
            Label::Trusted => Trust::Trusted,
        }),
        edits: false,
    })
}

fn write(call: &Call<'_>, input: &Write) -> Result<Reply<Changed>> {
    let path = path::file(call.access, &input.path)?;
    let condition = condition(input.if_match.as_ref())?;
    let change = call.access.under_lease(input.lease.as_deref()).write(
        &path,
        input.content.as_bytes(),
        &condition,
        &claim(call, input)?,
    )?;
    Ok(changed(&format!("wrote {} bytes to", input.content.len()), path, change))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Append {
    /// The file, relative to the workspace.
    path: String,
    /// What is to be added.
    content: String,
    /// Only if the file has this version; `absent`: only if nothing is there.
    if_match: Option<String>,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

fn append(call: &Call<'_>, input: &Append) -> Result<Reply<Changed>> {
    let path = path::file(call.access, &input.path)?;
    let change = call.access.under_lease(input.lease.as_deref()).append(
        &path,
        input.content.as_bytes(),
        &condition(input.if_match.as_ref())?,
    )?;
    Ok(changed(&format!("added {} bytes to", input.content.len()), path, change))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EditFile {
    /// The file, relative to the workspace.
    path: String,
    /// What is to be replaced, in order.
    #[schemars(length(min = 1))]
    edits: Vec<OneEdit>,
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// Only if the file has this version.
    #[serde(rename = "if_match")]
    if_match: Option<String>,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OneEdit {
    /// The text that stands there.
    old_text: String,
    /// The text that is to stand there.
    new_text: String,
    /// Everywhere it stands, rather than at the one place.
    #[serde(default)]
    replace_all: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Edited {
    /// A unified diff; empty when nothing has changed.
    diff: String,
    /// Places that were changed.
    replaced: usize,
    /// BLAKE3 of what the file holds now; absent for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

fn edit(call: &Call<'_>, input: &EditFile) -> Result<Reply<Edited>> {
    let path = path::file(call.access, &input.path)?;
    let edits: Vec<Edit> = input
        .edits
        .iter()
        .map(|edit| Edit {
            old: edit.old_text.clone(),
            new: edit.new_text.clone(),
            replace_all: edit.replace_all,
        })
        .collect();
    if edits.is_empty() {
        return Err(Refusal::invalid("there are no edits").hint("give at least one {oldText, newText}"));
    }
    let edited = call.access.under_lease(input.lease.as_deref()).edit(
        &path,
        &edits,
        &condition(input.if_match.as_ref())?,
        input.dry_run,
    )?;
    let version = edited.change.and_then(|change| change.version);
    let text = match (edited.diff.as_str(), &version) {
        ("", _) => format!("nothing in `{path}` would change by that"),
        (diff, Some(version)) => format!("{diff}\nedited `{path}` (version {version})"),
        (diff, None) => format!("{diff}\nnothing was written"),
    };
    Ok(Reply::new(text, Edited { diff: edited.diff, replaced: edited.replaced, version }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Make {
    /// The folder, relative to the workspace.
    path: String,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

fn make(call: &Call<'_>, input: &Make) -> Result<Reply<Changed>> {
    let path = path::file(call.access, &input.path)?;
    let change = call.access.under_lease(input.lease.as_deref()).make_folder(&path)?;
    let what = if change.created == Some(true) { "made the folder" } else { "there is already a folder" };
    Ok(changed(what, path, change))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Move {
    /// The file or folder, relative to the workspace.
    source: String,
    /// Where it is to be, relative to the workspace.
    destination: String,
    /// Only if the file has this version.
    if_match: Option<String>,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

fn rename(call: &Call<'_>, input: &Move) -> Result<Reply<Changed>> {
    let from = path::file(call.access, &input.source)?;
    let to = path::file(call.access, &input.destination)?;
    let change = call.access.under_lease(input.lease.as_deref()).rename(
        &from,
        &to,
        &condition(input.if_match.as_ref())?,
    )?;
    Ok(changed(&format!("moved `{from}` to"), to, change))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Copy {
    /// The file or folder, relative to the workspace.
    source: String,
    /// Where the copy is to be, relative to the workspace.
    destination: String,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

fn copy(call: &Call<'_>, input: &Copy) -> Result<Reply<Changed>> {
    let from = path::file(call.access, &input.source)?;
    let to = path::file(call.access, &input.destination)?;
    let change = call.access.under_lease(input.lease.as_deref()).copy(&from, &to)?;
    Ok(changed(&format!("copied `{from}` to"), to, change))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Delete {
    /// The file or folder, relative to the workspace.
    path: String,
    /// A folder with all in it.
    #[serde(default)]
    recursive: bool,
    /// Only if the file has this version.
    if_match: Option<String>,
    /// The id of your lease on it, where you hold one.
    lease: Option<String>,
}

fn delete(call: &Call<'_>, input: &Delete) -> Result<Reply<Changed>> {
    let path = path::file(call.access, &input.path)?;
    let change = call.access.under_lease(input.lease.as_deref()).remove(
        &path,
        &condition(input.if_match.as_ref())?,
        input.recursive,
    )?;
    Ok(changed("deleted", path, change))
}
