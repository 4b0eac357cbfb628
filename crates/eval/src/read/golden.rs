//! A folder of documents with a golden file: questions, and the files that answer them.

use super::lines::{Kind, Name, each, kind};
use crate::set::Ids;
use crate::{Body, Document, Error, Judgments, Query, Result, Set};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What a workspace keeps for itself; never a document.
const RESERVED: [&str; 2] = [".workroom", ".git"];

#[derive(Deserialize)]
#[serde(expecting = "an object with `question` and `paths`")]
struct Row {
    id: Option<Name>,
    question: String,
    path: Option<String>,
    paths: Option<Vec<String>>,
    quote: Option<String>,
}

pub(super) fn read(questions: &Path, folder: &Path, name: &str) -> Result<Set> {
    let mut rows = Vec::new();
    let mut ids = Ids::default();
    each(questions, |line, row: Row| {
        let id = row.id.map_or_else(|| format!("q{line}"), Name::into_string);
        ids.take(&id)?;
        let paths = match (row.path, row.paths) {
            (Some(_), Some(_)) => return Err("both `path` and `paths`".to_owned()),
            (None, None) => return Err("neither `path` nor `paths`".to_owned()),
            (path, paths) => paths.unwrap_or_else(|| path.into_iter().collect()),
        };
        let paths = paths.into_iter().map(|path| path.trim_start_matches("./").to_owned());
        let judged: Judgments = paths.filter(|path| !path.is_empty()).map(|path| (path, 1)).collect();
        let quote = row.quote.filter(|quote| !quote.is_empty());
        rows.push((line, Query { id, text: row.question, scope: None, judged, quote }));
        Ok(())
    })?;
    let mut paths = Vec::new();
    walk(folder, "", &mut paths)?;
    paths.retain(|path| !is_golden(&folder.join(path), path, questions));
    let (root, paths) = documents_root(folder, paths, &rows);
    must_exist(&rows, &paths, questions)?;
    let document = |path: &String| {
        let body = Body::File(root.join(path));
        Document { id: path.clone(), title: String::new(), body, scope: None }
    };
    let documents = paths.iter().map(document).collect();
    let queries = rows.into_iter().map(|(_, query)| query).collect();
    Set { name: name.to_owned(), documents, queries, notes: Vec::new() }.checked(folder, questions)
}

/// The files below `folder`, `/`-separated and sorted. Links are not followed.
fn walk(folder: &Path, prefix: &str, paths: &mut Vec<String>) -> Result<()> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::reading(folder))? {
        entries.push(entry.map_err(Error::reading(folder))?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let kind = entry.file_type().map_err(Error::reading(&entry.path()))?;
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if kind.is_dir() && !RESERVED.contains(&name) {
            walk(&entry.path(), &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

/// Whether a file is the golden file itself, or another one beside the documents.
fn is_golden(file: &Path, path: &str, questions: &Path) -> bool {
    let same = || Some(std::fs::canonicalize(file).ok()? == std::fs::canonicalize(questions).ok()?);
    let is_top = !path.contains('/') && path.ends_with(".jsonl");
    is_top && (same().unwrap_or_default() || kind(file).is_ok_and(|kind| kind == Some(Kind::Golden)))
}

/// Golden paths start at the folder, or at the one folder in it that holds all the documents they name.
fn documents_root(folder: &Path, paths: Vec<String>, rows: &[(usize, Query)]) -> (PathBuf, Vec<String>) {
    let named: HashSet<&str> =
        rows.iter().flat_map(|(_, query)| query.judged.keys().map(String::as_str)).collect();
    let all_in = |prefix: &str| {
        let here: HashSet<&str> = paths.iter().filter_map(|path| path.strip_prefix(prefix)).collect();
        named.is_subset(&here)
    };
    let tops = paths.iter().filter_map(|path| path.split_once('/')).map(|(top, _)| format!("{top}/"));
    let tops: HashSet<String> = tops.collect();
    let mut inner = tops.iter().filter(|top| !named.is_empty() && all_in(top));
    match (all_in(""), inner.next(), inner.next()) {
        (false, Some(top), None) => {
            let kept = paths.iter().filter_map(|path| path.strip_prefix(top.as_str()));
            (folder.join(top), kept.map(str::to_owned).collect())
        }
        _ => (folder.to_owned(), paths),
    }
}

fn must_exist(rows: &[(usize, Query)], paths: &[String], questions: &Path) -> Result<()> {
    let known: HashSet<&str> = paths.iter().map(String::as_str).collect();
    for (line, query) in rows {
        if let Some(path) = query.judged.keys().find(|path| !known.contains(path.as_str())) {
            return Err(Error::line(questions, *line, format!("no document has the path `{path}`")));
        }
    }
    Ok(())
}
