//! Text fidelity: sentences that a person read in the originals are found by `search`, with the page, slide, row or heading where they stand.
//!
//! `samples.jsonl` is about the samples of the parsers' crates. Another collection, whose sentences may not be ours to keep here, is checked
//! the same way when `WORKROOM_FIDELITY` names its list and `WORKROOM_FIDELITY_DOCUMENTS` the folder that the list's paths begin in.
//!
//! *Not here:* whether a parser is right about a format; its own tests say that.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod judge;
mod truth;

use judge::Finding;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use truth::Truth;
use workroom_tests::Room;

/// How far down the list of hits a person looks.
const SEEN: &str = "5";

#[test]
fn sentences_of_the_samples_are_found_where_they_stand() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let room = Room::new();
    for name in ["legacy", "mail", "office", "pdf", "sheets"] {
        copy(&here.join("../crates").join(name).join("tests/samples"), &room.at(name));
    }
    check(&room, &here.join("fidelity/samples.jsonl"));
}

#[test]
fn sentences_of_a_named_collection_are_found_where_they_stand() {
    let named = ["WORKROOM_FIDELITY", "WORKROOM_FIDELITY_DOCUMENTS"].map(std::env::var_os);
    if let [Some(list), Some(documents)] = named {
        let room = Room::new();
        copy(Path::new(&documents), &room.root());
        check(&room, &PathBuf::from(list));
    }
}

/// Indexes the room and looks for every sentence of the list.
fn check(room: &Room, list: &Path) {
    room.ok(&["index", "--quiet"]);
    let text = std::fs::read_to_string(list).unwrap();
    let truths: Vec<Truth> = text.lines().map(|line| Truth::parse(line).unwrap()).collect();
    let failures: Vec<String> = truths.iter().filter_map(|truth| failure(room, truth)).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), truths.len(), failures.join("\n"));
}

/// What is wrong with the best hit for a sentence, or nothing.
fn failure(room: &Room, truth: &Truth) -> Option<String> {
    let query = truth.sentence.replace('|', " ");
    let mut hits = search(room, &["--limit", SEEN, "--", &query]);
    if truth.is_elsewhere_too && !Finding::best(truth, &hits).is_found() {
        hits = search(room, &["--limit", SEEN, "--path", &truth.file, "--", &query]);
    }
    let problem = Finding::best(truth, &hits).problem(truth)?;
    Some(format!("{}: {problem}: {:?} ({})", truth.file, truth.sentence, truth.note))
}

fn search(room: &Room, arguments: &[&str]) -> Vec<serde_json::Value> {
    let all: Vec<&str> = ["search", "--json"].iter().chain(arguments).copied().collect();
    room.run(&all).json()["hits"].as_array().cloned().unwrap_or_default()
}

/// Copies documents, not what made them.
fn copy(from: &Path, to: &Path) {
    let Ok(entries) = std::fs::read_dir(from) else { return };
    std::fs::create_dir_all(to).unwrap();
    for entry in entries {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        let is_source = ["py", "sh"].map(OsStr::new).map(Some).contains(&path.extension());
        if path.is_dir() {
            copy(&path, &target);
        } else if !is_source {
            std::fs::write(&target, std::fs::read(&path).unwrap()).unwrap();
        }
    }
}
