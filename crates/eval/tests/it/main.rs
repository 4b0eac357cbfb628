//! Readers on small sets in temporary folders.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod mistakes;
mod read;

use std::path::Path;
use tempfile::TempDir;
use workroom_eval::{Body, Set, sources};

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let at = dir.path().join("sets").join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }
    dir
}

/// Every set at `path`, or what the first mistake is called, with the folder's own name taken out.
fn read(dir: &TempDir, path: &str, golden: Option<&str>) -> Result<Vec<Set>, String> {
    let root = dir.path().join("sets");
    let golden = golden.map(|golden| root.join(golden));
    let all = sources(&root.join(path), golden.as_deref());
    let sets = all.and_then(|all| all.iter().map(workroom_eval::Source::read).collect());
    sets.map_err(|error| bare(&root, &error.to_string()))
}

fn bare(root: &Path, text: &str) -> String {
    text.replace("/./", "/")
        .replace(&format!("{}/", root.display()), "")
        .replace(&root.display().to_string(), ".")
}

/// A set as text, all of it.
fn picture(dir: &TempDir, sets: &[Set]) -> String {
    let mut out = String::new();
    for set in sets {
        out.push_str(&format!("set {}\n", set.name));
        for document in &set.documents {
            let body = match &document.body {
                Body::Text(text) => format!("{text:?}"),
                Body::File(path) => bare(&dir.path().join("sets"), &path.display().to_string()),
            };
            let scope = document.scope.as_deref().map_or(String::new(), |scope| format!(" in {scope}"));
            out.push_str(&format!("  doc {} {:?} {body}{scope}\n", document.id, document.title));
        }
        for query in &set.queries {
            let scope = query.scope.as_deref().map_or(String::new(), |scope| format!(" in {scope}"));
            let quote = query.quote.as_deref().map_or(String::new(), |quote| format!(" quote {quote:?}"));
            out.push_str(&format!(
                "  query {} {:?} {:?}{scope}{quote}\n",
                query.id, query.text, query.judged
            ));
        }
        set.notes.iter().for_each(|note| out.push_str(&format!("  note {note}\n")));
    }
    out
}
