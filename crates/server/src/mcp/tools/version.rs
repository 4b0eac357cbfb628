//! Versions of files, and the trash.
//!
//! Invariant: what is restored becomes a new version; nothing that is there is lost by it.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::change::condition;
use super::path;
use crate::refusal::{Kind, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Read as _;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "list_versions",
            "List versions of a file",
            "What a file held before, the newest first: when, who wrote it, and whether it can still be read. Also of a file that is gone.",
            (Effect::Reads, Needs::Read),
            |call, input: List| list(call, &input),
        ),
        Action::new(
            "read_version",
            "Read a version of a file",
            "The text of a file as it was. Name the version as list_versions gives it; its first six digits or more are enough.",
            (Effect::Reads, Needs::Read),
            |call, input: ReadVersion| read(call, &input),
        ),
        Action::new(
            "diff_versions",
            "Compare versions of a file",
            "A unified diff of two versions of a file, or of one with what the file holds now.",
            (Effect::Reads, Needs::Read),
            |call, input: Diff| diff(call, &input),
        ),
        Action::new(
            "restore_version",
            "Restore a version of a file",
            "Put a version of a file back in its place, also where the file is gone. What is there stays a version that can be restored as well.",
            (Effect::Replaces, Needs::Both),
            |call, input: Restore| restore(call, &input),
        ),
        Action::new(
            "list_trash",
            "List the trash",
            "Files and folders that were deleted and can be put back, the newest first.",
            (Effect::Reads, Needs::Read),
            |call, input: ListTrash| trash(call, &input),
        ),
        Action::new(
            "restore_from_trash",
            "Restore from the trash",
            "Put something from the trash back where it was, or at `to`, where nothing may be.",
            (Effect::Adds, Needs::Both),
            |call, input: PutBack| put_back(call, &input),
        ),
    ]
}

/// Characters of a version that one answer has: what a model can use.
const MOST_TEXT: usize = 200_000;

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {
    /// The file, relative to the workspace.
    path: String,
}

/// A version of a file.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Version {
    /// BLAKE3 of the bytes.
    version: String,
    /// How many there are.
    bytes: u64,
    /// Since when the file held them, RFC 3339.
    at: String,
    /// `written` through the program, `seen` on the disk, or `restored`.
    how: String,
    /// Who wrote it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// Whether the file holds them now.
    current: bool,
    /// Whether they can be read.
    kept: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Versions {
    /// The newest first.
    versions: Vec<Version>,
}

fn list(call: &Call<'_>, input: &List) -> Result<Reply<Versions>> {
    let path = path::file(call.access, &input.path)?;
    let found = call.access.versions(&path)?;
    let lines: Vec<String> = found.iter().map(line).collect();
    let versions = found.into_iter().map(|version| Version {
        version: version.version,
        bytes: version.bytes,
        at: version.at,
        how: how(version.how).to_owned(),
        by: version.by.map(|by| by.name),
        current: version.current,
        kept: version.kept,
    });
    Ok(Reply::new(lines.join("\n"), Versions { versions: versions.collect() }))
}

fn how(how: workroom::How) -> &'static str {
    match how {
        workroom::How::Seen => "seen",
        workroom::How::Restored => "restored",
        _ => "written",
    }
}

fn line(version: &workroom::FileVersion) -> String {
    let by = version.by.as_ref().map(|by| format!(" by {}", by.name)).unwrap_or_default();
    let state = match (version.current, version.kept) {
        (true, _) => ", now",
        (_, true) => "",
        _ => ", no longer kept",
    };
    let digits = version.version.get(..12).unwrap_or(&version.version);
    format!("{digits}  {}  {} bytes, {}{by}{state}", version.at, version.bytes, how(version.how))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct ReadVersion {
    /// The file, relative to the workspace.
    path: String,
    /// The version, or its first six digits or more.
    version: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Text {
    /// The whole version.
    version: String,
    /// What the file held.
    text: String,
    /// Whether there is more of it, which is left out.
    truncated: bool,
}

fn read(call: &Call<'_>, input: &ReadVersion) -> Result<Reply<Text>> {
    let path = path::file(call.access, &input.path)?;
    let (file, version, _) = call.access.open_version(&path, &input.version)?;
    // A character has four bytes at most.
    let mut bytes = Vec::new();
    let read = file.take(4 * MOST_TEXT as u64 + 4).read_to_end(&mut bytes);
    read.map_err(|_| Refusal::new(Kind::Internal, "the version cannot be read"))?;
    let no_text = || {
        Refusal::new(Kind::Unprocessable, format!("version {version} of `{path}` is no text"))
            .hint("restore it, or read it over HTTP")
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // Cut in the middle of a character.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let upto = error.utf8_error().valid_up_to();
            String::from_utf8(error.into_bytes().into_iter().take(upto).collect()).map_err(|_| no_text())?
        }
        Err(_) => return Err(no_text()),
    };
    let cut = text.char_indices().nth(MOST_TEXT).map(|(at, _)| at);
    let truncated = cut.is_some();
    let text = cut.map_or(text.as_str(), |at| &text[..at]).to_owned();
    let shown = format!(
        "`{path}` as it was in version {version}{}:\n{text}",
        if truncated { " (its beginning)" } else { "" }
    );
    Ok(Reply::new(shown, Text { version, text, truncated }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Diff {
    /// The file, relative to the workspace.
    path: String,
    /// The one version, or its first six digits or more.
    from: String,
    /// The other; what the file holds now, when it is absent.
    to: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Compared {
    /// The one.
    from: String,
    /// The other.
    to: String,
    /// A unified diff; empty when they are the same, absent when one is no text or too large.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

fn diff(call: &Call<'_>, input: &Diff) -> Result<Reply<Compared>> {
    let path = path::file(call.access, &input.path)?;
    let found = call.access.diff_versions(&path, &input.from, input.to.as_deref())?;
    let text = match found.diff.as_deref() {
        Some("") => "both versions are the same".to_owned(),
        Some(diff) => diff.to_owned(),
        None => "they differ; one of them is no text, or larger than 8 MiB".to_owned(),
    };
    Ok(Reply::new(text, Compared { from: found.from, to: found.to, diff: found.diff }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Restore {
    /// The file, relative to the workspace.
    path: String,
    /// The version, or its first six digits or more.
    version: String,
    /// Only if the file has this version; `absent`: only if nothing is there.
    if_match: Option<String>,
    /// A lease of yours on it, where somebody holds one.
    lease: Option<String>,
}

/// What was restored.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Restored {
    /// Where it is, relative to the workspace.
    path: String,
    /// BLAKE3 of what a file holds now.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

fn restore(call: &Call<'_>, input: &Restore) -> Result<Reply<Restored>> {
    let access = call.access.under_lease(input.lease.as_deref());
    let path = path::file(&access, &input.path)?;
    let change = access.restore_version(&path, &input.version, &condition(input.if_match.as_ref())?)?;
    let version = change.version.clone().unwrap_or_default();
    let text = format!("`{path}` holds version {version} again");
    Ok(Reply::new(text, Restored { path, version: change.version }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct ListTrash {}

/// Something in the trash.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Trashed {
    /// Its id.
    id: String,
    /// Where it was.
    path: String,
    /// Whether it is a folder, with all that it held.
    folder: bool,
    /// What it takes on the disk.
    bytes: u64,
    /// When it was removed, RFC 3339.
    at: String,
    /// Who removed it.
    by: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Trash {
    /// The newest first.
    entries: Vec<Trashed>,
}

fn trash(call: &Call<'_>, _: &ListTrash) -> Result<Reply<Trash>> {
    let found = call.access.trash()?;
    let line = |entry: &workroom::TrashEntry| {
        let slash = if entry.folder { "/" } else { "" };
        format!(
            "{}  {}{slash}  {} bytes, removed {} by {}",
            entry.id, entry.path, entry.bytes, entry.at, entry.by.name
        )
    };
    let text = match found.is_empty() {
        true => "nothing lies in the trash".to_owned(),
        false => found.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    let entries = found.into_iter().map(|entry| {
        let workroom::TrashEntry { id, path, folder, bytes, at, by } = entry;
        Trashed { id, path, folder, bytes, at, by: by.name }
    });
    Ok(Reply::new(text, Trash { entries: entries.collect() }))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct PutBack {
    /// Its id, from list_trash.
    id: String,
    /// Where it is to be, relative to the workspace; where it was, when it is absent.
    to: Option<String>,
    /// A lease of yours on that place, where somebody holds one.
    lease: Option<String>,
}

fn put_back(call: &Call<'_>, input: &PutBack) -> Result<Reply<Restored>> {
    let access = call.access.under_lease(input.lease.as_deref());
    let to = input.to.as_deref().map(|to| path::file(&access, to)).transpose()?;
    let (path, change) = access.restore_from_trash(&input.id, to.as_deref())?;
    Ok(Reply::new(format!("`{path}` is there again"), Restored { path, version: change.version }))
}
