//! The harness: what the README's figures come from, measured on any folder, with the real library.
//!
//! `workroom-bench ingest|search|fresh|custody|leases|all|questions|tiers|documents [FOLDER] [--python PATH]`, `workroom-bench serve [FOLDER] [--minutes M]
//! [--files N] [--connections N] [--parts A,B] [--program PATH] [--into FILE]`. The folder is copied to `target/bench/` first, so it is never changed; without one the
//! unpacked sources of the Rust registry are taken. Results go to `benches/results/<date>-<machine>.json`, and as lines to the terminal.
//!
//! What it does not show: other file systems, more cores, more than one process at a time.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a harness prints its results")]

mod corpus_copy;
mod custody;
mod documents;
mod fresh;
mod ingest;
mod leases;
mod machine;
mod questions;
mod search;
mod serve;
mod statistics;
mod tiers;

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What everything here may fail with: told, and the run ends.
pub(crate) type Failure = Box<dyn std::error::Error>;

/// Indexing allocates by the million from several threads; this allocator was measured ahead of the system's (see CHANGELOG).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Started as a parser, it does nothing else.
    workroom::serve_parser_if_asked();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|what| what == "serve") {
        return serve::run(arguments);
    }
    let python = taken(&mut arguments, "--python")?.unwrap_or_else(|| "python3".to_owned());
    let what = arguments.first().map_or("all", String::as_str);
    if what == "ingest-child" {
        return ingest::child(Path::new(arguments.get(1).ok_or("ingest-child FOLDER")?));
    }
    if let [command, folder, tier] = &arguments[..]
        && command == "tier-child"
    {
        return tiers::child(Path::new(folder), tier);
    }
    let folder = match arguments.get(1) {
        Some(folder) => PathBuf::from(folder),
        None => corpus_copy::registry_sources()?,
    };
    let copy = corpus_copy::prepare(&folder)?;
    println!("{}", machine::describe());
    println!("{} files, {:.1} MB at {}", copy.files, copy.bytes as f64 / 1e6, folder.display());
    let mut results = Map::new();
    results.insert("files".to_owned(), json!(copy.files));
    results.insert("bytes".to_owned(), json!(copy.bytes));
    let all: [(&str, Measure<'_>); 8] = [
        ("ingest", &ingest::run),
        ("search", &search::run),
        ("fresh", &fresh::run),
        ("custody", &custody::run),
        ("leases", &leases::run),
        ("questions", &questions::run),
        ("tiers", &tiers::run),
        ("documents", &|root| documents::run(root, &python)),
    ];
    for (name, measure) in all {
        if what == name || (what == "all" && !ASKED_FOR.contains(&name)) {
            println!("\n{name}");
            results.insert(name.to_owned(), measure(&copy.root)?);
        }
    }
    machine::keep(what, &Value::Object(results), None)
}

/// Takes an option and its value out of the arguments.
fn taken(arguments: &mut Vec<String>, name: &str) -> Result<Option<String>, Failure> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else { return Ok(None) };
    if at + 1 == arguments.len() {
        return Err(format!("{name} needs a value").into());
    }
    arguments.remove(at);
    Ok(Some(arguments.remove(at)))
}

/// These need a certain folder, a model or other programs: they run only when they are named.
const ASKED_FOR: [&str; 3] = ["questions", "tiers", "documents"];

type Measure<'a> = &'a dyn Fn(&Path) -> Result<Value, Failure>;
