//! The quality gate: golden questions about the sample library, asked of the real pipeline, by the student alone and with the teacher's
//! help at query time.
//!
//! The floors are what was measured when they were set, less a little; they rise when retrieval gets better and are never lowered to make a
//! change pass.

use std::collections::BTreeMap;
use std::path::Path;
use workroom::{NoProgress, Query, Workspace};
use workroom_tests::Room;

/// The least shares of answerable questions, in all languages and kinds.
struct Floors {
    /// Whose file is the first found.
    first: f64,
    /// Whose file is among the first three.
    three: f64,
    /// Whose quoted sentence is inside one of the first ten hits.
    quoted: f64,
}

struct Golden {
    question: String,
    paths: Vec<String>,
    quote: String,
    kind: String,
}

fn golden() -> Vec<Golden> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/golden/library.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let parse = |line: &str| {
        let json: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let paths =
            json["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect();
        Golden { question: text("question"), paths, quote: text("quote"), kind: text("kind") }
    };
    text.lines().map(parse).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Default)]
struct Tally {
    asked: usize,
    first: usize,
    three: usize,
    quoted: usize,
}

impl Tally {
    fn shares(&self) -> [f64; 3] {
        [self.first, self.three, self.quoted].map(|n| n as f64 / self.asked as f64)
    }
}

#[test]
fn golden_questions_find_their_documents() {
    let room = library();
    let workspace = Workspace::create(room.root()).unwrap();
    check(&workspace, &Floors { first: 0.62, three: 0.72, quoted: 0.70 });
}

#[test]
fn golden_questions_find_their_documents_better_with_a_teacher() {
    let room = library();
    let workspace = crate::teacher::taught(&room);
    check(&workspace, &Floors { first: 0.71, three: 0.85, quoted: 0.84 });
}

fn library() -> Room {
    let room = Room::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/library"), &room.root());
    room
}

fn check(workspace: &Workspace, floors: &Floors) {
    workspace.index(&NoProgress).unwrap();

    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    let mut misses = Vec::new();
    for golden in golden().into_iter().filter(|golden| !golden.paths.is_empty()) {
        let hits = workspace.search(&Query::new(&golden.question).limit(10).rescore_ms(60_000)).unwrap();
        let mut files: Vec<&str> = Vec::new();
        hits.iter().for_each(|hit| {
            if !files.contains(&hit.path.as_str()) {
                files.push(&hit.path)
            }
        });
        let right = |file: &&str| golden.paths.iter().any(|path| path == file);
        let quoted = hits.iter().any(|hit| hit.quote.contains(&golden.quote));
        for kind in [golden.kind.as_str(), "all"] {
            let tally = kinds.entry(kind.to_owned()).or_default();
            tally.asked += 1;
            tally.first += usize::from(files.first().is_some_and(right));
            tally.three += usize::from(files.iter().take(3).any(right));
            tally.quoted += usize::from(quoted);
        }
        if !files.iter().take(3).any(right) {
            misses.push(format!(
                "{}: {} -> {:?}, not {:?}",
                golden.kind,
                golden.question,
                &files[..files.len().min(3)],
                golden.paths
            ));
        }
    }
    let [first, three, quoted] = kinds["all"].shares();
    assert!(
        first >= floors.first && three >= floors.three && quoted >= floors.quoted,
        "{}\n{}",
        table(&kinds),
        misses.join("\n")
    );
}

fn table(kinds: &BTreeMap<String, Tally>) -> String {
    let row = |(kind, tally): (&String, &Tally)| {
        let [first, three, quoted] = tally.shares();
        format!(
            "{kind:<16} {:>3} asked  first {first:.3}  first three {three:.3}  quoted {quoted:.3}\n",
            tally.asked
        )
    };
    kinds.iter().map(row).collect()
}
