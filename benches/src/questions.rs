//! Questions with the page that answers each: at which rank of the pages found does it stand?
//!
//! The file is JSON lines, `{"question", "paths"}`, the pages that answer it; one counts as found when a path found ends with it. The index is
//! made cold.

use crate::Failure;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;
use workroom::{NoProgress, Query, Workspace};

#[derive(Deserialize)]
struct Question {
    question: String,
    paths: Vec<String>,
}

/// Pages that are looked at.
const TOP: usize = 3;

/// The questions about the Rust book, if the folder is one.
pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rust-book-questions.jsonl");
    let own = root.join(workroom::WORKROOM_DIR);
    if own.exists() {
        std::fs::remove_dir_all(own)?;
    }
    let started = Instant::now();
    let workspace = Workspace::create(root)?;
    let summary = workspace.index(&NoProgress)?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "  cold index of {} files, {:.1} MB: {seconds:.2} s",
        summary.indexed,
        summary.bytes as f64 / 1e6
    );
    let mut found = 0;
    let mut asked = 0;
    for line in std::fs::read_to_string(&file)?.lines() {
        let question: Question = serde_json::from_str(line)?;
        let rank = rank(&workspace, &question)?;
        let shown = rank.map_or("not in the first 10 pages".to_owned(), |rank| format!("page {rank}"));
        println!("  {shown:<12} {}", question.question);
        asked += 1;
        found += usize::from(rank.is_some_and(|rank| rank <= TOP));
    }
    println!("  {found} of {asked} in the first {TOP} pages");
    Ok(json!({ "cold_seconds": seconds, "asked": asked, "in_first_3_pages": found }))
}

/// The place of the right page among the pages found, each counted once, from 1.
fn rank(workspace: &Workspace, question: &Question) -> Result<Option<usize>, Failure> {
    let mut pages: Vec<String> = Vec::new();
    for hit in workspace.search(&Query::new(&question.question).limit(50))? {
        if !pages.contains(&hit.path) {
            pages.push(hit.path);
        }
    }
    Ok(pages
        .iter()
        .take(10)
        .position(|page| question.paths.iter().any(|path| page.ends_with(path)))
        .map(|place| place + 1))
}
