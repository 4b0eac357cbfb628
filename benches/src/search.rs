//! Search in process: p50 and p99 by mode, over queries made of the indexed text itself.
//!
//! Queries: 300 sentences' worth of words taken at even steps from the whole index, three to eight words each. They are longer than what
//! people type and hit more postings, so the figures are on the slow side.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value};
use std::path::Path;
use std::time::Instant;
use workroom::{Mode, NoProgress, Query, Workspace};

const QUERIES: usize = 300;

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let workspace = Workspace::create(root)?;
    workspace.index(&NoProgress)?;
    let queries = queries(&workspace)?;
    let mut results = Map::new();
    // One round warms the caches of the system, as a process that stays has them.
    for query in &queries {
        workspace.search(&Query::new(query))?;
    }
    for (name, mode) in [("hybrid", Mode::Hybrid), ("lexical", Mode::Lexical), ("dense", Mode::Dense)] {
        let mut samples = Samples::default();
        for query in &queries {
            let query = Query::new(query).mode(mode);
            let started = Instant::now();
            let hits = workspace.search(&query)?;
            samples.add(started.elapsed());
            if hits.is_empty() {
                return Err(format!("no hit for `{}`", query.text).into());
            }
        }
        println!("{}", samples.line(name));
        results.insert(name.to_owned(), samples.json());
    }
    let status = workspace.status()?;
    println!("  over {} chunks of {} documents", status.chunks, status.documents);
    results.insert("chunks".to_owned(), status.chunks.into());
    Ok(Value::Object(results))
}

pub(crate) fn queries(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let documents = workspace.documents()?;
    let step = (documents.len() / QUERIES / 2).max(1);
    let mut queries = Vec::new();
    for (path, n) in documents.iter().step_by(step).zip(0..) {
        let shown = workspace.show(path)?;
        let Some(chunk) = shown.chunks.get(shown.chunks.len() / 2) else { continue };
        let words = chunk.text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
        let words: Vec<&str> = words.skip(5).take(3 + n % 6).collect();
        if words.len() > 2 {
            queries.push(words.join(" "));
        }
    }
    queries.truncate(QUERIES);
    Ok(queries)
}
