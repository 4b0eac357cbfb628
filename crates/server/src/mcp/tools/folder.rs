//! Folders: what is in them, and what stands at a path.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::refusal::{Refusal, Result};
use custody::Right;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use workroom::{Entry, Kind, Page};

/// Entries in one answer.
const MOST: usize = 1000;
/// Levels of a tree; deeper ones are asked for by their own folder.
const DEEPEST: usize = 32;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "list_directory",
            "List a folder",
            "List a folder's files ([FILE]) and folders ([DIR]), in order of their names. The empty path or `.` is the workspace.",
            (Effect::Reads, Needs::Read),
            |call, input: List| list(call, &input),
        ),
        Action::new(
            "list_directory_with_sizes",
            "List a folder with sizes",
            "List a folder with each file's size, and the number and size of all together; sorted by name, or by size with the largest first.",
            (Effect::Reads, Needs::Read),
            |call, input: Sized| list_sizes(call, &input),
        ),
        Action::new(
            "directory_tree",
            "Show a folder with all below it",
            "Show what a folder holds, at any depth, as nested JSON: name, type, and for a folder its children. At most 1000 entries.",
            (Effect::Reads, Needs::Read),
            |call, input: TreeOf| tree(call, &input),
        ),
        Action::new(
            "search_files",
            "Find files by name",
            "Find files and folders below a folder by a pattern on their paths: `*` and `?` within a name, `**` for any folders between, \
             `[ab]`, `{a,b}`. A pattern without `/` is looked for at any depth. For what files say, use semantic_search.",
            (Effect::Reads, Needs::Read),
            |call, input: Find| find(call, &input),
        ),
        Action::new(
            "get_file_info",
            "Look at a file or folder",
            "Tell what stands at a path: type, size, when it was made and last written, and a file's version.",
            (Effect::Reads, Needs::Read),
            |call, input: Info| info(call, &input),
        ),
        Action::new(
            "list_allowed_directories",
            "List what may be read and written",
            "Tell which folders and files of the workspace may be read and which may be written. An empty path is the whole workspace.",
            (Effect::Reads, Needs::Nothing),
            |call, _: Nothing| Ok(allowed(call)),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {
    /// The folder, relative to the workspace; empty for the workspace itself.
    #[serde(default)]
    path: String,
    /// `next` of the answer before, to go on from there.
    cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Listed {
    /// One line for each entry.
    content: String,
    /// To be given as `cursor` for what comes after; absent when this is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

fn list(call: &Call<'_>, input: &List) -> Result<Reply<Listed>> {
    let folder = path::folder(call.access, &input.path)?;
    let found = call.access.list(&folder, &Page { after: input.cursor.clone(), limit: MOST })?;
    let lines: Vec<String> =
        found.entries.iter().map(|entry| format!("{} {}", mark(entry), entry.name())).collect();
    Ok(listed(lines, found.next, "the folder is empty"))
}

fn listed(lines: Vec<String>, next: Option<String>, nothing: &str) -> Reply<Listed> {
    let content = lines.join("\n");
    let text = if content.is_empty() { nothing.to_owned() } else { content.clone() };
    let more = next.as_ref().map(|next| format!("note: there is more; call again with `cursor` \"{next}\""));
    Reply::new(text, Listed { content, next }).and(more)
}

fn mark(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Folder => "[DIR]",
        Kind::Link => "[LINK]",
        _ => "[FILE]",
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum SortBy {
    #[default]
    Name,
    Size,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Sized {
    /// The folder, relative to the workspace; empty for the workspace itself.
    #[serde(default)]
    path: String,
    /// What the entries are sorted by.
    #[serde(default)]
    sort_by: SortBy,
}

fn list_sizes(call: &Call<'_>, input: &Sized) -> Result<Reply<Listed>> {
    let folder = path::folder(call.access, &input.path)?;
    let mut found = call.access.list(&folder, &Page::first(MOST))?;
    if input.sort_by == SortBy::Size {
        found.entries.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    }
    let line = |entry: &Entry| match entry.kind {
        Kind::File => format!("[FILE] {}  {}", entry.name(), size(entry.bytes)),
        _ => format!("{} {}", mark(entry), entry.name()),
    };
    let mut lines: Vec<String> = found.entries.iter().map(line).collect();
    let count = |kind: Kind| found.entries.iter().filter(|entry| entry.kind == kind).count();
    let bytes = found.entries.iter().map(|entry| entry.bytes).sum();
    lines.push(format!(
        "total: {} files, {} folders, {}",
        count(Kind::File),
        count(Kind::Folder),
        size(bytes)
    ));
    Ok(listed(lines, found.next, ""))
}

/// `712 B`, `3.4 KB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, "KB");
    for next in UNITS.into_iter().skip(1) {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    format!("{value:.1} {unit}")
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TreeOf {
    /// The folder, relative to the workspace; empty for the workspace itself.
    #[serde(default)]
    path: String,
    /// Patterns of what to leave out, with all below it.
    #[serde(default)]
    exclude_patterns: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Tree {
    /// The tree as JSON.
    content: String,
    /// Whether there is more than was shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

#[derive(Serialize)]
struct Node {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    children: Option<Vec<Node>>,
}

fn tree(call: &Call<'_>, input: &TreeOf) -> Result<Reply<Tree>> {
    let folder = path::folder(call.access, &input.path)?;
    let left_out = left_out(call, &folder, &input.exclude_patterns)?;
    let found = call.access.tree(&folder, DEEPEST, &Page::first(MOST))?;
    let kept: Vec<&Entry> = found.entries.iter().filter(|entry| !left_out.covers(&entry.path)).collect();
    let nodes = nested(&kept);
    let content = serde_json::to_string(&nodes).unwrap_or_default();
    let cut = found.next.is_some();
    let note = cut.then(|| {
        format!("note: only the first {MOST} entries are shown; name a folder further down for the rest")
    });
    Ok(Reply::new(content.clone(), Tree { content, cut }).and(note))
}

/// Nests what a walk met, depth first.
fn nested(entries: &[&Entry]) -> Vec<Node> {
    // The folders that lead to where the walk is, with what they hold so far.
    let mut open: Vec<(String, Node)> = Vec::new();
    let mut top = Vec::new();
    let close = |open: &mut Vec<(String, Node)>, top: &mut Vec<Node>| {
        if let Some((_, node)) = open.pop() {
            match open.last_mut() {
                Some((_, above)) => above.children.get_or_insert_default().push(node),
                None => top.push(node),
            }
        }
    };
    for entry in entries {
        let above = entry.path.rsplit_once('/').map_or("", |(above, _)| above);
        while open.last().is_some_and(|(path, _)| path != above) {
            close(&mut open, &mut top);
        }
        let is_folder = entry.kind == Kind::Folder;
        let kind = if is_folder { "directory" } else { "file" };
        let node = Node { name: entry.name().to_owned(), kind, children: is_folder.then(Vec::new) };
        open.push((entry.path.clone(), node));
        if !is_folder {
            close(&mut open, &mut top);
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut top);
    }
    top
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Find {
    /// The folder to look in, relative to the workspace; empty for the workspace itself.
    #[serde(default)]
    path: String,
    /// The pattern.
    pattern: String,
    /// Patterns of what to leave out, with all below it.
    #[serde(default)]
    exclude_patterns: Vec<String>,
    /// `next` of the answer before, to go on from there.
    cursor: Option<String>,
}

fn find(call: &Call<'_>, input: &Find) -> Result<Reply<Listed>> {
    let folder = path::folder(call.access, &input.path)?;
    let left_out = left_out(call, &folder, &input.exclude_patterns)?;
    let page = Page { after: input.cursor.clone(), limit: MOST };
    let found = call.access.glob(&folder, &anywhere(&input.pattern), &page)?;
    let kept = found.entries.into_iter().filter(|entry| !left_out.covers(&entry.path));
    Ok(listed(kept.map(|entry| entry.path).collect(), found.next, "nothing has such a name"))
}

/// A pattern of a name alone is meant at any depth.
fn anywhere(pattern: &str) -> String {
    if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") }
}

/// What matches patterns, with all below it.
struct LeftOut(HashSet<String>);

impl LeftOut {
    fn covers(&self, path: &str) -> bool {
        let mut above = Some(path);
        while let Some(path) = above {
            if self.0.contains(path) {
                return true;
            }
            above = path.rsplit_once('/').map(|(above, _)| above);
        }
        false
    }
}

fn left_out(call: &Call<'_>, folder: &str, patterns: &[String]) -> Result<LeftOut> {
    /// Each is a walk.
    const MOST_PATTERNS: usize = 16;
    /// So many that match are found.
    const MOST_FOUND: usize = 100_000;
    if patterns.len() > MOST_PATTERNS {
        return Err(Refusal::invalid(format!("{} patterns are to be left out", patterns.len()))
            .hint(format!("give at most {MOST_PATTERNS}; `{{a,b}}` is one")));
    }
    let mut paths = HashSet::new();
    for pattern in patterns {
        let found = call.access.glob(folder, &anywhere(pattern), &Page::first(MOST_FOUND))?;
        paths.extend(found.entries.into_iter().map(|entry| entry.path));
    }
    Ok(LeftOut(paths))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Info {
    /// The file or folder, relative to the workspace.
    path: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Looked {
    /// Relative to the workspace.
    path: String,
    /// `file`, `directory`, `link` or `special`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// A file's bytes.
    size: u64,
    /// When it was last written, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    /// When it was made, RFC 3339, UTC, where the system knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    /// BLAKE3 of a file's bytes, for `if_match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Who holds a lease on it, until when and what for.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<String>,
}

fn info(call: &Call<'_>, input: &Info) -> Result<Reply<Looked>> {
    let path = path::folder(call.access, &input.path)?;
    let entry = call.access.stat(&path)?;
    let version = if entry.kind == Kind::File { Some(call.access.examine(&path)?.version) } else { None };
    let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok().map(|time| time.to_string());
    let kind = match entry.kind {
        Kind::File => "file",
        Kind::Folder => "directory",
        Kind::Link => "link",
        _ => "special",
    };
    // Of a folder that only leads to what may be seen nothing more is told.
    let modified = (entry.modified_ms != 0).then(|| time(entry.modified_ms)).flatten();
    let lease = call.access.lease_on(&path).map(super::lease::line);
    let created = entry.created_ms.and_then(time);
    let looked = Looked { path, kind, size: entry.bytes, modified, created, version, lease };
    let value = serde_json::to_value(&looked).unwrap_or_default();
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let lines =
        value.as_object().into_iter().flatten().map(|(name, value)| format!("{name}: {}", plain(value)));
    Ok(Reply::new(lines.collect::<Vec<_>>().join("\n"), looked))
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Allowed {
    /// The workspace's name.
    workspace: String,
    /// Folders and files that may be read; the empty path is the whole workspace.
    read: Vec<String>,
    /// Folders and files that may be written.
    write: Vec<String>,
}

fn allowed(call: &Call<'_>) -> Reply<Allowed> {
    let prefixes = |right: Right| -> Vec<String> {
        call.access.principal().paths(right).prefixes().map(str::to_owned).collect()
    };
    let allowed = Allowed {
        workspace: call.access.room().name.clone(),
        read: prefixes(Right::Read),
        write: prefixes(Right::Write),
    };
    let words = |paths: &[String]| match paths {
        [] => "nothing".to_owned(),
        [all] if all.is_empty() => "everything (paths are relative to the workspace)".to_owned(),
        paths => paths.join(", "),
    };
    let text = format!(
        "workspace: {}\nread: {}\nwrite: {}",
        allowed.workspace,
        words(&allowed.read),
        words(&allowed.write)
    );
    Reply::new(text, allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, expected) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (5 << 20, "5.0 MB"), (3 << 40, "3.0 TB")]
        {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_walk_is_nested() {
        let entry = |path: &str, kind: Kind| Entry {
            path: path.into(),
            kind,
            bytes: 0,
            modified_ms: 0,
            created_ms: None,
            links: 1,
        };
        let check = |entries: &[(&str, Kind)], expected: &str| {
            let entries: Vec<Entry> = entries.iter().map(|(path, kind)| entry(path, *kind)).collect();
            let nodes = nested(&entries.iter().collect::<Vec<_>>());
            assert_eq!(shape(&nodes), expected);
        };
        use Kind::{File, Folder};
        check(&[], "");
        check(
            &[
                ("a", File),
                ("b", Folder),
                ("b/c", Folder),
                ("b/c/d", File),
                ("b/e", File),
                ("f", Folder),
                ("g", File),
            ],
            "a b(c(d) e) f() g",
        );
        check(&[("x/y/a", Folder), ("x/y/a/b", File), ("x/y/c", File)], "a(b) c");
    }

    fn shape(nodes: &[Node]) -> String {
        let one = |node: &Node| match &node.children {
            Some(children) => format!("{}({})", node.name, shape(children)),
            None => node.name.clone(),
        };
        nodes.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}
